"""Tagging again with a newer model what an older one tagged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlcap.errors import InputError
from mlcap.inbox.ledger import RETAG, Key
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.task import Task, key_of
from mlcap.records.fields import record_of
from mlcap.records.types import Record
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
    """

    captions: int = 0
    differences: list[Difference] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def _results(outbox: Outbox) -> Iterator[tuple[str, Path]]:
    """The results whose lines an older model may have given, oldest first."""
    for source in outbox.ledger.sources("done", "failed"):
        if source.tagged:
            yield source.result, outbox.result(source)


def _tagged_before(
    outbox: Outbox, column: str | None, latest_first: bool = False
) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Every record of every result as it was read, and as it was written."""
    ours = set(own_names(outbox.tagger.facets))
    results = list(_results(outbox))
    for name, path in reversed(results) if latest_first else results:
        try:
            with open(path, encoding="utf-8", newline="\n") as stream:
                for number, line in enumerate(stream, 1):
                    written = json.loads(line)
                    fields = {k: v for k, v in written.items() if k not in ours}
                    if isinstance(written.get("input"), dict):
                        fields |= written["input"]
                    if "error" not in written:
                        yield record_of(fields, f"{name}: line {number}", column), written
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be read ({error}); restore it or move it away") from error


def preview(outbox: Outbox, column: str | None = None) -> Preview:
    """Tag again what older versions tagged, and compare; writes nothing.

    Raises:
        InputError: a result cannot be read.
    """
    out = Preview(lost=[name for name, path in _results(outbox) if not path.exists()])
    seen: set[Key] = set()
    for record, written in _tagged_before(outbox, column, latest_first=True):
        key = key_of(record)
        if record.text is None or key in seen or not outbox.ledger.to_retag(key, outbox.model_digest):
            continue
        seen.add(key)
        out.captions += 1
        after = outbox.tagger.tag_one(record.text).as_record()
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
    name = key_of(record).id or " ".join((record.text or "").split())[:50]
    return Difference(name, {n: written.get(n) for n in names}, {n: after[n] for n in names})


def retag(outbox: Outbox, column: str | None = None) -> int:
    """Tag again what older versions tagged, into a result of its own; gives how many captions.

    Stopped, it goes on where it ended.

    Raises:
        InputError: a result cannot be read.
        OutputError: the result cannot be written.
    """
    digest, version = outbox.model_digest, outbox.tagger.version
    source = outbox.ledger.stopped_retag(digest)
    if source is None:
        name = f"retag-model-{version}.{{}}.jsonl"
        source = outbox.ledger.add(f"retag {digest}", "", digest, version, name, RETAG)
    records = (record for record, _ in _tagged_before(outbox, column))
    with Task(outbox, source, records, lambda key: outbox.ledger.to_retag(key, digest)) as task:
        while task.step():
            pass
    outbox.finish(source.number)
    return outbox.ledger.source(source.number).tagged
