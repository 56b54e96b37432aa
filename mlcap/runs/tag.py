"""Tagging records into a file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path

from mlcap.model.tagging import Tagger
from mlcap.records.csv_writing import CsvStyle
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.runs.batches import tagged_lines
from mlcap.runs.fingerprint import Fingerprint
from mlcap.runs.finish import finish
from mlcap.runs.spool import Counts, Spool, counts_of

#: Progress is noted after so many records or seconds, whichever comes first; this is what a kill costs.
_NOTE_RECORDS, _NOTE_SECONDS = 1024, 1.0


def tag_into(
    out: Path,
    form: str,
    records: Iterable[Record],
    tagger: Tagger,
    fingerprint: Fingerprint,
    resume: bool = False,
    jobs: int | None = None,
    on_resume: Callable[[Counts], object] = lambda _: None,
    style: CsvStyle = CsvStyle(),  # noqa: B008 (it is frozen)
    choice: FieldChoice = ANY_FIELD,
) -> Counts | None:
    """Tag records into a file that appears when it is complete.

    Args:
        out: the file; one of that name is replaced at the end.
        form: `jsonl`, `csv`, `table` or `parquet`.
        records: all records of the inputs, also where some were tagged by a stopped run.
        fingerprint: of the inputs and the model.
        resume: whether to go on where a stopped run ended.
        jobs: how many worker processes tag, None for this process alone; the output does not depend on it.
        on_resume: is told how many records are done already, before it goes on.
        style: for which program CSV is written.
        choice: the fields that were asked for, of which a table shows the caption.

    Returns:
        How many records the output holds; None where `resume` finds the output there and no run stopped.

    Raises:
        InputError: the stopped run cannot be gone on with, or an input cannot be read.
        OutputError: the output cannot be written; with `resume` it can be gone on with.
    """
    spool = Spool(out)
    try:
        earlier = spool.earlier() if resume else None
        if resume and earlier is None and out.exists():
            return None
        if earlier is not None:
            fingerprint.check(earlier)
            if _was_moved(spool, earlier["bytes"]):
                spool.discard()
                return counts_of(earlier)
        spool.start(earlier)
        if earlier is not None:
            on_resume(spool.counts)
        _write(spool, islice(records, spool.counts.all, None), tagger, fingerprint, jobs)
        if spool.counts.all:
            finish(spool, form, tagger.facets, style, choice)
        else:
            spool.discard()
        return spool.counts
    finally:
        spool.close()


def _was_moved(spool: Spool, size: int) -> bool:
    """Whether the run was stopped after its lines had become the output, and before it had cleared up."""
    return size > 0 and spool.part.stat().st_size == 0 and spool.out.exists() and spool.out.stat().st_size == size


def _write(spool: Spool, records: Iterable[Record], tagger: Tagger, fingerprint: Fingerprint, jobs: int | None) -> None:
    note = fingerprint.as_data()
    spool.note(note)
    noted, when = spool.counts.all, time.monotonic()
    try:
        with tagged_lines(tagger, records, jobs) as batches:
            for lines, counts in batches:
                spool.add(lines, counts)
                if spool.counts.all - noted >= _NOTE_RECORDS or time.monotonic() - when >= _NOTE_SECONDS:
                    spool.note(note)
                    noted, when = spool.counts.all, time.monotonic()
    except KeyboardInterrupt:
        spool.note(note)
        raise
    spool.note(note)
