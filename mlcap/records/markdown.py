"""What the lines of plain text and Markdown are: images, headings, rules, tables, lists, tags of HTML, or prose."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mlcap.records.lines import Line

#: Bytes that are said to be text and are a document of another kind, in lower case.
_OTHER_DOCUMENTS = {"{\\rtf": "RTF", "%pdf-": "PDF"}
#: Tags of HTML and XML that stand around text, and not within a sentence.
_TAG = re.compile(
    r"<(?:!doctype|\?xml|/?(?:html|head|body|meta|link|style|script|title|div|p|h[1-6]|ul|ol|li|dl|dt|dd|table|thead"
    r"|tbody|tr|td|th|img|figure|figcaption|picture|section|article|main|header|footer|nav|center|blockquote|svg"
    r"|rdf:rdf|x:xmpmeta)\b)",
    re.IGNORECASE,
)
#: What goes before an item of a list.
_ITEM = re.compile(r"\s{0,8}(?:[-*+\u2022\u2023\u25aa\u25cf\u25e6\u2013\u00b7]|\(?(?:\d{1,4}|[a-z])[.)])\s")
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+\S.*")
#: A line between two parts of a text is made of one of these signs, three times or more.
_RULES = "-*_=~`+\u2013\u2014\u2500"
#: The address of a link that is named elsewhere, which is one word with a dot, a slash or the like.
_DEFINITION = re.compile(r"""[ ]{0,3}\[[^\[\]]{1,200}\]:[ \t]{0,9}(?=\S*[./#])\S+(?:[ \t]{1,9}["'(].*)?""")
_BREAKS = ("<br>", "<br/>", "<hr>", "<hr/>")
#: A line of the properties with which a page may begin: a name, or what is below one.
_PROPERTY = re.compile(r"[\w.-]{1,60}:(?:\s.*)?|(?:\s|- |#).*|")
_LONGEST_HEAD = 100
_COMMENT = re.compile(r"\s*<!--.*-->\s*")
_IMAGES = re.compile(r'!\[([^\[\]]*)\]\(((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"]*")?)\)')
_ATTRIBUTES = re.compile(r"\{[^{}]*\}\Z")


class Image(NamedTuple):
    """A picture in Markdown: the caption, and the address (or the name by which a link is defined elsewhere)."""

    caption: str
    address: str


def item_in(line: str) -> str:
    """A line without the mark of a list's item before it."""
    mark = _ITEM.match(line)
    return line[mark.end() :] if mark else line


def _address(text: str) -> str:
    text = text.strip()
    return text[1:].partition(">")[0] if text.startswith("<") else next(iter(text.split()), "")


def images_in(line: str) -> list[Image]:
    """The images of a line that holds nothing else, perhaps as an item of a list or as links; [] for other lines."""
    text = line.strip()
    if "![" not in text[:16]:
        return []
    text = item_in(f"{text} ").strip()
    # A line end in Markdown may be a backslash.
    text = _ATTRIBUTES.sub("", text.removesuffix("\\").rstrip()).rstrip()
    if text.startswith("[![") and text.endswith(")"):
        text = text[1 : text.rfind("](")].strip()  # What the image links to is not the image.
    text = _ATTRIBUTES.sub("", text).rstrip()
    if not text.startswith("!["):
        return []
    if text.endswith("]"):
        caption, between, name = text[2:-1].partition("][")
        return [Image(caption.strip(), (name if between else caption).strip())] if "[" not in caption else []
    several = _IMAGES.findall(text)
    if len(several) > 1 and not _IMAGES.sub("", text).strip(" \t,;|"):
        return [Image(caption.strip(), _address(address)) for caption, address in several]
    caption, between, address = text[2:].rpartition("](")
    if not between or not address.endswith(")") or "![" in caption:
        return []
    address = address[:-1]
    return [Image(caption.strip(), _address(address))] if address.count("(") == address.count(")") else []


def is_rule(line: str) -> bool:
    """Whether a line only parts what is above it from what is below."""
    signs = "".join(line.split())
    if signs.lower() in _BREAKS:
        return True
    return len(signs) > 2 and signs[0] in _RULES and not signs.strip(signs[0]) and not is_drawn(line)


def passed_over(line: str) -> str:
    """What a line is that is no caption nor a part of one: a heading, a link's address or a comment; "" for others."""
    for kind, pattern in (("heading", _HEADING), ("link", _DEFINITION), ("comment", _COMMENT)):
        if pattern.fullmatch(line.rstrip()):
            return kind
    return ""


def properties_in(lines: Iterator[Line]) -> tuple[list[Line], bool]:
    """(the lines that were taken and are content, whether a block of properties, as in YAML, was passed over)."""
    taken: list[Line] = []
    for line in lines:
        taken.append(line)
        text = line.text
        if len(taken) == 1:
            if text is None or text.rstrip() != "---":
                break
        elif text is not None and text.rstrip() in ("---", "..."):
            return ([], True) if len(taken) > 2 else (taken, False)
        elif text is None or len(taken) > _LONGEST_HEAD or not _PROPERTY.fullmatch(text):
            break
    return taken, False


def document_of(start: str) -> str:
    """What a text is that begins so, "" where it may be plain: HTML or XML, RTF, PDF."""
    if _TAG.match(start):
        return "a page of tags (HTML or XML)"
    return next((name for mark, name in _OTHER_DOCUMENTS.items() if start.lower().startswith(mark)), "")


def is_row(line: str) -> bool:
    """Whether a line is a row of a table between bars."""
    line = line.strip()
    return line.startswith("|") and line.endswith("|") and line.count("|") > 1


def is_drawn(line: str) -> bool:
    """Whether a line draws the border under the head of a table, as Markdown, reStructuredText and databases do."""
    parts = line.replace("|", " ").replace("+", " ").split()
    bars = [part.strip(":") for part in parts]
    return (len(parts) > 1 or (len(parts) == 1 and parts[0] != line.strip())) and all(
        len(bar) > 1 and not bar.strip("-=") for bar in bars
    )


def fault_of(lines: Sequence[str]) -> str:
    """Why a paragraph is no caption, "" where it may be one."""
    if any(map(is_drawn, lines)) or all(map(is_row, lines)):
        return "is a Markdown table; save it as CSV, one row a caption"
    if _ITEM.match(lines[0]) and sum(_ITEM.match(line) is not None for line in lines) > 1:
        return "is a list; separate its captions by blank lines, or say --lines"
    if _TAG.match(lines[0].strip()):
        return "is a part of a page of tags (HTML or XML); copy its captions into a text, parted by blank lines"
    return ""
