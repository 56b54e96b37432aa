"""Applying a plan: only adds, and leaves what is there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from mlcap.errors import PhotoError
from mlcap.labels.digest import text_digest
from mlcap.photos.edits import MARK, Outcome, sha256_of, structure, write_file
from mlcap.photos.journal import Entry, Journal
from mlcap.photos.metadata import KEYWORDS, MACHINE, OWN, Metadata, read_metadata
from mlcap.photos.plan import Plan, PlannedPhoto, missing, seed_keywords, target_of
from mlcap.records.exiftool import BATCH, ExifTool, session
from mlcap.records.photo import Photo, read_batch
from mlcap.records.photo_names import Sidecars, unusable


def apply_plan(plan: Plan, journal: Journal) -> Iterator[Outcome]:
    """Add the tags of a plan to the photographs, one outcome each.

    What is there already is left; a second time nothing is changed.

    Raises:
        OutputError: the journal cannot be written.
        PhotoError: exiftool is missing.
    """
    source = iter(plan.photos)
    with journal.writing(), session() as tool:
        tool.execute("-ver")
        while batch := list(islice(source, BATCH)):
            yield from _apply_batch(plan, batch, journal, tool)


def _apply_batch(plan: Plan, batch: list[PlannedPhoto], journal: Journal, tool: ExifTool) -> Iterator[Outcome]:
    files = [Path(p.file) for p in batch]
    records = list(read_batch([Photo(f, Sidecars().of(f)) for f in files]))
    targets = [target_of(f, plan.embed) for f in files]
    found = read_metadata(tool, [*files, *targets])
    for photo, file, target, record in zip(batch, files, targets, records, strict=True):
        if photo.skipped or not photo.tags:
            yield Outcome(photo.file, "skipped", photo.skipped)
        elif record.text is None:
            yield Outcome(photo.file, "failed", record.error)
        elif text_digest(record.text) != photo.caption:
            yield Outcome(photo.file, "failed", "its caption changed since the plan; make the plan again")
        elif fault := (unusable(target) if target.exists() or target.is_symlink() else ""):
            yield Outcome(photo.file, "failed", f"{target.name}: {fault}")
        else:
            seed = [] if target.exists() else seed_keywords(found[file])
            yield _apply(plan, photo, target, found[target], seed, journal, tool)


def _apply(
    plan: Plan,
    photo: PlannedPhoto,
    target: Path,
    metadata: Metadata,
    seed: list[str],
    journal: Journal,
    tool: ExifTool,
) -> Outcome:
    # A value that a person rejected in mlcap's namespace is not brought back.
    rejected = {(o["Facet"], o["Value"]) for o in metadata.own if o["Status"] == "rejected"}
    tags = [t for t in photo.tags if (t.facet, t.value) not in rejected]
    known = {(o["Facet"], o["Value"], o["Model"]) for o in metadata.own if o["Status"] != "rejected"}
    known |= {(o["Facet"], o["Value"], plan.model) for o in metadata.own if o["Status"] != MACHINE}
    new_tags = tuple(t for t in tags if (t.facet, t.value, plan.model) not in known)
    add = missing(tags, target, metadata)
    add["dc:subject"] = list(dict.fromkeys([*seed, *add["dc:subject"]]))
    if metadata.iptc and not metadata.iptc_utf8:
        # Text of an unknown encoding must not be marked as UTF-8; plain ASCII is the same in all.
        add["IPTC:Keywords"] = [v for v in add.get("IPTC:Keywords", []) if v.isascii()]
    if not new_tags and not any(add.values()):
        return Outcome(photo.file, "unchanged")
    marked = bool(add.get("IPTC:Keywords")) and not metadata.iptc
    entry = Entry(str(target), not target.exists(), {k: v for k, v in add.items() if v}, new_tags, marked)
    edits = [f"-{KEYWORDS[name]}+={v}" for name, values in entry.add.items() for v in values]
    edits += [f"-{OWN}+={structure(t, plan.model, plan.run)}" for t in new_tags]
    edits += [f"-{MARK}=UTF8"] if marked else []
    edits += ["-Photoshop:IPTCDigest=new"] if metadata.digest and entry.add.get("IPTC:Keywords") else []
    journal.begin(entry)
    try:
        write_file(tool, target, edits, entry.created)
        journal.done(str(target), sha256_of(target))
    except (PhotoError, OSError) as error:
        return Outcome(photo.file, "failed", str(getattr(error, "strerror", None) or error))
    return Outcome(photo.file, "written")
