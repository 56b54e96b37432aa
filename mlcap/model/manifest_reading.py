"""Reading a manifest: every field is checked before any is used, every number is finite and in its range."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlcap.errors import ArtifactError, TaxonomyError
from mlcap.features.blocks import BLOCKS
from mlcap.features.schema import schema_hash
from mlcap.model.format import (
    LARGEST_MANIFEST,
    LARGEST_NUMBER,
    LARGEST_VERSION,
    MANIFEST,
    MOST_FACET_VALUES,
    MOST_FACETS,
    MOST_VALUES,
    READABLE,
    artifact_json,
    read_file,
)
from mlcap.model.manifest import (
    FacetNumbers,
    FileDigest,
    LibraryLabels,
    Manifest,
    Provenance,
    StoreDigest,
    TrainingRecord,
)
from mlcap.model.origin import ORIGIN
from mlcap.model.promise import Kept, Promise
from mlcap.model.review import ReviewRule
from mlcap.taxonomy import parse_facets
from mlcap.types import Facet

#: What is said of a version whose features are no longer computed.
OTHER_FEATURES = (
    "was trained with other features than this mlcap reads and cannot tag; make a version beside it by `mlcap train --models`"
    " with its folder, or install the mlcap that made it"
)
#: No count is as large as this.
_MOST = 10**12
_SHA256 = re.compile(r"[0-9a-f]{64}")


class _Part:
    """A part of a manifest, of which each field is checked as it is taken; what does not fit is an `ArtifactError`."""

    def __init__(self, data: Any, name: str, where: Path) -> None:
        self._name, self._where = name, where
        if not isinstance(data, dict):
            raise self.refused(name, "object")
        self._data: dict[str, Any] = data

    def refused(self, name: str, kind: str) -> ArtifactError:
        """The error of a field that is no such thing."""
        return ArtifactError(
            f"{self._where}: {name.rstrip('.')} is no {kind}; the version is damaged, fetch or train it again"
        )

    def take(self, key: str, kind: str, fits: Callable[[Any], bool]) -> Any:
        """A field that has to fit."""
        value = self._data.get(key)
        if not fits(value):
            raise self.refused(f"{self._name}{key}", kind)
        return value

    def raw(self, key: str, default: Any = None) -> Any:
        """A field that something else checks."""
        return self._data.get(key, default)

    def part(self, key: str) -> _Part:
        """A field that is an object."""
        return _Part(self._data.get(key), f"{self._name}{key}.", self._where)

    def parts(self) -> Iterator[tuple[str, _Part]]:
        """All fields, which are objects."""
        return ((key, self.part(key)) for key in self._data)

    def items(self, key: str) -> list[_Part]:
        """A list of objects."""
        listed = self.take(key, "list", lambda v: isinstance(v, list))
        return [_Part(item, f"{self._name}{key}.", self._where) for item in listed]

    def text(self, key: str) -> str:
        """A text."""
        return str(self.take(key, "text", _is_text))

    def sha256(self, key: str) -> str:
        """A SHA-256 in hex."""
        return str(self.take(key, "SHA-256", _is_sha256))

    def count(self, key: str, most: int = _MOST) -> int:
        """A whole number from 0."""
        return int(self.take(key, f"count up to {most}", lambda v: _is_count(v) and v <= most))

    def numbers(self, key: str, count: int, low: float, high: float) -> tuple[float, ...]:
        """Some numbers between two bounds."""

        def fits(value: Any) -> bool:
            return isinstance(value, list) and len(value) == count and all(_is_number(v, low, high) for v in value)

        return tuple(map(float, self.take(key, f"list of {count} numbers from {low:g} to {high:g}", fits)))

    def table(self, key: str, kind: str, fits: Callable[[Any], bool]) -> dict[str, Any]:
        """An object of which every field has to fit."""
        return dict(
            self.take(key, f"table of {kind}", lambda v: isinstance(v, dict) and all(fits(x) for x in v.values()))
        )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _is_share_or_none(value: Any) -> bool:
    return value is None or _is_number(value, 0, 1)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and _is_number(value, 0, _MOST)


def _are_metrics(value: Any) -> bool:
    return isinstance(value, dict) and _is_metrics(value)


def _is_metrics(value: Any) -> bool:
    """Whether a value is made of counts and shares, with names and lists of them."""
    if isinstance(value, dict | list):
        return all(map(_is_metrics, value.values() if isinstance(value, dict) else value))
    return value is None or isinstance(value, str | bool) or _is_number(value, 0, 1) or _is_count(value)


def content_digest(data: Mapping[str, Any]) -> str:
    """The SHA-256, in hex, of what a manifest says: the same however it is written."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def manifest_data(folder: Path, sha256: str | None = None) -> dict[str, Any]:
    """Read a manifest as it stands, in a format that this mlcap knows.

    Args:
        sha256: of the file, where it is known.

    Raises:
        ArtifactError: it is missing, malformed, of an unknown format, or not the file that is known.
    """
    where = folder / MANIFEST
    content = read_file(folder, MANIFEST, LARGEST_MANIFEST)
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise ArtifactError(
            f"{where}: differs from its digest in the registry; the version is damaged, fetch or train it again"
        )
    data = artifact_json(content, where, LARGEST_MANIFEST, MOST_VALUES)
    known = data.get("format") if isinstance(data, dict) else None
    if not isinstance(known, int) or isinstance(known, bool):
        raise ArtifactError(f"{where}: is no manifest of an mlcap model")
    if known not in READABLE:
        raise ArtifactError(
            f"{where}: has format {known}, this mlcap reads {', '.join(map(str, READABLE))}; install a newer mlcap or train again"
        )
    return dict(data)


