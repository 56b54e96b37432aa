"""Checking a labels folder whole: every fault is found, not only the first."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mlcap.errors import InputError, LabelError
from mlcap.labels.agreement import FILES, Annotation, read_annotations
from mlcap.labels.corpus import (
    carries_tags,
    is_tagged,
    is_unlabelled,
    labelled_caption,
    labelled_records,
    left_unlabelled,
    own_mission,
)
from mlcap.labels.folder import label_files
from mlcap.labels.held_out import read_held_out
from mlcap.labels.library import LibraryLabel, join_library, library_label
from mlcap.labels.misspelt import told_of_misspelt
from mlcap.labels.series import FOLDS, join_groups, joins_of, near_duplicates
from mlcap.records.types import ANY_FIELD, FieldChoice, Record
from mlcap.taxonomy import read_taxonomy
from mlcap.types import Facet, FacetValue, LabelledCaption

ERROR, NOTE = "error", "note"
#: Ids named in one line at most.
_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """One thing found: an error that must be mended, or a note to look at; where, what, and the id that it begins with."""

    kind: str
    where: str
    message: str
    about: str = ""


@dataclass(frozen=True)
class Checked:
    """The outcome: what was found, and how many labelled captions and library labels are sound."""

    findings: tuple[Finding, ...]
    captions: int
    library: int

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(f.kind == ERROR for f in self.findings)


def check_labels(
    folder: Path, stores: Sequence[Path] = (), taxonomy: Path | None = None, choice: FieldChoice = ANY_FIELD
) -> Checked:
    """Check schema, values, ids, annotations, digests and the split of a labels folder.

    Args:
        folder: as `read_labels` takes it.
        stores: caption stores; with them the digests of the library's labels are checked.
        taxonomy: used where the folder has none.
        choice: which fields of the labelled captions hold the caption and the id.

    Raises:
        InputError, TaxonomyError: the folder, its taxonomy or a store cannot be read at all.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: is no folder of labels; name one that holds files of labelled captions (*.jsonl, *.csv, *.xlsx)"
        )
    own = folder / "taxonomy.toml"
    facets = read_taxonomy(own if own.exists() or taxonomy is None else taxonomy)
    findings: list[Finding] = []
    captions = _captions(folder, facets, choice, findings)
    findings += _lacking(folder, captions, facets)
    library = folder / "library.csv"
    settled = {"composed": {c.id: c.labels for c in captions}, "library": {}}
    count = 0
    if library.exists():
        labels = list(_library(library, facets, findings))
        count = len(labels)
        settled["library"] = {label.nasa_id: label.labels for label in labels}
        if stores:
            joined = join_library(labels, stores)
            captions += joined.captions
            findings += _missing(library, "no store holds", joined.missing, NOTE)
            findings += _missing(library, "the text is not the one that was labelled:", joined.changed, ERROR)
    for name, kind in FILES.items():
        if (folder / name).exists():
            findings += _annotations(folder / name, facets, settled[kind])
    pairs = list(near_duplicates([c.text for c in captions]))
    findings += _split(folder, captions, pairs)
    findings += _joined(folder, captions, pairs)
    if not captions and not count:
        findings.append(Finding(ERROR, str(folder), "holds no labelled captions"))
    return Checked(tuple(findings), len(captions), count)


def _captions(
    folder: Path, facets: Sequence[Facet], choice: FieldChoice, findings: list[Finding]
) -> list[LabelledCaption]:
    out: list[LabelledCaption] = []
    seen: dict[str, str] = {}
    for path, source in label_files(folder):

        def note(message: str, path: Path = path) -> None:
            findings.append(Finding(NOTE, str(path), message.removeprefix(f"{path}: ")))

        try:
            unlabelled: list[str] = []
            tagged: list[str] = []
            for record in told_of_misspelt(labelled_records(path, note, choice), facets, path, note):
                if is_unlabelled(record, facets):
                    unlabelled.append(record.position.removeprefix(f"{path}: "))
                elif (caption := _caption(record, facets, source, seen, findings)) is not None:
                    out.append(caption)
                    if is_tagged(record):
                        tagged.append(record.position.removeprefix(f"{path}: "))
            if tagged:
                note(carries_tags(len(tagged), tagged[0]))
            if unlabelled:
                note(left_unlabelled(len(unlabelled), unlabelled[0]))
        except InputError as error:
            findings.append(Finding(ERROR, str(path), str(error).removeprefix(f"{path}: ")))
    findings[:] = _gathered(findings)
    return out


