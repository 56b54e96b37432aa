"""Mission codes: from every written form to one canonical name."""

from __future__ import annotations

import re
from collections.abc import Callable
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
    """How the first word of a mention begins -> numbers of the forms that may begin so."""
    every = sorted({beginning for form in lexicon().missions for beginning in form.beginnings})
    return {
        found: [n for n, form in enumerate(lexicon().missions) if found.startswith(form.beginnings)] for found in every
    }


@cache
def _beginning() -> re.Pattern[str]:
    """Where a mention may begin; of two beginnings the longer is found, which has the shorter one's forms too."""
    return re.compile(rf"\b(?:{'|'.join(sorted(_by_beginning(), key=len, reverse=True))})")


def _number(text: str) -> str:
    try:
        return str(to_int(text))
    except ValueError:
        return re.sub(r"(?<=\d)[- ](?=[A-L]$)", "", text.upper())


def find_missions(text: str, small: str, add: Callable[[Code], None]) -> None:
    """Report every mission code of a text.

    Args:
        text, small: the text, and the same in small letters.
        add: called with each code.
    """
    forms, begun = _forms(), _by_beginning()
    for found in _beginning().finditer(small):
        for number in begun[found.group()]:
            form, pattern = forms[number]
            match = pattern.match(text, found.start())
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
