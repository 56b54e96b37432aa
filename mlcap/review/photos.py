"""Photographs beside captions, from the folders that were named and from nowhere else."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


_Place = tuple[int, str]


class PhotoIndex:
    """Finds the photograph that a record speaks of in the named folders, by path, else by name, else by stem.

    What several photographs are called finds none of them, as a wrong one would be worse; the end of a path may tell them
    apart.

    Args:
        folders: number -> folder.
    """

    def __init__(self, folders: Mapping[int, Path]) -> None:
        self._folders = folders
        #: Whole path, end of a path, or stem -> the photographs that are called so.
        self._paths: dict[str, _Place] = {}
        self._ends: dict[str, list[_Place]] = {}
        self._stems: dict[str, list[_Place]] = {}
        for number, folder in folders.items():
            for path, _, fault in photos_in(folder):
                # A folder within another one shows its photographs once more.
                if fault or is_sidecar(path) or path.is_symlink() or str(path) in self._paths:
                    continue
                within = path.relative_to(folder).as_posix()
                self._paths[str(path)] = place = (number, within)
                for end in _ends(within):
                    self._ends.setdefault(end.lower(), []).append(place)
                self._note_stem(path, place)

    def _note_stem(self, path: Path, place: _Place) -> None:
        # Raw and developed beside each other are one photograph.
        known = self._stems.setdefault(path.stem.lower(), [])
        if all(self._folders[number] / Path(within).parent != path.parent for number, within in known):
            known.append(place)

    def find(self, fields: Mapping[str, Any]) -> _Place | None:
        """(number of the folder, path within it) of a record's photograph, None where there is none or one of several."""
        return next((found[0] for _, found in self._called(fields) if len(found) == 1), None)

    def ambiguous(self, fields: Mapping[str, Any]) -> str:
        """The name by which a record speaks of one of several photographs, "" where it does not."""
        called = list(self._called(fields))
        return "" if any(len(found) == 1 for _, found in called) else next((name for name, _ in called), "")

    def _called(self, fields: Mapping[str, Any]) -> Iterator[tuple[str, list[_Place]]]:
        """What a record names and the photographs that are called so, for what finds any."""
        for name in _names(fields, (*_NAMED, *_MAY_NAME)):
            # A record of a photograph names its whole path.
            if whole := self._paths.get(str(Path(name).absolute())):
                yield name, [whole]
                continue
            # Paths of elsewhere, as of another system, end with the name.
            ends = _ends(name.replace("\\", "/").lower())
            found = next((self._ends[end] for end in ends if end in self._ends), None)
            if found := found or self._stems.get(ends[-1]):
                yield name, found


def _ends(path: str) -> list[str]:
    """A path and what is left of it from each of its folders on, the longest first."""
    parts = path.split("/")
    return ["/".join(parts[first:]) for first in range(len(parts))]


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
