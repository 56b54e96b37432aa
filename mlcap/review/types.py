"""What passes between the parts of a desk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.review.store import Row
from mlcap.types import Facet, FacetValue

#: Facet name -> value or values.
Values = Mapping[str, FacetValue]


@dataclass(frozen=True)
class DeskCaption:
    """A caption on the desk.

    Attributes:
        number: by which the desk knows it.
        id, text: its own.
        digest: of its text.
        source: the name of the input that it came with.
        photo: whether it has a photograph.
        fields: what else its record says.
        catalogue: its bibliographic fields, which tagging reads.
        doubts: what makes the caption itself doubtful.
        mission: named by the record or the caption, "" for neither.
        series: number of the first caption of its series.
        blind: whether it was drawn for a reading without tags.
        added: when it came.
    """

    number: int
    id: str
    digest: str
    text: str
    source: str
    photo: bool
    fields: Mapping[str, Any]
    catalogue: Mapping[str, str]
    doubts: tuple[str, ...]
    mission: str
    series: int
    blind: bool
    added: str

    @classmethod
    def of(cls, row: Row) -> DeskCaption:
        """Read a row of `captions` with the name of its source as `source_name`."""
        return cls(
            row["number"],
            row["id"],
            row["digest"],
            row["text"],
            row["source_name"],
            bool(row["photo"]),
            json.loads(row["fields"]),
            json.loads(row["catalogue"]),
            tuple(json.loads(row["doubts"])),
            row["mission"],
            row["series"],
            bool(row["blind"]),
            row["added"],
        )

    @property
    def group(self) -> str:
        """The group that no split tears apart: its mission, else its series."""
        return self.mission or f"series-{self.series}"


@dataclass(frozen=True)
class Suggestion:
    """The tags of a caption that a model version suggests.

    Attributes:
        number: by which the desk knows it.
        model: the version.
        tags: facet -> value or values; a facet that the version does not know is missing.
        confidence: facet -> value -> probability, as far as it is known.
        reasons: why a person should look, in words.
        automatic: whether the tags would be used without a look.
        audit: whether it was drawn to measure how right automatic tags are.
        sure: probability that every tag is right.
    """

    number: int
    model: str
    tags: Values
    confidence: Mapping[str, Mapping[str, float]]
    reasons: tuple[str, ...]
    automatic: bool
    audit: bool
    sure: float

    @classmethod
    def of(cls, row: Row) -> Suggestion:
        """Read a row of `suggestions`."""
        return cls(
            row["number"],
            row["model"],
            values_of(row["tags"]),
            json.loads(row["confidence"]),
            tuple(json.loads(row["reasons"])),
            bool(row["automatic"]),
            bool(row["audit"]),
            row["sure"],
        )


@dataclass(frozen=True)
class Card:
    """What a person is shown of a caption, and is kept until the decision.

    Attributes:
        nonce: the card's number, used once.
        caption: the caption.
        suggestion: None where no version tagged it.
        shown: the tags that the card proposes: the suggestion's without what a person took off, nothing where blind.
        blind: whether the suggestion is kept back.
        mine: what this person decided about it before; None for nothing.
        note: the latest note about it, which a blind reading is not told.
        state: where the caption stands: open, second, differ or done.
    """

    nonce: str
    caption: DeskCaption
    suggestion: Suggestion | None
    shown: Values
    blind: bool
    mine: Values | None
    note: str
    state: str


@dataclass(frozen=True)
class Reading:
    """What one person decided about a caption, not undone; `number` is the decision's."""

    number: int
    person: str
    labels: Values
    suggested: Values
    model: str
    blind: bool
    accepted: bool
    at: str
    origin: str
    settles: bool

    @classmethod
    def of(cls, row: Row) -> Reading:
        """Read a row of `decisions`."""
        return cls(
            row["number"],
            row["person"],
            values_of(row["labels"]),
            values_of(row["suggested"]),
            row["model"],
            bool(row["blind"]),
            bool(row["accepted"]),
            row["at"],
            row["origin"],
            row["kind"] == "settle",
        )


def values_of(text: str) -> dict[str, FacetValue]:
    """Values from their JSON: lists become tuples."""
    return {name: v if isinstance(v, str) else tuple(v) for name, v in json.loads(text).items()}


def each_of(value: FacetValue) -> tuple[str, ...]:
    """The values that a label or tag of a facet holds, one of a single-valued facet."""
    return (value,) if isinstance(value, str) else value


def suggested_with(facets: Sequence[Facet], labels: Values, rejected: Mapping[str, Sequence[str]]) -> Values:
    """What was suggested where labels are known and what was taken off; nothing of facets of which nothing was."""
    out: dict[str, FacetValue] = {}
    for facet in facets:
        off = tuple(v for v in rejected.get(facet.name, ()) if v in facet.names)
        given = labels.get(facet.name, ())
        if facet.multiple:
            off = tuple(v for v in off if v not in given)
            if off:
                out[facet.name] = tuple(v for v in facet.names if v in given or v in off)
        elif off and off[0] != given:
            out[facet.name] = off[0]
    return out


def taken_off(facet: Facet, suggested: Values, labels: Values) -> tuple[str, ...]:
    """The suggested values of a facet that a person did not keep; () where either says nothing of the facet."""
    if facet.name not in suggested or facet.name not in labels:
        return ()
    kept = each_of(labels[facet.name])
    return tuple(v for v in each_of(suggested[facet.name]) if v not in kept)


def listed_values(values: Values) -> str:
    """Values in a line for people."""
    return " · ".join(map(_told, values.values()))


def named_values(values: Values) -> str:
    """Values in a line for people, each with its facet."""
    return " · ".join(f"{name.replace('_', ' ')}: {_told(value)}" for name, value in values.items())


def _told(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value) or "none"