def reads_features(data: Mapping[str, Any]) -> bool:
    """Whether a version of this manifest was trained with the features that this mlcap reads, and so can tag."""
    return bool(data.get("schema") == schema_hash())


def stated_files(data: Mapping[str, Any], where: Path) -> dict[str, FileDigest]:
    """The files of a version by its manifest, whatever its features.

    Raises:
        ArtifactError: it says something of them that it may not.
    """
    files = _Part(data, "", where).part("files")
    return {n: FileDigest(file.sha256("sha256"), file.count("size", LARGEST_VERSION)) for n, file in files.parts()}


def read_training(data: Mapping[str, Any], where: Path) -> TrainingRecord:
    """What a manifest says of the training, whatever its features.

    Raises:
        ArtifactError: it says something that it may not.
    """
    return _training(_Part(data, "", where).part("training"))


def read_manifest(folder: Path, sha256: str | None = None) -> Manifest:
    """Read and check a manifest.

    Args:
        sha256: of the file, where it is known.

    Raises:
        ArtifactError: it is missing, malformed, of an unknown format, not the file that is known, holds something
            that it may not, or the version was trained with other features than this mlcap's.
    """
    where = folder / MANIFEST
    data = manifest_data(folder, sha256)
    if not reads_features(data):
        raise ArtifactError(f"{where}: {OTHER_FEATURES}")
    try:
        return _manifest(data, where)
    except TaxonomyError as error:
        raise ArtifactError(str(error)) from error


