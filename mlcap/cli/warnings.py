"""Warnings: those of one kind are said once and then counted."""

from __future__ import annotations

import re

from mlcap.cli.errors import say

#: Where a record stands; what follows it is what the warning says.
_PLACE = re.compile(r"^.*?: ")
_NUMBER = re.compile(r"[0-9]+")


class Warnings:
    """Says the first warning of a kind at once, and at the end how many more came."""

    def __init__(self) -> None:
        #: What a warning says, without names and numbers -> [the first one's place, how many came after it, the last].
        self._kinds: dict[str, list[str | int]] = {}

    def __call__(self, line: str) -> None:
        """Take a warning."""
        place = _PLACE.match(line)
        kind = _NUMBER.sub("0", line[place.end() :] if place else line)
        name = place.group().removesuffix(": ") if place else ""
        seen = self._kinds.get(kind)
        if seen is None:
            self._kinds[kind] = [name, 0, name]
            say(line)
        else:
            seen[1:] = [int(seen[1]) + 1, name]

    def finish(self) -> None:
        """Say how many more came of each kind."""
        for first, more, last in self._kinds.values():
            if more:
                say(
                    f"{more} more like that of {first}, the last of {last}"
                    if first != last
                    else f"{first}: {more} more of that"
                )
