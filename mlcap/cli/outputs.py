"""The one guard before every file that a command writes: what stands there gives way only to more of its kind."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlcap.errors import OutputError, PlanError
from mlcap.files import cannot_write, replace_file
from mlcap.records.lines import LONGEST_LINE
from mlcap.records.parquet import load_pyarrow
from mlcap.records.photo_names import is_photo
from mlcap.records.table_writing import MARKS
from mlcap.records.writing import own_names

#: So many bytes at the beginning of a file tell of what kind it is.
_HEAD = 1 << 16
#: The columns that every table of tags has, whatever the facets.
_OURS = frozenset(own_names(()))
#: What every label of a desk says of itself, in lines and in tables; lists of tasks say the last.
_DECIDED = frozenset(("id", "text", "decided_by", "decided_at", "read_blind"))


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


def _first_record(path: Path) -> dict[str, object]:
    """The record in the first line of JSON Lines, {} where it holds none."""
    with open(path, "rb") as stream:
        line = stream.readline(LONGEST_LINE)
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _has_our_fields(names: Iterable[str]) -> bool:
    found = set(names)
    return found >= {"model", "needs_review", "review_reasons"} or found >= {"error", "position"}


def _is_tagged_jsonl(path: Path) -> bool:
    return _has_our_fields(_first_record(path))


def _columns(path: Path) -> set[str]:
    """The columns of a CSV table, none where it is not one."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            return set(next(csv.reader(stream), ()))
    except (UnicodeDecodeError, csv.Error):
        return set()


def _is_tagged_csv(path: Path) -> bool:
    return _columns(path) >= _OURS


def _is_tagged_table(path: Path) -> bool:
    # The line that the head cuts may lack its mark.
    lines = _head(path).decode("utf-8", "replace").split("\n")[:-1]
    return bool(lines) and all(line.startswith(MARKS) for line in lines)


def _is_tagged_parquet(path: Path) -> bool:
    if not _head(path).startswith(b"PAR1"):
        return False
    arrow = load_pyarrow(str(path))
    try:
        names = arrow.parquet.read_schema(path).names
    except (arrow.ArrowException, OSError):
        return False
    return _has_our_fields(names)


def _is_store(path: Path) -> bool:
    record = _first_record(path)
    return isinstance(record.get("nasa_id"), str) and not _has_our_fields(record)


def _is_exported_labels(path: Path) -> bool:
    return _first_record(path).keys() >= _DECIDED


def _is_exported_csv(path: Path) -> bool:
    return _columns(path) >= _DECIDED


def _is_exported_prodigy(path: Path) -> bool:
    meta = _first_record(path).get("meta")
    return isinstance(meta, dict) and "read_blind" in meta


def _is_exported_tasks(path: Path, answers: bytes) -> bool:
    """Whether it is a list of tasks of a desk, whose answers are called so."""
    head = _head(path)
    return head.startswith(b"[") and answers in head and b'"read_blind"' in head


def _is_exported_taxonomy(path: Path) -> bool:
    from mlcap.review.exporting import CAPTIONS

    # People write taxonomies too: one that an export wrote has the export's captions beside it.
    captions = path.with_name(CAPTIONS)
    return captions.is_file() and _is_exported_labels(captions)


PLAN = Output("plan", _is_plan)
MARC = Output("MARCXML", _is_marc)
STORE = Output("caption store of `mlcap pull`", _is_store)
#: Form of tagged records -> its kind.
TAGGED = {
    form: Output(f"{form} of `mlcap tag`", holds)
    for form, holds in (
        ("table", _is_tagged_table),
        ("jsonl", _is_tagged_jsonl),
        ("csv", _is_tagged_csv),
        ("parquet", _is_tagged_parquet),
    )
}
#: Form of an export of a desk -> its kind.
EXPORTED = {
    form: Output(f"{form} of `mlcap review export`", holds)
    for form, holds in (
        ("labels", _is_exported_labels),
        ("csv", _is_exported_csv),
        ("prodigy", _is_exported_prodigy),
        ("label-studio", partial(_is_exported_tasks, answers=b'"annotations"')),
        ("argilla", partial(_is_exported_tasks, answers=b'"responses"')),
    )
}
EXPORTED_TAXONOMY = Output("taxonomy of `mlcap review export`", _is_exported_taxonomy)
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
        OutputError: a folder, a device or a pipe bears the name, an input, or a file of another kind, which would be lost,
            or the name is one of a photograph or sidecar, as which the file would be read from then on.
    """
    path = plain_path(name)
    if path.exists():
        _check_there(path, kind, inputs)
    if is_photo(Path(name).name) or is_photo(path.name):
        raise OutputError(f"{name}: is the name of a photograph or of its sidecar; name a file of another ending")
    return path


def _check_there(path: Path, kind: Output, inputs: Iterable[str]) -> None:
    """Refuse to replace an input, or a file of another kind.

    Raises:
        OutputError: it is one.
    """
    if any(one != "-" and Path(one).exists() and path.samefile(one) for one in inputs):
        raise OutputError(f"{path}: is an input as well; write into another file")
    try:
        of_kind = not path.stat().st_size or kind.holds(path)
    except OSError as error:
        raise cannot_write(path, error, "write elsewhere") from error
    if not of_kind:
        raise OutputError(f"{path}: is there and no {kind.what}, so it is not replaced; name a new file")


def write_output(path: Path, data: bytes) -> None:
    """Write a file that `target` gave, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        replace_file(path, data)
    except OSError as error:
        raise cannot_write(path, error) from error
