"""Tagged records as a table for people to read: what needs a look comes first, and nothing is cut without a sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any

from mlcap.records.finder import record_of
from mlcap.records.names import identifier
from mlcap.records.types import FieldChoice
from mlcap.text import one_line, printable
from mlcap.types import Facet

#: What becomes of a record, in a column of its own.
_REVIEW, _ERROR, _FINE = "REVIEW", "ERROR", ""
_INDENT = " " * 8
#: Every line of a table begins with one of these.
MARKS = tuple(f"{mark:8}" for mark in (_REVIEW, _ERROR, _FINE))
_NARROWEST = 60
#: Between a value and its probability, which stay on one line; `printable` makes a space of it.
_BOUND = "\u00a0"
#: What shows that something was left out.
_CUT = "..."


def _short(probability: float) -> str:
    """A probability with two places; nothing is as good as certain."""
    return f"{min(probability, 0.99):.2f}"


class TableWriter:
    """Writes a few lines a caption, within the terminal's width.

    First whether it is for review, with all reasons; then its name and tags; then the beginning of its caption.
    """

    def __init__(self, facets: Sequence[Facet], width: int, choice: FieldChoice = FieldChoice()) -> None:  # noqa: B008 (frozen)
        self._facets = facets
        self._width = max(width, _NARROWEST)
        # An input that lacks the field was read by its usual names, and is shown by them.
        self._choice = replace(choice, required=False)
        self._count = 0

    def line(self, record: Mapping[str, Any]) -> str:
        """The record as some lines."""
        self._count += 1
        name = one_line(identifier(record) or str(self._count))
        if "error" in record and self._facets[0].name not in record:
            # The position says where it stands, and names it where nothing else does.
            return self._wrapped(_ERROR, f"{record['position']}: {record['error']}")
        tags = f"{self._named(name)}  {' | '.join(self._tags(record))}"
        caption = record_of(record, "", self._choice).text or ""
        if record["needs_review"]:
            lines = self._wrapped(_REVIEW, "; ".join(record["review_reasons"])) + self._wrapped("", tags)
        else:
            lines = self._wrapped(_FINE, tags)
        return lines + _INDENT + self._cut(one_line(caption)) + "\n"

    def finish(self) -> str:
        """Nothing waits."""
        return ""

    def _tags(self, record: Mapping[str, Any]) -> list[str]:
        parts = []
        for facet in self._facets:
            value, confidence = record[facet.name], record[f"{facet.name}_confidence"]
            if facet.multiple:
                parts.append(", ".join(f"{v}{_BOUND}{_short(confidence[v])}" for v in value) or "-")
            else:
                # A caption in a language that is not read has none.
                parts.append("-" if value is None else f"{value}{_BOUND}{_short(confidence)}")
        return parts

    def _named(self, name: str) -> str:
        """A name of at most half the width, without its middle where it is longer, since paths differ at their ends."""
        room = self._width // 2
        if len(name) <= room:
            return name
        first = (room - len(_CUT)) // 3
        return name[:first] + _CUT + name[first + len(_CUT) - room :]

    def _wrapped(self, mark: str, text: str) -> str:
        # Control characters of a caption must not reach the terminal.
        lines = wrap(text, self._width - len(_INDENT), break_on_hyphens=False) or [""]
        return "".join(f"{(mark if n == 0 else ''):8}{printable(line)}\n" for n, line in enumerate(lines))

    def _cut(self, text: str) -> str:
        room = self._width - len(_INDENT)
        return text if len(text) <= room else text[: room - len(_CUT)] + _CUT
