"""Labelled captions with their text: the composed corpus, a user's own files, a gold file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mlcap.errors import InputError, LabelError
from mlcap.labels.misspelt import told_of_misspelt
from mlcap.records.lines import read_lines
from mlcap.records.names import catalogue_fields, fields_called, folded, folded_once, text_value
from mlcap.records.packed import unpacked
from mlcap.records.reading import form_by_suffix, open_input, read_records
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.taxonomy import check_label
from mlcap.text import counted
from mlcap.types import Facet, FacetValue, LabelledCaption

#: The field of the record that a composed caption goes with.
RECORD = "record"
#: Whether whoever labelled a caption saw tags that were suggested and left them as they were.
ACCEPTED = "seen_with_suggestion"
#: Fields that reports can slice by.
SLICE_FIELDS = ("stratum", "era", "style", "sample", "center", "desk", "kind", "asks", ACCEPTED)
#: What parts the values of a multi-valued facet within one cell of a table.
SEPARATOR = ";"
#: What people part them with beside that; no value has any of these in its name.
_SEPARATORS = re.compile(rf"[{SEPARATOR},|\n]")


#: How cells say that something is so.
_TRUE = frozenset("true wahr vrai verdadero vero verdadeiro waar prawda 1 yes".split())


def labelled_records(
    path: Path,
    warn: Callable[[str], object] = lambda _: None,
    choice: FieldChoice = ANY_FIELD,
    form: str | None = None,
) -> Iterator[Record]:
    """The records of a file of labelled captions: of any form that records have.

    Where its name tells none, or a text, it is a table where its first line has tabs, else JSON Lines.

    Args:
        choice: which fields hold the caption and the id.
        form: one of `mlcap.records.reading.FORMS`; where None, as the name tells.

    Raises:
        InputError: it cannot be read, or not to its end.
    """
    faults: list[InputError] = []
    form = form or form_by_suffix(path.name)
    if form in (None, "txt"):
        form = "tsv" if is_table_of_tabs(path) else "jsonl"
    yield from read_records([str(path)], form, choice, warn, faults.append)
    if faults:
        raise faults[0]


def is_table_of_tabs(path: Path) -> bool:
    """Whether a text is a table with tabs between its cells, as Excel's Unicode Text is; False where it cannot be read."""
    try:
        with open_input(str(path)) as stream:
            lines = read_lines(unpacked(stream, str(path)), str(path), lambda _: None)
            first = next((line.text or "" for line in lines if line.text is None or line.text.strip()), "")
    except InputError:
        return False
    return "\t" in first.strip() and not first.lstrip().startswith(("{", "["))


#: Fields that mlcap puts beside what it tags.
_OF_TAGGING = frozenset(("needs_review", "model"))


def is_unlabelled(record: Record, facets: Sequence[Facet]) -> bool:
    """Whether a record is one that nobody has labelled: the fields of its facets are there, and all of them empty.

    Such are rows that somebody has yet to label, captions in other languages as mlcap puts them out, and its error
    records, which have no such fields. Where an empty field says that none of its values is shown, it is a label.
    """
    fields = record.fields
    cells = [fields[name] for facet in facets for name in fields_called(fields, facet.name)]
    if not all(cell in (None, [], ()) or (isinstance(cell, str) and not cell.strip()) for cell in cells):
        return False
    if is_tagged(record) or not cells:
        return bool(cells or (fields.get("error") and fields.get("position")))
    try:
        labels_in(fields, facets)
    except LabelError:
        return True
    return False


def is_tagged(record: Record) -> bool:
    """Whether a record carries what mlcap puts beside its tags, so that nobody may have looked at them."""
    return record.fields.keys() >= _OF_TAGGING


def left_unlabelled(count: int, first: str) -> str:
    """The warning of the records that `is_unlabelled` passes over."""
    rows = counted(count, "record")
    return f"passed over, labelled by nobody: {rows}, the first in {first}"


def carries_tags(count: int, first: str) -> str:
    """The warning of records that carry tags of mlcap: whether a person looked at them stands nowhere."""
    rows = counted(count, "record")
    return (
        f"carries tags of mlcap: {rows}, the first in {first}; a tag that nobody looked at is no label, so what is measured"
        " on it is too good, and what is trained on it learns mlcap's own mistakes: keep the rows that somebody looked at,"
        " without the fields needs_review and model"
    )


