"""Captions in plain text: separated by blank lines, as people paste them, or one a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from mlcap.errors import InputError
from mlcap.records.finder import Finder
from mlcap.records.lines import LONGEST_CAPTION, Line
from mlcap.records.parse import parse_json
from mlcap.records.rows import SEPARATORS
from mlcap.records.types import Record

#: A Markdown image on a line of its own: ![caption](address "title")
_IMAGE = re.compile(r"\s*!\[(?P<caption>.*)\]\((?P<address>(?:[^()]|\([^()]*\))*)\)\s*")
#: Characters that show nothing: a line of these alone is blank.
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
#: How a page of a site, or another document of tags, begins.
_MARKUP = ("<!doctype", "<html", "<head", "<body", "<?xml")
_ITEM = re.compile(r"\s{0,8}(?:[-*+\u2022]|\d{1,4}[.)])\s")
#: So many lines that each end as sentences do are probably so many captions.
_MOST_SENTENCES = 4
_SHORTEST_SENTENCE = 20


def is_blank(text: str) -> bool:
    """Whether a line shows nothing."""
    return not text.strip() or not text.strip(_UNSEEN + " \t").strip()


def _same(a: str, b: str) -> bool:
    return " ".join(a.split()).strip("*_") == " ".join(b.split()).strip("*_")


def _check_start(text: str, name: str, finder: Finder) -> None:
    """Refuse by its first line what is no plain text.

    Raises:
        InputError: it is a page, JSON, or a table; the message says what to do with it.
    """
    start = text.strip()
    if start.lower().startswith(_MARKUP):
        raise InputError(
            f"{name}: is a page of tags (HTML or XML); copy its captions into a text, parted by blank lines"
        )
    if start[:1] in ("{", "["):
        try:
            data = parse_json(start)
            is_json = isinstance(data, dict) or any(isinstance(one, dict) for one in data)
        except ValueError:
            is_json = start in ("{", "[")
        if is_json:
            raise InputError(f"{name}: is JSON", "say --from jsonl, or --from json for one document of many lines")
    for separator in SEPARATORS:
        names = [c.strip().strip('"') for c in start.split(separator)]
        layout = finder.layout(names) if 2 <= len(names) <= 200 else None
        if layout and layout.holders and (layout.ids or separator == "\t"):
            raise InputError(
                f"{name}: is a table with the columns {', '.join(names)}"[:300], "say --from csv or --from tsv"
            )


def read_text(lines: Iterable[Line], name: str, finder: Finder, warn: Callable[[str], object]) -> Iterator[Record]:
    """Read captions parted by blank lines; a Markdown image line is a caption of its own, with its address as `image`.

    The text of an image repeated under it is not a second caption, and one without a text gives its address to the
    caption under it. Tables and lists of Markdown are error records.

    Args:
        finder: knows what columns are called, by which tables are found out.
        warn: is told once of lines that look like one caption each.

    Raises:
        InputError: it is a page, JSON or a table.
    """
    source = iter(lines)
    first = next((line for line in source if line.text is None or not is_blank(line.text)), None)
    if first is None:
        return
    _check_start(first.text or "", name, finder)
    yield from _Paragraphs(name, warn).records(chain([first], source))


class _Paragraphs:
    """The captions of a text, gathered line by line."""

    def __init__(self, name: str, warn: Callable[[str], object]) -> None:
        self._name = name
        self._warn = warn
        self._warned = False
        self._gathered: list[str] = []
        self._first = self._size = 0
        # The caption of the image above, and its address where that is still to be given.
        self._image = self._address = ""

    def records(self, lines: Iterable[Line]) -> Iterator[Record]:
        """Read them."""
        for line in lines:
            text = line.text
            match = _IMAGE.fullmatch(text) if text is not None and len(text) <= LONGEST_CAPTION else None
            if match or (text is not None and is_blank(text)):
                yield from self._caption()
                if match:
                    yield from self._picture(line.number, match)
            elif self._repeats(text):
                self._image = ""
            else:
                self._gather(line)
        yield from self._caption()

    def _picture(self, number: int, match: re.Match[str]) -> Iterator[Record]:
        address = match["address"].strip().partition(' "')[0].strip("<> ")
        self._image, self._address = match["caption"].strip(), ""
        if self._image:
            yield Record(f"{self._name}: line {number}", {"text": self._image, "image": address}, self._image)
        else:
            self._address = address

    def _repeats(self, text: str | None) -> bool:
        return bool(self._image) and not self._size and text is not None and _same(text, self._image)

    def _gather(self, line: Line) -> None:
        if not self._size:
            self._first = line.number
        self._size += LONGEST_CAPTION + 1 if line.text is None else len(line.text) + 1
        if self._size <= LONGEST_CAPTION + 1 and line.text is not None:
            self._gathered.append(line.text)

    def _caption(self) -> Iterator[Record]:
        if not self._size:
            return
        gathered, size, image = self._gathered, self._size, self._image
        address, self._address = self._address, ""
        self._gathered, self._size, self._image = [], 0, ""
        position = f"{self._name}: line {self._first}"
        text = "\n".join(gathered)
        if image and _same(text, image):
            return
        fields = {"text": text, **({"image": address} if address else {})}
        if size > LONGEST_CAPTION:
            error = f"the caption is longer than {LONGEST_CAPTION} characters; separate captions by blank lines"
            yield Record(position, {}, None, error)
        elif fault := _fault(gathered):
            yield Record(position, fields, None, fault)
        else:
            self._look_at(gathered)
            yield Record(position, fields, text)

    def _look_at(self, gathered: list[str]) -> None:
        """Warn once of a paragraph whose lines look like one caption each."""
        if not self._warned and len(gathered) >= _MOST_SENTENCES and all(map(_is_sentence, gathered)):
            self._warned = True
            self._warn(
                f"{self._name}: line {self._first}: {len(gathered)} lines look like one caption each; separate them by blank lines, or say --lines"
            )


def _is_sentence(line: str) -> bool:
    line = line.strip()
    return (
        len(line) >= _SHORTEST_SENTENCE and line[:1].isupper() and line.endswith((".", "!", "?", ".)", '."', ".\u201d"))
    )


def _fault(lines: list[str]) -> str:
    """Why a paragraph is no caption, "" where it may be one."""
    if len(lines) < 2:
        return ""
    if all(line.strip().startswith("|") and line.strip().endswith("|") for line in lines):
        return "is a Markdown table; save it as CSV, one row a caption"
    if all(_ITEM.match(line) for line in lines):
        return "is a list; separate its captions by blank lines, or say --lines"
    return ""


def read_text_lines(lines: Iterable[Line], name: str) -> Iterator[Record]:
    """Read one caption a line; the mark of an item before it is left out, blank lines are passed over."""
    for line in lines:
        position = f"{name}: line {line.number}"
        if line.text is None or len(line.text) > LONGEST_CAPTION:
            yield Record(position, {}, None, f"the caption is longer than {LONGEST_CAPTION} characters")
        elif not is_blank(line.text):
            mark = _ITEM.match(line.text)
            text = line.text[mark.end() if mark else 0 :].strip()
            yield (
                Record(position, {"text": text}, text)
                if text
                else Record(position, {"text": line.text}, None, "the caption is empty")
            )
