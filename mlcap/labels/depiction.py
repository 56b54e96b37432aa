"""Depiction: which sentences of a caption show the picture, and which of the people and posts named are in it.

`labels/depiction.csv` has a row for each reading of a caption, with half-open offsets into the caption as
given and no text: `0-81:p;82-140:b` for sentences (p shows the picture, b is background), `9-18:y` for people
(y in the picture, n named only, x no person), `commander@20-29:n` for posts.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from mlcap.errors import InputError, LabelError

COLUMNS = ("id", "sha256", "reader", "sentences", "people", "roles")
_ITEM = re.compile(r"(?:(?P<value>[\w-]+)@)?(?P<start>\d{1,9})-(?P<end>\d{1,9}):(?P<letter>[a-z])")
#: Column -> the letters that it may hold.
_LETTERS = {"sentences": "pb", "people": "ynx", "roles": "yn"}


@dataclass(frozen=True)
class Depicted:
    """One item: its span in the caption as given, its letter, and for a post the value that its word may stand for."""

    start: int
    end: int
    letter: str
    value: str = ""


@dataclass(frozen=True)
class Depiction:
    """One reading of one caption: the caption's id and digest, who read it, and the items."""

    id: str
    sha256: str
    reader: str
    sentences: tuple[Depicted, ...]
    people: tuple[Depicted, ...]
    roles: tuple[Depicted, ...]


def read_depictions(path: Path) -> list[Depiction]:
    """Read every reading of `depiction.csv`, in order.

    Raises:
        InputError: the file cannot be read or lacks a column.
        LabelError: a row does not have the form.
    """
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            lacking = [c for c in COLUMNS if c not in (rows.fieldnames or [])]
            if lacking:
                raise InputError(f"{path}: lacks the column {lacking[0]}; it has {', '.join(COLUMNS)}")
            return [_depiction(row, f"{path}: line {rows.line_num}") for row in rows]
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no UTF-8 CSV file: {error}") from error


def _depiction(row: dict[str, str], where: str) -> Depiction:
    items = {column: _items(row[column] or "", letters, where) for column, letters in _LETTERS.items()}
    return Depiction(row["id"], row["sha256"], row["reader"], **items)


def _items(cell: str, letters: str, where: str) -> tuple[Depicted, ...]:
    out = []
    for part in filter(None, cell.split(";")):
        match = _ITEM.fullmatch(part)
        if not match or match["letter"] not in letters:
            raise LabelError(f"{where}: {part!r} is no item like 0-81:{letters[0]}; letters are {', '.join(letters)}")
        out.append(Depicted(int(match["start"]), int(match["end"]), match["letter"], match["value"] or ""))
    return tuple(out)


def settled(readings: list[Depiction]) -> dict[str, Depiction]:
    """The outcome for each caption: where two readings differ the third, else the first."""
    by_id: dict[str, list[Depiction]] = {}
    for reading in readings:
        by_id.setdefault(reading.id, []).append(reading)
    return {name: found[2] if len(found) > 2 else found[0] for name, found in by_id.items()}
