"""Running a newer model over what an older one tagged."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlcap.errors import InputError
from mlcap.inbox.job import Desk, Job, key_of
from mlcap.inbox.ledger import Key
from mlcap.records.fields import record_of
from mlcap.records.types import Record
from mlcap.records.writing import own_names
from mlcap.types import Facet


@dataclass(frozen=True)
class Change:
    """A caption whose tags would change: its name, and the tags before and after, by facet."""

    name: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass
class Preview:
    """What a rerun would do.

    Attributes:
        captions: how many captions older versions tagged last.
        changes: those of which a tag would change.
        lost: result files that are no longer there, whose captions cannot be run again.
    """

    captions: int = 0
    changes: list[Change] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def _results(desk: Desk) -> Iterator[tuple[str, Path]]:
    """The results whose lines an older model may have given, oldest first."""
    for source in desk.ledger.sources("done", "failed"):
        if source.tagged:
            yield source.result, desk.result(source)


def _tagged_before(
    desk: Desk, column: str | None, latest_first: bool = False
) -> Iterator[tuple[Record, dict[str, Any]]]:
    """Every record of every result as it was read, and as it was written."""
    ours = set(own_names(desk.tagger.facets))
    results = list(_results(desk))
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


def preview(desk: Desk, column: str | None = None) -> Preview:
    """Tag again what older versions tagged, and compare; writes nothing.

    Raises:
        InputError: a result cannot be read.
    """
    out = Preview(lost=[name for name, path in _results(desk) if not path.exists()])
    seen: set[Key] = set()
    for record, written in _tagged_before(desk, column, latest_first=True):
        key = key_of(record)
        if record.text is None or key in seen or not desk.ledger.to_rerun(key, desk.model_digest):
            continue
        seen.add(key)
        out.captions += 1
        after = desk.tagger.tag_one(record.text).as_record()
        change = _change(record, written, after, desk.tagger.facets)
        if change:
            out.changes.append(change)
    return out


def _change(
    record: Record, written: Mapping[str, Any], after: Mapping[str, Any], facets: tuple[Facet, ...]
) -> Change | None:
    names = [f.name for f in facets if written.get(f.name) != after[f.name]]
    if not names:
        return None
    name = key_of(record).id or " ".join((record.text or "").split())[:50]
    return Change(name, {n: written.get(n) for n in names}, {n: after[n] for n in names})


def retag(desk: Desk, column: str | None = None) -> int:
    """Tag again what older versions tagged, into a result of its own; gives how many captions.

    A stopped rerun goes on where it ended.

    Raises:
        InputError: a result cannot be read.
        OutputError: the result cannot be written.
    """
    path = f"retag {desk.model_digest}"
    source = desk.ledger.latest(path)
    if source is None or source.state != "working":
        name = f"retag-model-{desk.tagger.version}.{{}}.jsonl"
        source = desk.ledger.add(path, "", desk.model_digest, desk.tagger.version, name)
    records = (record for record, _ in _tagged_before(desk, column))
    with Job(desk, source, records, lambda key: desk.ledger.to_rerun(key, desk.model_digest)) as job:
        while job.step():
            pass
    desk.finish(source.number)
    return desk.ledger.source(source.number).tagged
