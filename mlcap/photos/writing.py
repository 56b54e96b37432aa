"""Applying a plan, and undoing a run. Both only touch values that mlcap adds."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mlcap.errors import PhotoError
from mlcap.labels.digest import text_digest
from mlcap.photos.exiftool import ExifTool, session
from mlcap.photos.journal import Entry, Journal
from mlcap.photos.names import SIDECAR, unusable
from mlcap.photos.plan import Plan, PlannedPhoto, PlannedTag, missing, seed_keywords, target_of
from mlcap.photos.reading import read_batch
from mlcap.photos.state import KEYWORDS, MACHINE, OWN, State, read_states

_BATCH = 32
_MARK = "IPTC:CodedCharacterSet"


@dataclass(frozen=True)
class Outcome:
    """What became of one file: `written`, `unchanged`, `skipped`, `undone`, `kept` or `failed`, and why."""

    file: str
    what: str
    why: str = ""


def _escaped(text: str) -> str:
    """A value within a structure, as exiftool wants it."""
    return "".join(f"|{c}" if c in "{}[],|" else c for c in text)


def _structure(tag: PlannedTag, model: str, run: str) -> str:
    values = {"Facet": tag.facet, "Value": tag.value, "Score": tag.score, "Model": model, "Run": run}
    return "{" + ",".join(f"{k}={_escaped(v)}" for k, v in values.items()) + f",Status={MACHINE}}}"


def _sha256(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.stem}.mlcap-new{SIDECAR}")


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
        while batch := list(islice(source, _BATCH)):
            yield from _apply_batch(plan, batch, journal, tool)


def _apply_batch(plan: Plan, batch: list[PlannedPhoto], journal: Journal, tool: ExifTool) -> Iterator[Outcome]:
    files = [Path(p.file) for p in batch]
    records = list(read_batch(files))
    targets = [target_of(f, plan.embed) for f in files]
    states = read_states(tool, [*files, *targets])
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
            seed = [] if target.exists() else seed_keywords(states[file])
            yield _apply(plan, photo, target, states[target], seed, journal, tool)


def _apply(
    plan: Plan,
    photo: PlannedPhoto,
    target: Path,
    state: State,
    seed: list[str],
    journal: Journal,
    tool: ExifTool,
) -> Outcome:
    # A value that a person rejected in mlcap's namespace is not brought back.
    rejected = {(o["Facet"], o["Value"]) for o in state.own if o["Status"] == "rejected"}
    tags = [t for t in photo.tags if (t.facet, t.value) not in rejected]
    known = {(o["Facet"], o["Value"], o["Model"]) for o in state.own if o["Status"] != "rejected"}
    known |= {(o["Facet"], o["Value"], plan.model) for o in state.own if o["Status"] != MACHINE}
    new_tags = tuple(t for t in tags if (t.facet, t.value, plan.model) not in known)
    add = missing(tags, target, state)
    add["dc:subject"] = list(dict.fromkeys([*seed, *add["dc:subject"]]))
    if state.iptc and not state.iptc_utf8:
        # Text of an unknown encoding must not be marked as UTF-8; plain ASCII is the same in all.
        add["IPTC:Keywords"] = [v for v in add.get("IPTC:Keywords", []) if v.isascii()]
    if not new_tags and not any(add.values()):
        return Outcome(photo.file, "unchanged")
    marked = bool(add.get("IPTC:Keywords")) and not state.iptc
    entry = Entry(str(target), not target.exists(), {k: v for k, v in add.items() if v}, new_tags, marked)
    changes = [f"-{KEYWORDS[name]}+={v}" for name, values in entry.add.items() for v in values]
    changes += [f"-{OWN}+={_structure(t, plan.model, plan.run)}" for t in new_tags]
    changes += [f"-{_MARK}=UTF8"] if marked else []
    changes += ["-Photoshop:IPTCDigest=new"] if state.digest and entry.add.get("IPTC:Keywords") else []
    journal.begin(entry)
    try:
        _write(tool, target, changes, entry.created)
        journal.done(str(target), _sha256(target))
    except (PhotoError, OSError) as error:
        return Outcome(photo.file, "failed", str(getattr(error, "strerror", None) or error))
    return Outcome(photo.file, "written")


def _write(tool: ExifTool, target: Path, changes: list[str], create: bool) -> None:
    """Let exiftool write a file, which it replaces whole; a photograph keeps its times.

    Raises:
        PhotoError: exiftool refuses.
        OSError: a new sidecar cannot be put in its place.
    """
    file = _aside(target) if create else target
    if create:
        file.unlink(missing_ok=True)
    keep = [] if target.suffix.lower() == SIDECAR else ["-P"]
    output, messages = tool.execute("-overwrite_original", *keep, *changes, str(file.absolute()))
    if "1 image files updated" not in output and "1 image files created" not in output:
        raise PhotoError(f"exiftool did not write it: {' '.join((messages or output).split())[:200]}")
    if create:
        if target.exists():
            file.unlink(missing_ok=True)
            raise PhotoError(f"{target.name} came to be meanwhile; apply the plan again")
        with open(file, "rb") as stream:
            os.fsync(stream.fileno())
        file.rename(target)


def undo_run(run: str, journal: Journal) -> Iterator[Outcome]:
    """Take back what a run added, except what a person confirmed or changed since; one outcome for each file.

    Raises:
        PlanError: there is no such run.
        OutputError: the journal cannot be written.
        PhotoError: exiftool is missing.
    """
    entries = iter(journal.entries())
    with journal.writing(), session() as tool:
        while batch := list(islice(entries, _BATCH)):
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
    _aside(target).unlink(missing_ok=True)
    if fault := unusable(target) if target.exists() or target.is_symlink() else "":
        return Outcome(entry.target, "failed", fault)
    if not target.exists():
        return Outcome(entry.target, "undone", "is no longer there")
    if entry.created and entry.sha256 == _sha256(target):
        target.unlink()
        return Outcome(entry.target, "undone")
    state = read_states(tool, [target])[target]
    ours = [o for o in state.own if o["Run"] == run and o["Status"] == MACHINE and _as_tag(o) in entry.tags]
    kept, changes = _removals(entry, state, ours, run)
    if changes:
        _write(tool, target, changes, create=False)
    left = read_states(tool, [target])[target]
    if entry.created and not left.foreign and not left.own and not any(left.keywords.values()):
        target.unlink()
    elif entry.marked and left.iptc and not _iptc_beside_mark(tool, target):
        _write(tool, target, ["-IPTC:all="], create=False)
    return (
        Outcome(entry.target, "kept", f"{', '.join(kept)}: confirmed or changed since")
        if kept
        else Outcome(entry.target, "undone")
    )


def _as_tag(own: Mapping[str, str]) -> PlannedTag:
    return PlannedTag(own["Facet"], own["Value"], own["Score"])


def _removals(entry: Entry, state: State, ours: list[Mapping[str, str]], run: str) -> tuple[list[str], list[str]]:
    """(values that stay, changes for exiftool).

    A keyword of a tag goes only where the run's structure for it stands as it was written, or was rejected by a
    person, and no other structure has the same value.
    """
    tagged = {t.value: t for t in entry.tags} | {f"{t.facet}|{t.value}": t for t in entry.tags}
    theirs = {o["Value"] for o in state.own if o not in ours and o["Status"] != "rejected"}
    rejected = {_as_tag(o) for o in state.own if o["Run"] == run and o["Status"] == "rejected"}
    untouched = {_as_tag(o) for o in ours} | rejected
    kept, changes = [], []
    for name, values in entry.add.items():
        for value in (v for v in values if v in state.values(name)):
            tag = tagged.get(value)
            if tag is not None and (tag not in untouched or tag.value in theirs):
                kept.append(value)
            else:
                changes.append(f"-{KEYWORDS[name]}-={value}")
    changes += [f"-{OWN}-={_structure(_as_tag(o), o['Model'], o['Run'])}" for o in ours]
    if state.digest and any(KEYWORDS["IPTC:Keywords"] in c for c in changes):
        changes.append("-Photoshop:IPTCDigest=new")
    return list(dict.fromkeys(kept)), changes


def _iptc_beside_mark(tool: ExifTool, target: Path) -> bool:
    """Whether a file holds IPTC of anybody beside the mark and version that mlcap's keywords brought."""
    row = tool.read([str(target.absolute())], ["IPTC:all"])[str(target.absolute())]
    ours = {_MARK, "IPTC:ApplicationRecordVersion", "IPTC:EnvelopeRecordVersion"}
    return any(k.startswith("IPTC:") and k not in ours for k in row)
