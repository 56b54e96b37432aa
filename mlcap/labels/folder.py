"""A labels folder: taxonomy, labelled captions with text, library labels, held-out missions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from mlcap.errors import InputError, LabelError
from mlcap.labels.agreement import Agreement, folder_agreements
from mlcap.labels.corpus import is_table_of_tabs, own_mission, read_labelled
from mlcap.labels.held_out import draw_held_out, read_held_out
from mlcap.labels.kinds import read_kinds
from mlcap.labels.library import Joined, join_library, read_library
from mlcap.labels.own_names import with_own_names
from mlcap.labels.series import Joins, join_groups, joins_of, near_duplicates
from mlcap.records.reading import form_by_suffix
from mlcap.records.types import ANY_FIELD, FieldChoice
from mlcap.taxonomy import read_taxonomy
from mlcap.text import counted
from mlcap.types import Facet, LabelledCaption


@dataclass(frozen=True)
class Labels:
    """Everything that a labels folder and caption stores give to train and measure on.

    Attributes:
        facets: the taxonomy.
        captions: all labelled captions whose text is at hand, near-duplicates in one group.
        held_out: the missions that no version trains on.
        drawn: whether `held_out` was drawn here because the folder names none.
        joined: how the library's labels met the stores; None without `library.csv`.
        digests: file name -> SHA-256 of every file that was read.
        notes: what `notes.md` says of work done by hand, for the model card; "" without one.
        kinds: captions that measure how right a version is on kinds of caption, none of them to train on.
        joins: how near-duplicates made fewer missions of those that the captions name; None where they did not.
        folder: that they are of, None for none.
    """

    facets: tuple[Facet, ...]
    captions: tuple[LabelledCaption, ...]
    held_out: frozenset[str]
    drawn: bool
    joined: Joined | None
    digests: dict[str, str] = field(default_factory=dict)
    notes: str = ""
    kinds: tuple[LabelledCaption, ...] = ()
    joins: Joins | None = None
    folder: Path | None = None

    @cached_property
    def agreements(self) -> Mapping[str, Sequence[Agreement]]:
        """What was labelled -> how far its two blind annotations agree.

        Read when it is first asked for, since only a card tells it and it takes as long as the captions.

        Raises:
            InputError, LabelError: the annotations cannot be read.
        """
        if self.folder is None:
            return {}
        return {name: rows for name, (rows, _) in folder_agreements(self.folder, self.facets).items()}

    def training(self) -> list[LabelledCaption]:
        """The captions to train on."""
        return [c for c in self.captions if c.mission not in self.held_out]

    def measuring(self) -> list[LabelledCaption]:
        """The captions of the held-out missions."""
        return [c for c in self.captions if c.mission in self.held_out]


def read_labels(
    folder: Path,
    stores: Sequence[Path] = (),
    taxonomy: Path | None = None,
    join: bool = True,
    warn: Callable[[str], object] = lambda _: None,
    choice: FieldChoice = ANY_FIELD,
    before: frozenset[str] = frozenset(),
    kinds: Path | None = None,
) -> Labels:
    """Read a labels folder and join its library labels with stores.

    Args:
        folder: holds tables or JSON Lines of labelled captions, in `corpus/` or itself, and optionally `taxonomy.toml`,
            `library.csv`, `held-out.toml` and `notes.md`.
        stores: caption stores for the library's labels.
        taxonomy: used where the folder has no taxonomy of its own.
        join: whether near-duplicates are put in one group, as every split needs it.
        warn: takes one line of warning.
        choice: which fields of the labelled captions hold the caption and the id.
        before: held-out missions that were drawn for an earlier version; they stay held out where the folder names none.
        kinds: a file of captions by kind (`mlcap.evaluation.kinds`), to measure on.

    Raises:
        InputError, LabelError, TaxonomyError: something cannot be read or does not fit.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: is no folder of labels; name one that holds files of labelled captions (*.jsonl, *.csv, *.xlsx)"
        )
    digests, own = {}, folder / "taxonomy.toml"
    facets = with_own_names(read_taxonomy(own if own.exists() or taxonomy is None else taxonomy))
    if own.exists():
        digests["taxonomy.toml"] = _digest(own)
    captions = _captions_of(folder, facets, warn, choice, digests)
    joined = None
    library = folder / "library.csv"
    if library.exists():
        digests["library.csv"] = _digest(library)
        joined = join_library(read_library(library, facets), stores)
        captions += joined.captions
    if not captions:
        raise InputError(
            f"{folder}: holds no labelled captions; write them to {folder / 'captions.csv'} or {folder / 'captions.jsonl'}"
        )
    _check_ids(captions, folder)
    alone = sum(c.mission == own_mission(c.id) for c in captions)
    named = [c.mission for c in captions]
    grouping = join_groups(named, near_duplicates([c.text for c in captions]) if join else ())
    joins = joins_of(captions, grouping)
    # A mission joins captions further; where all are joined as they are, naming one helps nothing.
    if alone and (joins is None or joins.left > 1):
        warn(f"{folder}: {_without_mission(alone)}")
    captions = [c if c.mission == m else replace(c, mission=m) for c, m in zip(captions, grouping.groups, strict=True)]
    held_out, drawn = _held_out(folder, captions, named, before, digests)
    measured = tuple(() if kinds is None else read_kinds(kinds, facets, captions))
    notes = _notes(folder, digests)
    return Labels(facets, tuple(captions), held_out, drawn, joined, digests, notes, measured, joins, folder)


