"""Decisions as labels: what `train`, `adapt` and `evaluate` read, and what other programs are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlcap.labels.corpus import ACCEPTED, RECORD
from mlcap.review.cards import suggestion_of
from mlcap.review.outcomes import Outcome, captions_by_number, outcomes
from mlcap.review.store import Store, dumped
from mlcap.review.types import DeskCaption, Suggestion, Values
from mlcap.types import Facet

#: In the forms of other programs: which labels were decided, and in every form what was taken off; as JSON.
DECIDED, REJECTED = "decided", "rejected"
#: Outcomes whose captions are fetched together.
_BATCH = 500


@dataclass(frozen=True)
class DecidedCaption:
    """A caption with what people decided about it; `id` is the one it is exported by, which no other has."""

    id: str
    caption: DeskCaption
    outcome: Outcome
    suggestion: Suggestion | None

    @property
    def labels(self) -> Values:
        """The labels."""
        return self.outcome.labels


@dataclass(frozen=True)
class Exported:
    """The captions to export, and why others are not among them.

    Attributes:
        captions: by number.
        unsettled: ids of captions whose readings differ.
        accepted: how many were left out because a person merely left the suggestion as it was.
        renamed: ids that two texts have; the earlier ones are exported by another id.
    """

    captions: list[DecidedCaption]
    unsettled: list[str]
    accepted: int
    renamed: list[str]


def decided_captions(store: Store, with_accepted: bool = True) -> Exported:
    """The captions whose labels stand.

    Args:
        with_accepted: whether those count of which a person merely left the suggestion as it was.
    """
    found: list[tuple[DeskCaption, Outcome]] = []
    unsettled, accepted = [], 0
    for caption, outcome in joined_outcomes(store, list(outcomes(store))):
        if not outcome.agreed:
            unsettled.append(caption.id)
        elif outcome.accepted and not with_accepted:
            accepted += 1
        else:
            found.append((caption, outcome))
    latest = {caption.id: caption.number for caption, _ in found}
    out, renamed = [], []
    for caption, outcome in found:
        name = caption.id
        if latest[name] != caption.number:
            renamed.append(name)
            name = f"{name}#{caption.digest[:8]}"
        out.append(DecidedCaption(name, caption, outcome, suggestion_of(store, caption.number)))
    return Exported(out, unsettled, accepted, renamed)


def joined_outcomes(store: Store, found: Sequence[Outcome]) -> Iterator[tuple[DeskCaption, Outcome]]:
    """Outcomes with their captions."""
    for first in range(0, len(found), _BATCH):
        part = found[first : first + _BATCH]
        captions = captions_by_number(store, [one.caption for one in part])
        yield from ((captions[one.caption], one) for one in part)


def label_record(one: DecidedCaption, facets: Sequence[Facet]) -> dict[str, Any]:
    """A line of labelled captions, as `train --labels` and `evaluate` read it, and what the label rests on."""
    outcome = one.outcome
    record: dict[str, Any] = {"id": one.id, "text": one.caption.text, **listed(one.labels)}
    record["mission"] = one.caption.group
    if one.caption.catalogue:
        record[RECORD] = dict(one.caption.catalogue)
    deciders = [r.person for r in outcome.readings] + ([outcome.settling.person] if outcome.settling else [])
    record["decided_by"] = list(dict.fromkeys(deciders))
    record["decided_at"] = outcome.last.at
    record[ACCEPTED] = outcome.accepted
    record["read_blind"] = outcome.blind is not None
    if rejected := outcome.rejected(facets):
        record[REJECTED] = {name: list(values) for name, values in rejected.items()}
    if outcome.last.model:
        record["suggested_by"] = outcome.last.model
    return record


def rejected_column(facet: str) -> str:
    """The column of a table with the values of a facet that were taken off."""
    return f"{facet}_{REJECTED}"


def basis_of(one: DecidedCaption, facets: Sequence[Facet]) -> dict[str, Any]:
    """What the labels of an export rest on, and which labels these were: somebody may give others elsewhere."""
    record = label_record(one, facets)
    basis = {ACCEPTED: record[ACCEPTED], "read_blind": record["read_blind"], DECIDED: dumped(listed(one.labels))}
    return basis | ({REJECTED: dumped(record[REJECTED])} if REJECTED in record else {})


def listed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them: tuples become lists."""
    return {name: value if isinstance(value, str) else list(value) for name, value in values.items()}
