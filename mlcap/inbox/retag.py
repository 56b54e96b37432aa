"""Tagging again with a newer model what an older one tagged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlcap.errors import InputError
from mlcap.inbox.names import retagged_name
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.rebuild import read_result
from mlcap.inbox.rows import row_of
from mlcap.inbox.schema import RETAG
from mlcap.inbox.task import OldRows
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.records.writing import own_names
from mlcap.types import Facet


@dataclass(frozen=True)
class Difference:
    """A caption that would get other tags: its name, and the tags before and after, by facet."""

    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass
class Preview:
    """What retagging would do.

    Attributes:
        captions: how many captions older versions tagged last.
        differences: those that would get other tags.
        lost: result files that are no longer there, whose captions cannot be tagged again.
        not_found: records of which no field is known to hold the caption, which are not tagged again.
    """

    captions: int = 0
    differences: list[Difference] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    not_found: int = 0


def _results(outbox: Outbox) -> Iterator[tuple[str, Path]]:
    """The results whose lines an older model may have given, oldest first."""
    for source in outbox.ledger.sources("done", "failed"):
        if source.tagged:
            yield source.result, outbox.result(source)


def _tagged_before(
    outbox: Outbox, choice: FieldChoice, latest_first: bool = False
) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Every record of every result as it was read, and as it was written."""
    ours = set(own_names(outbox.tagger.facets))

    def bad(what: str) -> None:
        raise ValueError(what)

    results = list(_results(outbox))
    for _, path in reversed(results) if latest_first else results:
        try:
            yield from ((r, w) for r, w in read_result(path, ours, choice, bad) if "error" not in w)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read ({error}); restore it or move it away") from error


def preview(outbox: Outbox, choice: FieldChoice = ANY_FIELD) -> Preview:
    """Tag again what older versions tagged, and compare; writes nothing.

    Raises:
        InputError: a result cannot be read.
    """
    out = Preview(lost=[name for name, path in _results(outbox) if not path.exists()])
    left: dict[bytes, int] = {}
    for record, written in _tagged_before(outbox, choice, latest_first=True):
        row = row_of(record)
        if row.digest not in left:
            left[row.digest] = outbox.ledger.count_to_retag(row, outbox.model)
        if left[row.digest] <= 0:
            continue
        left[row.digest] -= 1
        if not record.text:
            out.not_found += 1
            continue
        out.captions += 1
        after = outbox.tagger.tag_one(record.text, record.catalogue).as_record()
        difference = _difference(record, written, after, outbox.tagger.facets)
        if difference:
            out.differences.append(difference)
    return out


def _difference(
    record: Record, written: Mapping[str, Any], after: Mapping[str, Any], facets: tuple[Facet, ...]
) -> Difference | None:
    names = [f.name for f in facets if written.get(f.name) != after[f.name]]
    if not names:
        return None
    name = row_of(record).id or " ".join((record.text or "").split())[:50]
    return Difference(name, {n: written.get(n) for n in names}, {n: after[n] for n in names})


def retag(outbox: Outbox, choice: FieldChoice = ANY_FIELD) -> int:
    """Tag again what older versions tagged, into a result of its own; gives how many captions.

    Stopped, it goes on where it ended.

    Raises:
        InputError: a result cannot be read.
        OutputError: the result cannot be written.
    """
    digest, version = outbox.model_digest, outbox.tagger.version
    source = outbox.ledger.stopped_retag(digest)
    if source is None:
        name = retagged_name(version)
        source = outbox.ledger.add(f"retag {digest}", "", digest, version, name, RETAG)
    records = (record for record, _ in _tagged_before(outbox, choice) if record.text)
    with OldRows(outbox, source, records) as task:
        while task.step():
            pass
    outbox.finish(source.number)
    return outbox.ledger.source(source.number).tagged
