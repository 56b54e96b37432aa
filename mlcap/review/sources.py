"""What can be put on a desk: captions in any form that `tag` reads, its output, results of `watch`, photographs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcap.captions.codes import find_codes
from mlcap.errors import InputError
from mlcap.labels.digest import text_digest
from mlcap.records.reading import read_records
from mlcap.records.types import FieldChoice, Record
from mlcap.records.writing import own_names
from mlcap.review.store import Store
from mlcap.types import TEXT_FIELDS, Facet

#: Fields that the card shows as the caption's id, if at all.
_IDS = ("id", "nasa_id")
#: Fields kept for the card, and characters of each.
_MOST_FIELDS, _LONGEST_FIELD = 12, 200


def is_watched(path: Path) -> bool:
    """Whether a folder is one that `mlcap watch` writes its results to."""
    return (path / "ledger.sqlite").is_file() and (path / "results").is_dir()


def source_names(store: Store) -> list[str]:
    """The files and folders that were put on a desk, as they were named."""
    return [str(row["name"]) for row in store.rows("SELECT name FROM sources ORDER BY number")]


def read_source(
    name: str,
    form: str | None,
    choice: FieldChoice,
    warn: Callable[[str], object],
    failed: Callable[[InputError], object],
) -> Iterator[Record]:
    """Read the records of one source; arguments as of `read_records`."""
    if is_watched(Path(name)):
        results = sorted((Path(name) / "results").glob("*.jsonl"), key=lambda p: (p.stat().st_mtime, p.name))
        return read_records([str(p) for p in results], "jsonl", FieldChoice(), warn, failed)
    return read_records([name], form, choice, warn, failed)


def id_of(record: Record, root: Path) -> str:
    """The id of a record: its own, the path of its photograph from its source's folder on, or one by its text."""
    name = record.id.strip()
    if name and root.is_dir() and Path(name).is_relative_to(root):
        return f"{root.resolve().name}/{Path(name).relative_to(root).as_posix()}"
    return name or f"text-{text_digest(record.text or '')[:12]}"


def mission_of(record: Record) -> str:
    """The mission that a record names, else the first one in its caption; "" for neither."""
    named = record.fields.get("mission")
    if isinstance(named, str) and named.strip():
        return named.strip()
    codes = find_codes(record.text or "", ["mission"])
    return codes[0].canonical if codes else ""


def card_fields(fields: Mapping[str, Any], facets: Sequence[Facet], shown: Sequence[str] = ()) -> dict[str, str]:
    """What else a record says, cut short: neither what mlcap wrote, nor its caption and id, whatever their fields are called.

    Args:
        shown: the caption and the id.
    """
    ours = {*own_names(facets), *TEXT_FIELDS, *_IDS, "mission"}
    known = {" ".join(text.split()) for text in shown}
    kept: dict[str, str] = {}
    for name, value in fields.items():
        if name in ours or len(kept) >= _MOST_FIELDS or not isinstance(value, str | int | float | list):
            continue
        text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        if text.strip() and " ".join(text.split()) not in known:
            kept[str(name)[:40]] = text if len(text) <= _LONGEST_FIELD else text[: _LONGEST_FIELD - 1] + "…"
    return kept