def read_labelled(
    path: Path,
    facets: Sequence[Facet],
    source: str = "own",
    warn: Callable[[str], object] = lambda _: None,
    choice: FieldChoice = ANY_FIELD,
) -> list[LabelledCaption]:
    """Read a file of labelled captions, a table or JSON Lines.

    Args:
        path: each row or line with an id, a text and at least one facet, by the usual names of these; `mission`
            names the group.
        facets: the taxonomy that the labels must fit.
        source: what the captions are: `composed` or `own`.
        warn: takes one line of warning.
        choice: which fields hold the caption and the id.

    Raises:
        InputError: the file cannot be read or holds no caption.
        LabelError: a row does not fit; the message names it.
    """
    out: list[LabelledCaption] = []
    seen: dict[str, str] = {}
    unlabelled: list[str] = []
    tagged: list[str] = []
    for record in told_of_misspelt(labelled_records(path, warn, choice), facets, path, warn):
        if is_unlabelled(record, facets):
            unlabelled.append(record.position.removeprefix(f"{path}: "))
            continue
        try:
            caption = labelled_caption(record, facets, source)
        except LabelError as error:
            raise LabelError(f"{record.position}: {error}") from error
        if caption.id in seen:
            place = seen[caption.id].removeprefix(f"{path}: ")
            raise LabelError(f"{record.position}: id {caption.id!r} stands in {place} already; ids must differ")
        seen[caption.id] = record.position
        if is_tagged(record):
            tagged.append(record.position.removeprefix(f"{path}: "))
        out.append(caption)
    if unlabelled:
        warn(f"{path}: {left_unlabelled(len(unlabelled), unlabelled[0])}")
    if tagged:
        warn(f"{path}: {carries_tags(len(tagged), tagged[0])}")
    if not out:
        raise InputError(
            f"{path}: holds no labelled caption; give each a row or a line with id, text, {', '.join(f.name for f in facets)}"
        )
    return out


def own_mission(name: str) -> str:
    """The mission of a caption that names none: a group of its own."""
    return f"id-{name}"


def labelled_caption(record: Record, facets: Sequence[Facet], source: str) -> LabelledCaption:
    """Check one record and build the labelled caption.

    In a table, an empty cell of a multi-valued facet says that the caption shows none of its values, unless the
    caption has no label at all.

    Raises:
        LabelError: it cannot be read, id or every facet is missing, or a label does not fit its facet.
    """
    name = f"{record.id}: " if record.id else ""
    if record.text is None:
        raise LabelError(f"{name}{record.error}")
    if not record.id:
        raise LabelError("has no id; name its field id")
    try:
        labels = labels_in(record.fields, facets)
        mission = _sole(record.fields, "mission", text_value) or ""
    except LabelError as error:
        raise LabelError(f"{name}{error}") from error
    # A label is nothing that stands beside the caption, whatever else its field is usually called.
    facet_names = {folded(f.name) for f in facets}
    beside = replace(record, fields={n: v for n, v in record.fields.items() if folded_once(n) not in facet_names})
    have = {folded(field): value for field, value in reversed(list(beside.fields.items()))}
    slices = {f: str(v) for f in SLICE_FIELDS if isinstance(v := have.get(folded(f)), str | int) and v != ""}
    if ACCEPTED in slices:
        slices[ACCEPTED] = str(is_true(slices[ACCEPTED]))
    return LabelledCaption(
        record.id, record.text, labels, mission or own_mission(record.id), source, slices, _catalogue(beside, source)
    )


def is_true(value: Any) -> bool:
    """Whether a field says yes: as JSON does, or in a cell, which spreadsheets write anew in capitals or their language."""
    return value is True or (isinstance(value, str) and value.strip().casefold() in _TRUE)


def labels_in(fields: Mapping[str, Any], facets: Sequence[Facet]) -> dict[str, FacetValue]:
    """The labels in the fields of a record, by facet.

    Raises:
        LabelError: there is none, one is no value of its facet, or fields contradict each other.
    """
    labels: dict[str, FacetValue] = {}
    empty: list[Facet] = []
    for facet in facets:
        given = _sole(fields, facet.name, partial(_given, facet))
        if given == "" and facet.multiple:
            empty.append(facet)
        elif given not in (None, ""):
            labels[facet.name] = check_label(facet, given)
    if labels or len(empty) == len(facets):
        labels.update((facet.name, ()) for facet in empty)
    if not labels:
        raise LabelError(
            f"has no label; give at least one of {', '.join(f.name for f in facets)}; other facets are described in the"
            " taxonomy.toml of a labels folder, and the folder of a version that tags them is named with --models"
        )
    return labels


def _sole(fields: Mapping[str, Any], name: str, read: Callable[[Any], Any]) -> Any:
    """The value of the field of a name as it is read, None without one.

    Raises:
        LabelError: several fields have the name, and do not say the same.
    """
    found = fields_called(fields, name)
    values = [read(fields[field]) for field in found]
    odd = next((field for field, value in zip(found, values, strict=True) if value != values[0]), None)
    if odd is not None:
        raise LabelError(f"{name} stands in two fields that differ, {found[0]!r} and {odd!r}; keep one")
    return values[0] if found else None


def _catalogue(record: Record, source: str) -> dict[str, str]:
    # The record that a composed caption goes with stands in a field of its own, since its id is not the caption's.
    own = record.fields.get(RECORD)
    if isinstance(own, dict):
        return catalogue_fields({**record.fields, **own})
    return catalogue_fields(record.fields) if source == "composed" else record.catalogue


def _given(facet: Facet, value: Any) -> Any:
    """A label as it is given, in the taxonomy's spelling; "" for an empty cell, None for none."""
    known = {folded(n): n for n in facet.names}
    if isinstance(value, str):
        parts = [p.strip() for p in _SEPARATORS.split(value)] if facet.multiple else [value.strip()]
        named = [known.get(folded(p), p) for p in parts if p]
        return "" if not named else named if facet.multiple else named[0]
    if isinstance(value, list | tuple):
        return [known.get(folded(v), v) if isinstance(v, str) else v for v in value]
    return value