def _captions_of(
    folder: Path,
    facets: Sequence[Facet],
    warn: Callable[[str], object],
    choice: FieldChoice,
    digests: dict[str, str],
) -> list[LabelledCaption]:
    """The labelled captions with text of a folder; of its other files those that look like captions are named."""
    _warn_of_others(folder, warn)
    captions = []
    for path, source in label_files(folder):
        digests[path.relative_to(folder).as_posix()] = _digest(path)
        captions += read_labelled(path, facets, source, warn, choice)
    return captions


def _without_mission(count: int) -> str:
    """The warning of captions that name no mission."""
    these = counted(count, "caption names no mission and is a group", "captions name no mission, each a group")
    return (
        f"{these} of its own, with what nearly repeats it; name the flight or series in a field mission, since captions of"
        " one series on both sides of a split make metrics look too good"
    )


def _held_out(
    folder: Path,
    captions: Sequence[LabelledCaption],
    named: Sequence[str],
    before: frozenset[str],
    digests: dict[str, str],
) -> tuple[frozenset[str], bool]:
    """The missions that no version trains on, and whether they were drawn here because the folder names none.

    Args:
        captions: near-duplicates in one mission.
        named: the mission of each as its label has it.
    """
    missions = [caption.mission for caption in captions]
    listed = folder / "held-out.toml"
    if not listed.exists():
        return draw_held_out(captions, before=_joined_to(before, named, missions)), True
    digests["held-out.toml"] = _digest(listed)
    wanted = read_held_out(listed)
    return wanted | _joined_to(wanted, named, missions), False


def _joined_to(wanted: frozenset[str], named: Sequence[str], missions: Sequence[str]) -> frozenset[str]:
    """The missions of captions whose named ones are wanted: what near-duplicates joined with them is held out whole."""
    return frozenset(mission for name, mission in zip(named, missions, strict=True) if name in wanted)


#: A card is for reading, so notes longer than this are refused.
LONGEST_NOTES = 20_000


def _notes(folder: Path, digests: dict[str, str]) -> str:
    path = folder / "notes.md"
    if not path.exists():
        return ""
    digests["notes.md"] = _digest(path)
    try:
        text = path.read_text("utf-8")
    except ValueError as error:
        raise InputError(f"{path}: is no UTF-8 text; save it as UTF-8") from error
    if len(text) > LONGEST_NOTES:
        raise InputError(
            f"{path}: has more than {LONGEST_NOTES} characters; shorten it, the model card holds all of it"
        )
    return text


#: Tables of a labels folder that hold no captions.
_NO_CAPTIONS = frozenset(("library.csv", "library-readings.csv", "corpus-readings.csv", "depiction.csv"))
#: Characters of a list of files in a warning.
_LONGEST_LIST = 200
#: The extensions of what stands in a labels folder about its captions: settings, notes, descriptions, licences.
_ABOUT = frozenset((".toml", ".md", ".json", ""))
#: The forms of files of labelled captions.
_FORMS = frozenset(("jsonl", "csv", "tsv", "xlsx", "parquet"))


def label_files(folder: Path) -> list[tuple[Path, str]]:
    """The files of captions with labels, each with what its captions are: `composed` in `corpus/`, else `own`."""
    corpus = _files(folder / "corpus")
    return [(p, "composed") for p in corpus] or [(p, "own") for p in _files(folder)]


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in _visible(folder) if _may_hold_labels(p))


def _visible(folder: Path) -> list[Path]:
    # `~$` begins the files by which spreadsheet programs lock the ones that are open.
    return [
        p
        for p in folder.glob("*")
        if p.name not in _NO_CAPTIONS and not p.name.startswith((".", "~$")) and not p.is_dir()
    ]


def _may_hold_labels(path: Path) -> bool:
    form = form_by_suffix(path.name)
    return form in _FORMS or (form == "txt" and is_table_of_tabs(path))


def _warn_of_others(folder: Path, warn: Callable[[str], object]) -> None:
    """Name the files beside those of captions that somebody may take for such: neither settings nor texts about them."""
    files = [*_visible(folder), *_visible(folder / "corpus")]
    others = sorted(p for p in files if p.suffix.lower() not in _ABOUT and not _may_hold_labels(p))
    if others:
        names = ", ".join(p.relative_to(folder).as_posix() for p in others)[:_LONGEST_LIST]
        warn(f"{folder}: passed over, no labelled captions: {names}; save them as CSV or .xlsx with a header row")


def _check_ids(captions: Sequence[LabelledCaption], folder: Path) -> None:
    seen: set[str] = set()
    for caption in captions:
        if caption.id in seen:
            raise LabelError(f"{folder}: id {caption.id!r} stands in two files; ids must differ")
        seen.add(caption.id)


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
