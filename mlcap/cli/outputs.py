"""The one guard before every file that a command writes: what stands there gives way only to more of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mlcap.errors import OutputError, PlanError
from mlcap.files import cannot_write, replace_file
from mlcap.records.photo_names import is_photo

#: So many bytes at the beginning of a file tell of what kind it is.
_HEAD = 1 << 16
#: A character of UTF-8 that the head cuts loses no more bytes than this.
_CUT = 3


@dataclass(frozen=True)
class Output:
    """A kind of file that a command writes.

    Attributes:
        what: its name, for messages.
        holds: whether a file that is there, and not empty, is of this kind.
    """

    what: str
    holds: Callable[[Path], bool]


def _head(path: Path) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(_HEAD)


def _is_plan(path: Path) -> bool:
    from mlcap.photos.plan_file import read_plan

    try:
        read_plan(path)
    except PlanError:
        return False
    return True


def _is_marc(path: Path) -> bool:
    from mlcap.photos.marc import NAMESPACE

    return NAMESPACE.encode("ascii") in _head(path)


def _is_text(path: Path) -> bool:
    if is_photo(path.name):  # A sidecar is text as well.
        return False
    head = _head(path)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True  # A table of a spreadsheet program, in UTF-16.
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(head) < _HEAD or error.start < len(head) - _CUT:
            return False
    return b"\0" not in head


PLAN = Output("plan", _is_plan)
MARC = Output("MARCXML", _is_marc)
TEXT = Output("text", _is_text)
PARQUET = Output("Parquet", lambda path: _head(path).startswith(b"PAR1"))
JOBLIB = Output("joblib file", lambda path: _head(path).startswith(b"\x80"))


def plain_path(name: str) -> Path:
    """The file of a name that was given: the file itself where that is a link, so that the link stays.

    Raises:
        OutputError: a folder, a device or a pipe bears the name.
    """
    path = Path(name).resolve() if Path(name).is_symlink() else Path(name)
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name the file to write in it")
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: is a device or pipe, and only a plain file can be replaced whole; name a file")
    return path


def target(name: str, kind: Output, inputs: Iterable[str] = ()) -> Path:
    """The file to write for a name that was given, as `plain_path` has it.

    Args:
        inputs: the files that the command reads, `-` being none.

    Raises:
        OutputError: a folder, a device or a pipe bears the name, an input, or a file of another kind, which would be lost.
    """
    path = plain_path(name)
    if not path.exists():
        return path
    if any(one != "-" and Path(one).exists() and path.samefile(one) for one in inputs):
        raise OutputError(f"{path}: is an input as well; write into another file")
    try:
        of_kind = not path.stat().st_size or kind.holds(path)
    except OSError as error:
        raise cannot_write(path, error, "write elsewhere") from error
    if not of_kind:
        raise OutputError(f"{path}: is there and no {kind.what}, so it is not replaced; name a new file")
    return path


def write_output(path: Path, data: bytes) -> None:
    """Write a file that `target` gave, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        replace_file(path, data)
    except OSError as error:
        raise cannot_write(path, error) from error
