"""Labelled captions with their text: the composed corpus, a user's own files, a gold file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcap.errors import InputError, LabelError
from mlcap.taxonomy import check_label
from mlcap.types import TEXT_FIELDS, Facet, FacetValue, LabelledCaption

#: Fields that reports can slice by.
SLICE_FIELDS = ("stratum", "era", "style", "sample", "center", "desk")


def read_labelled(path: Path, facets: Sequence[Facet], source: str = "own") -> list[LabelledCaption]:
    """Read a JSON Lines file of labelled captions.

    Args:
        path: each line an object with `id`, a text (`text`, `caption` or `description`)
            and at least one facet; `mission` names the group.
        facets: the taxonomy that the labels must fit.
        source: what the captions are: `composed` or `own`.

    Raises:
        InputError: the file cannot be read or holds no caption.
        LabelError: a line does not fit; the message names it.
    """
    out: list[LabelledCaption] = []
    seen: dict[str, int] = {}
    for number, record in _objects(path):
        try:
            caption = labelled_caption(record, facets, source)
        except LabelError as error:
            raise LabelError(f"{path}: line {number}: {error}") from error
        if caption.id in seen:
            raise LabelError(
                f"{path}: line {number}: id {caption.id!r} stands in line {seen[caption.id]} already; ids must differ"
            )
        seen[caption.id] = number
        out.append(caption)
    if not out:
        raise InputError(
            f"{path}: holds no labelled caption; write one JSON object a line with id, text, {', '.join(f.name for f in facets)}"
        )
    return out


def _objects(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); name a JSON Lines file of labelled captions"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8; labelled captions are JSON Lines in UTF-8") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise LabelError(f"{path}: line {number} is no JSON; write one object a line") from error
        if not isinstance(record, dict):
            raise LabelError(f'{path}: line {number} is no JSON object; write {{"id": ..., "text": ...}}')
        yield number, record


def labelled_caption(record: Mapping[str, Any], facets: Sequence[Facet], source: str) -> LabelledCaption:
    """Check one record and build the labelled caption.

    Raises:
        LabelError: id, text or every facet is missing, or a label does not fit its facet.
    """
    name = record.get("id", record.get("nasa_id"))
    if not isinstance(name, str | int) or isinstance(name, bool) or name == "":
        raise LabelError("has no id")
    text = next((record[f] for f in TEXT_FIELDS if isinstance(record.get(f), str) and record[f].strip()), None)
    if text is None:
        raise LabelError(f"{name}: has no text; name it text, caption or description")
    labels: dict[str, FacetValue] = {}
    for facet in facets:
        if record.get(facet.name) is not None:
            try:
                labels[facet.name] = check_label(facet, record[facet.name])
            except LabelError as error:
                raise LabelError(f"{name}: {error}") from error
    if not labels:
        raise LabelError(f"{name}: has no label; give at least one of {', '.join(f.name for f in facets)}")
    mission = record.get("mission")
    slices = {f: str(record[f]) for f in SLICE_FIELDS if isinstance(record.get(f), str | int)}
    return LabelledCaption(str(name), text, labels, str(mission) if mission else f"id-{name}", source, slices)
