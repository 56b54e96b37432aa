"""Records to lines of output, batch by batch: in this process, or in several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

from mlcap.model.budget import over_budget, tag_within_budget
from mlcap.model.tagging import BATCH, Tagger
from mlcap.records.types import Record
from mlcap.records.writing import json_line, output_record
from mlcap.runs.spool import Counts

#: The lines of a batch, JSON each, in order, and how many of its records could be read.
Lines = tuple[list[str], Counts]


def output_records(tagger: Tagger, batch: Sequence[Record]) -> tuple[list[dict[str, Any]], Counts]:
    """Tag a batch of records: the output record of each, in order, and how many could be read and go to review."""
    texts = [r.text for r in batch if r.text is not None]
    tags = iter(tag_within_budget(tagger, texts, [r.catalogue for r in batch if r.text is not None]))
    out, read, review = [], 0, 0
    for record in batch:
        tagged = next(tags) if record.text is not None else None
        if record.text is not None and tagged is None:
            record = replace(record, text=None, error=over_budget())
        out.append(output_record(record, tagged, tagger.facets))
        read += tagged is not None
        review += tagged is not None and out[-1]["needs_review"]
    return out, Counts(read, len(batch) - read, review)


def output_lines(tagger: Tagger, batch: Sequence[Record]) -> Lines:
    """The same as lines of JSON."""
    records, counts = output_records(tagger, batch)
    return [json_line(record) for record in records], counts


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
