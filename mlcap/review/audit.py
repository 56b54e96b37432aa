"""The measured promise: how right automatic tags are, from the audit alone.

Automatic captions of the desk are drawn at random and decided by people, so the share of right ones in this sample has
exact bounds for all automatic captions of the desk (`mlcap.evaluation.exact`). Which captions people choose to look
at besides says nothing here and is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.evaluation.exact import (
    CONFIDENCE,
    lower_bound,
    no_smaller_by_chance,
    sample_that_tells,
    upper_bound,
)
from mlcap.evaluation.outcomes import right_everywhere
from mlcap.review.outcomes import outcomes
from mlcap.review.store import Store
from mlcap.review.types import Suggestion
from mlcap.rounding import rounded
from mlcap.types import Facet

#: A month that is lower than those before with less than this probability by chance has drifted.
_DRIFT = 0.05
#: Thresholds that are tried: shares of the audit, surest first, that would stay automatic.
_KEPT = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)
#: With fewer captions than this above it a threshold says nothing.
_FEWEST = 30


@dataclass(frozen=True)
class Audited:
    """One caption of the audit that was decided.

    Attributes:
        right: facet -> whether the suggested value or values are those decided; `all` for every facet.
        values: single-valued facet -> the suggested value.
        sure: probability that every tag is right.
        blind: whether a reading that did not see the tags is behind it; its labels are the ones compared then.
        accepted: whether nothing is behind it but leaving the suggestion as it was.
        source, month: where and when the caption came.
        model: the version that suggested.
    """

    right: Mapping[str, bool]
    values: Mapping[str, str]
    sure: float
    blind: bool
    accepted: bool
    source: str
    month: str
    model: str


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


def audited_captions(store: Store, facets: Sequence[Facet], model: str) -> list[Audited]:
    """The decided captions of the audit of a model version."""
    question = (
        "SELECT s.*, c.added, o.name AS source FROM suggestions s JOIN captions c ON c.number = s.caption"
        " JOIN sources o ON o.number = c.source WHERE s.audit = 1 AND s.model = ?"
    )
    drawn = {row["caption"]: row for row in store.rows(question, (model,))}
    out = []
    for one in outcomes(store):
        row = drawn.get(one.caption)
        if row is None:
            continue
        tags = Suggestion.of(row).tags
        # A difference that nobody has settled counts as wrong, so that the bound holds meanwhile.
        said = [one.labels] if one.agreed else [r.labels for r in one.readings]
        known = [f for f in facets if f.name in tags and all(f.name in labels for labels in said)]
        given = [tags] * len(said)
        right = {f.name: bool(right_everywhere([f], said, given).all()) for f in known}
        values = {f.name: str(tags[f.name]) for f in facets if not f.multiple and f.name in tags}
        right["all"] = bool(right_everywhere(known, said, given).all())
        out.append(
            Audited(
                right, values, row["sure"], one.blind is not None, one.accepted, row["source"], row["added"][:7], model
            )
        )
    return out


def audit(store: Store, facets: Sequence[Facet], target: float, model: str | None = None) -> Audit | None:
    """The audit of a model version, the latest that suggested anything where none is named; None without suggestions."""
    if model is None:
        model = store.one("SELECT model FROM suggestions ORDER BY number DESC LIMIT 1")
    if model is None:
        return None
    automatic, drawn = store.rows(
        "SELECT coalesce(sum(automatic), 0), coalesce(sum(audit), 0) FROM suggestions WHERE model = ?", (model,)
    )[0]
    aside = store.one(
        "SELECT count(DISTINCT a.caption) FROM asides a JOIN suggestions s ON s.caption = a.caption"
        " JOIN places p ON p.caption = a.caption WHERE s.audit = 1 AND s.model = ? AND p.state = 'open'",
        (model,),
    )
    found = audited_captions(store, facets, model)
    names = [f.name for f in facets if not f.multiple] + ["all"]
    by_name = tuple(_facet_audit(name, found, target) for name in names)
    return Audit(model, int(automatic), int(drawn), len(found), int(aside), by_name)


def _facet_audit(name: str, found: Sequence[Audited], target: float) -> FacetAudit:
    known = [one for one in found if name in one.right]
    whole = promise_of(one.right[name] for one in known)
    months = _apart(known, name, lambda one: one.month)
    drift = None
    if len(months) > 1:
        last = months[max(months)]
        before = [p for month, p in months.items() if month != max(months)]
        drift = no_smaller_by_chance(last.right, last.count, sum(p.right for p in before), sum(p.count for p in before))
    reached = whole.at_least is not None and whole.at_least >= target
    return FacetAudit(
        name,
        whole,
        promise_of(one.right[name] for one in known if one.blind),
        _apart(known, name, lambda one: one.values.get(name, "")) if name != "all" else {},
        _apart(known, name, lambda one: one.source),
        months,
        drift,
        target,
        sample_that_tells(whole.share, target, whole.count) if whole.share is not None else None,
        None if reached else _threshold(known, name, target),
    )


def _apart(found: Iterable[Audited], name: str, key: Callable[[Audited], str]) -> dict[str, Promise]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for one in found:
        groups[key(one)].append(one.right[name])
    return {group: promise_of(groups[group]) for group in sorted(groups)}


def _threshold(found: Sequence[Audited], name: str, target: float) -> Threshold | None:
    """The lowest threshold that is shown to keep the target; the bounds allow for as many thresholds as are tried."""
    ranked = sorted(found, key=lambda one: -one.sure)
    confidence = 1 - (1 - CONFIDENCE) / len(_KEPT)
    for kept in _KEPT:
        size = round(kept * len(ranked))
        if size < _FEWEST:
            break
        sure = ranked[size - 1].sure
        above = [one.right[name] for one in ranked if one.sure >= sure]
        bound = lower_bound(sum(above), len(above), confidence)
        if bound >= target:
            share = sum(above) / len(above)
            promise = Promise(
                len(above), sum(above), share, bound, upper_bound(sum(above), len(above), confidence), confidence
            )
            return Threshold(sure, len(above) / len(ranked), promise)
    return None
