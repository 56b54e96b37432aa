"""Photographs beside captions, from the folders that were named and from nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BufferedReader
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

from mlcap.errors import DeskError
from mlcap.files import open_plain
from mlcap.records.names import by_folded_name, folded
from mlcap.records.photo_names import is_photo, is_sidecar, photos_in
from mlcap.review.previews import preview
from mlcap.review.store import Store

#: What fields are called that name a photograph and nothing else.
_NAMED = ("photo", "image", "picture", "photograph", "filename")
#: Those that do where they hold the name of a photograph's file.
_MAY_NAME = ("file", "original filename", "file path", "asset name", "SourceFile", "id", "nasa_id")
#: What a browser shows, known by its first bytes.
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"GIF8", "image/gif"))
#: A photograph of more bytes than this is not sent, and one of more than that gets no preview.
LARGEST, LARGEST_FOR_PREVIEW = 64 << 20, 512 << 20


def _names(fields: Mapping[str, Any], called: Sequence[str]) -> Iterator[str]:
    """What stands in the fields called so, without regard to case and signs, that are not empty; numbers as texts."""
    have = by_folded_name(fields)
    for name in called:
        for field in have.get(folded(name), ()):
            value = fields[field]
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                yield str(value).strip()


def named_photo(fields: Mapping[str, Any]) -> str:
    """The photograph that a caption's fields name, "" for none."""
    by_file = (name for name in _names(fields, _MAY_NAME) if is_photo(name))
    return next(chain(_names(fields, _NAMED), by_file), "")


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
        for name in _names(fields, (*_NAMED, *_MAY_NAME)):
            for number, folder in self._folders.items():
                with suppress(ValueError):  # A record of a photograph names its whole path.
                    within = Path(name).absolute().relative_to(folder).as_posix()
                    if found := self._found.get(within.lower()):
                        return found if found[0] == number else (number, within)
            # Paths of elsewhere, as of another system, end with the name.
            for key in (name, name.replace("\\", "/").rpartition("/")[2]):
                if found := self._found.get(key.lower()):
                    return found
        return None


def photo_place(store: Store, caption: int) -> tuple[Path, str] | None:
    """(folder, path within it) of a caption's photograph, None where it has none."""
    row = store.row(
        "SELECT c.photo, f.path FROM captions c JOIN photo_folders f ON f.number = c.folder WHERE c.number = ?",
        (caption,),
    )
    return None if row is None or not row["photo"] else (Path(row["path"]), row["photo"])


def shown_photo(folder: Path, within: str) -> tuple[bytes, str]:
    """A photograph as a browser shows it, or a preview of one in another form: (content, MIME type).

    Raises:
        DeskError: it is not there, not within the folder, too large, or cannot be shown.
    """
    with opened_photo(folder, within) as (stream, size):
        head = stream.peek(16)
        kind = next((kind for start, kind in _KINDS if head.startswith(start)), None)
        if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
            kind = "image/webp"
        elif head[4:12] == b"ftypavif":
            kind = "image/avif"
        most = LARGEST if kind else LARGEST_FOR_PREVIEW
        if size > most:
            raise DeskError(f"the photograph is larger than {most >> 20} MiB")
        return (stream.read(), kind) if kind else (preview(stream, within), "image/jpeg")


@contextmanager
def opened_photo(folder: Path, within: str) -> Iterator[tuple[BufferedReader, int]]:
    """Open a photograph: (stream, bytes).

    Nothing outside of the folder is read, whatever the path says and whoever changes the folder meanwhile: no part of it
    may be a link.

    Raises:
        DeskError: it is not there, or not within the folder.
    """
    parts = PurePosixPath(within).parts
    if not parts or within.startswith("/") or ".." in parts or "\0" in within:
        raise DeskError("a photograph lies within its folder; this path leads out of it")
    try:
        with open_plain(folder.joinpath(*parts), folder) as stream:
            yield stream, os.fstat(stream.fileno()).st_size
    except OSError as error:
        raise DeskError(f"the photograph cannot be opened ({error.strerror})") from error
