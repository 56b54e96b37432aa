"""Explanations as text for the terminal: readable at 80 columns, and without colour."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import click

from mlcap.cli.terminal import WIDTH, short_probability
from mlcap.explanation import Explanation, FacetExplanation, MentionDecision, ValueExplanation, highlights
from mlcap.explanation.mentioned import Mentioned
from mlcap.explanation.overall import WORD_AMOUNT, LearnedValue, LearnedWeight
from mlcap.explanation.people import plain_sentences
from mlcap.explanation.rows import PushTable, Rest, Row, push_table
from mlcap.explanation.segments import Segment, segments
from mlcap.text import printable

_INDENT = 13
#: A role of this probability is explained although the caption has no word for it.
_WORTH_TELLING = 0.1
LEGEND = "[+word] speaks for the tag, [-word] against it, [++word] and [--word] most"

#: One word with its colours.
_Word = tuple[str, dict[str, object]]


def _style(level: int) -> dict[str, object]:
    if abs(level) < 2:
        return {}
    return {"fg": "green" if level > 0 else "red", "bold": abs(level) > 2}


def _words(text: str, part: Segment) -> list[_Word]:
    words = printable(text[part.start : part.end]).split()
    if words and abs(part.level) >= 2:
        sign = ("+" if part.level > 0 else "-") * (abs(part.level) - 1)
        words[0] = f"[{sign}{words[0]}"
        words[-1] += "]"
    return [(w, _style(part.level)) for w in words]


def _wrapped(words: Sequence[_Word], first: str) -> Iterator[str]:
    """Lines of at most `WIDTH` columns, the first beginning with `first`, all indented alike."""
    room = WIDTH - _INDENT
    line, used = f"{first:{_INDENT}s}", 0
    for word, style in words:
        pieces = [word[i : i + room] for i in range(0, len(word), room)]
        for piece in pieces:
            if used and used + 1 + len(piece) > room:
                yield line
                line, used = " " * _INDENT, 0
            line += (" " if used else "") + (click.style(piece, **style) if style else piece)  # type: ignore[arg-type, operator]
            used += len(piece) + (1 if used else 0)
    yield line.rstrip()


def _caption(explanation: Explanation, facet: str, value: str) -> Iterator[str]:
    """The caption zone by zone, with what speaks for and against one value."""
    parts = segments(explanation.text, explanation.zones, highlights(explanation, facet, value))
    for zone in explanation.zones:
        inside = [p for p in parts if p.zone and zone.start <= p.start < zone.end]
        words = [w for p in inside for w in _words(explanation.text, p)]
        yield from _wrapped(words, f"  {zone.kind}")


def _row(row: Row) -> str:
    quotes = " ... ".join(f'"{printable(q)}"' for q in row.quotes)
    name = printable(f"{row.block}: {row.feature}")
    line = f"    {row.push:+7.2f}  {name[:44]:44s}  {quotes}".rstrip()
    return line if len(line) <= WIDTH else line[: WIDTH - 3] + "..."


def _rest(rest: Rest, side: str) -> list[str]:
    return [f"    {rest.push:+7.2f}  {rest.rows} more {side}"] if rest.rows else []


def _pushes(table: PushTable) -> list[str]:
    lines = [click.style(_row(r), fg="green") for r in table.pro] + _rest(table.more_pro, "for")
    return lines + [click.style(_row(r), fg="red") for r in table.con] + _rest(table.more_con, "against")


def _sum(value: ValueExplanation, facet: FacetExplanation) -> Iterator[str]:
    """How the pushes become the score, and the score the probability."""
    yield f"    {value.intercept:+7.2f}  intercept"
    yield f"    {value.score:+7.2f}  = score before calibration"
    scaled = f"    calibrated: {value.score:.2f} x {value.slope:.3f} {value.offset:+.2f} = {value.calibrated:.2f}"
    if facet.multiple:
        yield f"{scaled}; sigmoid: {short_probability(value.probability)}; given above {value.threshold:.2f}"
        return
    yield scaled
    others = [f"{v.value} {v.calibrated:.1f} gives {short_probability(v.probability)}" for v in facet.ranked]
    yield from _joined("    softmax over all: ", others)


def _wrapped_words(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def _joined(first: str, parts: Sequence[str]) -> Iterator[str]:
    line = first
    for number, part in enumerate(parts, 1):
        piece = part + ("," if number < len(parts) else "")
        if len(line) + len(piece) + 1 > WIDTH and line.strip():
            yield line.rstrip()
            line = " " * 6
        line += piece + " "
    yield line.rstrip()


def _mention(text: str, one: MentionDecision) -> Iterator[str]:
    mark = "shown" if one.shown else "not shown"
    words = printable(text[one.start : one.end])
    yield from _wrapped([(w, {}) for w in f'{one.value} "{words}": {printable(one.why)}'.split()], f"  {mark}")


def _facet_lines(explanation: Explanation, facet: FacetExplanation, most: int) -> Iterator[str]:
    text = explanation.text
    mentions = {m.value for m in explanation.mentions if m.facet == facet.name}
    told = [v for v in facet.values.values() if v.given or (facet.multiple and v.value in mentions)]
    told += [v for v in facet.ranked if facet.multiple and v.probability >= _WORTH_TELLING and v not in told]
    for value in told:
        given = "given" if value.given else "not given"
        against = (
            ""
            if facet.multiple
            else f", against {facet.ranked[1].value} {short_probability(facet.ranked[1].probability)}"
        )
        yield ""
        yield click.style(
            f"{facet.name}: {value.value} {short_probability(value.probability)}, {given}{against}", bold=True
        )
        yield from _caption(explanation, facet.name, value.value)
        yield from _pushes(push_table(text, value.contributions, most))
        yield from _sum(value, facet)
    silent = [v for v in facet.values.values() if v not in told]
    if facet.multiple and silent:
        yield ""
        yield from _joined(
            f"{facet.name}: no word of ", [f"{v.value} {short_probability(v.probability)}" for v in silent]
        )


def explanation_text(explanation: Explanation, name: str, most: int) -> str:
    """The whole explanation of one caption.

    Args:
        explanation: of the caption.
        name: what to call it.
        most: how many pushes for and against each value, 0 for all.
    """
    tagged = explanation.tagged
    if not tagged.is_read:
        told = _wrapped_words(printable(plain_sentences(explanation)))
        return "\n".join([click.style(printable(name), bold=True), *told]) + "\n"
    lines = [click.style(printable(name), bold=True), *_wrapped_words(printable(plain_sentences(explanation))), LEGEND]
    codes = [f'{c.kind} "{printable(explanation.text[c.start : c.end])}" = {c.canonical}' for c in explanation.codes]
    lines += _joined("codes: ", codes or ["none"])
    lines += ["mentions of roles:" if explanation.mentions else "mentions of roles: none"]
    for one in explanation.mentions:
        lines += _mention(explanation.text, one)
    lines.append("review: " + ("needed" if tagged.needs_review else "not needed"))
    lines += [f"  because {printable(r)}" for r in tagged.review_reasons]
    for facet in explanation.facets.values():
        lines += _facet_lines(explanation, facet, most)
    return "\n".join(lines) + "\n"


def mentioned_text(explanation: Explanation, found: Sequence[Mentioned], name: str) -> str:
    """What one caption mentions and does not depict, a line each."""
    lines = [click.style(printable(name), bold=True)]
    for one in found:
        words = dict.fromkeys(printable(explanation.text[a:b]) for a, b in one.spans)
        lines += _joined(f"  {one.facet} {one.value}: ", [f'"{w}"' for w in words])
    if not found:
        lines.append("  mentions nothing that it does not depict")
    return "\n".join(lines) + "\n"


def learned_text(learned: Sequence[LearnedValue]) -> str:
    """The strongest features of every value in two columns, for and against."""
    lines = [f"push of a usual amount: {WORD_AMOUNT} of a word (TF-IDF), 1 of any other feature"]
    for one in learned:
        lines += ["", click.style(f"{one.facet}: {one.value}", bold=True), f"  {'for':38s}  against"]
        for row in range(max(len(one.pro), len(one.con))):
            sides = [_weight(side[row]) if row < len(side) else "" for side in (one.pro, one.con)]
            lines.append(f"  {sides[0]:38s}  {sides[1]}".rstrip())
    return "\n".join(lines) + "\n"


def _weight(one: LearnedWeight) -> str:
    return f"{one.push:+6.2f} {printable(f'{one.block}: {one.feature}')[:31]}"
