"""Text that remembers which character of the original each of its characters came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MappedText:
    """A rewritten text and the way back to the original.

    Attributes:
        text: the rewritten text, length n.
        origin: n + 1 offsets into the original; character i stems from `origin[i]`,
            and the last entry is the length of the original.
    """

    text: str
    origin: Sequence[int]

    @classmethod
    def of(cls, text: str) -> MappedText:
        """Wrap a text that nothing has rewritten yet."""
        return cls(text, range(len(text) + 1))

    def replace(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> MappedText:
        """Replace every match; all characters of a replacement stem from the match's first."""
        out: list[str] = []
        origin: list[int] = []
        done = 0
        for match in pattern.finditer(self.text):
            text = new if isinstance(new, str) else new(match)
            start, end = match.span()
            if text == match.group():
                continue
            out.append(self.text[done:start])
            origin.extend(self.origin[done:start])
            out.append(text)
            origin.extend([self.origin[start]] * len(text))
            done = end
        if not done:
            return self
        out.append(self.text[done:])
        origin.extend(self.origin[done:])
        return MappedText("".join(out), origin)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Give the half-open span of the original that `text[start:end]` came from."""
        if end <= start:
            return self.origin[start], self.origin[start]
        return self.origin[start], max(self.origin[end], self.origin[end - 1] + 1)
