"""Pages: templates with everything from captions escaped, and what the card's needs."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from mlcap.model.manifest import same_version
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk
from mlcap.review.evidence import (
    DeskNeighbour,
    Evidence,
    Piece,
    evidence_of,
    feedback_words,
    neighbours,
    plain_pieces,
    reasons_of,
    told_probabilities,
)
from mlcap.review.feedback import feedback_about
from mlcap.review.keys import COMMANDS, Keys, keys_of
from mlcap.review.photos import named_photo
from mlcap.review.queues import Queue, QueueKind, waiting_count
from mlcap.review.standing import latest_decision
from mlcap.review.types import Card, listed_values, named_values
from mlcap.text import counted, directions_told
from mlcap.types import Facet


@dataclass(frozen=True)
class Choice:
    """A value that can be chosen: whether it is at first, whether it is suggested, its probability (None unknown) and key.

    It is found by its name and by its `words`.
    """

    name: str
    definition: str
    words: tuple[str, ...]
    chosen: bool
    suggested: bool
    probability: float | None
    key: str


@dataclass(frozen=True)
class FacetChoices:
    """A facet with its choices, and the key of its search field ("" where none is needed)."""

    facet: Facet
    choices: tuple[Choice, ...]
    search: str


@dataclass(frozen=True)
class CardPage:
    """What the page of a card shows beside the card itself."""

    card: Card
    pieces: tuple[Piece, ...]
    facets: tuple[FacetChoices, ...]
    feedback: tuple[str, ...]
    why: tuple[str, ...]
    words: dict[str, tuple[str, ...]]
    other_version: str
    neighbours: tuple[DeskNeighbour, ...]
    series: int
    missing_photo: str
    draft: str


def card_page(
    desk: Desk, tagger: Tagger, person: str, card: Card, keys: Keys, chosen: Mapping[str, Any] | None = None
) -> CardPage:
    """Ready a card for its page.

    A caption of the audit is told by the same words as any other: no reason is given, but what is least sure.
    """
    evidence = None if card.blind else evidence_of(tagger, card.caption, card.shown)
    pieces = evidence.pieces if evidence is not None else plain_pieces(card.caption.text)
    chosen = chosen or (card.mine if card.mine is not None else card.shown)
    known = () if card.blind else [told_probabilities(facet, card.suggestion, evidence) for facet in desk.facets]
    facets = facet_choices(desk, keys, chosen, card.shown, known)
    feedback = () if card.blind else feedback_words(desk.store, card)
    why = () if card.blind else tuple(one for one in reasons_of(desk.store, desk.facets, card) if one not in feedback)
    if feedback and not why:
        labelled = any(one.labels for one in feedback_about(desk.store, card.caption.number))
        why = (
            "a program says which tags it should have" if labelled else "a program left a note about it, and no tags",
        )
    series = desk.store.one("SELECT count(*) FROM captions WHERE series = ?", (card.caption.series,))
    return CardPage(
        card,
        pieces,
        facets,
        feedback,
        why,
        {} if evidence is None else dict(evidence.words),
        _other_version(card, evidence),
        () if card.blind else tuple(neighbours(desk.store, card.caption, person)),
        0 if card.blind else int(series),
        "" if card.caption.photo else named_photo({**card.caption.fields, "id": card.caption.id}),
        # Of another caption, or of this one since somebody decided it, a draft is no more.
        f"{card.caption.digest[:16]}/{latest_decision(desk.store, card.caption.number)}",
    )


def _other_version(card: Card, evidence: Evidence | None) -> str:
    """The version by which words are marked where it is another than the one that suggested, "" else."""
    if evidence is None or card.suggestion is None or same_version(evidence.model, card.suggestion.model):
        return ""
    return evidence.model


def facet_choices(
    desk: Desk,
    keys: Keys,
    chosen: Mapping[str, Any],
    suggested: Mapping[str, Any],
    probabilities: Sequence[Mapping[str, float]] = (),
) -> tuple[FacetChoices, ...]:
    """The values of each facet as they are put before a person.

    Args:
        chosen: what is chosen at first.
        suggested: what mlcap suggests.
        probabilities: of each facet, value -> its probability; nothing where none are shown.
    """

    def holds(values: Any, name: str) -> bool:
        return name == values if isinstance(values, str) else name in values

    found = []
    for place, (facet, allotted) in enumerate(zip(desk.facets, keys.facets, strict=True)):
        known = probabilities[place] if probabilities else {}
        rows = tuple(
            Choice(
                v.name,
                v.definition,
                v.words,
                holds(chosen.get(facet.name, ()), v.name),
                holds(suggested.get(facet.name, ()), v.name),
                known.get(v.name),
                allotted.keys.get(v.name, ""),
            )
            for v in facet.values
        )
        found.append(FacetChoices(facet, rows, allotted.search))
    return tuple(found)


def duration(seconds: float | None) -> str:
    """A time for people, "" where it is not known."""
    if seconds is None:
        return ""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def share(value: float | None) -> str:
    """A share for people, never as certain."""
    if value is None:
        return "–"
    return f"{min(value, 0.999):.1%}" if value < 1 else "100%"


def probability(value: float) -> str:
    """A probability with two places, never as certain."""
    return f"{min(max(value, 0.01), 0.99):.2f}"


class Pages:
    """Renders the pages of one desk.

    Args:
        desk: the desk.
        tagger: gives what explains its captions now.
    """

    def __init__(self, desk: Desk, tagger: Callable[[], Tagger]) -> None:
        self.desk, self.tagger = desk, tagger
        self._templates = Environment(
            loader=PackageLoader("mlcap.desk"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "values": listed_values,
            "named_values": named_values,
            "duration": duration,
            "share": share,
            "probability": probability,
            "counted": counted,
            "directions_told": directions_told,
        }
        self._templates.globals |= {"desk": desk, "facets": desk.facets, "COMMANDS": COMMANDS}

    def page(self, name: str, person: str, status: int = 200, **more: Any) -> HTMLResponse:
        """One page for a person; `person` is "" where nobody is known."""
        keys = keys_of(self.desk.store, self.desk.facets, person)
        text = self._templates.get_template(f"{name}.html.j2").render(person=person, keys=keys, **more)
        return HTMLResponse(text.encode("utf-8", errors="replace").decode("utf-8"), status)

    def placeholder(self, name: str, why: str) -> Response:
        """A picture in place of a photograph that cannot be shown, which says why."""
        lines = textwrap.wrap(why, 44)[:5]
        text = self._templates.get_template("placeholder.svg.j2").render(name=name[:44], lines=lines)
        return Response(text.encode("utf-8", errors="replace"), media_type="image/svg+xml")

    def card(
        self,
        person: str,
        card: Card,
        queue: Queue,
        chosen: Mapping[str, Any] | None = None,
        error: str = "",
        status: int = 200,
        heard: str = "",
    ) -> HTMLResponse:
        """The page of a card; `chosen` and `error` where it is shown again because something lacks, `heard` what it says."""
        keys = keys_of(self.desk.store, self.desk.facets, person)
        shown = card_page(self.desk, self.tagger(), person, card, keys, chosen)
        left = waiting_count(self.desk.store, queue, person) if queue.kind is not QueueKind.SEARCH else None
        return self.page(
            "card", person, status, shown=shown, card=card, queue=queue, left=left, error=error, heard=heard
        )