def _manifest(data: Mapping[str, Any], where: Path) -> Manifest:
    facets = parse_facets(data.get("facets"), str(where))
    if len(facets) > MOST_FACETS or any(len(f.values) > MOST_FACET_VALUES for f in facets):
        raise ArtifactError(
            f"{where}: has more than {MOST_FACETS} facets or {MOST_FACET_VALUES} values of one; train on a smaller taxonomy"
        )
    try:
        review = ReviewRule.from_data(data.get("review"), facets)
    except ValueError as error:
        raise ArtifactError(f"{where}: has no review thresholds; fetch or train the version again") from error
    top = _Part(data, "", where)
    calibration = top.part("calibration")
    learned = [
        *facets,
        *([ORIGIN] if top.raw("format") >= 3 and top.part("blocks").raw(ORIGIN.name) is not None else ()),
    ]
    return Manifest(
        format=data["format"],
        schema=data["schema"],
        facets=facets,
        blocks={f.name: _used_blocks(top, f) for f in learned},
        numbers={f.name: _facet_numbers(calibration.part(f.name), f) for f in learned},
        review=review,
        provenance=_provenance(top),
        files=stated_files(data, where),
        digest=content_digest(data),
        promises=_promises(top, facets) if top.raw("format") >= 3 else (),
    )


def _promises(top: _Part, facets: Sequence[Facet]) -> tuple[Promise, ...]:
    def kept(part: _Part) -> Kept:
        return Kept(
            part.count("captions"),
            part.count("automatic"),
            *(part.take(key, "share", _is_share_or_none) for key in ("single_right", "all_right", "lower")),
        )

    out = []
    for part in top.items("promises"):
        try:
            rule = ReviewRule.from_data(part.raw("rule"), facets)
        except ValueError:
            raise part.refused("promises.rule", "review rule") from None
        target = float(part.take("target", "share", lambda v: _is_number(v, 0, 1)))
        desks = {name: kept(desk) for name, desk in part.part("desks").parts()}
        out.append(Promise(target, rule, kept(part.part("together")), desks))
    return tuple(out)


def _used_blocks(top: _Part, facet: Facet) -> tuple[str, ...]:
    names = [block.name for block in BLOCKS]
    if top.raw("format") == 1:
        return tuple(names)

    def fits(value: Any) -> bool:
        return isinstance(value, list) and value == [n for n in names if n in value]

    return tuple(top.part("blocks").take(facet.name, f"list of some of {', '.join(names)}", fits))


def _facet_numbers(part: _Part, facet: Facet) -> FacetNumbers:
    count = len(facet.values)

    def learned(key: str) -> tuple[float, ...]:
        return part.numbers(key, count, -LARGEST_NUMBER, LARGEST_NUMBER)

    # The scores of a single-valued facet are divided by a temperature, which is above 0; those of a multi-valued one
    # may be turned round.
    slope = learned("slope") if facet.multiple else part.numbers("slope", count, 1 / LARGEST_NUMBER, LARGEST_NUMBER)
    return FacetNumbers(learned("intercept"), slope, learned("offset"), part.numbers("thresholds", count, 0, 1))


def _provenance(top: _Part) -> Provenance:
    masked = {} if top.raw("masked") is None else top.table("masked", "metrics", _are_metrics)
    metrics = top.table("cross_validation", "metrics", _are_metrics)
    return Provenance(_training(top.part("training")), top.table("made_with", "texts", _is_text), metrics, masked)


def _training(part: _Part) -> TrainingRecord:
    library = part.part("library_labels")
    return TrainingRecord(
        command=part.text("command"),
        parameters=part.table("parameters", "values", lambda _: True),
        captions=part.table("captions", "counts", _is_count),
        label_files=part.table("label_files", "SHA-256", _is_sha256),
        stores=tuple(StoreDigest(s.text("name"), s.sha256("sha256")) for s in part.items("stores")),
        library_labels=LibraryLabels(
            library.count("written"), library.count("text_found"), library.sha256("trained_on_sha256")
        ),
        held_out_missions=frozenset(part.take("held_out_missions", "list of texts", _are_texts)),
        held_out_drawn=bool(part.take("held_out_drawn", "true or false", lambda v: isinstance(v, bool))),
        missions=None if part.raw("missions") is None else part.count("missions"),
        caption_digests=frozenset(
            () if part.raw("caption_digests") is None else part.take("caption_digests", "list of texts", _are_texts)
        ),
    )
