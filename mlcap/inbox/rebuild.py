"""A ledger that is damaged or gone: set aside, and made anew from the results.

The results hold every field of every record, so that the ledger knows their rows again. It does not know of which
content of a file they are: the files in the inbox are read once more, and what is known is passed over.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from mlcap.errors import DamagedLedgerError
from mlcap.files import cannot_write, move_into_place
from mlcap.inbox.entries import Known
from mlcap.inbox.ledger import Ledger
from mlcap.inbox.names import is_retagged, lost_path, parts_of_result
from mlcap.inbox.record_table import digest_of_name
from mlcap.inbox.rows import Row, row_of
from mlcap.inbox.schema import FILE, RETAG
from mlcap.model.tagging import Tagger
from mlcap.records.finder import record_of
from mlcap.records.types import FieldChoice, Record
from mlcap.records.writing import own_names
from mlcap.runs.fingerprint import model_digest

LEDGER = "ledger.sqlite"
#: What SQLite keeps beside its file.
_BESIDE = ("", "-wal", "-shm", "-journal")
_BATCH = 512


def mend(out: Path, tagger: Tagger, choice: FieldChoice, say: Callable[[str], object]) -> None:
    """See to it that an output folder has a sound ledger, which knows its results.

    Raises:
        OutputError: the folder cannot be written.
        LedgerError: the ledger is of a later mlcap.
    """
    path = out / LEDGER
    there = path.exists()
    results = list(results_in(out))
    if not there and not results:
        return
    try:
        if not there:
            raise DamagedLedgerError(f"{path}: is not there")
        with Ledger(path) as ledger:
            ledger.check()
            if results and not ledger.rows("SELECT 1 FROM sources LIMIT 1"):
                raise DamagedLedgerError(f"{path}: is empty")
    except DamagedLedgerError as error:
        made = out / f"{LEDGER}.new"
        try:
            for end in _BESIDE:
                made.with_name(made.name + end).unlink(missing_ok=True)
            records, lost = _rebuild(made, results, tagger, choice)
            kept = f"it is set aside as {_set_aside(path)} and" if there else "it is"
            # Of what was not finished nobody knows how much counts.
            for part in (out / "unfinished").glob("*.jsonl"):
                part.unlink()
            move_into_place(made, path)
        except OSError as failure:
            raise cannot_write(path, failure) from failure
        damaged = f", and {lost} damaged lines" if lost else ""
        say(f"{error.plain}; {kept} made anew from the results, which hold {records} records{damaged}")


def results_in(out: Path) -> Iterator[tuple[int, str, Path]]:
    """(number, stem, path) of the results of an output folder, in the order in which they were begun."""
    with suppress(FileNotFoundError):
        named = [(parts_of_result(p.name), p) for p in (out / "results").iterdir()]
        yield from sorted((parts[1], parts[0], p) for parts, p in named if parts and p.is_file())


def _set_aside(path: Path) -> str:
    number = 1
    while (aside := path.with_name(f"ledger.damaged-{number}.sqlite")).exists():
        number += 1
    for end in _BESIDE:
        beside = path.with_name(path.name + end)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + end))
    return aside.name


def read_result(
    path: Path, ours: set[str], choice: FieldChoice, bad: Callable[[str], object]
) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Every record of a result as it was read, and as it was written; without its text where the field is not found.

    Args:
        ours: the names of the fields that mlcap writes.
        bad: is told of a line that is no record, and raises an error if the others are not to be read.

    Raises:
        OSError: the result cannot be read.
    """
    with open(path, encoding="utf-8", errors="replace", newline="\n") as stream:
        for number, line in enumerate(stream, 1):
            try:
                written = json.loads(line)
            except (ValueError, RecursionError):
                written = None
            if not isinstance(written, dict):
                bad(f"line {number} is no record")
                continue
            fields = {k: v for k, v in written.items() if k not in ours}
            if isinstance(written.get("input"), dict):
                fields |= written["input"]
            if "error" in written and "model" not in written:
                yield Record(str(written.get("position")), fields, None, str(written["error"])), written
            else:
                found = record_of(fields, f"{path.name}: line {number}", choice)
                # The fields as they are, so that the row is the same; "" where the caption is in none that is known.
                yield replace(found, fields=fields, text=found.text or "", error=""), written


def _rebuild(made: Path, results: list[tuple[int, str, Path]], tagger: Tagger, choice: FieldChoice) -> tuple[int, int]:
    """Make a ledger; gives how many records it knows, and how many lines of results are none."""
    count = 0
    lost: list[str] = []
    used: set[int] = set()
    ours = set(own_names(tagger.facets))
    with Ledger(made) as ledger:
        for number, stem, path in results:
            kind = RETAG if is_retagged(stem) else FILE
            where = path.name if kind == RETAG else lost_path(stem)
            source = ledger.add(where, "", "", "", path.name, kind, None if number in used else number)
            used.add(source.number)
            done = 0
            for batch in _batches(read_result(path, ours, choice, lost.append)):
                version = next((str(w["model"]) for _, w in batch if "model" in w), tagger.version)
                # Earlier results name a version by its number alone.
                ours_too = version in (tagger.version, tagger.version.partition("-")[0])
                digest = model_digest(tagger) if ours_too else digest_of_name(version)
                model = ledger.model_number(version, digest)
                rows: list[tuple[Row, Known | None]] = []
                taken: set[int] = set()
                for row in (row_of(record) for record, _ in batch):
                    before = None
                    if kind == RETAG and (before := ledger.to_retag(row, model, taken)):
                        taken.add(before.number)
                    rows.append((row, before))
                done += len(batch)
                ledger.note(source, 0, done, rows, (), model)
            ledger.set_state(source.number, "done")
            count += done
    return count, len(lost)


def _batches(
    records: Iterator[tuple[Record, dict[str, Any]]],
) -> Iterator[list[tuple[Record, dict[str, Any]]]]:
    while batch := list(islice(records, _BATCH)):
        yield batch
