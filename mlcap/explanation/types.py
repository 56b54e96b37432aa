"""What an explanation holds. All offsets count characters of the caption as given, half-open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlcap.captions import Caption
from mlcap.explanation.contributions import Contribution
from mlcap.types import NamedPerson, TaggedCaption


@dataclass(frozen=True)
class Span:
    """A stretch of the caption: `header`, `lead`, `background` or `credit`.

    Example:
        >>> [zone.kind for zone in mlcap.explain(mlcap.load(), "Divers wait. Credit: NASA/Bo Ek").zones]
        ['lead', 'credit']
    """

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class FoundCode:
    """One code found in the caption: its table, canonical name, sort and span.

    Example:
        >>> code = mlcap.explain(mlcap.load(), "STS-197: a crane waits.").codes[0]
        >>> code.kind, code.canonical, code.start, code.end
        ('mission', 'STS-197', 0, 7)
    """

    kind: str
    canonical: str
    group: str
    start: int
    end: int


@dataclass(frozen=True)
class MentionDecision:
    """One mention of a value of a multi-valued facet, and whether it counts as depicted.

    Attributes:
        facet, value: what the words may stand for.
        start, end: span of the words.
        zone: lead or background.
        form: title (before a name), apposition (after it), bare (no name).
        people: the names it is bound to, as the caption writes them.
        shown: whether the value is given, and this mention would carry it.
        push: sum of the weights of this mention's own features.
        alone: probability of the value, 0 to 1, were this its only mention.
        why: the decision in words.

    Example:
        >>> mention = mlcap.explain(mlcap.load(), "Flight Engineer Marta Lind tries her seat liner.").mentions[0]
        >>> mention.value, mention.people, mention.shown
        ('flight-engineer', ('Marta Lind',), True)
    """

    facet: str
    value: str
    start: int
    end: int
    zone: str
    form: str
    people: tuple[str, ...]
    shown: bool
    push: float
    alone: float
    why: str


@dataclass(frozen=True)
class ValueExplanation:
    """Why one value has its score.

    Attributes:
        value: its name.
        given: whether the caption is tagged with it.
        intercept: the score of a caption without any known feature.
        contributions: strongest push first; pushes and intercept add up to `score`.
        score: before calibration.
        slope, offset: calibration; `calibrated` is score * slope + offset.
        probability: softmax over the facet's values of `calibrated`, or its sigmoid where the
            facet is multi-valued; strictly between 0 and 1 only as far as floating point goes.
        threshold: a value of a multi-valued facet is given above it; None for a single-valued one.

    Example:
        >>> value = mlcap.explain(mlcap.load(), "Flight Engineer Marta Lind tries her seat liner.").facets["event"].values["launch"]
        >>> abs(value.intercept + sum(c.push for c in value.contributions) - value.score) < 1e-6
        True
    """

    value: str
    given: bool
    intercept: float
    contributions: Sequence[Contribution]
    score: float
    slope: float
    offset: float
    probability: float
    threshold: float | None

    @property
    def calibrated(self) -> float:
        """The score after calibration, before the softmax or sigmoid."""
        return self.score * self.slope + self.offset


@dataclass(frozen=True)
class FacetExplanation:
    """One facet: whether it is multi-valued, and each of its values by name, in the taxonomy's order.

    Example:
        >>> facet = mlcap.explain(mlcap.load(), "Flight Engineer Marta Lind tries her seat liner.").facets["event"]
        >>> facet.ranked[0].value, facet.values["launch"].given
        ('fit-check', False)
    """

    name: str
    multiple: bool
    values: Mapping[str, ValueExplanation]

    @property
    def ranked(self) -> list[ValueExplanation]:
        """The values, most probable first."""
        return sorted(self.values.values(), key=lambda v: -v.probability)


@dataclass(frozen=True)
class Explanation:
    """Everything that one caption's tags rest on.

    Attributes:
        text: the caption as given.
        caption: the same, read.
        zones: its parts in order, without gaps of more than white space and without overlap.
        codes: the codes found.
        mentions: each mention of a value of a multi-valued facet.
        facets: by name.
        tagged: the tags, their confidence and the review reasons, as `tag` gives them.
        people: everybody named and every group told of by a post, with the probability of being in the picture.

    Example:
        >>> explained = mlcap.explain(mlcap.load(), "Flight Engineer Marta Lind tries her seat liner.")
        >>> explained.tagged.event, list(explained.facets), [zone.kind for zone in explained.zones]
        ('fit-check', ['event', 'crew_role'], ['lead'])
    """

    text: str
    caption: Caption
    zones: tuple[Span, ...]
    codes: tuple[FoundCode, ...]
    mentions: tuple[MentionDecision, ...]
    facets: Mapping[str, FacetExplanation]
    tagged: TaggedCaption
    people: tuple[NamedPerson, ...] = ()


@dataclass(frozen=True)
class Highlight:
    """A stretch of the caption and what the features in it add up to, for (above 0) or against (below)."""

    start: int
    end: int
    push: float
