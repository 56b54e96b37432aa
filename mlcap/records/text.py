"""Captions in plain text: separated by blank lines, as people paste them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from mlcap.records.lines import LONGEST_CAPTION, Line
from mlcap.records.types import Record

#: A Markdown image on a line of its own: ![caption](address "title")
_IMAGE = re.compile(r"\s*!\[(?P<caption>.*)\]\((?:[^()]|\([^()]*\))*\)\s*")


def _same(a: str, b: str) -> bool:
    return " ".join(a.split()).strip("*_") == " ".join(b.split()).strip("*_")


def read_text(lines: Iterable[Line], name: str) -> Iterator[Record]:
    """Read captions from lines; a Markdown image line is a caption of its own.

    The text of an image repeated on the next line is not a second caption.
    """
    gathered: list[str] = []
    first, size = 0, 0
    image = ""

    def caption() -> Record:
        position = f"{name}: line {first}"
        if size > LONGEST_CAPTION:
            return Record(
                position,
                {},
                None,
                f"the caption is longer than {LONGEST_CAPTION} characters; separate captions by blank lines",
            )
        text = "\n".join(gathered)
        return Record(position, {"text": text}, text)

    for line in lines:
        text = line.text
        match = _IMAGE.fullmatch(text) if text is not None and len(text) <= LONGEST_CAPTION else None
        if match or (text is not None and not text.strip()):
            if size:
                yield caption()
            gathered, size = [], 0
            if match:
                image = match.group("caption").strip()
                if image:
                    yield Record(f"{name}: line {line.number}", {"text": image}, image)
            continue
        repeats = image and not size and text is not None and _same(text, image)
        image = ""
        if repeats:
            continue
        if not size:
            first = line.number
        size += LONGEST_CAPTION + 1 if text is None else len(text) + 1
        if size <= LONGEST_CAPTION + 1 and text is not None:
            gathered.append(text)
    if size:
        yield caption()
