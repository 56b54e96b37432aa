"""What the next version would gain: adapted to the decisions so far and measured on them by cross-validation.

It is what `mlcap adapt` would say, without a version being made. The decisions are mostly about captions that mlcap was
unsure of, so the gain is one on these and not on the archive as a whole.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.review.store import Store
from mlcap.rounding import rounded
from mlcap.training.parameters import FEWEST_GROUPS_TO_ADAPT, FEWEST_TO_ADAPT

#: The setting in which the latest measurement is kept.
_SETTING = "gain"
#: Beyond so many more decisions nobody would wait for them.
_MOST = 10_000


@dataclass(frozen=True)
class Change:
    """Two versions on the same captions.

    Attributes:
        captions: how many.
        metrics: (facet, name of the metric, before, after), in the order of the facets.
        difference: tags right per caption, after less before.
        low, high: ends of its 95 % interval.
    """

    captions: int
    metrics: tuple[tuple[str, str, float, float], ...]
    difference: float
    low: float
    high: float

    @property
    def told(self) -> bool:
        """Whether chance alone would hardly make the difference."""
        return self.low > 0 or self.high < 0

    @property
    def nothing(self) -> bool:
        """Whether not one tag changed its rightness."""
        return not (self.low or self.high or self.difference)

    @property
    def more(self) -> int | None:
        """About how many more decisions would tell, if the difference stays; 0 where it is told, None where none would.

        Intervals narrow with the square root of the number of captions.
        """
        if self.told:
            return 0
        if not self.difference:
            return None
        half = (self.high - self.low) / 2
        wanted = self.captions * (half / abs(self.difference)) ** 2
        more = math.ceil(wanted - self.captions)
        return max(more, 1) if more <= _MOST else None

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals."""
        names = ("facet", "metric", "before", "after")
        metrics = [dict(zip(names, row, strict=True)) for row in self.metrics]
        data: dict[str, Any] = rounded({**vars(self), "metrics": metrics})
        return data


@dataclass(frozen=True)
class Gain:
    """One measurement.

    Attributes:
        model: the version that was adapted.
        at: when.
        whole: on all decided captions.
        unaccepted: on those on which a person did more than leave a suggestion as it was; None where all are, or none is.
    """

    model: str
    at: str
    whole: Change
    unaccepted: Change | None


@dataclass(frozen=True)
class GainStatus:
    """What is known of the gain.

    Attributes:
        decided: captions whose labels stand.
        lacking, lacking_groups: how many more decisions, and missions or series, are needed before anything can be measured.
        latest: the latest measurement, None for none.
        since: captions decided since then, of the version that suggests now; None where another version suggests by now.
    """

    decided: int
    lacking: int
    lacking_groups: int
    latest: Gain | None
    since: int | None

    @property
    def possible(self) -> bool:
        """Whether there is enough to measure."""
        return not (self.lacking or self.lacking_groups)

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON, rounded to four decimals."""
        latest = self.latest
        told = latest and {
            "model": latest.model,
            "at": latest.at,
            "whole": latest.whole.as_data(),
            "unaccepted": None if latest.unaccepted is None else latest.unaccepted.as_data(),
        }
        return {**vars(self), "latest": told}


def keep_gain(store: Store, gain: Gain) -> None:
    """Keep a measurement on the desk, in place of the one before."""
    store.set(_SETTING, asdict(gain))


def kept_gain(store: Store) -> Gain | None:
    """The latest measurement, None for none."""
    kept = store.setting(_SETTING)
    if not kept:
        return None
    unaccepted = kept["unaccepted"]
    return Gain(kept["model"], kept["at"], _change(kept["whole"]), None if unaccepted is None else _change(unaccepted))


def _change(data: dict[str, Any]) -> Change:
    return Change(**{**data, "metrics": tuple(tuple(row) for row in data["metrics"])})


def gain_status(store: Store) -> GainStatus:
    """What is known of the gain; nothing is measured."""
    row = store.rows(
        "SELECT count(*), count(DISTINCT CASE c.mission WHEN '' THEN 'series-' || c.series ELSE c.mission END)"
        " FROM captions c JOIN places p ON p.caption = c.number WHERE p.state IN ('done', 'second')"
    )[0]
    decided, groups = int(row[0]), int(row[1])
    latest = kept_gain(store)
    model = store.current_version()
    since = max(decided - latest.whole.captions, 0) if latest is not None and latest.model == model else None
    return GainStatus(
        decided, max(FEWEST_TO_ADAPT - decided, 0), max(FEWEST_GROUPS_TO_ADAPT - groups, 0), latest, since
    )
