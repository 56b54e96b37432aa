"""Finding the caption and the name of each record of an input: by the fields asked for, or by what they are usually called.

A record of any form comes here as field -> value, so that one rule holds for all forms: names are compared without
case, spaces and signs; of several fields that may hold the caption the first that is not empty does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from mlcap.errors import InputError
from mlcap.records.fields import (
    SOURCE,
    embedded_caption,
    embedded_doubts,
    embedded_fields,
    is_embedded,
    text_of,
    ungrouped,
)
from mlcap.records.fillers import EMPTY, STANDARD, filler_words, is_filler
from mlcap.records.lines import LONGEST_CAPTION
from mlcap.records.names import CAPTIONS, MORE_CAPTIONS, by_folded_name, folded, id_fields, text_value
from mlcap.records.parse import numbered
from mlcap.records.types import FieldChoice, Record
from mlcap.text import is_blank, one_line

#: Columns named in a message.
_MOST_NAMED = 50
#: So much of a name stands in a message.
_LONGEST_NAME = 60
#: Layouts kept: records of one input have few different sets of fields.
_MOST_LAYOUTS = 64
#: Names that need no mention when they are the ones chosen.
_PLAIN = frozenset((*CAPTIONS, "id", "nasa_id", "AVAIL:NASAID", "file", "SourceFile"))


class Layout(NamedTuple):
    """Which of the fields of a record may hold its caption, and which its name, in order of preference.

    Attributes:
        captions: the fields that may hold the caption, save embedded ones.
        embedded: the fields of embedded metadata that may hold it where none of these does.
        ids: the fields that may hold its name.
    """

    captions: Sequence[str]
    embedded: Sequence[str]
    ids: Sequence[str]

    @property
    def holders(self) -> list[str]:
        """All fields that may hold the caption."""
        return [*self.captions, *self.embedded]

    def __str__(self) -> str:
        ids = f"ids from {_in_turn(self.ids)}" if self.ids else "no field is known to hold ids"
        return f"captions from {_in_turn(self.holders)}; {ids}"


def _in_turn(names: Iterable[str]) -> str:
    """Fields for a message of which the first that is not empty counts."""
    return ", else ".join(name.strip() for name in names)


def listed(names: Sequence[str]) -> str:
    """Names of fields for a message, which names only so many of them."""
    more = len(names) - _MOST_NAMED
    return ", ".join(
        one_line(n) if len(n) <= _LONGEST_NAME else f"{one_line(n[:_LONGEST_NAME])}..." for n in names[:_MOST_NAMED]
    ) + (f" and {more} more" if more > 0 else "")


def matching(names: Iterable[str], wanted: str) -> list[str]:
    """The names that are the one wanted: to the letter, else without case and outer spaces, else as `folded` compares."""
    names = list(names)
    exact = [n for n in names if n == wanted]
    alike = exact or [n for n in names if n.strip().casefold() == wanted.strip().casefold()]
    return alike or [n for n in names if folded(n) == folded(wanted)]


def _usual(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The fields that may hold the caption by what they are called: plain ones, and those of embedded metadata."""
    # What exiftool prints names its file so; elsewhere `Description` need not be of embedded metadata.
    plain = [n for n in names if not is_embedded(n) or (n == "Description" and "SourceFile" not in names)]
    lower = {n.strip().casefold(): n for n in reversed(plain)}
    have = by_folded_name(plain)
    found = [lower[n] for n in CAPTIONS if n in lower]
    found += [own for n in (*CAPTIONS, *MORE_CAPTIONS) for own in have.get(folded(n), ())]
    return list(dict.fromkeys(found)), [n for n in embedded_fields(names) if n not in found]


