"""Reading the forms that a desk exports, as other programs write them back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlcap.errors import InputError, LabelError
from mlcap.labels.corpus import (
    ACCEPTED,
    SEPARATOR,
    carries_tags,
    is_table_of_tabs,
    is_tagged,
    is_true,
    is_unlabelled,
    labelled_records,
    labels_in,
    left_unlabelled,
)
from mlcap.labels.misspelt import told_of_misspelt
from mlcap.records.names import fields_called
from mlcap.records.parse import TooLargeError, parse_json
from mlcap.records.reading import form_by_suffix
from mlcap.records.types import FieldChoice, Record
from mlcap.review.labels import DECIDED, REJECTED, rejected_column
from mlcap.types import TEXT_FIELDS, Facet

#: Bytes of a file by which its form is told, and the names that each form has there.
_HEAD = 1 << 20
_NAMES = {
    "prodigy": {"text", "answer"},
    "label-studio": {"data", "annotations"},
    "argilla": {"fields", "responses"},
}
_NAMING = frozenset().union(*_NAMES.values())


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
        rejected: facet -> values that were suggested and taken off.
    """

    position: str
    id: str
    text: str
    labels: Mapping[str, Any]
    person: str
    mission: str = ""
    seen: bool = False
    blind: bool = False
    rejected: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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


def form_in(path: Path) -> str:
    """The form of a file, one of `mlcap.review.exporting.FORMS`, by its name and how it begins."""
    kind = form_by_suffix(path.name)
    if kind not in (None, "txt", "json", "jsonl"):
        return "csv"
    try:
        with open(path, "rb") as stream:
            head = stream.read(_HEAD).decode("utf-8", errors="replace")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    named = {name for name in _NAMING if f'"{name}"' in head}
    for form, names in _NAMES.items():
        if names <= named:
            return form
    return "csv" if kind is None and is_table_of_tabs(path) else "labels"


def read_labels(
    path: Path, form: str, facets: Sequence[Facet], warn: Callable[[str], object], choice: FieldChoice
) -> _Read:
    """Read a table or JSON Lines of labelled captions, by the rules that `evaluate` reads it by.

    Raises:
        InputError: it cannot be read.
    """
    as_csv = (
        form == "csv" and form_by_suffix(path.name) in (None, "txt", "json", "jsonl") and not is_table_of_tabs(path)
    )
    records = labelled_records(path, warn, choice, "csv" if as_csv else None)
    unlabelled, tagged = [], []
    for record in told_of_misspelt(records, facets, path, warn):
        place = record.position.removeprefix(f"{path}: ")
        if is_unlabelled(record, facets):
            unlabelled.append(place)
            continue
        if is_tagged(record):
            tagged.append(place)
        yield _labelled(record, facets)
    if unlabelled:
        warn(f"{path}: {left_unlabelled(len(unlabelled), unlabelled[0])}")
    if tagged:
        warn(f"{path}: {carries_tags(len(tagged), tagged[0])}")


def _labelled(record: Record, facets: Sequence[Facet]) -> ImportedLabel | str:
    if record.text is None:
        return f"{record.position}: {record.error}"
    try:
        labels = labels_in(record.fields, facets)
    except LabelError as error:
        return f"{record.position}: {error}"

    def told(name: str) -> Any:
        return next((record.fields[found] for found in fields_called(record.fields, name)), None)

    people = told("decided_by")
    return ImportedLabel(
        record.position,
        record.id or "",
        record.text,
        labels,
        _person(people.split(SEPARATOR) if isinstance(people, str) else people).strip(),
        _id(told("mission")),
        is_true(told(ACCEPTED)),
        is_true(told("read_blind")),
        _rejected_in(told(REJECTED)) | _rejected_in({f.name: told(rejected_column(f.name)) for f in facets}),
    )


def _rejected_in(told: Any) -> dict[str, tuple[str, ...]]:
    """Facet -> what was taken off, as an object of JSON, its text, or cells of a table say it."""
    if isinstance(told, str):
        try:
            told = parse_json(told)
        except ValueError:
            return {}
    found = {}
    for name, values in told.items() if isinstance(told, Mapping) else ():
        some = values.split(SEPARATOR) if isinstance(values, str) else values if isinstance(values, list) else []
        if off := tuple(value for one in some if (value := str(one).strip())):
            found[str(name)] = off
    return found


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
        flags = _flags(meta, labels)
        yield ImportedLabel(where, _id(meta.get("id")), data["text"], labels, person, _id(meta.get("mission")), *flags)


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
                *_flags(task.get("meta") if task else None, labels),
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
            flags, mission = _flags(metadata, labels), _id(metadata.get("mission"))
            yield ImportedLabel(where, _id(data.get("id")), caption, labels, person, mission, *flags)


def _flags(beside: Any, labels: Mapping[str, Any]) -> tuple[bool, bool, dict[str, tuple[str, ...]]]:
    """(seen with the suggestion, read blind, taken off) as an export says beside a label; not of labels changed since."""
    if not isinstance(beside, Mapping):
        return False, False, {}
    try:
        then = parse_json(str(beside.get(DECIDED)))
    except ValueError:
        then = None
    if isinstance(then, dict) and _as_sets(then) != _as_sets(labels):
        return False, False, {}
    return is_true(beside.get(ACCEPTED)), is_true(beside.get("read_blind")), _rejected_in(beside.get(REJECTED))


def _as_sets(labels: Mapping[str, Any]) -> dict[str, set[str]]:
    sets = {name: {value} if isinstance(value, str) else set(map(str, value or ())) for name, value in labels.items()}
    return {name: values for name, values in sets.items() if values}


#: Form of another program -> what reads it: labels, or in words what is wrong with a record.
READERS: dict[str, Callable[[str, str, Sequence[Facet]], _Read]] = {
    "prodigy": _from_prodigy,
    "label-studio": _from_label_studio,
    "argilla": _from_argilla,
}
