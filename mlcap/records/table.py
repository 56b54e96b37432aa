"""Records in CSV and TSV, with quoted cells that may hold line ends."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator

from mlcap.errors import InputError
from mlcap.records.fields import record_of
from mlcap.records.lines import LONGEST_LINE, Line
from mlcap.records.types import Record
from mlcap.types import TEXT_FIELDS

#: A row of more lines than this has a quotation mark that is never closed.
MOST_LINES = 2000

csv.field_size_limit(LONGEST_LINE)


def _ends_quoted(text: str, delimiter: str, quoted: bool) -> bool:
    """Whether a line ends inside a quoted cell, given whether it starts inside one."""
    if '"' not in text:
        return quoted
    i, cell_start = 0, not quoted
    while i < len(text):
        char = text[i]
        if quoted:
            if char == '"':
                if text[i + 1 : i + 2] == '"':
                    i += 1
                else:
                    quoted = False
        elif char == '"' and cell_start:
            quoted = True
        cell_start = not quoted and char == delimiter
        i += 1
    return quoted


def _rows(lines: Iterable[Line], delimiter: str) -> Iterator[tuple[int, list[str] | None, str]]:
    """Yield (first line, cells or None, error)."""
    source = iter(lines)
    waiting: deque[Line] = deque()
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        if line.text is None:
            yield line.number, None, f"the line is longer than {LONGEST_LINE >> 20} MiB"
            continue
        if not line.text.strip():
            continue
        taken = [line]
        quoted = _ends_quoted(line.text, delimiter, False)
        size = len(line.text)
        while quoted and len(taken) < MOST_LINES and size <= LONGEST_LINE:
            more = waiting.popleft() if waiting else next(source, None)
            if more is None:
                break
            taken.append(more)
            if more.text is None:
                break
            size += len(more.text)
            quoted = _ends_quoted(more.text, delimiter, quoted)
        if quoted:
            waiting.extendleft(reversed(taken[1:]))
            yield line.number, None, "a quotation mark is never closed"
            continue
        try:
            rows = list(csv.reader([f"{t.text}\n" for t in taken], delimiter=delimiter))
        except csv.Error as error:
            yield line.number, None, f"is no row: {error}"
            continue
        yield line.number, rows[0], ""


def read_table(lines: Iterable[Line], name: str, delimiter: str, column: str | None = None) -> Iterator[Record]:
    """Read rows under a header row.

    Args:
        column: the column with the caption; where None, found by the names text, caption, description.

    Raises:
        InputError: there is no header row, it names a column twice, or none holds captions.
    """
    rows = _rows(lines, delimiter)
    first = next(rows, None)
    if first is None:
        return
    _, names, error = first
    if names is None:
        raise InputError(f"{name}: the header row cannot be read: {error}")
    # Spreadsheets export empty headers at the end; such columns are named by their place.
    names = [n.strip() or f"column {i}" for i, n in enumerate(names, 1)]
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise InputError(f"{name}: the header names the column {twice!r} twice; name each once")
    lower = {n.lower(): n for n in names}
    if column is not None and column not in names:
        raise InputError(f"{name}: has no column {column!r}; it has {', '.join(names)}")
    found = column or next((lower[f] for f in TEXT_FIELDS if f in lower), None)
    if found is None and len(names) == 1 and ";" in names[0]:
        raise InputError(f"{name}: its separator seems to be ;, which is not read; save it with commas or tabs")
    if found is None:
        raise InputError(
            f"{name}: no column is named {', '.join(TEXT_FIELDS)}; choose one of {', '.join(names)} with --column"
        )
    for number, cells, error in rows:
        position = f"{name}: line {number}"
        if cells is None:
            yield Record(position, dict.fromkeys(names, ""), None, error)
        elif len(cells) > len(names):
            yield Record(
                position,
                dict(zip(names, cells, strict=False)),
                None,
                f"has {len(cells)} cells under {len(names)} columns",
            )
        else:
            yield record_of(dict(zip(names, cells + [""] * (len(names) - len(cells)), strict=True)), position, found)