class Finder:
    """Makes records of the fields of one input.

    Args:
        choice: the fields that were asked for.
        name: the input, for messages.
        warn: is told once which fields were chosen, where it is not plain to see.
    """

    def __init__(self, choice: FieldChoice, name: str, warn: Callable[[str], object]) -> None:
        self.choice = choice
        self.name = name
        self._warn = warn
        self._told: set[str] = set()
        self._layouts: dict[tuple[str, ...], Layout] = {}

    def layout(self, names: Iterable[str]) -> Layout:
        """The layout of records with these fields."""
        key = tuple(names)
        if (known := self._layouts.get(key)) is not None:
            return known
        if len(self._layouts) >= _MOST_LAYOUTS:
            self._layouts.clear()
        choice = self.choice
        plain = list(dict.fromkeys(n for want in choice.captions for n in matching(key, want)))
        embedded: list[str] = []
        if not plain and not (choice.captions and choice.required):
            plain, embedded = _usual(key)
        ids = matching(key, choice.id) if choice.id else []
        if not ids and not (choice.id and choice.required):
            ids = id_fields(key)
        made = self._layouts[key] = Layout(plain, embedded, ids)
        return made

    def check(self, names: Sequence[str]) -> None:
        """Check the columns of a table, which all rows have.

        Raises:
            InputError: a column that was asked for is not there, a chosen one is there twice, or none holds captions.
        """
        unique = numbered(names)
        layout = self.layout(unique)
        asked = self.choice.captions if self.choice.required else ()
        if asked and not layout.holders:
            raise InputError(f"{self.name}: has no column {' or '.join(map(repr, asked))}; it has {listed(names)}")
        if self.choice.id and self.choice.required and not layout.ids:
            raise InputError(f"{self.name}: has no column {self.choice.id!r}; it has {listed(names)}")
        if not layout.holders:
            # A title above the table stands alone in its row.
            title = ", or begin the file with the row that names its columns" if len(names) < 2 else ""
            raise InputError(
                f"{self.name}: no column is named {', '.join(CAPTIONS)} or another usual name of captions",
                f"choose one of {listed(names)} with --column{title}",
            )
        for chosen in (*layout.holders[: len(asked) or 1], *layout.ids[:1]):
            doubles = [own for own, name in zip(unique, names, strict=True) if name == chosen]
            # Who names another of them by its number knows that there are several.
            if len(doubles) > 1 and not set(doubles[1:]) & {*layout.holders, *layout.ids[:1]}:
                option = "--id" if chosen in layout.ids[:1] else "--column"
                both = "" if option == "--id" else f", or both with --column '{chosen}' --column '{chosen} (2)'"
                raise InputError(
                    f"{self.name}: the header names the column {chosen!r} twice",
                    f"name each once, or take the second with {option} '{chosen} (2)'{both}",
                )
        if not layout.captions:
            self._warn(f"{self.name}: {layout}")

    def check_told(self, names: Sequence[str]) -> None:
        """The same, and say now which columns are chosen, for a table whose records are made elsewhere."""
        self.check(names)
        self._tell(self.layout(numbered(names)))

    def record(self, data: Mapping[str, Any], position: str) -> Record:
        """The record of some fields: with its caption, or with the reason why it has none; all fields are kept."""
        data = ungrouped(data)
        layout = self.layout(data)
        name = next(filter(None, (text_value(data[i]) for i in layout.ids)), "")
        texts = [text for n in layout.captions if (text := text_of(data[n])) is not None]
        text, source = next((t for t in texts if not is_filler(t)), None), ""
        doubts: tuple[str, ...] = ()
        if text is None and layout.embedded:
            source, text = embedded_caption({n: v for n, v in data.items() if n not in layout.captions}) or ("", None)
        if text is None and texts:
            text, doubts = texts[0], (f"the caption {filler_words(texts[0])}",)
        if text is None:
            return Record(position, data, None, self._lack(data, layout.holders), id=name)
        if len(text) > LONGEST_CAPTION:
            return Record(position, data, None, f"the caption is longer than {LONGEST_CAPTION} characters", id=name)
        self._tell(layout)
        if not source:
            return Record(position, data, text, doubts=doubts, id=name)
        return Record(position, {**data, SOURCE: source}, text, doubts=embedded_doubts(source, text), id=name)

    def _lack(self, data: Mapping[str, Any], holders: Sequence[str]) -> str:
        """Why no caption was found."""
        if holders:
            full = [n for n in holders if not is_blank(text_value(data[n])) or isinstance(data[n], dict)]
            what = self._fault(full[0], data[full[0]]) if full else EMPTY
            return f"the caption {what} ({' and '.join(full or holders)})"
        wanted = " or ".join(self.choice.captions or CAPTIONS)
        return f"has no caption; name its field {wanted}" + (f"; it has {listed(list(data))}" if data else "")

    @staticmethod
    def _fault(name: str, value: Any) -> str:
        """Why the value of a field that is not empty is no caption."""
        if not is_embedded(name):
            return "is no text"
        text = text_value(value)
        return (filler_words(text) if text else STANDARD) or "is no text"

    def _tell(self, layout: Layout) -> None:
        """Say which fields were chosen, each once, unless one of a plain name is alone, or all are embedded ones."""
        captions = layout.holders if layout.captions else []
        new = [n for n in captions if n not in self._told]
        if self._told and (not new or len(self._told) >= _MOST_NAMED):
            return
        first = not self._told
        self._told.update(captions or layout.embedded)
        plain = all(n in _PLAIN for n in (*captions, *layout.ids[:1]))
        if not captions or (plain and len(captions) == 1):
            return
        if first:
            self._warn(f"{self.name}: {layout}")
        elif any(n not in _PLAIN for n in new):
            self._warn(f"{self.name}: captions also from {_in_turn(new)}")


def record_of(data: Mapping[str, Any], position: str, choice: FieldChoice | None = None) -> Record:
    """The record of some fields, without a word about the fields chosen."""
    return Finder(choice or FieldChoice(), position, lambda _: None).record(data, position)
