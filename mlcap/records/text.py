"""Captions in plain text: separated by blank lines, as people paste them, or one a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from mlcap.records.finder import Finder
from mlcap.records.lines import LONGEST_CAPTION, Line
from mlcap.records.markdown import Image, fault_of, images_in, is_rule, item_in, passed_over, properties_in
from mlcap.records.table import read_table
from mlcap.records.text_checks import are_captions, check_start, table_start
from mlcap.records.types import Record
from mlcap.text import is_blank

#: Signs within a line that part pages or paragraphs; one alone of the second kind ends a line in a paragraph.
_PARTING = re.compile("[\f\u2029]|[\v\u2028\x85][ \t]*[\v\u2028\x85]")


def _same(a: str, b: str) -> bool:
    """Whether two captions are one but for signs and spaces."""
    return _letters(a) == _letters(b)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum()) or text


def read_text(lines: Iterable[Line], name: str, finder: Finder, warn: Callable[[str], object]) -> Iterator[Record]:
    """Read captions parted by blank lines; a Markdown image line is a caption of its own, with its address as `image`.

    The text of an image repeated under it is not a second caption, and one without a text gives its address to the
    caption under it. A line that shows nothing is blank, and so is a rule. Tables, lists and tags are error records;
    headings, addresses of links and comments are passed over and counted in a warning.

    A text that begins with the names of columns is read as the table that it is, as spreadsheet programs save one under
    the name of a text.

    Args:
        finder: knows what columns are called, by which tables are found out.
        warn: is told once of lines that look like one caption each, and of what was passed over.

    Raises:
        InputError: it is a page or JSON.
    """
    source = iter(lines)
    first = next((line for line in source if line.text is None or not is_blank(line.text)), None)
    if first is None:
        return iter(())
    usual = table_start(first.text or "", finder)
    if usual:
        return read_table(chain([first], source), name, usual, finder, warn)
    return _Paragraphs(name, finder, warn).records(chain([first], source))


def read_text_lines(
    lines: Iterable[Line], name: str, finder: Finder, warn: Callable[[str], object]
) -> Iterator[Record]:
    """Read one caption a line; the mark of an item before it is left out, all else is as for `read_text`."""
    return _Lines(name, finder, warn).records(lines)


class _Texts:
    """The captions of a text, line by line: what both ways of parting them have in common."""

    def __init__(self, name: str, finder: Finder, warn: Callable[[str], object]) -> None:
        self._name = name
        self._finder = finder
        self._warn = warn
        self._passed: Counter[str] = Counter()
        self._first_passed = 0
        # The caption of the image above, and the address of one that has none, for the caption under it.
        self._image = ""
        self._waiting: tuple[int, str] | None = None

    def records(self, lines: Iterable[Line]) -> Iterator[Record]:
        """Read them."""
        started = False
        source = iter(lines)
        head, has_properties = properties_in(source)
        if has_properties:
            self._passed["block of properties"] += 1
            self._first_passed = 1
        for line in _parted(chain(head, source)):
            text = line.text if line.text is None or len(line.text) <= LONGEST_CAPTION else None
            if text is not None and (is_blank(text) or is_rule(text)):
                yield from self._end()
            elif text is not None and (kind := passed_over(text)):
                yield from self._end()
                self._passed[kind] += 1
                self._first_passed = self._first_passed or line.number
            else:
                if not started:
                    check_start(line.text or "", self._name, self._finder)
                    started = True
                yield from self._content(line, text)
        yield from self._end()
        yield from self._without_caption()
        self._say_passed()

    def _content(self, line: Line, text: str | None) -> Iterator[Record]:
        images = images_in(text) if text is not None else []
        if images:
            yield from self._end()
            for image in images:
                yield from self._picture(line.number, image)
        elif text is not None and self._repeats(text):
            self._image = ""
        else:
            yield from self._take(line, text)

    def _picture(self, number: int, image: Image) -> Iterator[Record]:
        yield from self._without_caption()
        self._image = image.caption
        if image.caption:
            fields = {"text": image.caption, "image": image.address}
            yield Record(self._position(number), fields, image.caption)
        else:
            self._waiting = number, image.address

    def _without_caption(self) -> Iterator[Record]:
        """The image above, where no caption came under it."""
        if self._waiting:
            number, address = self._waiting
            self._waiting = None
            yield Record(self._position(number), {"text": "", "image": address}, None, "the caption is empty (image)")

    def _fields(self, text: str) -> dict[str, str]:
        """The fields of a caption, with the address of the image above it where that waits for one."""
        address = self._waiting[1] if self._waiting else ""
        self._waiting = None
        return {"text": text, **({"image": address} if address else {})}

    def _position(self, number: int) -> str:
        return f"{self._name}: line {number}"

    def _say_passed(self) -> None:
        if self._passed:
            kinds = ", ".join(f"{n} {k if n == 1 else f'{k}s'}" for k, n in sorted(self._passed.items()))
            self._warn(f"{self._name}: passed over, being no captions: {kinds}, the first in line {self._first_passed}")

    def _repeats(self, text: str) -> bool:
        """Whether a line is the caption of the image above it once more."""
        return bool(self._image) and _same(text, self._image)

    def _take(self, line: Line, text: str | None) -> Iterator[Record]:
        """Take a line of a caption; `text` is None where it is too long for one."""
        raise NotImplementedError

    def _end(self) -> Iterator[Record]:
        """The caption that ends here."""
        raise NotImplementedError


class _Paragraphs(_Texts):
    """Captions parted by blank lines."""

    def __init__(self, name: str, finder: Finder, warn: Callable[[str], object]) -> None:
        super().__init__(name, finder, warn)
        self._warned = False
        self._gathered: list[str] = []
        self._first = self._size = 0

    def _repeats(self, text: str) -> bool:
        return not self._size and super()._repeats(text)

    def _take(self, line: Line, text: str | None) -> Iterator[Record]:
        if not self._size:
            self._first = line.number
        self._size += LONGEST_CAPTION + 1 if text is None else len(text) + 1
        if self._size <= LONGEST_CAPTION + 1 and text is not None:
            self._gathered.append(text)
        yield from ()

    def _end(self) -> Iterator[Record]:
        if not self._size:
            return
        gathered, size, image = self._gathered, self._size, self._image
        self._gathered, self._size, self._image = [], 0, ""
        position = self._position(self._first)
        text = "\n".join(gathered)
        if image and _same(text, image):
            return
        if size > LONGEST_CAPTION:
            error = f"the caption is longer than {LONGEST_CAPTION} characters; separate captions by blank lines"
            yield Record(position, {}, None, error)
        elif fault := fault_of(gathered):
            yield Record(position, self._fields(text), None, fault)
        else:
            self._look_at(gathered)
            yield Record(position, self._fields(text), text)

    def _look_at(self, gathered: list[str]) -> None:
        """Warn once of a paragraph whose lines look like one caption each."""
        if not self._warned and are_captions(gathered):
            self._warned = True
            self._warn(
                f"{self._name}: line {self._first}: {len(gathered)} lines look like one caption each; separate them by blank lines, or say --lines"
            )


class _Lines(_Texts):
    """One caption a line."""

    def _take(self, line: Line, text: str | None) -> Iterator[Record]:
        position = self._position(line.number)
        self._image = ""
        if text is None:
            yield Record(position, {}, None, f"the caption is longer than {LONGEST_CAPTION} characters")
            return
        # A mark may stand alone.
        caption = item_in(f"{text} ").strip()
        if not caption:
            yield Record(position, self._fields(text), None, "the caption is empty")
        elif fault := fault_of([text]):
            yield Record(position, self._fields(text), None, fault)
        else:
            yield Record(position, self._fields(caption), caption)

    def _end(self) -> Iterator[Record]:
        yield from ()


def _parted(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines, with a blank one where a sign within a line parts paragraphs."""
    for line in lines:
        if line.text is None or not _PARTING.search(line.text):
            yield line
            continue
        for number, piece in enumerate(_PARTING.split(line.text)):
            if number:
                yield Line(line.number, "")
            yield Line(line.number, piece)
