"""What each feature of a caption adds to the score of one value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple, overload

#: (block, feature, amount, spans) of a feature that the caption has; see `Contribution`.
FoundFeature = tuple[str, str, float, tuple[tuple[int, int], ...]]


class Contribution(NamedTuple):
    """What one feature adds to the score of one value.

    Attributes:
        block: the kind of feature (`lead`, `cues`, `mentions`, ...).
        feature: its name within the block.
        amount: how much of it the caption has: TF-IDF for words, 1 for the others.
        weight: what the model has learned of it for this value.
        spans: where it stands in the caption; () for what stands nowhere, as the length.

    Example:
        >>> explained = mlcap.explain(mlcap.load(), "Divers wait beside the astronauts in the training pool.")
        >>> strongest = explained.facets["event"].ranked[0].contributions[0]
        >>> strongest.push == strongest.amount * strongest.weight > 0
        True
    """

    block: str
    feature: str
    amount: float
    weight: float
    spans: tuple[tuple[int, int], ...]

    @property
    def push(self) -> float:
        """What it adds to the score: amount times weight."""
        return self.amount * self.weight


def strongest_first(contributions: Sequence[Contribution]) -> list[Contribution]:
    """The same, the strongest push first, for or against."""
    return sorted(contributions, key=lambda c: (-abs(c.amount * c.weight), c.block, c.feature))


class Contributions(Sequence[Contribution]):
    """All that is added to the score of one value, strongest push first.

    They are made when they are first looked at: most readers ask for few of the values, and a
    caption has a thousand features.

    Args:
        found: the features that the caption has.
        weights: of each for the value, in the same order.
    """

    def __init__(self, found: Sequence[FoundFeature], weights: Sequence[float]) -> None:
        self._found = found
        self._weights = weights

    @cached_property
    def _made(self) -> tuple[Contribution, ...]:
        made = [
            Contribution(block, name, amount, weight, spans)
            for (block, name, amount, spans), weight in zip(self._found, self._weights, strict=True)
        ]
        return tuple(strongest_first(made))

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> Contribution: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Contribution]: ...

    def __getitem__(self, index: int | slice) -> Contribution | Sequence[Contribution]:
        return self._made[index]

    def __iter__(self) -> Iterator[Contribution]:
        return iter(self._made)
