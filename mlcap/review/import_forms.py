"""Reading the forms that a desk exports, as other programs write them back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.errors import InputError
from mlcap.records.parse import TooLargeError, parse_json
from mlcap.types import TEXT_FIELDS, Facet


@dataclass(frozen=True)
class ImportedLabel:
    """A label as a file has it.

    Attributes:
        position: where it stands.
        id: the caption's, "" for none.
        text: the caption.
        labels: as written.
        person: who gave them, "" where the file does not say.
        mission: the caption's, "" for none.
        seen: whether a suggestion was seen and left as it was.
        blind: whether no suggestion was shown.
    """

    position: str
    id: str
    text: str
    labels: Mapping[str, Any]
    person: str
    mission: str = ""
    seen: bool = False
    blind: bool = False


_Read = Iterator[ImportedLabel | str]


def _lines(text: str, name: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            where = f"{name}: line {number}"
            try:
                data = parse_json(line)
            except ValueError:
                data = None
            yield where, data if isinstance(data, dict) else None


def _list(text: str, name: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    try:
        data = parse_json(text)
    except TooLargeError as error:
        raise InputError(f"{name}: {error}; split it") from error
    except ValueError as error:
        raise InputError(f"{name}: is no JSON document") from error
    if not isinstance(data, list):
        raise InputError(f"{name}: is no JSON list of records")
    for number, one in enumerate(data, 1):
        yield f"{name}: record {number}", one if isinstance(one, dict) else None


def _id(value: Any) -> str:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _person(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("id")
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _from_labels(text: str, name: str, facets: Sequence[Facet]) -> _Read:
    for where, data in _lines(text, name):
        if data is None:
            yield f"{where}: is no JSON object"
            continue
        caption = next((data[f] for f in TEXT_FIELDS if isinstance(data.get(f), str)), "")
        labels = {f.name: data[f.name] for f in facets if data.get(f.name) is not None}
        yield ImportedLabel(
            where,
            _id(data.get("id", data.get("nasa_id"))),
            caption,
            labels,
            _person(data.get("decided_by")),
            _id(data.get("mission")),
            data.get("seen_with_suggestion") is True,
            data.get("read_blind") is True,
        )


def _from_csv(text: str, name: str, facets: Sequence[Facet]) -> _Read:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = rows.fieldnames or []
    field = next((f for f in TEXT_FIELDS if f in columns), None)
    if field is None or not any(f.name in columns for f in facets):
        raise InputError(f"{name}: needs a column {' or '.join(TEXT_FIELDS)}, and one a facet")
    try:
        for row in rows:
            where = f"{name}: line {rows.line_num}"
            labels: dict[str, Any] = {}
            for facet in facets:
                cell = row.get(facet.name)
                if cell is not None and (facet.multiple or cell):
                    labels[facet.name] = [v for v in cell.split(";") if v] if facet.multiple else cell
            people = (row.get("decided_by") or "").split(";")
            seen, blind = ((row.get(name) or "") == "true" for name in ("seen_with_suggestion", "read_blind"))
            yield ImportedLabel(
                where,
                row.get("id") or "",
                row.get(field) or "",
                labels,
                people[-1],
                row.get("mission") or "",
                seen,
                blind,
            )
    except csv.Error as error:
        yield f"{name}: line {rows.line_num}: is no row of a table ({error})"


def _chosen(options: Sequence[Any], facets: Sequence[Facet], known: Sequence[str] | None) -> dict[str, Any] | str:
    """The labels behind the options of a Prodigy task, or what is wrong with them.

    Args:
        known: the facets that the task asked for; where None, multi-valued ones without an option have no value.
    """
    out: dict[str, Any] = {f.name: [] for f in facets if f.multiple and (known is None or f.name in known)}
    for option in options:
        facet_name, _, value = str(option).rpartition("=")
        holders = [f for f in facets if value in f.names and facet_name in ("", f.name)]
        if len(holders) != 1:
            return f"{str(option)[:60]!r} is no value of {', '.join(f.name for f in facets)}"
        facet = holders[0]
        if facet.multiple:
            out.setdefault(facet.name, []).append(value)
        elif facet.name in out:
            return f"has two values of {facet.name}"
        else:
            out[facet.name] = value
    return out


def _from_prodigy(text: str, name: str, facets: Sequence[Facet]) -> _Read:
    for where, data in _lines(text, name):
        if data is None or not isinstance(data.get("text"), str):
            yield f"{where}: is no task with a text"
            continue
        if data.get("answer") != "accept":
            yield f"{where}: was answered with {str(data.get('answer'))[:20]!r}, which decides nothing here"
            continue
        accepted = data.get("accept", [data["label"]] if "label" in data else [])
        meta = data["meta"] if isinstance(data.get("meta"), dict) else {}
        known = meta.get("facets")
        labels = _chosen(
            accepted if isinstance(accepted, list) else [], facets, known if isinstance(known, list) else None
        )
        if isinstance(labels, str):
            yield f"{where}: {labels}"
            continue
        person = _person(data.get("_annotator_id", data.get("_session_id")))
        yield ImportedLabel(where, _id(meta.get("id")), data["text"], labels, person, _id(meta.get("mission")))


def _from_label_studio(text: str, name: str, facets: Sequence[Facet]) -> _Read:
    by_name = {f.name: f for f in facets}
    for where, task in _list(text, name):
        data = task.get("data") if task else None
        annotations = task.get("annotations") if task else None
        if not isinstance(data, dict) or not isinstance(annotations, list):
            yield f"{where}: is no task with data and annotations"
            continue
        kept = [a for a in annotations if isinstance(a, dict) and not a.get("was_cancelled")]
        if not kept:
            yield f"{where}: was annotated by nobody"
        caption = next((data[f] for f in TEXT_FIELDS if isinstance(data.get(f), str)), "")
        for annotation in kept:
            labels: dict[str, Any] = {}
            results = annotation.get("result")
            for result in results if isinstance(results, list) else []:
                facet = by_name.get(str(result.get("from_name"))) if isinstance(result, dict) else None
                value = result.get("value") if isinstance(result, dict) else None
                choices = value.get("choices") if isinstance(value, dict) else None
                if facet is not None and isinstance(choices, list) and (facet.multiple or len(choices) == 1):
                    labels[facet.name] = choices if facet.multiple else choices[0]
            yield ImportedLabel(
                where,
                _id(data.get("id")),
                caption,
                labels,
                _person(annotation.get("completed_by")),
                _id(data.get("mission")),
            )


def _from_argilla(text: str, name: str, facets: Sequence[Facet]) -> _Read:
    for where, data in _list(text, name):
        fields = data.get("fields") if data else None
        responses = data.get("responses") if data else None
        if data is None or not isinstance(fields, dict) or not isinstance(responses, dict):
            yield f"{where}: is no record with fields and responses"
            continue
        by_person: dict[str, dict[str, Any]] = {}
        for facet in facets:
            for one in responses.get(facet.name) or []:
                if isinstance(one, dict) and one.get("status", "submitted") == "submitted":
                    by_person.setdefault(_person(one.get("user_id")), {})[facet.name] = one.get("value")
        if not by_person:
            yield f"{where}: nobody has submitted a response"
        caption = next((fields[f] for f in TEXT_FIELDS if isinstance(fields.get(f), str)), "")
        metadata = data["metadata"] if isinstance(data.get("metadata"), dict) else {}
        for person, labels in by_person.items():
            yield ImportedLabel(where, _id(data.get("id")), caption, labels, person, _id(metadata.get("mission")))


#: Form -> what reads it: labels, or in words what is wrong with a record.
READERS: dict[str, Callable[[str, str, Sequence[Facet]], _Read]] = {
    "labels": _from_labels,
    "csv": _from_csv,
    "prodigy": _from_prodigy,
    "label-studio": _from_label_studio,
    "argilla": _from_argilla,
}
