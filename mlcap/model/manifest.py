"""The manifest of a model version: what it says of itself; `mlcap.model.manifest_reading` reads and checks it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mlcap.labels.digest import text_digest
from mlcap.model.promise import Promise
from mlcap.model.review import ReviewRule
from mlcap.taxonomy import facets_as_data
from mlcap.types import Facet, LabelledCaption

#: With fewer captions or missions than these, and no desk left out, a version promises nothing. Of what small archives leave
#: without review at the usual targets, where 0.97 is right out of fold, 0.8 to 0.9 was right on missions not seen
#: (`benchmarks/few_captions.py`).
FEW_CAPTIONS, FEW_MISSIONS = 1000, 100
#: A version of more captions keeps no digests of them.
_MOST_DIGESTS = 5000


#: An identity, of whose digest people may give its beginning, at least four digits.
IDENTITY = re.compile(r"(?P<number>[1-9][0-9]{0,8})-(?P<digest>[0-9a-f]{4,64})")


def version_identity(number: int, digest: str) -> str:
    """Make the identity of a version, as `3-1f0c9a2b`, from its number and the digest of its manifest."""
    return f"{number}-{digest[:8]}"


def digest_of(identity: str) -> str:
    """The beginning of the digest that an identity tells, "" where a text is none."""
    found = IDENTITY.fullmatch(identity)
    return found["digest"] if found else ""


def same_version(one: str, other: str) -> bool:
    """Whether two identities are of one version: in another registry a copy has another number, and the same digest."""
    return one == other or (digest_of(one) == digest_of(other) != "")


@dataclass(frozen=True)
class FacetNumbers:
    """The numbers of a facet beside its arrays, one a value, as `mlcap.model.scorer.FacetWeights` explains them."""

    intercept: tuple[float, ...]
    slope: tuple[float, ...]
    offset: tuple[float, ...]
    thresholds: tuple[float, ...]


@dataclass(frozen=True)
class FileDigest:
    """By what a file of the version is known: SHA-256 in hex, and size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class StoreDigest:
    """A caption store that was trained on: the name of its file and its SHA-256 in hex."""

    name: str
    sha256: str


@dataclass(frozen=True)
class LibraryLabels:
    """Labels of the library's captions: how many were written, for how many the text was found, SHA-256 of those trained on."""

    written: int
    text_found: int
    trained_on_sha256: str


def caption_digest(text: str) -> str:
    """By what a version knows a caption that it was trained on: 48 bits, in hex, which tell thousands of texts apart."""
    return text_digest(text)[:12]


def caption_digests(captions: Iterable[LabelledCaption]) -> frozenset[str]:
    """The digests of captions that a version keeps: none of more than some thousands, which only make it large."""
    found = frozenset(caption_digest(c.text) for c in captions)
    return found if len(found) <= _MOST_DIGESTS else frozenset()


@dataclass(frozen=True)
class TrainingRecord:
    """What a version was trained on and how.

    Attributes:
        command: the command line.
        parameters: the parameters by name, which differ from one mlcap to another.
        captions: source -> how many captions.
        label_files: file of the labels folder -> SHA-256.
        stores: the caption stores.
        library_labels: of the library's captions.
        held_out_missions: none of their captions was trained on.
        held_out_drawn: whether these missions were drawn, not named by the labels folder.
        missions: how many missions the captions are of; None in versions that do not tell it.
        caption_digests: `caption_digest` of the captions where there are few of them, of an adapted version those that it
            learned from; empty in versions that do not tell it.
    """

    command: str
    parameters: Mapping[str, Any]
    captions: Mapping[str, int]
    label_files: Mapping[str, str]
    stores: tuple[StoreDigest, ...]
    library_labels: LibraryLabels
    held_out_missions: frozenset[str]
    held_out_drawn: bool
    missions: int | None = None
    caption_digests: frozenset[str] = frozenset()

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "command": self.command,
            "parameters": dict(self.parameters),
            "captions": dict(self.captions),
            "label_files": dict(self.label_files),
            "stores": [asdict(store) for store in self.stores],
            "library_labels": asdict(self.library_labels),
            "held_out_missions": sorted(self.held_out_missions),
            "held_out_drawn": self.held_out_drawn,
            **({} if self.missions is None else {"missions": self.missions}),
            **({"caption_digests": sorted(self.caption_digests)} if self.caption_digests else {}),
        }


