"""The page of `mlcap explain --to html`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlcap.explanation import Explanation, FacetExplanation, ValueExplanation, highlights
from mlcap.explanation.people import plain_sentences
from mlcap.explanation.rows import PushTable, push_table
from mlcap.explanation.segments import Segment, segments
from mlcap.report.html import template

#: A value of a multi-valued facet of this probability is explained although the caption has no word for it.
_WORTH_TELLING = 0.1


@dataclass(frozen=True)
class ShownValue:
    """One value as the page shows it."""

    facet: FacetExplanation
    value: ValueExplanation
    against: ValueExplanation | None
    parts: list[Segment]
    table: PushTable


@dataclass(frozen=True)
class ShownCaption:
    """One caption as the page shows it; `error` says why it could not be read, "" where it could; `plain` what it shows."""

    name: str
    error: str
    explanation: Explanation | None
    values: list[ShownValue]
    plain: str = ""


def shown_values(explanation: Explanation, most: int) -> list[ShownValue]:
    """The values worth a table: the single value given, and the values of a multi-valued facet given, mentioned or likely."""
    mentions = {(m.facet, m.value) for m in explanation.mentions}
    out = []
    for facet in explanation.facets.values():
        for value in facet.ranked:
            likely = value.probability >= _WORTH_TELLING or (facet.name, value.value) in mentions
            if not value.given and not (facet.multiple and likely):
                continue
            parts = segments(explanation.text, explanation.zones, highlights(explanation, facet.name, value.value))
            table = push_table(explanation.text, value.contributions, most)
            out.append(ShownValue(facet, value, None if facet.multiple else facet.ranked[1], parts, table))
    return out


def shown_caption(name: str, explained: Explanation | str, most: int) -> ShownCaption:
    """Ready one caption, or the reason why it could not be read, for the page."""
    if isinstance(explained, str):
        return ShownCaption(name, explained, None, [])
    # Of a caption in a language that is not read nothing is given that a table could tell.
    values = shown_values(explained, most) if explained.tagged.is_read else []
    return ShownCaption(name, "", explained, values, plain_sentences(explained))


def explanation_page(explained: Iterable[tuple[str, Explanation | str]], model: str, most: int) -> Iterator[str]:
    """Give the page piece by piece, so that a long file is never held whole.

    Args:
        explained: name and explanation of each caption; a text instead of it says why there is none.
        model: the model version.
        most: how many pushes for and against each value, 0 for all.

    Raises:
        ReportError: Jinja2 is not installed.
    """
    page = template("explain.html.j2")
    return page.generate(model=model, captions=(shown_caption(name, one, most) for name, one in explained))
