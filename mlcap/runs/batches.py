"""Records to lines of output, batch by batch: in this process, or in several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.records.writing import json_line, output_record
from mlcap.runs.spool import Counts

#: The lines of a batch, JSON each, in order, and how many of its records could be read.
Lines = tuple[list[str], Counts]


def output_lines(tagger: Tagger, batch: list[Record]) -> Lines:
    """Tag a batch of records: one line of JSON each, in order, and how many could be read."""
    tags = iter(tagger.tag([r.text for r in batch if r.text is not None]))
    lines, read = [], 0
    for record in batch:
        tagged = next(tags) if record.text is not None else None
        read += tagged is not None
        lines.append(json_line(output_record(record, tagged, tagger.facets)))
    return lines, Counts(read, len(batch) - read)


@contextmanager
def tagged_lines(tagger: Tagger, records: Iterable[Record], jobs: int | None = None) -> Iterator[Iterator[Lines]]:
    """Tag records: gives their lines, batch by batch, in order, whatever `jobs` is.

    Args:
        jobs: how many worker processes tag; None for this process. They end with the block.
    """
    if jobs is None:
        yield (output_lines(tagger, batch) for batch in _batches(records))
        return
    # Late, since most runs need no processes.
    from mlcap.runs.workers import Workers

    with Workers(tagger, jobs) as workers:
        yield workers.tag(records)


def _batches(records: Iterable[Record]) -> Iterator[list[Record]]:
    source = iter(records)
    while batch := list(islice(source, BATCH)):
        yield batch