def own_promise(training: TrainingRecord, promises: Sequence[Promise]) -> Promise | None:
    """What the thresholds of a version, where nobody asks for others, keep on desks left out; None where it has none."""
    return next((p for p in promises if p.target == training.parameters.get("desk_target")), None)


def caution_of(training: TrainingRecord, promises: Sequence[Promise]) -> str:
    """Why the probabilities of a version are not to be trusted, in words that go on a sentence about it; "" where they are."""
    captions, missions = sum(training.captions.values()), training.missions
    few = captions < FEW_CAPTIONS or (missions is not None and missions < FEW_MISSIONS)
    # What was measured on desks left out holds, however few the captions are.
    if not few or own_promise(training, promises) is not None:
        return ""
    of = "" if missions is None else f" of {missions} missions"
    return f"trained on few captions ({captions}{of}): its probabilities are not to be trusted, and it promises nothing yet"


@dataclass(frozen=True)
class Provenance:
    """How a version came about and how well it does.

    Attributes:
        training: what it was trained on and how.
        made_with: program -> its version.
        cross_validation: slice of the training captions -> its out-of-fold metrics, as data.
        masked: block of features that was masked -> facet -> micro-F1; empty in the oldest versions.
    """

    training: TrainingRecord
    made_with: Mapping[str, str]
    cross_validation: Mapping[str, Mapping[str, Any]]
    masked: Mapping[str, Mapping[str, float | None]]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "training": self.training.as_data(),
            "made_with": dict(self.made_with),
            "cross_validation": dict(self.cross_validation),
            "masked": dict(self.masked),
        }


@dataclass(frozen=True)
class Manifest:
    """What a version says of itself.

    Attributes:
        format: of its files (`mlcap.model.format`).
        schema: the hash of what its features mean (`mlcap.features.schema`).
        facets: what it tags.
        blocks: facet -> the blocks of which its file of common weights has columns, in order.
        numbers: facet -> its intercepts, calibration and thresholds.
        review: when tags need review.
        promises: what other thresholds keep on desks that training has not seen, and these; none in older formats.
        provenance: how it came about.
        files: name -> digest of every other file.
        digest: SHA-256 in hex of what the manifest says, which by the files' digests stands for the whole version.
    """

    format: int
    schema: str
    facets: tuple[Facet, ...]
    blocks: Mapping[str, tuple[str, ...]]
    numbers: Mapping[str, FacetNumbers]
    review: ReviewRule
    provenance: Provenance
    files: Mapping[str, FileDigest]
    digest: str = ""
    promises: tuple[Promise, ...] = ()

    @property
    def caution(self) -> str:
        """Why its probabilities are not to be trusted, in words that go on a sentence about it; "" where they are."""
        return caution_of(self.provenance.training, self.promises)

    def identity(self, number: int) -> str:
        """The name by which records, ledgers, plans and histories know the version.

        Args:
            number: its number in the registry; the digest is there because every registry has a version 1.
        """
        return version_identity(number, self.digest)

    def held_out(self, captions: Iterable[LabelledCaption]) -> list[LabelledCaption]:
        """Those of the missions that were held out of training."""
        missions = self.provenance.training.held_out_missions
        return [c for c in captions if c.mission in missions]

    def trained_on(self, captions: Iterable[LabelledCaption]) -> list[LabelledCaption]:
        """Those of the missions that were not held out of training."""
        missions = self.provenance.training.held_out_missions
        return [c for c in captions if c.mission not in missions]

    def learned_from(self, captions: Iterable[LabelledCaption]) -> list[LabelledCaption]:
        """Those of the captions whose digest the version has among those that it was trained on."""
        known = self.provenance.training.caption_digests
        return [c for c in captions if caption_digest(c.text) in known]

    def as_data(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return {
            "format": self.format,
            "schema": self.schema,
            "facets": facets_as_data(self.facets),
            "blocks": {name: list(blocks) for name, blocks in self.blocks.items()},
            "calibration": {name: asdict(numbers) for name, numbers in self.numbers.items()},
            "review": self.review.as_data(),
            "promises": [promise.as_data() for promise in self.promises],
            **self.provenance.as_data(),
            "files": {name: asdict(digest) for name, digest in self.files.items()},
        }
