"""Contributions as rows for a table: letter n-grams, which say nothing one by one, are summed up by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlcap.explanation.contributions import Contribution
from mlcap.features.blocks import LETTER_NAMES

#: How many spans of one feature are quoted.
_QUOTED = 3


@dataclass(frozen=True)
class Row:
    """One row of a table of pushes.

    Attributes:
        block, feature: what pushes; of letter n-grams the word they stand in.
        push: what it adds to the score.
        quotes: the words of the caption that it stands for, at most three, () where it stands nowhere.
    """

    block: str
    feature: str
    push: float
    quotes: tuple[str, ...]


@dataclass(frozen=True)
class Rest:
    """The rows that a short table leaves out: how many, and their sum."""

    rows: int
    push: float


@dataclass(frozen=True)
class PushTable:
    """The strongest rows for and against a score, and what is left of each; all pushes add up to those explained."""

    pro: tuple[Row, ...]
    con: tuple[Row, ...]
    more_pro: Rest
    more_con: Rest


def rows(text: str, contributions: Sequence[Contribution]) -> list[Row]:
    """Rows of a table, strongest first; their pushes add up to those of the contributions."""
    out: list[Row] = []
    letters: dict[tuple[tuple[int, int], ...], float] = {}
    for one in contributions:
        if one.block in LETTER_NAMES:
            letters[one.spans] = letters.get(one.spans, 0.0) + one.push
        else:
            out.append(Row(one.block, one.feature, one.push, _quotes(text, one.spans)))
    for spans, push in letters.items():
        quotes = _quotes(text, spans)
        words = ", ".join(dict.fromkeys(q.lower() for q in quotes))
        out.append(Row("letters", f"in {words}" if words else "", push, quotes))
    return sorted(out, key=lambda r: (-abs(r.push), r.block, r.feature))


def _quotes(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    found = dict.fromkeys(" ".join(text[start:end].split()) for start, end in spans)
    return tuple(found)[:_QUOTED]


def push_table(text: str, contributions: Sequence[Contribution], most: int) -> PushTable:
    """The `most` strongest rows for and as many against; 0 for all of them."""
    everything = rows(text, contributions)
    pro = [r for r in everything if r.push > 0]
    con = [r for r in everything if r.push <= 0]
    cut = most or len(everything)
    return PushTable(tuple(pro[:cut]), tuple(con[:cut]), _rest(pro[cut:]), _rest(con[cut:]))


def _rest(left: Sequence[Row]) -> Rest:
    return Rest(len(left), float(sum(r.push for r in left)))
