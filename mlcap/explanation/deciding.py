"""Choosing from an explanation what decided: the strongest features, and the words under them."""

from __future__ import annotations

from itertools import pairwise

from mlcap.explanation.contributions import Contribution, strongest_first
from mlcap.explanation.types import Explanation, Highlight


def contributions_against(
    explanation: Explanation, facet: str, value: str, against: str | None = None
) -> list[Contribution]:
    """What speaks for a value rather than for another: contributions whose weight is the difference of the two.

    Args:
        explanation: of one caption.
        facet, value: the value that is asked for.
        against: the other value; where None, the most probable other one of a single-valued
            facet, and for a multi-valued facet the value's own absence (weights as they are).

    Returns:
        Strongest push first, for or against.

    Raises:
        KeyError: there is no such facet or value.
    """
    values = explanation.facets[facet]
    mine = values.values[value]
    if against is None:
        if values.multiple:
            return list(mine.contributions)
        against = next(v.value for v in values.ranked if v.value != value)
    other = {(c.block, c.feature): c.weight for c in values.values[against].contributions}
    mixed = [c._replace(weight=c.weight - other.pop((c.block, c.feature), 0.0)) for c in mine.contributions]
    # Mentions of the other value, which only that one has.
    theirs = [c for c in values.values[against].contributions if (c.block, c.feature) in other]
    mixed += [c._replace(weight=-c.weight) for c in theirs]
    return strongest_first(mixed)


def deciding_words(
    explanation: Explanation, facet: str, value: str, against: str | None = None, n: int = 8
) -> list[Contribution]:
    """The `n` strongest pushes for a value over another, see `contributions_against`; at most one a feature name."""
    out: list[Contribution] = []
    seen: set[str] = set()
    for one in contributions_against(explanation, facet, value, against):
        if one.push > 0 and one.feature not in seen and len(out) < n:
            seen.add(one.feature)
            out.append(one)
    return out


def highlights(explanation: Explanation, facet: str, value: str, against: str | None = None) -> list[Highlight]:
    """What the features under each character add up to, as stretches of one push.

    A feature's push is shared equally among its spans, and within a span among its characters;
    features that stand nowhere (the length of the caption) are left out. Nothing in the header
    or credit is left out, since both can be absent and a reader should see when they decide.

    Returns:
        Stretches in order that do not overlap; `push` is the sum over the stretch.
    """
    heat = [0.0] * (len(explanation.text) + 1)
    edges: set[int] = set()
    for one in contributions_against(explanation, facet, value, against):
        spans = [(start, end) for start, end in one.spans if end > start]
        for start, end in spans:
            share = one.push / len(spans) / (end - start)
            heat[start] += share
            heat[end] -= share
            edges.add(start)
            edges.add(end)
    out: list[Highlight] = []
    level, cuts = 0.0, sorted(edges)
    for start, end in pairwise(cuts):
        level += heat[start]
        push = level * (end - start)
        if abs(push) > _NOTHING:
            out.append(Highlight(start, end, push))
    return out


#: Sums below this are what floating point leaves of nothing.
_NOTHING = 1e-9
