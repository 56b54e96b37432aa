"""Whether a text is what it is taken for: refused where it is a document of another kind, doubted where it is a list."""

from __future__ import annotations

from mlcap.captions.codes import is_telling_id
from mlcap.errors import InputError
from mlcap.records.finder import Finder
from mlcap.records.markdown import document_of, is_row
from mlcap.records.parse import parse_json
from mlcap.records.rows import SEPARATORS

#: So many lines that each end as sentences do, or at least begin so, are probably so many captions.
_MOST_SENTENCES, _MOST_BEGINNINGS = 3, 6
_SHORTEST_SENTENCE = 20
_SENTENCE_ENDS = (".", "!", "?", ".)", '."', ".\u201d", ".'", ".\u2019")


def check_start(text: str, name: str, finder: Finder) -> None:
    """Refuse by its first line what is no plain text.

    Raises:
        InputError: it is a page, JSON, or a table; the message says what to do with it.
    """
    start = text.strip()
    if document := document_of(start):
        raise InputError(f"{name}: is {document}; copy its captions into a text, parted by blank lines")
    if start[:1] in ("{", "["):
        try:
            data = parse_json(start)
            is_json = isinstance(data, dict) or any(isinstance(one, dict) for one in data)
        except ValueError:
            is_json = start in ("{", "[")
        if is_json:
            raise InputError(f"{name}: is JSON", "say --from jsonl, or --from json for one document of many lines")
    if parted := table_start(text, finder):
        columns = ", ".join(_names(start, parted))
        raise InputError(f"{name}: is a table with the columns {columns}"[:300], "say --from csv or --from tsv")


def table_start(text: str, finder: Finder) -> str | None:
    """What parts the cells of a first line that names columns as tables of captions do; None where it is no such line."""
    start = text.strip()
    for separator in SEPARATORS:
        names = _names(start, separator)
        layout = finder.layout(names) if 2 <= len(names) <= 200 else None
        if layout and layout.holders and (layout.ids or separator == "\t") and not is_row(start):
            return separator
    return None


def _names(line: str, separator: str) -> list[str]:
    return [cell.strip().strip('"') for cell in line.split(separator)]


def are_captions(lines: list[str]) -> bool:
    """Whether the lines of a paragraph look like one caption each."""
    if len(lines) > 1 and all(is_telling_id(line.split(maxsplit=1)[0].strip("()[]:,")) for line in lines):
        return True
    begun = all(_begins(line.strip()) for line in lines)
    ended = all(line.rstrip().endswith(_SENTENCE_ENDS) for line in lines)
    return begun and (len(lines) >= _MOST_BEGINNINGS or (ended and len(lines) >= _MOST_SENTENCES))


def _begins(line: str) -> bool:
    """Whether a line is long enough for a sentence, and begins as one does."""
    start = line.lstrip("\"'(\u201c\u2018*_")[:1]
    return len(line) >= _SHORTEST_SENTENCE and (start.isupper() or start.isdigit())
