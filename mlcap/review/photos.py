"""Photographs beside captions, from the folders that were named and from nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from mlcap.errors import DeskError
from mlcap.files import open_plain
from mlcap.records.photo_names import is_sidecar, photos_in

#: Fields of a record that may name its photograph, then those that its file may be named after.
_NAMES = ("photo", "image", "file", "filename", "SourceFile", "id", "nasa_id")
#: What a browser shows, known by its first bytes.
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
#: A photograph of more bytes than this is not sent.
LARGEST = 64 << 20


class PhotoIndex:
    """Finds the photograph that a record speaks of in the named folders, by name or by stem.

    Args:
        folders: number -> folder.
    """

    def __init__(self, folders: Mapping[int, Path]) -> None:
        self._folders = folders
        self._found: dict[str, tuple[int, str]] = {}
        for number, folder in folders.items():
            for path, _, fault in photos_in(folder):
                if fault or is_sidecar(path) or path.is_symlink():
                    continue
                within = path.relative_to(folder).as_posix()
                for key in (within, path.name, path.stem):
                    self._found.setdefault(key.lower(), (number, within))

    def find(self, fields: Mapping[str, Any]) -> tuple[int, str] | None:
        """(number of the folder, path within it) of a record's photograph, None where there is none."""
        for name in _NAMES:
            value = fields.get(name)
            if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
                continue
            for number, folder in self._folders.items():
                with suppress(ValueError):  # A record of a photograph names its whole path.
                    within = Path(str(value)).absolute().relative_to(folder).as_posix()
                    if found := self._found.get(within.lower()):
                        return found if found[0] == number else (number, within)
            if found := self._found.get(str(value).lower()):
                return found
            if found := self._found.get(PurePosixPath(str(value)).name.lower()):
                return found
        return None


@contextmanager
def opened_photo(folder: Path, within: str) -> Iterator[tuple[BinaryIO, str, int]]:
    """Open a photograph: (stream, MIME type, bytes).

    Nothing outside of the folder is read, whatever the path says and whoever changes the folder meanwhile: no part of it
    may be a link.

    Raises:
        DeskError: it is not there, not within the folder, too large, or nothing that a browser shows.
    """
    parts = PurePosixPath(within).parts
    if not parts or within.startswith("/") or ".." in parts or "\0" in within:
        raise DeskError("a photograph lies within its folder; this path leads out of it")
    try:
        with open_plain(folder.joinpath(*parts), folder) as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > LARGEST:
                raise DeskError(f"the photograph is larger than {LARGEST >> 20} MiB")
            head = stream.peek(16)
            kind = next((kind for start, kind in _KINDS if head.startswith(start)), None)
            if kind is None:
                raise DeskError("browsers show JPEG and PNG alone; open the photograph in another program")
            yield stream, kind, size
    except OSError as error:
        raise DeskError(f"the photograph cannot be opened ({error.strerror})") from error
