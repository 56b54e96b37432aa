"""Making a plan from tagged photographs: nothing of them is touched."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlcap.errors import PhotoError
from mlcap.labels.digest import text_digest
from mlcap.photos.changes import Change, PlannedTag, after, change_for
from mlcap.photos.edits import edits_of, made_by
from mlcap.photos.metadata import FIELDS, MACHINE, Metadata, WrittenTag, read_metadata
from mlcap.photos.plan import NEEDS_REVIEW, Plan, PlannedPhoto, starts_fields, target_of
from mlcap.photos.terms import Term
from mlcap.records.exiftool import BATCH, ExifTool, session
from mlcap.records.mojibake import repaired
from mlcap.records.photo_names import Sidecars, unusable
from mlcap.records.types import Record
from mlcap.text import one_line
from mlcap.types import TaggedCaption


@dataclass(frozen=True)
class PlanSettings:
    """What a plan is to do.

    Attributes:
        embed: write into the photographs instead of their sidecars.
        uncertain: write tags that need review as well.
        people: add the names of the people shown.
        terms: the archive's words for values.
        void: write into photographs with Content Credentials as well, which makes these invalid.
    """

    embed: bool = False
    uncertain: bool = False
    people: bool = False
    terms: tuple[Term, ...] = ()
    void: bool = False


def make_plan(
    tagged: Iterable[tuple[Record, TaggedCaption | None]], model: str, settings: PlanSettings | None = None
) -> Plan:
    """Plan what to write.

    Args:
        tagged: records of photographs with their tags, None for those that could not be read.

    Raises:
        PhotoError: exiftool is missing or fails.
    """
    settings = settings or PlanSettings()
    facets: dict[str, bool] = {}
    drafts = []
    for record, tags in tagged:
        if tags is not None and "file" in record.fields:
            facets |= {name: facet.multiple for name, facet in tags.facets.items()}
            drafts.append(_draft(record, tags, settings))
    return plan_drafts(drafts, facets, model, settings)


def plan_drafts(drafts: Sequence[PlannedPhoto], facets: Mapping[str, bool], model: str, settings: PlanSettings) -> Plan:
    """Plan what to write of photographs with what is known without looking at their metadata.

    Args:
        facets: facet -> whether it takes several values.

    Raises:
        PhotoError: exiftool is missing or fails.
    """
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folders = tuple(sorted({os.path.realpath(Path(d.file).parent) for d in drafts}))
    plan = Plan(run, model, settings.embed, (), folders, facets, settings.terms, settings.void)
    with session() as tool, tempfile.TemporaryDirectory() as folder:
        return replace(plan, photos=tuple(_Planning(plan, tool, Path(folder)).photos(drafts)))


def _draft(record: Record, tagged: TaggedCaption, settings: PlanSettings) -> PlannedPhoto:
    """A photograph with what is known without looking at its metadata."""
    reasons = (*tagged.review_reasons, *record.doubts)
    skipped = "" if (settings.uncertain and tagged.is_read) or not reasons else f"{NEEDS_REVIEW}{reasons[0]}"
    people = () if skipped or not settings.people else _names(tagged.as_record().get("people"))
    tags = () if skipped else _tags(tagged)
    file = os.path.abspath(str(record.fields["file"]))  # noqa: PTH100
    untouched = () if tags else tuple(tagged.facets)
    return PlannedPhoto(file, "", text_digest(record.text or ""), tags, {}, skipped, people, untouched=untouched)


def _tags(tagged: TaggedCaption) -> tuple[PlannedTag, ...]:
    return tuple(
        PlannedTag(name, value, str(facet.probabilities[value]))
        for name, facet in tagged.facets.items()
        for value in facet.values
    )


def _names(people: Any) -> tuple[str, ...]:
    """The names in the `people` of a tagged record, each once; people without a name are passed over."""
    found = [one.get("name") for one in people or () if isinstance(one, Mapping)]
    return tuple(dict.fromkeys(one_line(name) for name in found if isinstance(name, str) and one_line(name)))


class _Planning:
    """The making of one plan: what it would write to a file counts when the next photograph shares that file."""

    def __init__(self, plan: Plan, tool: ExifTool, folder: Path) -> None:
        self._plan = plan
        self._tool = tool
        self._folder = folder
        self._sidecars = Sidecars()
        #: Target -> its metadata when the photographs so far are written.
        self._states: dict[Path, Metadata] = {}

    def photos(self, drafts: Sequence[PlannedPhoto]) -> Iterator[PlannedPhoto]:
        """The photographs of the plan, in order."""
        clashes = self._clashes(drafts)
        for start in range(0, len(drafts), BATCH):
            batch = drafts[start : start + BATCH]
            files = [Path(d.file) for d in batch]
            beside = [s for f in files for s in self._sidecars.of(f)[:1]]
            found = read_metadata(self._tool, list(dict.fromkeys([*files, *beside])))
            for draft, file in zip(batch, files, strict=True):
                yield self._photo(draft, file, found, clashes.get(draft.file, ""))

    def _clashes(self, drafts: Iterable[PlannedPhoto]) -> dict[str, str]:
        """Photograph -> why its sidecar cannot hold its tags: it is shared with one of another caption."""
        sharing: dict[Path, list[PlannedPhoto]] = {}
        for draft in drafts:
            for sidecar in self._sidecars.of(Path(draft.file))[:1]:
                sharing.setdefault(sidecar, []).append(draft)
        out = {}
        for sidecar, those in sharing.items():
            for one in those:
                other = next((o for o in those if o.caption != one.caption), None)
                if other:
                    out[one.file] = (
                        f"{sidecar.name} is shared with {Path(other.file).name}, whose caption differs; "
                        f"give each its own sidecar, as {Path(one.file).name}.xmp"
                    )
        return out

    def _photo(self, draft: PlannedPhoto, file: Path, found: Mapping[Path, Metadata], clash: str) -> PlannedPhoto:
        own = found[file]
        try:
            target, why = target_of(file, self._sidecars.of(file), own, self._plan.embed, self._plan.void)
        except OSError as error:
            return replace(draft, skipped=f"cannot be read ({error.strerror})", tags=(), people=(), changes=False)
        draft = replace(draft, target=str(target))
        in_the_way = clash if target != file else ""
        if not in_the_way and (target.exists() or target.is_symlink()) and (fault := unusable(target)):
            in_the_way = f"{target.name}: {fault}"
        if in_the_way:
            return replace(draft, skipped=in_the_way, tags=(), people=(), changes=False)
        metadata = self._states.get(target, found.get(target, Metadata()))
        is_new = target not in self._states and not target.exists()
        starts = starts_fields(draft, target, metadata)
        change = change_for(self._plan.wish(draft, target), metadata, own.seeds if starts else ())
        notes = [*([why] if why else []), *change.notes]
        if starts and own.unfit:
            notes.append(f"{own.unfit} of its keywords are of an unknown encoding and not copied")
        if change and not is_new and (refusal := self._refusal(target, change, metadata)):
            return replace(draft, skipped=refusal, tags=(), people=(), notes=tuple(notes), changes=False)
        self._states[target] = after(metadata, change)
        return _filled(draft, metadata, change, notes)

    def _refusal(self, target: Path, change: Change, metadata: Metadata) -> str:
        """Why exiftool would not write a file, "" where it would: it makes a copy elsewhere."""
        if target in self._states:
            return ""
        made = self._folder / f"tried{target.suffix.lower()}"
        try:
            made_by(self._tool, target, edits_of(change, metadata), made)
        except PhotoError as error:
            return f"{target.name}: {error}"
        finally:
            made.unlink(missing_ok=True)
        return ""


def _filled(draft: PlannedPhoto, metadata: Metadata, change: Change, notes: Sequence[str]) -> PlannedPhoto:
    fields = {}
    for name in FIELDS:
        come, go = list(change.add.get(name, ())), list(change.remove.get(name, ()))
        if come or go or (name in ("dc:subject", "lr:hierarchicalSubject") and draft.tags):
            old = metadata.values(name)
            if name == "IPTC:Keywords" and not metadata.iptc_utf8:
                old = tuple(map(repaired, old))  # As a person reads them.
            fields[name] = {"old": old, "add": come, **({"remove": go} if go else {})}
    if change and draft.skipped:
        notes = [*notes, f"{draft.skipped}; only what was rejected goes"]
    return replace(
        draft,
        fields=fields,
        new=tuple(map(_told, change.new)),
        gone=tuple(map(_told, change.gone)),
        notes=tuple(notes),
        changes=bool(change),
        skipped="" if change else draft.skipped,
    )


def _told(tag: WrittenTag) -> str:
    """A structure in words; a person's tag by what was decided, a machine's by how sure it is."""
    return f"{tag.facet} {tag.value} {tag.score if tag.status == MACHINE else tag.status}"
