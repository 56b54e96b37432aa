"""Reading a model version: everything is checked before anything is used.

Nothing here runs code from the version: arrays are read with pickling off, names of
files are fixed here and not taken from the manifest, and no type or module is looked up.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mlcap.errors import ArtifactError, TaxonomyError
from mlcap.features.blocks import BLOCKS, MENTIONS, WORD_BLOCKS
from mlcap.features.schema import schema_hash
from mlcap.model.format import (
    CARD,
    EVALUATION,
    IDF,
    LARGEST_FILE,
    MANIFEST,
    MOST_COLUMNS,
    READABLE,
    VOCABULARY,
    common_file,
    mentions_file,
)
from mlcap.model.layout import Layout
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.taxonomy import parse_facets
from mlcap.types import Facet


@dataclass(frozen=True)
class Artifact:
    """A model version, read and checked: its manifest, its facets and the scorer with its weights."""

    manifest: Mapping[str, Any]
    facets: tuple[Facet, ...]
    scorer: Scorer
    card: str


def _read_file(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        info = path.lstat()
        if not stat.S_ISREG(info.st_mode):
            raise ArtifactError(f"{path}: is no plain file; a model version holds no links or folders")
        if info.st_size > LARGEST_FILE:
            raise ArtifactError(
                f"{path}: is larger than {LARGEST_FILE >> 20} MiB, which no mlcap model is; fetch the version again"
            )
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ArtifactError(f"{path}: is missing; fetch or train the version again") from error
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error


def _json(data: bytes, where: Path) -> Any:
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{where}: is no valid JSON; fetch the version again") from error


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not allowed")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read and check the manifest alone.

    Raises:
        ArtifactError: it is missing, malformed or of an unknown format.
    """
    where = folder / MANIFEST
    manifest = _json(_read_file(folder, MANIFEST), where)
    if (
        not isinstance(manifest, dict)
        or not isinstance(manifest.get("format"), int)
        or isinstance(manifest.get("format"), bool)
    ):
        raise ArtifactError(f"{where}: is no manifest of an mlcap model")
    if manifest["format"] not in READABLE:
        raise ArtifactError(
            f"{where}: has format {manifest['format']}, this mlcap reads {', '.join(map(str, READABLE))}; install a newer mlcap or train again"
        )
    return manifest


def _checked_files(folder: Path, manifest: Mapping[str, Any], wanted: list[str]) -> dict[str, bytes]:
    listed = manifest.get("files")
    if not isinstance(listed, dict) or set(listed) != set(wanted):
        raise ArtifactError(
            f"{folder}: the manifest lists other files than a model of this format has; fetch the version again"
        )
    content = {}
    for name in wanted:
        entry = listed[name]
        data = _read_file(folder, name)
        if (
            not isinstance(entry, dict)
            or len(data) != entry.get("size")
            or hashlib.sha256(data).hexdigest() != entry.get("sha256")
        ):
            raise ArtifactError(
                f"{folder / name}: differs from its digest in the manifest; the version is damaged, fetch or train it again"
            )
        content[name] = data
    extra = {p.name for p in folder.iterdir()} - set(wanted) - {MANIFEST}
    if extra:
        raise ArtifactError(f"{folder}: holds {min(extra)!r}, which is no part of a model version; remove it")
    return content


#: The head of a float32 array file of format 1.0; read by pattern, because numpy's own reader evaluates the text.
_ARRAY_HEAD = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f4', 'fortran_order': False, 'shape': \((?P<shape>\d{1,9}(?:, \d{1,9})?),?\), \} *\n",
    re.DOTALL,
)


def _array(data: bytes, shape: tuple[int, ...], where: Path) -> np.ndarray:
    head = _ARRAY_HEAD.match(data[:256])
    if head is None or head.end() != 10 + int.from_bytes(data[8:10], "little"):
        raise ArtifactError(f"{where}: is no plain float32 array; the version is damaged, fetch or train it again")
    found = tuple(int(n) for n in head.group("shape").split(b", "))
    if found != shape or len(data) - head.end() != 4 * math.prod(shape):
        raise ArtifactError(
            f"{where}: holds an array of shape {found} where shape {shape} belongs; the version is damaged"
        )
    array = np.frombuffer(data, dtype="<f4", offset=head.end()).reshape(shape)
    if not np.isfinite(array).all():
        raise ArtifactError(f"{where}: holds values that are not finite; the version is damaged")
    return array.astype(np.float64)


