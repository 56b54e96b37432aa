"""How a desk stands: what is done and left, how fast, how far people agree, and the measured promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from mlcap.labels.agreement import Agreement
from mlcap.review.audit import audit
from mlcap.review.feedback import FeedbackCounts, feedback_counts
from mlcap.review.gain import GainStatus, gain_status
from mlcap.review.outcomes import blind_pairs, desk_agreement
from mlcap.review.promises import Audit
from mlcap.review.standing import COUNTS
from mlcap.review.store import Store
from mlcap.types import Facet

#: Two decisions further apart than this, in seconds, have a pause between them.
_PAUSE = 300.0
#: Decisions of each person that the pace is taken from.
_LATEST = 200


@dataclass(frozen=True)
class Progress:
    """What is done and what is left.

    Attributes:
        captions: on the desk.
        waiting: need a person: open ones, and those without their second reading.
        second: of these, waiting for a second reading.
        differ: whose readings differ and nobody has settled.
        decided: have labels.
        automatic: need nobody and were not drawn.
        seconds: between two decisions, the median; None where there are too few.
        left: seconds that the waiting ones will take at this pace, None where it is not known.
        unreadable: records of the sources that could not be read.
        since: decisions that the latest model version was made without, and how many of these changed something.
        changed: see `since`.
    """

    captions: int
    waiting: int
    second: int
    differ: int
    decided: int
    automatic: int
    seconds: float | None
    left: float | None
    unreadable: int
    since: int
    changed: int


@dataclass(frozen=True)
class DeskStatus:
    """The whole status: progress, decisions by person, agreement by facet (and `all`), the audit, the gain, feedback.

    Attributes:
        blind_pairs: of the captions whose readings are compared, those of which one reading saw no tags; two that saw the
            same tags agree the more for that.
        feedback: of programs: how much is recorded, and how much of it is of captions that nobody has decided since.
    """

    progress: Progress
    people: dict[str, int]
    agreement: tuple[Agreement, ...]
    blind_pairs: int
    audit: Audit | None
    gain: GainStatus
    feedback: FeedbackCounts

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "progress": vars(self.progress),
            "people": self.people,
            "agreement": [one.as_data() for one in self.agreement],
            "blind_pairs": self.blind_pairs,
            "audit": None if self.audit is None else self.audit.as_data(),
            "gain": self.gain.as_data(),
            "feedback": asdict(self.feedback),
        }


def progress_of(store: Store) -> Progress:
    """What is done and what is left."""
    row = store.rows(
        "SELECT count(*) AS captions, coalesce(sum(waiting), 0) AS waiting,"
        " coalesce(sum(state = 'second' AND waiting), 0) AS second, coalesce(sum(state = 'differ'), 0) AS differ,"
        " coalesce(sum(state IN ('done', 'second', 'differ')), 0) AS decided,"
        " coalesce(sum(state = 'open' AND NOT wanted), 0) AS automatic FROM places"
    )[0]
    seconds = _pace(store)
    left = None if seconds is None else seconds * row["waiting"]
    since, changed = store.rows(
        f"SELECT count(*), coalesce(sum(NOT d.accepted), 0) FROM decisions d WHERE d.kind IN ('decide', 'settle') AND {COUNTS}"  # noqa: S608
        " AND d.model = ?",
        (store.current_version() or "",),
    )[0]
    unreadable = store.one("SELECT count(*) FROM unreadable")
    return Progress(
        **{name: int(row[name]) for name in row.keys()},  # noqa: SIM118 - a row is no mapping
        seconds=seconds,
        left=left,
        unreadable=int(unreadable),
        since=int(since),
        changed=int(changed),
    )


def _pace(store: Store) -> float | None:
    """Seconds between two actions of a person, the median over the latest ones; pauses and imports are left out."""
    gaps = []
    for person in store.rows("SELECT DISTINCT person FROM decisions WHERE origin IN ('browser', 'terminal')"):
        times = [
            datetime.fromisoformat(row["at"])
            for row in store.rows(
                "SELECT min(at) AS at FROM decisions WHERE person = ? AND kind = 'decide' AND origin IN ('browser', 'terminal')"
                " GROUP BY action ORDER BY action DESC LIMIT ?",
                (person[0], _LATEST),
            )
        ]
        between = [(a - b).total_seconds() for a, b in pairwise(times)]
        gaps += [gap for gap in between if 0 <= gap <= _PAUSE]
    return sorted(gaps)[len(gaps) // 2] if len(gaps) >= 5 else None


def people_of(store: Store) -> dict[str, int]:
    """Person -> how many readings of theirs count."""
    rows = store.rows(
        f"SELECT d.person, count(*) AS n FROM decisions d WHERE d.kind IN ('decide', 'settle') AND {COUNTS} GROUP BY d.person ORDER BY d.person"  # noqa: S608
    )
    return {row["person"]: int(row["n"]) for row in rows}


def status_of(store: Store, facets: Sequence[Facet], target: float) -> DeskStatus:
    """Look at a desk; changes nothing.

    Args:
        target: share of right automatic values that the promise is held against.
    """
    agreed = tuple(one for one in desk_agreement(store, facets) if not one.value)
    measured, gain = audit(store, facets, target), gain_status(store)
    pairs = blind_pairs(store)
    return DeskStatus(progress_of(store), people_of(store), agreed, pairs, measured, gain, feedback_counts(store))
