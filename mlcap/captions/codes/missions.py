"""Mission codes: from every written form to one canonical name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from mlcap.captions.codes.numbers import number_pattern, to_int
from mlcap.captions.codes.types import Code
from mlcap.lexicon import MissionForm, lexicon


@cache
def _forms() -> tuple[tuple[MissionForm, re.Pattern[str]], ...]:
    return tuple(
        (form, re.compile(rf"\b{form.pattern.replace('NUMBER', number_pattern())}", re.IGNORECASE))
        for form in lexicon().missions
    )


@cache
def _by_beginning() -> dict[str, list[int]]:
    """The first two letters of a mention -> numbers of the forms that may begin so."""
    found: dict[str, list[int]] = {}
    for number, form in enumerate(lexicon().missions):
        for beginning in dict.fromkeys(b[:2] for b in form.beginnings):
            found.setdefault(beginning, []).append(number)
    return found


def _number(text: str) -> str:
    try:
        return str(to_int(text))
    except ValueError:
        return re.sub(r"(?<=\d)[- ](?=[A-L]$)", "", text.upper())


def find_missions(text: str, small: str, spans: Sequence[tuple[int, int]], add: Callable[[Code], None]) -> None:
    """Report every mission code of a text.

    Args:
        text, small: the text, and the same in small letters.
        spans: of its words.
        add: called with each code.
    """
    forms, begun = _forms(), _by_beginning()
    for start in [start for start, _ in spans if small[start : start + 2] in begun]:
        for number in begun[small[start : start + 2]]:
            form, pattern = forms[number]
            match = small.startswith(form.beginnings, start) and pattern.match(text, start)
            if match:
                _report(form, match, text, add)


def _report(form: MissionForm, match: re.Match[str], text: str, add: Callable[[Code], None]) -> None:
    second = match.groupdict().get("m")
    places = [("n", match.start(), match.end("n") if second else match.end())]
    if second:
        places.append(("m", match.start("m"), match.end("m")))
    for group, start, end in places:
        name = form.canonical.replace("{n}", _number(match.group(group)))
        add(Code("mission", text[start:end], name, form.programme, start, end))