def _gathered(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, of which more than a few that say the same of the rows of one file are one, with their number."""

    def said(one: Finding) -> tuple[str, str, str]:
        return one.kind, one.where.rpartition(": ")[0], one.message.removeprefix(f"{one.about}: ")

    counts = Counter(map(said, findings))
    out: list[Finding] = []
    told: set[tuple[str, str, str]] = set()
    for one in findings:
        key = kind, path, message = said(one)
        if not path or counts[key] <= _NAMED:
            out.append(one)
        elif key not in told:
            first = one.where.removeprefix(f"{path}: ")
            out.append(Finding(kind, path, f"{message} ({counts[key]} rows, the first in {first})"))
            told.add(key)
    return out


def _caption(
    record: Record, facets: Sequence[Facet], source: str, seen: dict[str, str], findings: list[Finding]
) -> LabelledCaption | None:
    """The labelled caption of a record; None, with a finding, where it is at fault."""
    where = record.position
    try:
        caption = labelled_caption(record, facets, source)
    except LabelError as error:
        findings.append(Finding(ERROR, where, str(error), record.id))
        return None
    if caption.id in seen:
        findings.append(Finding(ERROR, where, f"id {caption.id!r} stands in {seen[caption.id]} already"))
        return None
    seen[caption.id] = where
    return caption


def _lacking(folder: Path, captions: Sequence[LabelledCaption], facets: Sequence[Facet]) -> list[Finding]:
    """What captions lack without being at fault, by what it is: whole archives may lack the same."""
    out = []
    for facet in facets:
        without = [c.id for c in captions if facet.name not in c.labels]
        out += _missing(folder, f"without a label of {facet.name}{_of(without)}:", without, NOTE)
    alone = [c.id for c in captions if c.mission == own_mission(c.id)]
    return out + _missing(folder, f"name no mission, so that each is a group of its own{_of(alone)}:", alone, NOTE)


def _of(names: Sequence[str]) -> str:
    return f" ({len(names)} captions)" if len(names) > _NAMED else ""


def _library(path: Path, facets: Sequence[Facet], findings: list[Finding]) -> Iterator[LibraryLabel]:
    seen: set[str] = set()
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            for row in rows:
                where = f"{path}: line {rows.line_num}"
                try:
                    label = library_label(row, facets, where)
                except LabelError as error:
                    findings.append(Finding(ERROR, where, str(error).removeprefix(f"{where}: ")))
                    continue
                except (KeyError, TypeError) as error:
                    findings.append(Finding(ERROR, where, f"lacks the column {error}"))
                    return
                if label.nasa_id in seen:
                    findings.append(Finding(ERROR, where, f"{label.nasa_id} stands twice"))
                    continue
                seen.add(label.nasa_id)
                yield label
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        findings.append(Finding(ERROR, str(path), f"is no UTF-8 CSV file ({error})"))


def _missing(path: Path, said: str, ids: Sequence[str], kind: str) -> list[Finding]:
    if not ids:
        return []
    some = ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "")
    return [Finding(kind, str(path), f"{said} {some}")]


def _annotations(path: Path, facets: Sequence[Facet], settled: Mapping[str, Mapping[str, FacetValue]]) -> list[Finding]:
    """Whether every label is the outcome of its annotations: two that agree, a third that settles, or one given."""
    try:
        annotations = read_annotations(path, facets)
    except (InputError, LabelError) as error:
        return [Finding(ERROR, str(path), str(error).removeprefix(f"{path}: "))]
    out = [
        Finding(ERROR, str(path), f"{name}: {fault}")
        for name, labels in settled.items()
        if (fault := _outcome(labels, annotations.get(name, [])))
    ]
    return out + _missing(
        path, "annotations of captions without a label:", sorted(annotations.keys() - settled.keys()), NOTE
    )


def _outcome(labels: Mapping[str, FacetValue], annotations: Sequence[Annotation]) -> str:
    if not annotations:
        return "has a label and no annotation"
    each = [dict(r.labels) for r in annotations]
    if len(each) == 1 and annotations[0].annotator != "given":
        return "was annotated once only; a second, blind annotation is needed"
    if len(each) == 2 and each[0] != each[1]:
        return "its two annotations differ and none settles"
    settling = each[0] if len(each) > 1 and each[0] == each[1] else each[-1]
    return "" if settling == labels else "the label is not the outcome of its annotations"


def _joined(
    folder: Path, captions: Sequence[LabelledCaption], pairs: Sequence[tuple[int, int, float]]
) -> list[Finding]:
    """Whether joining near-duplicates leaves too few missions to train on."""
    joins = joins_of(captions, join_groups([c.mission for c in captions], pairs))
    if joins is None or joins.left >= FOLDS:
        return []
    return [
        Finding(NOTE, str(folder), f"{joins.words}; training needs {FOLDS} missions, or as many as it is given folds")
    ]


def _split(folder: Path, captions: Sequence[LabelledCaption], pairs: Sequence[tuple[int, int, float]]) -> list[Finding]:
    """Near-duplicates on both sides of the held-out split, by the missions that the captions name."""
    path = folder / "held-out.toml"
    if not path.exists():
        return []
    try:
        held_out = read_held_out(path)
    except LabelError as error:
        return [Finding(ERROR, str(path), str(error).removeprefix(f"{path}: "))]
    out = []
    for earlier, later, similarity in pairs:
        a, b = captions[earlier], captions[later]
        if (a.mission in held_out) != (b.mission in held_out):
            held = a if a.mission in held_out else b
            message = (
                f"{a.id} and {b.id} resemble each other ({similarity:.2f}) and only {held.mission} is held out;"
                " training holds both out, name both missions"
            )
            out.append(Finding(NOTE, str(path), message))
    return out
