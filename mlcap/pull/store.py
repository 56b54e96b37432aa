"""Records of the library into a caption store, which a stopped pull goes on with."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlcap.errors import InputError
from mlcap.labels.digest import text_digest
from mlcap.pull.client import Library
from mlcap.pull.search import Page, Progress, search
from mlcap.records.writing import json_line
from mlcap.runs.finish import finish
from mlcap.runs.spool import Counts, Spool

#: Requests for single records between two notes of how far the pull has come.
_NOTE_EVERY = 20


@dataclass(frozen=True)
class Pulled:
    """The outcome of a pull.

    Attributes:
        records: how many the store holds.
        missing: ids that the library does not have.
        changed: ids of which the text is no longer the one that was labelled.
        short: how often it was said that the library has records which it did not give.
    """

    records: int
    missing: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    short: int = 0


def _earlier(spool: Spool, question: Mapping[str, Any], resume: bool) -> dict[str, Any] | None:
    earlier = spool.earlier() if resume else None
    if resume and earlier is None and spool.out.exists():
        raise InputError(f"{spool.out}: is there, and no pull of it was stopped; leave --resume away to fetch again")
    if earlier is not None and earlier.get("question") != question:
        raise InputError("the stopped pull asked for something else; give the same options, or leave --resume away")
    spool.start(earlier)
    return earlier


def _number(earlier: Mapping[str, Any] | None, name: str) -> int:
    value = (earlier or {}).get(name, 0)
    return value if isinstance(value, int) and value >= 0 else 0


def pull_search(
    library: Library,
    parts: list[dict[str, str]],
    out: Path,
    resume: bool,
    warn: Callable[[str], object],
    on_page: Callable[[int], object] = lambda _: None,
) -> Pulled:
    """Fetch all records of a search; each id once.

    Args:
        parts: the questions, from `parts_of`.
        out: the store; it appears when it is complete.
        resume: whether to go on where a stopped pull ended.
        warn: is told what the library does not show.
        on_page: is told after each page how many records there are.

    Raises:
        InputError: the stopped pull asked for something else.
        PullError: the library gives no sound answer; what was fetched is kept.
        OutputError: the store cannot be written; the same.
    """
    spool = Spool(out)
    try:
        question = {"parts": parts}
        earlier = _earlier(spool, question, resume)
        ids = [str(r.get("nasa_id")) for r in spool.records()]
        seen = set(ids)
        progress = Progress(_number(earlier, "part"), _number(earlier, "page"))
        first, short = _number(earlier, "first"), _number(earlier, "short")

        def said(line: str) -> None:
            nonlocal short
            short += 1
            warn(line)

        def note(at: Progress) -> None:
            spool.note({"question": question, "part": at.part, "page": at.page, "first": first, "short": short})

        note(progress)
        for page in search(library, parts, progress, said, ids[first:]):
            spool.add(*_new_lines(page, seen))
            if page.after.part != progress.part:
                first = spool.counts.all
            progress = page.after
            note(progress)
            on_page(spool.counts.all)
        finish(spool, "jsonl", ())
        return Pulled(spool.counts.all, short=short)
    finally:
        spool.close()


def _new_lines(page: Page, seen: set[str]) -> tuple[list[str], Counts]:
    lines = []
    for record in page.records:
        if record["nasa_id"] not in seen:
            seen.add(record["nasa_id"])
            lines.append(json_line(record))
    return lines, Counts(len(lines))


def read_ids(path: Path) -> dict[str, str]:
    """The ids of a table with the column nasa_id, and the digest of each in the column sha256, "" where there is none.

    Raises:
        InputError: it cannot be read or has no such column.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            if "nasa_id" not in (rows.fieldnames or []):
                raise InputError(f"{path}: has no column nasa_id")
            return {r["nasa_id"]: r.get("sha256") or "" for r in rows if r["nasa_id"]}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is no UTF-8 CSV file ({error})") from error


def pull_ids(
    library: Library,
    ids: Mapping[str, str],
    out: Path,
    resume: bool,
    on_record: Callable[[int], object] = lambda _: None,
) -> Pulled:
    """Fetch the records of given ids, and compare their texts with the digests.

    Args:
        ids: id -> digest of the text that was labelled, "" where it is not known.
        out: the store; it appears when it is complete.
        resume: whether to go on where a stopped pull ended.
        on_record: is told after each id how many were asked for.

    Raises:
        InputError, PullError, OutputError: as `pull_search`.
    """
    wanted = list(ids)
    spool = Spool(out)
    try:
        question = {"ids": text_digest(" ".join(wanted)), "count": len(wanted)}
        done = _number(_earlier(spool, question, resume), "done")
        spool.note({"question": question, "done": done})
        for number, nasa_id in enumerate(wanted[done:], done + 1):
            found = _exactly(library.search({"nasa_id": nasa_id}).records, nasa_id)
            spool.add([json_line(r) for r in found], Counts(len(found)))
            if number % _NOTE_EVERY == 0:
                spool.note({"question": question, "done": number})
            on_record(number)
        spool.note({"question": question, "done": len(wanted)})
        texts = {str(r["nasa_id"]): _text(r) for r in spool.records()}
        finish(spool, "jsonl", ())
    finally:
        spool.close()
    missing = tuple(i for i in wanted if i not in texts)
    changed = tuple(i for i in wanted if i in texts and ids[i] and text_digest(texts[i]) != ids[i])
    return Pulled(len(texts), missing, changed)


def _exactly(records: Sequence[dict[str, Any]], nasa_id: str) -> list[dict[str, Any]]:
    """The record of an id, letter for letter; the API finds others beside it."""
    return [r for r in records if r["nasa_id"] == nasa_id][:1]


def _text(record: Mapping[str, Any]) -> str:
    value = record.get("description")
    return value if isinstance(value, str) else ""
