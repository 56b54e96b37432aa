"""Undoing a run: takes back what it added, except what a person confirmed or changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from mlcap.errors import PhotoError
from mlcap.photos.edits import MARK, Outcome, aside_of, sha256_of, structure, write_file
from mlcap.photos.journal import Entry, Journal
from mlcap.photos.metadata import KEYWORDS, MACHINE, OWN, Metadata, read_metadata
from mlcap.photos.plan import PlannedTag
from mlcap.records.exiftool import BATCH, ExifTool, session
from mlcap.records.photo_names import unusable


def undo_run(run: str, journal: Journal) -> Iterator[Outcome]:
    """Take back what a run added, except what a person confirmed or changed since; one outcome for each file.

    Raises:
        PlanError: there is no such run.
        OutputError: the journal cannot be written.
        PhotoError: exiftool is missing.
    """
    entries = iter(journal.entries())
    with journal.writing(), session() as tool:
        while batch := list(islice(entries, BATCH)):
            yield from _undo_batch(run, batch, journal, tool)


def _undo_batch(run: str, batch: Iterable[Entry], journal: Journal, tool: ExifTool) -> Iterator[Outcome]:
    for entry in batch:
        target = Path(entry.target)
        try:
            outcome = _undo(run, entry, target, tool)
            if outcome.what != "failed":
                journal.undone(entry.target)
        except (PhotoError, OSError) as error:
            outcome = Outcome(entry.target, "failed", str(getattr(error, "strerror", None) or error))
        yield outcome


def _undo(run: str, entry: Entry, target: Path, tool: ExifTool) -> Outcome:
    aside_of(target).unlink(missing_ok=True)
    if fault := unusable(target) if target.exists() or target.is_symlink() else "":
        return Outcome(entry.target, "failed", fault)
    if not target.exists():
        return Outcome(entry.target, "undone", "is no longer there")
    if entry.created and entry.sha256 == sha256_of(target):
        target.unlink()
        return Outcome(entry.target, "undone")
    metadata = read_metadata(tool, [target])[target]
    ours = [o for o in metadata.own if o["Run"] == run and o["Status"] == MACHINE and _as_tag(o) in entry.tags]
    kept, edits = _removals(entry, metadata, ours, run)
    if edits:
        write_file(tool, target, edits, create=False)
    left = read_metadata(tool, [target])[target]
    if entry.created and not left.foreign and not left.own and not any(left.keywords.values()):
        target.unlink()
    elif entry.marked and left.iptc and not _iptc_beside_mark(tool, target):
        write_file(tool, target, ["-IPTC:all="], create=False)
    return (
        Outcome(entry.target, "kept", f"{', '.join(kept)}: confirmed or changed since")
        if kept
        else Outcome(entry.target, "undone")
    )


def _as_tag(own: Mapping[str, str]) -> PlannedTag:
    return PlannedTag(own["Facet"], own["Value"], own["Score"])


def _removals(entry: Entry, metadata: Metadata, ours: list[Mapping[str, str]], run: str) -> tuple[list[str], list[str]]:
    """(values that stay, edits for exiftool).

    A keyword of a tag goes only where the run's structure for it stands as it was written, or was rejected by a
    person, and no other structure has the same value.
    """
    tagged = {t.value: t for t in entry.tags} | {f"{t.facet}|{t.value}": t for t in entry.tags}
    theirs = {o["Value"] for o in metadata.own if o not in ours and o["Status"] != "rejected"}
    rejected = {_as_tag(o) for o in metadata.own if o["Run"] == run and o["Status"] == "rejected"}
    untouched = {_as_tag(o) for o in ours} | rejected
    kept, edits = [], []
    for name, values in entry.add.items():
        for value in (v for v in values if v in metadata.values(name)):
            tag = tagged.get(value)
            if tag is not None and (tag not in untouched or tag.value in theirs):
                kept.append(value)
            else:
                edits.append(f"-{KEYWORDS[name]}-={value}")
    edits += [f"-{OWN}-={structure(_as_tag(o), o['Model'], o['Run'])}" for o in ours]
    if metadata.digest and any(KEYWORDS["IPTC:Keywords"] in c for c in edits):
        edits.append("-Photoshop:IPTCDigest=new")
    return list(dict.fromkeys(kept)), edits


def _iptc_beside_mark(tool: ExifTool, target: Path) -> bool:
    """Whether a file holds IPTC of anybody beside the mark and version that mlcap's keywords brought."""
    row = tool.read([str(target.absolute())], ["IPTC:all"])[str(target.absolute())]
    ours = {MARK, "IPTC:ApplicationRecordVersion", "IPTC:EnvelopeRecordVersion"}
    return any(k.startswith("IPTC:") and k not in ours for k in row)
