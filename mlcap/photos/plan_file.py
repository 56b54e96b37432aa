"""A plan as a file of JSON: written, and read with care, since anybody may have changed it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlcap.bounded_json import read_json
from mlcap.errors import PlanError
from mlcap.model.save import json_bytes
from mlcap.photos.changes import PlannedTag
from mlcap.photos.metadata import CONFIRMED, MACHINE, REJECTED
from mlcap.photos.plan import Plan, PlannedPhoto
from mlcap.photos.terms import Term
from mlcap.text import has_controls

_FORMAT = 3
#: The forms before: the second knows tags of the machine alone; the first neither folders nor facets: tags are only
#: added, where the plan's targets lie.
_SECOND, _FIRST = 2, 1
#: A plan of more bytes, or of more values, than this is refused.
_LARGEST = 256 << 20
_MOST_VALUES = 10_000_000
_LONGEST_TEXT = 4096
#: The names of facets and values, as a taxonomy may have them.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def plan_bytes(plan: Plan) -> bytes:
    """A plan as the bytes of a JSON file."""
    return json_bytes({"format": _FORMAT, **asdict(plan)})


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        PlanError: it cannot be read or is no plan.
    """
    try:
        with open(path, "rb") as stream:
            data = read_json(stream.read(_LARGEST + 1), _LARGEST, _MOST_VALUES)
        if data["format"] not in (_FIRST, _SECOND, _FORMAT):
            raise PlanError(f"{path}: is a plan of format {data['format']}; make it again")
        if data["format"] == _FIRST:
            data = _of_first(data)
        plan = _plan(data if data["format"] == _FORMAT else _of_second(data))
    except OSError as error:
        raise PlanError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PlanError(f"{path}: is no plan; make one with `mlcap tag PHOTOS --write PLAN`") from error
    if not plan.run.replace("-", "").isalnum():
        raise PlanError(f"{path}: names no run; make the plan again")
    return plan


def _plan(data: Mapping[str, Any]) -> Plan:
    return Plan(
        _text(data["run"]),
        _text(data["model"]),
        data["embed"] is True,
        tuple(_photo(one) for one in data["photos"]),
        _texts(data["folders"]),
        {_name(k): v is True for k, v in data["facets"].items()},
        tuple(_term(one) for one in data["terms"]),
        data["void"] is True,
    )


def _of_second(data: Mapping[str, Any]) -> dict[str, Any]:
    """A plan of the second form in today's."""
    facets = list(data["facets"])
    machine = {"status": MACHINE, "model": "", "reconsidered": False}
    photos = [
        {**one, "tags": [{**t, **machine} for t in one["tags"]], "untouched": [] if one["tags"] else facets}
        for one in data["photos"]
    ]
    return {**data, "photos": photos}


def _of_first(data: Mapping[str, Any]) -> dict[str, Any]:
    """A plan of the first form in the second."""
    lacking = {"people": [], "new": [], "gone": [], "notes": [], "changes": True}
    photos = [{**one, **lacking} for one in data["photos"]]
    folders = sorted({os.path.realpath(Path(_text(one["target"])).parent) for one in photos})
    more = {"photos": photos, "folders": folders, "facets": {}, "terms": [], "void": False}
    return {**data, **more, "format": _SECOND}


def _text(value: Any) -> str:
    if not isinstance(value, str) or has_controls(value) or len(value) > _LONGEST_TEXT:
        raise ValueError("no text")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError("no list")
    return tuple(map(_text, values))


def _name(value: Any) -> str:
    if not _NAME.fullmatch(_text(value)):
        raise ValueError("no name of a facet or value")
    return str(value)


def _score(value: Any) -> str:
    if not 0 <= float(_text(value)) <= 1:
        raise ValueError("no probability")
    return str(value)


def _term(data: Mapping[str, Any]) -> Term:
    words = (_text(data[key]) for key in ("term", "iri", "vocabulary"))
    return Term(_name(data["facet"]), _name(data["value"]), *words)


def _tag(data: Mapping[str, Any]) -> PlannedTag:
    if data["status"] not in (MACHINE, CONFIRMED, REJECTED):
        raise ValueError("no status")
    # What a person gave has no probability where no version knew the value.
    score = "" if data["score"] == "" and data["status"] != MACHINE else _score(data["score"])
    model, again = _text(data["model"]), data["reconsidered"] is True
    return PlannedTag(_name(data["facet"]), _name(data["value"]), score, data["status"], model, again)


def _photo(data: Mapping[str, Any]) -> PlannedPhoto:
    tags = tuple(map(_tag, data["tags"]))
    if not isinstance(data["fields"], dict):
        raise TypeError("no fields")
    return PlannedPhoto(
        _text(data["file"]),
        _text(data["target"]),
        _text(data["caption"]),
        tags,
        data["fields"],
        _text(data["skipped"]),
        _texts(data["people"]),
        _texts(data["new"]),
        _texts(data["gone"]),
        _texts(data["notes"]),
        data["changes"] is True,
        _texts(data["untouched"]),
    )
