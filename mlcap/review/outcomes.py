"""What the decisions say of each caption: its labels, what they rest on, and what was taken off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mlcap.labels.agreement import Agreement, Annotation, agreements
from mlcap.review.standing import all_readings, differ
from mlcap.review.store import Store
from mlcap.review.types import DeskCaption, Reading, Values, taken_off
from mlcap.types import Facet


@dataclass(frozen=True)
class Outcome:
    """What people decided about a caption.

    Attributes:
        caption: its number.
        labels: as decided; where readings differ and none settles, those of the first.
        readings: of each person the latest.
        settling: the one that settles, None for none.
        agreed: whether the labels stand: one reading, equal ones, or a settled difference.
    """

    caption: int
    labels: Values
    readings: tuple[Reading, ...]
    settling: Reading | None
    agreed: bool

    @property
    def last(self) -> Reading:
        """The reading that the labels come from."""
        return self.settling or self.readings[-1]

    @property
    def accepted(self) -> bool:
        """Whether nothing is behind the labels but people who saw a suggestion and left it as it was."""
        return self.settling is None and all(one.accepted for one in self.readings)

    @property
    def blind(self) -> Reading | None:
        """A reading that did not see the tags, None for none."""
        return next((one for one in self.readings if one.blind), None)

    def rejected(self, facets: Sequence[Facet]) -> dict[str, tuple[str, ...]]:
        """Facet -> the values that were suggested and taken off."""
        off = {f.name: taken_off(f, self.last.suggested, self.labels) for f in facets}
        return {name: values for name, values in off.items() if values}


def outcomes(store: Store) -> Iterator[Outcome]:
    """The outcome of every caption that somebody decided, by number."""
    for caption, readings, settling in all_readings(store):
        if not readings and settling is None:
            continue
        labels = settling.labels if settling else readings[0].labels
        agreed = settling is not None or not differ(readings)
        yield Outcome(caption, labels, tuple(readings), settling, agreed)


def desk_agreement(store: Store, facets: Sequence[Facet]) -> list[Agreement]:
    """How far the first two readings of captions that were read twice agree."""
    annotations = {
        str(one.caption): [Annotation(r.person, r.labels) for r in one.readings]
        for one in outcomes(store)
        if len(one.readings) > 1
    }
    return agreements(facets, annotations)


def blind_pairs(store: Store) -> int:
    """How many captions that were read twice have a reading without tags among the first two."""
    return sum(len(one.readings) > 1 and any(r.blind for r in one.readings[:2]) for one in outcomes(store))


def captions_by_number(store: Store, numbers: Sequence[int]) -> dict[int, DeskCaption]:
    """Captions by their numbers."""
    out: dict[int, DeskCaption] = {}
    for first in range(0, len(numbers), 500):
        part = numbers[first : first + 500]
        marks = ", ".join("?" * len(part))
        question = f"SELECT c.*, s.name AS source_name FROM captions c JOIN sources s ON s.number = c.source WHERE c.number IN ({marks})"  # noqa: S608
        out |= {row["number"]: DeskCaption.of(row) for row in store.rows(question, part)}
    return out
