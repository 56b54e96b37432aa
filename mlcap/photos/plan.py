"""A plan of writing tags to photographs: what is there, what would be added, and why some tags are not."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from mlcap.errors import PlanError
from mlcap.labels.digest import text_digest
from mlcap.model.save import json_bytes
from mlcap.photos.metadata import KEYWORDS, Metadata, read_metadata
from mlcap.records.exiftool import BATCH, session
from mlcap.records.photo_names import SIDECAR, WITH_IPTC, Sidecars, new_sidecar
from mlcap.records.types import Record
from mlcap.types import TaggedCaption

_FORMAT = 1
#: A value that says nothing when it stands among keywords.
_NO_KEYWORD = "other"
#: A plan of more bytes than this is refused.
_LARGEST_PLAN = 256 << 20


@dataclass(frozen=True)
class PlannedTag:
    """One tag: its facet, value, and probability as it is written."""

    facet: str
    value: str
    score: str


@dataclass(frozen=True)
class PlannedPhoto:
    """One photograph of a plan.

    Attributes:
        file: the photograph, absolute.
        target: what would be written: the sidecar, or the photograph itself.
        caption: digest of the caption that was read, by which a later change is seen.
        tags: the tags to write.
        fields: name of the field -> the values it had (`old`) and those that would come (`add`).
        skipped: why nothing is written, "" where something is.
    """

    file: str
    target: str
    caption: str
    tags: tuple[PlannedTag, ...]
    fields: Mapping[str, Mapping[str, Sequence[str]]]
    skipped: str


@dataclass(frozen=True)
class Plan:
    """A plan: its run, the model version, whether tags go into the photographs themselves, and the photographs."""

    run: str
    model: str
    embed: bool
    photos: tuple[PlannedPhoto, ...]


def target_of(photo: Path, embed: bool) -> Path:
    """The file that holds the tags of a photograph: itself, or its sidecar, which may have to be made."""
    if embed or photo.suffix.lower() == SIDECAR:
        return photo
    return next(iter(Sidecars().of(photo)), new_sidecar(photo))


def wanted(tags: Iterable[PlannedTag], target: Path) -> dict[str, list[str]]:
    """The keywords that tags ask for, by field."""
    kept = [t for t in tags if t.value != _NO_KEYWORD]
    flat = [t.value for t in kept]
    out = {"dc:subject": flat, "lr:hierarchicalSubject": [f"{t.facet}|{t.value}" for t in kept]}
    return {**out, "IPTC:Keywords": flat} if target.suffix.lower() in WITH_IPTC else out


def missing(tags: Iterable[PlannedTag], target: Path, metadata: Metadata) -> dict[str, list[str]]:
    """The keywords that tags ask for and a file lacks, by field."""
    return {
        name: [v for v in dict.fromkeys(values) if v not in metadata.values(name)]
        for name, values in wanted(tags, target).items()
    }


def seed_keywords(metadata: Metadata) -> list[str]:
    """The keywords in a photograph, with which its new sidecar starts, since some programs read only that."""
    values = dict.fromkeys([*metadata.values("dc:subject"), *metadata.values("IPTC:Keywords")])
    return [v for v in values if v == v.strip() and v and not any(c in v for c in "\r\n\0")]


def _tags(tagged: TaggedCaption) -> tuple[PlannedTag, ...]:
    return tuple(
        PlannedTag(name, value, str(facet.probabilities[value]))
        for name, facet in tagged.facets.items()
        for value in facet.values
    )


def make_plan(tagged: Iterable[tuple[Record, TaggedCaption | None]], model: str, embed: bool, uncertain: bool) -> Plan:
    """Plan what to write.

    Args:
        tagged: records of photographs with their tags, None for those that could not be read.
        embed: write into the photographs instead of their sidecars.
        uncertain: write tags that need review as well.

    Raises:
        PhotoError: exiftool is missing or fails.
    """
    run = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    return Plan(run, model, embed, tuple(_photos(tagged, embed, uncertain)))


def _photos(
    tagged: Iterable[tuple[Record, TaggedCaption | None]], embed: bool, uncertain: bool
) -> Iterator[PlannedPhoto]:
    source = ((r, t) for r, t in tagged if t is not None and "file" in r.fields)
    while batch := list(islice(source, BATCH)):
        files = [Path(str(r.fields["file"])).absolute() for r, _ in batch]
        targets = [target_of(f, embed) for f in files]
        with session() as tool:
            found = read_metadata(tool, [*files, *targets])
        for (record, tags), file, target in zip(batch, files, targets, strict=True):
            seed = [] if target.exists() else seed_keywords(found[file])
            yield _photo(record, tags, file, target, found[target], seed, uncertain)


def _photo(
    record: Record,
    tagged: TaggedCaption,
    file: Path,
    target: Path,
    metadata: Metadata,
    seed: list[str],
    uncertain: bool,
) -> PlannedPhoto:
    reasons = (*tagged.review_reasons, *record.doubts)
    skipped = "" if uncertain or not reasons else f"needs review: {reasons[0]}"
    tags = () if skipped else _tags(tagged)
    new = missing(tags, target, metadata)
    if tags:
        new["dc:subject"] = list(dict.fromkeys([*seed, *new["dc:subject"]]))
    fields = {name: {"old": metadata.values(name), "add": new.get(name, [])} for name in KEYWORDS if name in new}
    return PlannedPhoto(str(file), str(target), text_digest(record.text or ""), tags, fields, skipped)


def plan_bytes(plan: Plan) -> bytes:
    """A plan as the bytes of a JSON file."""
    return json_bytes({"format": _FORMAT, **asdict(plan)})


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        PlanError: it cannot be read or is no plan.
    """
    try:
        if path.stat().st_size > _LARGEST_PLAN:
            raise PlanError(f"{path}: is too large for a plan")
        data = json.loads(path.read_bytes())
        if data["format"] != _FORMAT:
            raise PlanError(f"{path}: is a plan of format {data['format']}; make it again")
        photos = tuple(_planned(one) for one in data["photos"])
        plan = Plan(_text(data["run"]), _text(data["model"]), data["embed"] is True, photos)
    except OSError as error:
        raise PlanError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PlanError(f"{path}: is no plan; make one with `mlcap tag PHOTOS --write PLAN`") from error
    if not plan.run.replace("-", "").isalnum():
        raise PlanError(f"{path}: names no run; make the plan again")
    return plan


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError("no text")
    return value


def _planned(data: Mapping[str, Any]) -> PlannedPhoto:
    tags = tuple(PlannedTag(_text(t["facet"]), _text(t["value"]), _text(t["score"])) for t in data["tags"])
    return PlannedPhoto(
        _text(data["file"]), _text(data["target"]), _text(data["caption"]), tags, data["fields"], _text(data["skipped"])
    )
