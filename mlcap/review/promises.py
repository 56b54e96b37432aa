"""What a sample of right and wrong says: exact bounds, by facet, value, source and month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.evaluation.exact import CONFIDENCE, lower_bound, upper_bound
from mlcap.rounding import rounded

#: A month that is lower than those before with less than this probability by chance has drifted.
_DRIFT = 0.05


@dataclass(frozen=True)
class Promise:
    """What a sample says: how many, how many right, their share, and the ends of its exact interval; None without any."""

    count: int
    right: int
    share: float | None
    at_least: float | None
    at_most: float | None
    confidence: float = CONFIDENCE

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        data: dict[str, Any] = rounded(asdict(self))
        return data


def promise_of(sample: Iterable[bool]) -> Promise:
    """What a sample of right and wrong says."""
    found = list(sample)
    count, right = len(found), sum(found)
    if not count:
        return Promise(0, 0, None, None, None)
    return Promise(count, right, right / count, lower_bound(right, count), upper_bound(right, count))


@dataclass(frozen=True)
class Threshold:
    """From which probability on, that every tag is right, the automatic captions keep the target; how many of the audit these are."""

    sure: float
    kept: float
    promise: Promise


@dataclass(frozen=True)
class FacetAudit:
    """The promise of one facet, or of all at once.

    Attributes:
        facet: its name, or `all`.
        whole: of every decided caption of the audit.
        unseen: of those of which a reading did not see the tags, by that reading; merely accepting does not count there.
        by_value, by_source, by_month: the same, apart.
        drift: probability by chance that the last month is as low or lower beside those before; None with one month.
        target: what is to be reached.
        more: how many more decisions of the audit would tell whether it is; 0 where it is told, None where none would.
        threshold: what keeps the target, None where the whole does already or nothing does.
    """

    facet: str
    whole: Promise
    unseen: Promise
    by_value: Mapping[str, Promise]
    by_source: Mapping[str, Promise]
    by_month: Mapping[str, Promise]
    drift: float | None
    target: float
    more: int | None
    threshold: Threshold | None

    @property
    def drifted(self) -> bool:
        """Whether the last month is lower than chance would have it."""
        return self.drift is not None and self.drift < _DRIFT

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        data: dict[str, Any] = rounded(asdict(self))
        return {**data, "drifted": self.drifted}


@dataclass(frozen=True)
class Audit:
    """The audit of one model version.

    Attributes:
        model: the version.
        automatic: how many captions of the desk it left without review.
        drawn: how many of them were drawn.
        decided: how many of these somebody has decided, and how many of the rest somebody has put aside.
        put_aside: see `decided`.
        facets: the promises.
    """

    model: str
    automatic: int
    drawn: int
    decided: int
    put_aside: int
    facets: tuple[FacetAudit, ...]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        head = {k: v for k, v in vars(self).items() if k != "facets"}
        return {**head, "facets": [one.as_data() for one in self.facets]}
