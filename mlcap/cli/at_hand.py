"""Labelled captions at hand: those that a version held out, and those that it was trained on."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlcap.cli.errors import say
from mlcap.cli.progress import watched
from mlcap.cli.warnings import Warnings
from mlcap.errors import InputError
from mlcap.labels.folder import Labels, read_labels
from mlcap.model.location import default_labels, shipped_taxonomy
from mlcap.model.tagging import Tagger
from mlcap.records.types import ANY_FIELD, FieldChoice
from mlcap.types import LabelledCaption, TaggedCaption


def labels_of(
    folder: Path,
    stores: Sequence[str],
    join: bool = True,
    choice: FieldChoice = ANY_FIELD,
    before: frozenset[str] = frozenset(),
    kinds: Path | None = None,
) -> Labels:
    """Read a folder of labels with the texts of the stores, under the taxonomy that came with mlcap where it has none."""
    warn = Warnings()
    paths = [Path(s) for s in stores]
    found = read_labels(folder, paths, shipped_taxonomy(), join, warn, choice, before, kinds)
    warn.finish()
    return found


def tagged_captions(tagger: Tagger, captions: Sequence[LabelledCaption]) -> list[TaggedCaption]:
    """Tag labelled captions as `mlcap tag` would, with the records beside them, and show how far it is."""
    stream = tagger.stream((c.text for c in captions), (c.catalogue for c in captions))
    return list(watched(stream, len(captions), "captions"))


def say_lacking(found: Labels, what: str) -> None:
    """Say how many labels of the library have no text here and so `what`; nothing where none lacks."""
    if found.joined is not None and len(found.joined.captions) < found.joined.labels:
        lacking = found.joined.labels - len(found.joined.captions)
        say(
            f"{lacking} of {found.joined.labels} library labels have no text here{what}; name caption stores with --captions"
        )


def say_trained_on(tagger: Tagger, gold: Path, captions: Sequence[LabelledCaption]) -> None:
    """Say how many of the captions of a file trained the version: by their digests, or that of a file it was trained from."""
    training = tagger.artifact.manifest.provenance.training
    with open(gold, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    # Missions of near-duplicates may be joined otherwise among fewer captions, which changes the number little.
    known = digest in training.label_files.values()
    trained = (tagger.artifact.manifest.trained_on if known else tagger.artifact.manifest.learned_from)(captions)
    if trained:
        say(f"{len(trained)} of these captions trained this version; metrics on them are too good")


def held_out_captions(
    tagger: Tagger, labels: str | None, stores: Sequence[str], choice: FieldChoice = ANY_FIELD
) -> list[LabelledCaption]:
    """The captions of the missions that the version held out, as far as their text is at hand; says how many.

    Raises:
        InputError: there is none; or as `read_labels` does.
    """
    folder = Path(labels) if labels else default_labels()
    found = labels_of(folder, stores, choice=choice)
    captions = tagger.artifact.manifest.held_out(found.captions)
    if not captions:
        raise InputError(
            f"{folder}: holds no caption of the missions that this version held out; name a GOLD file or the folder it was trained from"
        )
    by_source = ", ".join(f"{n} {source}" for source, n in sorted(Counter(c.source for c in captions).items()))
    say(f"{len(captions)} captions of held-out missions at hand ({by_source})")
    say_lacking(found, "")
    return captions


def training_captions(
    tagger: Tagger,
    labels: str | None,
    stores: Sequence[str],
    lacking: str | None = None,
    choice: FieldChoice = ANY_FIELD,
) -> list[LabelledCaption] | None:
    """The captions that the version was trained on, as far as their text is at hand.

    Args:
        labels: the folder; where None, `labels/` here if it is there.
        lacking: what to say of labels without a text, see `say_lacking`; None to say nothing.
        choice: which fields were asked for in a file beside the folder, whose own files need not have them.

    Returns:
        None where no folder is named and none is here.

    Raises:
        InputError, LabelError, TaxonomyError: the folder cannot be used.
    """
    folder = Path(labels) if labels else default_labels()
    if labels is None and not folder.is_dir():
        return None
    found = labels_of(folder, stores, choice=replace(choice, required=False))
    if lacking is not None:
        say_lacking(found, lacking)
    return tagger.artifact.manifest.trained_on(found.captions)
