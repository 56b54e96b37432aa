"""What automatic tags promise on a desk that no version trained on, and which thresholds keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.errors import InputError
from mlcap.model.review import ReviewRule


@dataclass(frozen=True)
class Kept:
    """How automatic tags did on captions of desks left out of training.

    Attributes:
        captions: how many captions.
        automatic: how many of them are automatic.
        single_right: the share of the automatic ones of which every single-valued facet is right; None for none.
        all_right: the same of every facet.
        lower: the one-sided 95 % lower bound of `single_right` over missions; None for none.
    """

    captions: int
    automatic: int
    single_right: float | None
    all_right: float | None
    lower: float | None


@dataclass(frozen=True)
class Promise:
    """Thresholds that keep a target on desks that were left out.

    Attributes:
        target: the share of automatic captions with right single values, by its lower bound.
        rule: the thresholds.
        together: how they do on all desks together, each tagged by a fit without it.
        desks: desk -> the same.
    """

    target: float
    rule: ReviewRule
    together: Kept
    desks: Mapping[str, Kept]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "target": self.target,
            "rule": self.rule.as_data(),
            "together": asdict(self.together),
            "desks": {name: asdict(kept) for name, kept in self.desks.items()},
        }


def promise_of(promises: Sequence[Promise], target: float) -> Promise | None:
    """The promise of the least target that is not below one asked for; None where none is so high."""
    return min((p for p in promises if p.target >= target), key=lambda p: p.target, default=None)


def rule_for(promises: Sequence[Promise], target: float) -> ReviewRule:
    """The thresholds of the least target that is not below one asked for.

    Raises:
        InputError: the version keeps none so high.
    """
    promise = promise_of(promises, target)
    if promise is None:
        known = ", ".join(f"{p.target:g}" for p in sorted(promises, key=lambda p: p.target))
        raise InputError(
            f"this model version keeps no target of {target:g} on desks it has not seen; it keeps {known or 'none, since it was trained from too few captions of too few desks'}"
        )
    return promise.rule
