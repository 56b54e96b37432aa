"""Imports: labels that people gave elsewhere, in any form that a desk exports."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mlcap.errors import DecisionError, DeskError, InputError
from mlcap.labels.digest import text_digest
from mlcap.model.tagging import Tagger
from mlcap.records.lines import LONGEST_CAPTION
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.review.adding import add_records, find_series
from mlcap.review.decisions import checked_labels
from mlcap.review.desk import Desk
from mlcap.review.exporting import CAPTIONS, FORMS
from mlcap.review.import_forms import READERS, ImportedLabel, form_in, read_labels
from mlcap.review.people import LONGEST_NAME, checked_name
from mlcap.review.store import dumped, sound
from mlcap.text import counted

#: A file of more bytes than this is not read, since some forms have to be held whole.
LARGEST = 256 << 20


@dataclass(frozen=True)
class Imported:
    """What became of the records of a file: taken over, known already, and why others could not be."""

    new: int
    known: int
    faults: tuple[str, ...]


def import_labels(
    desk: Desk,
    tagger: Tagger,
    path: Path,
    form: str | None,
    person: str,
    warn: Callable[[str], object] = lambda _: None,
    choice: FieldChoice = ANY_FIELD,
) -> Imported:
    """Take over the labels of a file, or of a folder that `mlcap review export` made, as decisions of the people who gave them; the same file again changes nothing.

    Captions that the desk does not hold are put on it; not those of which no label can be taken over.

    Args:
        form: one of `mlcap.review.exporting.FORMS`; where None, as the file's name and beginning tell.
        person: who gave the labels where the file does not say.
        warn: takes one line of warning.
        choice: of tables and JSON Lines, which fields hold the caption and the id.

    Raises:
        InputError: the file cannot be read at all.
    """
    person = checked_name(person)
    if path.is_dir() and (path / CAPTIONS).is_file():
        path = path / CAPTIONS  # A folder of labels, as an export makes one.
    _check_size(path)
    form = form or form_in(path)
    found: list[ImportedLabel] = []
    faults: list[str] = []
    for one in (
        READERS[form](_text_of(path), str(path), desk.facets)
        if form in READERS
        else read_labels(path, form, desk.facets, warn, choice)
    ):
        if isinstance(one, str):
            faults.append(one)
        elif not one.text.strip() or len(one.text) > LONGEST_CAPTION:
            faults.append(f"{one.position}: has no caption of 1 to {LONGEST_CAPTION} characters")
        elif fault := _fault(desk, one):
            faults.append(f"{one.position}: {fault}")
        else:
            found.append(replace(one, id=sound(one.id), text=sound(one.text)))
    if not found:
        if not faults:
            raise InputError(f"{path}: holds no labelled caption; name the form with --from {'|'.join(FORMS)}")
        warn(f"{path}: was read as {form}; another form is named with --from {'|'.join(FORMS)}")
    _say_contradictions(found, path, warn)
    new = known = 0
    # Everything of a file or nothing: a kill in between leaves no half of it.
    with desk.store.writing():
        added = add_records(desk.store, desk.facets, tagger, str(path), desk.shares, map(_record, found))
        for one in found:
            taken = _take_over(desk, one, form, person)
            new, known = new + taken, known + (not taken)
        if added.new:
            find_series(desk.store)
    return Imported(new, known, tuple(faults))


def _take_over(desk: Desk, one: ImportedLabel, form: str, person: str) -> bool:
    """Take over one label; False where it stands here already."""
    caption = _caption(desk, one)
    who = one.person or person
    name = who if len(who) <= LONGEST_NAME and who.isprintable() and who.strip() else person
    said = dumped([form, one.id, text_digest(one.text), dict(one.labels), name])
    nonce = hashlib.sha256(said.encode()).hexdigest()
    return desk.decider(name, f"import {form}").take_over(caption, one.labels, nonce, one.seen, one.blind, one.rejected)


def _say_contradictions(found: list[ImportedLabel], path: Path, warn: Callable[[str], object]) -> None:
    """Say of how many captions one person gave different labels in one file, as only the last can stand."""
    first: dict[tuple[str, str, str], object] = {}
    differing: dict[str, None] = {}
    for one in found:
        digest = text_digest(one.text)
        if first.setdefault((one.id, digest, one.person), one.labels) != one.labels:
            differing[one.id or f"text-{digest[:12]}"] = None
    if differing:
        captions = counted(len(differing), "caption")
        warn(
            f"{path}: gives {captions} different labels in several rows, {next(iter(differing))} for one; the last stands"
        )


def _fault(desk: Desk, one: ImportedLabel) -> str:
    """Why labels cannot be taken over, "" where they can: with the labels their caption stays away too."""
    try:
        checked_labels(desk.facets, one.labels, complete=False)
    except DecisionError as error:
        return str(error)
    return ""


def _record(one: ImportedLabel) -> Record:
    return Record(one.position, {"mission": one.mission} if one.mission else {}, one.text, id=one.id)


def _caption(desk: Desk, one: ImportedLabel) -> int:
    digest = text_digest(one.text)
    name = one.id or f"text-{digest[:12]}"
    found = desk.store.one("SELECT number FROM captions WHERE id = ? AND digest = ?", (name, digest))
    if found is None:
        raise DeskError(f"{one.position}: the caption could not be put on the desk")
    return int(found)


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    if size > LARGEST:
        raise InputError(f"{path}: is larger than {LARGEST >> 20} MiB; split it")


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8; save it as UTF-8") from error