def _vocabulary(data: bytes, where: Path) -> dict[str, list[str]]:
    vocabulary = _json(data, where)
    blocks = (*(b.name for b in BLOCKS), MENTIONS)
    if not isinstance(vocabulary, dict) or set(vocabulary) != set(blocks):
        raise ArtifactError(f"{where}: does not hold the blocks {', '.join(blocks)}; the version is damaged")
    for block, names in vocabulary.items():
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names) or len(set(names)) != len(names):
            raise ArtifactError(f"{where}: block {block} is no list of different names; the version is damaged")
    if sum(map(len, vocabulary.values())) > MOST_COLUMNS:
        raise ArtifactError(f"{where}: holds more than {MOST_COLUMNS} names")
    return vocabulary


def _used_blocks(manifest: Mapping[str, Any], facet: Facet, where: Path) -> list[str]:
    """The blocks whose columns a facet's file of common weights holds, in order."""
    blocks = [b.name for b in BLOCKS]
    if manifest["format"] == 1:
        return blocks
    listed = manifest.get("blocks")
    used = listed.get(facet.name) if isinstance(listed, dict) else None
    if not isinstance(used, list) or used != [b for b in blocks if b in used]:
        raise ArtifactError(
            f"{where}: blocks of {facet.name} is no list of {', '.join(blocks)}; the version is damaged"
        )
    return used


def _spread(stored: np.ndarray, used: list[str], layout: Layout) -> np.ndarray:
    """Lay the stored columns out over all common columns, 0 for the blocks that are not used."""
    out, here = np.zeros((len(stored), layout.common)), 0
    for block in used:
        place = layout.slices[block]
        out[:, place] = stored[:, here : here + place.stop - place.start]
        here += place.stop - place.start
    return out


def _numbers(calibration: Any, facet: Facet, key: str, where: Path) -> np.ndarray:
    values = (
        calibration.get(facet.name, {}).get(key)
        if isinstance(calibration, dict) and isinstance(calibration.get(facet.name, {}), dict)
        else None
    )
    if (
        not isinstance(values, list)
        or len(values) != len(facet.values)
        or not all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e6 for v in values)
    ):
        raise ArtifactError(
            f"{where}: {key} of {facet.name} is no list of {len(facet.values)} numbers; the version is damaged"
        )
    return np.asarray(values, dtype=np.float64)


def load_artifact(folder: Path) -> Artifact:
    """Read a model version.

    Raises:
        ArtifactError: anything is missing, damaged, out of shape, not finite, of an
            unknown format, or learned with other features than this mlcap's.
    """
    manifest = read_manifest(folder)
    where = folder / MANIFEST
    if manifest.get("schema") != schema_hash():
        raise ArtifactError(
            f"{where}: was trained with other features than this mlcap reads; train again with `mlcap train`, or install the mlcap that made it"
        )
    try:
        facets = parse_facets(manifest.get("facets"), str(where))
    except TaxonomyError as error:
        raise ArtifactError(str(error)) from error
    wanted = [VOCABULARY, IDF, CARD, EVALUATION]
    for facet in facets:
        wanted.append(common_file(facet.name))
        if facet.multiple:
            wanted.append(mentions_file(facet.name))
    content = _checked_files(folder, manifest, wanted)
    vocabulary = _vocabulary(content[VOCABULARY], folder / VOCABULARY)
    sizes = [len(vocabulary[b.name]) for b in WORD_BLOCKS]
    stacked = _array(content[IDF], (sum(sizes),), folder / IDF)
    ends = np.cumsum([0, *sizes])
    layout = Layout(vocabulary, {b.name: stacked[ends[i] : ends[i + 1]] for i, b in enumerate(WORD_BLOCKS)})
    own = layout.mentions
    weights = []
    for facet in facets:
        count = len(facet.values)
        used = _used_blocks(manifest, facet, where)
        size = sum(len(vocabulary[b]) for b in used)
        stored = _array(content[common_file(facet.name)], (count, size), folder / common_file(facet.name))
        common = _spread(stored, used, layout)
        mentions = (
            _array(content[mentions_file(facet.name)], (count, own), folder / mentions_file(facet.name))
            if facet.multiple
            else np.zeros((count, 0))
        )
        numbers = {
            k: _numbers(manifest.get("calibration"), facet, k, where)
            for k in ("intercept", "slope", "offset", "thresholds")
        }
        weights.append(FacetWeights(facet, common, mentions, **numbers))
    return Artifact(manifest, facets, Scorer(layout, weights), content[CARD].decode("utf-8", errors="replace"))
