"""The measured promise: how right automatic tags are, from the audit alone.

Automatic captions of the desk are drawn at random and decided by people, so the share of right ones in this sample has
exact bounds for all automatic captions of the desk (`mlcap.evaluation.exact`). Which captions people choose to look
at besides says nothing here and is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlcap.evaluation.exact import (
    CONFIDENCE,
    lower_bound,
    no_smaller_by_chance,
    sample_that_tells,
    upper_bound,
)
from mlcap.evaluation.outcomes import right_everywhere
from mlcap.review.outcomes import outcomes
from mlcap.review.promises import Audit, FacetAudit, Promise, Threshold, promise_of
from mlcap.review.store import Store
from mlcap.review.types import Suggestion
from mlcap.types import Facet

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
    """The audit of a model version, the one that suggests now where none is named; None without suggestions."""
    if model is None:
        model = store.current_version()
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
