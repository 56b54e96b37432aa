"""Applying a plan: adds what is lacking, takes away what is mlcap's own and out of date, and leaves the rest."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mlcap.errors import PhotoError
from mlcap.labels.digest import text_digest
from mlcap.photos.changes import after, change_for
from mlcap.photos.credentials import has_manifest
from mlcap.photos.edits import Outcome, edits_of, sha256_of, sole_writer, write_file
from mlcap.photos.journal import Entry, Journal
from mlcap.photos.metadata import Metadata, read_metadata
from mlcap.photos.plan import Plan, PlannedPhoto, starts_fields, target_of
from mlcap.records.exiftool import BATCH, ExifTool, session
from mlcap.records.photo import NO_CAPTION, Photo, read_batch
from mlcap.records.photo_names import Sidecars, unusable
from mlcap.records.types import Record


def apply_plan(plan: Plan, journal: Journal) -> Iterator[Outcome]:
    """Write the tags of a plan to the photographs, one outcome each.

    What is there already is left; a second time nothing is changed.

    Raises:
        OutputError: the journal cannot be written.
        PhotoError: exiftool is missing.
    """
    source = iter(plan.photos)
    sidecars = Sidecars()
    with journal.writing(), session() as tool:
        tool.execute("-ver")
        while batch := list(islice(source, BATCH)):
            yield from _apply_batch(plan, batch, journal, tool, sidecars)


def _apply_batch(
    plan: Plan, batch: list[PlannedPhoto], journal: Journal, tool: ExifTool, sidecars: Sidecars
) -> Iterator[Outcome]:
    files = [Path(p.file) for p in batch if not plan.misplaced(p)]
    records = dict(zip(files, read_batch([Photo(f, sidecars.of(f)) for f in files]), strict=True))
    found = read_metadata(tool, files)
    for photo in batch:
        file = Path(photo.file)
        if fault := plan.misplaced(photo):
            outcome = Outcome(photo.file, "failed", fault)
        elif photo.skipped:
            outcome = Outcome(photo.file, "skipped", photo.skipped)
        else:
            try:
                target = _target(plan, photo, sidecars.of(file), found[file], records[file])
                with sole_writer(target):
                    outcome = _apply(plan, photo, target, found[file], journal, tool)
            except (PhotoError, OSError) as error:
                outcome = Outcome(photo.file, "failed", str(getattr(error, "strerror", None) or error))
        yield outcome


def _target(plan: Plan, photo: PlannedPhoto, sidecars: tuple[Path, ...], own: Metadata, record: Record) -> Path:
    """The file to write to.

    Raises:
        PhotoError: it, or the caption, is another than when the plan was made.
        OSError: the photograph cannot be read.
    """
    if record.text is None and (photo.caption or not record.error.startswith(NO_CAPTION)):
        raise PhotoError(record.error)
    if record.text is not None and text_digest(record.text) != photo.caption:
        raise PhotoError("its caption changed since the plan; make the plan again")
    target, why = target_of(Path(photo.file), sidecars, own, plan.embed, plan.void)
    if str(target) != photo.target:
        raise PhotoError(f"{why or 'its sidecar is another now'}; make the plan again")
    return target


def _apply(plan: Plan, photo: PlannedPhoto, target: Path, own: Metadata, journal: Journal, tool: ExifTool) -> Outcome:
    """Write one photograph's tags; nobody else writes the file meanwhile, so what is read now holds."""
    is_new = not (target.exists() or target.is_symlink())
    if not is_new and (fault := unusable(target)):
        raise PhotoError(f"{target.name}: {fault}")
    metadata = read_metadata(tool, [target])[target]
    change = change_for(plan.wish(photo, target), metadata, own.seeds if starts_fields(photo, target, metadata) else ())
    if not change:
        return Outcome(photo.file, "unchanged", tags=metadata.own)
    marked = bool(change.add.get("IPTC:Keywords")) and not metadata.iptc
    entry = Entry(
        str(target),
        is_new,
        {name: list(values) for name, values in change.add.items() if values},
        tuple(t for t in photo.tags if t.key in {n.key for n in change.new}),
        marked,
        "",
        change.new_links,
        change.gone,
        change.gone_links,
        tuple(sorted(name for name, several in plan.facets.items() if not several)),
        plan.void and target == Path(photo.file) and has_manifest(target),
    )
    journal.begin(entry)
    try:
        write_file(tool, target, edits_of(change, metadata, marked, is_new))
    except (PhotoError, OSError):
        journal.failed(str(target))
        raise
    journal.done(str(target), sha256_of(target))
    return Outcome(photo.file, "written", tags=after(metadata, change).own)
