"""Undoing a run: takes back what it did, except what a person confirmed or changed since."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlcap.errors import PhotoError
from mlcap.photos.changes import Change, links_in, taken_away
from mlcap.photos.credentials import has_manifest
from mlcap.photos.edits import Outcome, clear_leftovers, edits_of, sha256_of, sole_writer, write_file
from mlcap.photos.journal import Entry, Journal
from mlcap.photos.keywords import identity
from mlcap.photos.metadata import MARK, REJECTED, Metadata, WrittenTag, read_metadata
from mlcap.records.exiftool import ExifTool, session
from mlcap.records.photo_names import is_sidecar, unusable


def undo_run(run: str, journal: Journal) -> Iterator[Outcome]:
    """Take back what a run did, except what a person confirmed or changed since; one outcome for each file.

    Raises:
        PlanError: there is no such run.
        OutputError: the journal cannot be written.
        PhotoError: exiftool is missing.
    """
    entries = journal.entries()
    done = set(journal.targets()) - {e.target for e in entries}
    with journal.writing(), session() as tool:
        for entry in entries:
            target = Path(entry.target)
            try:
                if target.parent.is_dir():
                    with sole_writer(target):
                        outcome = _undo(run, entry, target, journal, tool)
                else:
                    outcome = Outcome(entry.target, "undone", "is no longer there")
                if outcome.what != "failed":
                    journal.undone(entry.target)
            except (PhotoError, OSError) as error:
                outcome = Outcome(entry.target, "failed", str(getattr(error, "strerror", None) or error))
            yield outcome
    # A kill may have left something where nothing is to be undone any more.
    for target in map(Path, sorted(done)):
        clear_leftovers(target)


def _undo(run: str, entry: Entry, target: Path, journal: Journal, tool: ExifTool) -> Outcome:
    if not (target.exists() or target.is_symlink()):
        return Outcome(entry.target, "undone", "is no longer there")
    if fault := unusable(target):
        return Outcome(entry.target, "failed", fault)
    if entry.created and entry.sha256 == sha256_of(target):
        target.unlink()
        return Outcome(entry.target, "undone")
    if not is_sidecar(target) and not entry.voided and has_manifest(target):
        return Outcome(entry.target, "failed", "carries Content Credentials (C2PA) since, which undoing would void")
    metadata = read_metadata(tool, [target])[target]
    if not entry.done and not any(o.run == run for o in metadata.own):
        # Stopped before it was written: what stands there may be somebody else's.
        return Outcome(entry.target, "undone", "was not written")
    change = change_back(run, entry, metadata, journal)
    edits = edits_of(change, metadata)
    if edits:
        write_file(tool, target, edits)
    left = read_metadata(tool, [target])[target]
    if (entry.created or left.made) and left.only_ours:
        target.unlink()
    elif entry.marked and left.iptc and not _iptc_beside_mark(tool, target):
        write_file(tool, target, ["-IPTC:all="])
    kept = [v for name, values in entry.add.items() for v in values if v in left.values(name)]
    if not kept:
        return Outcome(entry.target, "undone")
    return Outcome(entry.target, "kept", f"{', '.join(dict.fromkeys(kept))}: confirmed or changed since")


def change_back(run: str, entry: Entry, metadata: Metadata, journal: Journal) -> Change:
    """What takes a run's change of a file back.

    A keyword of a tag goes only where the run's structure for it stands as it was written, or was rejected by a
    person, and no other structure says the same. A tag that the run replaced comes back, unless its own run was undone
    since or a person decided otherwise.
    """
    planned = {(t.facet, t.value, t.score, t.status) for t in entry.tags}
    ours = [o for o in metadata.own if o.run == run and (o.facet, o.value, o.score, o.status) in planned]
    others = [o for o in metadata.own if o not in ours]
    back = [g for g in entry.gone if _comes_back(g, others, entry, journal)]
    staying = frozenset(o.key for o in (*others, *back) if o.status != REJECTED)
    known = {o.key for o in metadata.own}
    leaving = {o.key for o in ours} | {o.key for o in others if o.status == REJECTED}
    # Keywords of tags that nothing in the file tells of any more.
    leaving |= {link.key for link in metadata.links or () if link.key not in known}
    links = list(metadata.links) if metadata.links is not None else list(entry.links) or links_in(metadata, leaving)
    stale = [link for link in links if link.key in leaving and link.key not in staying]
    change = taken_away(stale, staying, metadata, {})
    remove = {name: list(values) for name, values in change.remove.items()}
    linked = {(link.field, link.keyword) for link in (*entry.links, *(metadata.links or ()))}
    for name, values in entry.add.items():
        remove.setdefault(name, []).extend(
            v for v in values if (name, v) not in linked and v in metadata.values(name) and v not in remove[name]
        )
    restored = [link for link in entry.gone_links if link.key in {g.key for g in back}]
    add: dict[str, list[str]] = {}
    for link in restored:
        there = {identity(link.field, v) for v in metadata.values(link.field) if v not in remove.get(link.field, ())}
        if identity(link.field, link.keyword) not in there:
            add.setdefault(link.field, []).append(link.keyword)
    return Change(add, remove, tuple(back), tuple(ours), (*change.new_links, *restored), change.gone_links)


def _comes_back(gone: WrittenTag, others: list[WrittenTag], entry: Entry, journal: Journal) -> bool:
    if any(o.key == gone.key for o in others):
        return False
    if gone.facet in entry.single and any(o.facet == gone.facet and o.status != REJECTED for o in others):
        return False
    return not Journal(journal.path.parent, gone.run).was_undone(entry.target)


def _iptc_beside_mark(tool: ExifTool, target: Path) -> bool:
    """Whether a file holds IPTC of anybody beside the mark and version that mlcap's keywords brought."""
    row = tool.read([str(target.absolute())], ["IPTC:all"])[str(target.absolute())]
    ours = {MARK, "IPTC:ApplicationRecordVersion", "IPTC:EnvelopeRecordVersion"}
    return any(k.startswith("IPTC:") and k not in ours for k in row)
