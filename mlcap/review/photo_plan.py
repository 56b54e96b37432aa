"""What people decided about photographs, as a plan of writing it into their metadata: confirmed and rejected tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mlcap.errors import DeskError
from mlcap.labels.digest import text_digest
from mlcap.photos.changes import PlannedTag
from mlcap.photos.metadata import CONFIRMED, REJECTED
from mlcap.photos.plan import Plan, PlannedPhoto
from mlcap.photos.planning import PlanSettings, plan_drafts
from mlcap.records.exiftool import BATCH
from mlcap.records.photo import NO_CAPTION, Photo, read_batch
from mlcap.records.photo_names import Sidecars
from mlcap.review.cards import rejected_values
from mlcap.review.desk import Desk
from mlcap.review.labels import joined_outcomes
from mlcap.review.outcomes import Outcome, outcomes
from mlcap.review.photos import photo_place
from mlcap.review.types import DeskCaption, Reading, Suggestion, each_of, taken_off
from mlcap.types import Facet


def plan_photos(desk: Desk, settings: PlanSettings, with_accepted: bool = True) -> tuple[Plan, int]:
    """Plan to write what was decided into the photographs of a desk: (the plan, decided captions without a photograph).

    Nothing of the photographs is touched. What somebody rejected is planned as rejected, which takes its keywords away.

    Args:
        with_accepted: whether those count of which a person merely left the suggestion as it was.

    Raises:
        DeskError: no caption with a photograph is decided.
        PhotoError: exiftool is missing or fails.
    """
    drafts: dict[str, list[PlannedPhoto]] = {}
    without = 0
    for caption, outcome in joined_outcomes(desk.store, list(outcomes(desk.store))):
        if outcome.accepted and not with_accepted:
            continue
        place = photo_place(desk.store, caption.number)
        if place is None:
            without += 1
        else:
            file = str(place[0] / place[1])
            drafts.setdefault(file, []).append(_draft(desk, caption, outcome, file))
    if not drafts:
        raise DeskError(
            f"{desk.store.folder}: no caption with a photograph is decided; name folders of photographs with"
            f" `mlcap review open {desk.store.folder} --photos DIR`"
        )
    model = desk.store.current_version() or "none"
    facets = {f.name: f.multiple for f in desk.facets}
    return plan_drafts(list(_matched(drafts)), facets, str(model), settings), without


def _draft(desk: Desk, caption: DeskCaption, outcome: Outcome, file: str) -> PlannedPhoto:
    """A photograph with what was decided about its caption, before anybody has looked at the file."""
    if not outcome.agreed:
        why = "its readings differ; settle them on the desk"
        return PlannedPhoto(file, "", caption.digest, (), {}, why, untouched=tuple(f.name for f in desk.facets))
    untouched = tuple(f.name for f in desk.facets if f.name not in outcome.labels)
    tags = tuple(_tags(desk, caption, outcome))
    return PlannedPhoto(file, "", caption.digest, tags, {}, "", untouched=untouched)


def _tags(desk: Desk, caption: DeskCaption, outcome: Outcome) -> Iterator[PlannedTag]:
    given: dict[tuple[str, str], tuple[str, str]] = {}
    for row in desk.store.rows("SELECT * FROM suggestions WHERE caption = ? ORDER BY number", (caption.number,)):
        one = Suggestion.of(row)
        for name, value in one.tags.items():
            known = one.confidence.get(name, {})
            given |= {(name, v): (str(known.get(v, "")), one.model) for v in each_of(value)}
    said = [
        Reading.of(row)
        for row in desk.store.rows(
            "SELECT * FROM decisions WHERE caption = ? AND kind IN ('decide', 'settle')", (caption.number,)
        )
    ]
    rejected = rejected_values(desk.store, desk.facets, caption.digest)
    for facet in desk.facets:
        if facet.name not in outcome.labels:
            continue
        chosen = each_of(outcome.labels[facet.name])
        for value in chosen:
            again = any(_speaks_against(one, facet, value) for one in said)
            score, model = given.get((facet.name, value), ("", ""))
            yield PlannedTag(facet.name, value, score, CONFIRMED, model, again)
        for value in sorted(rejected.get(facet.name, frozenset()) - set(chosen)):
            again = any(value in each_of(one.labels.get(facet.name, ())) for one in said)
            score, model = given.get((facet.name, value), ("", ""))
            yield PlannedTag(facet.name, value, score, REJECTED, model, again)


def _speaks_against(one: Reading, facet: Facet, value: str) -> bool:
    """Whether a reading, which may have been taken back since, took a value for wrong."""
    if facet.name not in one.labels:
        return False
    instead = not facet.multiple and one.labels[facet.name] != value
    return instead or value in taken_off(facet, one.suggested, one.labels)


def _matched(drafts: dict[str, list[PlannedPhoto]]) -> Iterator[PlannedPhoto]:
    """Of each photograph the draft of the caption that it holds; of one that holds none that of the latest caption."""
    sidecars = Sidecars()
    files = list(drafts)
    for start in range(0, len(files), BATCH):
        paths = [Path(name) for name in files[start : start + BATCH]]
        for path, record in zip(paths, read_batch([Photo(p, sidecars.of(p)) for p in paths]), strict=True):
            those: Sequence[PlannedPhoto] = drafts[str(path)]
            if record.text is not None:
                digest = text_digest(record.text)
                same = [one for one in those if one.caption == digest]
                yield same[-1] if same else _left_out(those[-1], "holds another caption than the one that was decided")
            elif record.error.startswith(NO_CAPTION):
                yield replace(those[-1], caption="")
            else:
                yield _left_out(those[-1], record.error)


def _left_out(draft: PlannedPhoto, why: str) -> PlannedPhoto:
    return replace(draft, tags=(), skipped=why)
