"""Reading a model version: everything is checked before anything is used, and bounded before room is made for it.

Nothing here runs code from the version: arrays are read with pickling off, names of
files are fixed here and not taken from the manifest, and no type or module is looked up.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mlcap.errors import ArtifactError
from mlcap.features.blocks import BLOCKS, MENTIONS, WORD_BLOCKS
from mlcap.model.format import (
    CARD,
    EVALUATION,
    IDF,
    IDF_RANGE,
    LARGEST_NUMBER,
    LARGEST_VERSION,
    MANIFEST,
    MOST_COLUMNS,
    MOST_WEIGHTS,
    VOCABULARY,
    artifact_json,
    common_file,
    mentions_file,
    read_file,
)
from mlcap.model.layout import Layout
from mlcap.model.manifest import FileDigest, Manifest
from mlcap.model.manifest_reading import manifest_data, read_manifest, stated_files
from mlcap.model.origin import ORIGIN
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.types import Facet


@dataclass(frozen=True)
class Artifact:
    """A model version, read and checked: its manifest, the scorer with its weights, and its card."""

    manifest: Manifest
    scorer: Scorer
    card: str

    @property
    def facets(self) -> tuple[Facet, ...]:
        """What the version tags."""
        return self.manifest.facets


def _checked_files(folder: Path, files: Mapping[str, FileDigest], wanted: list[str]) -> dict[str, bytes]:
    if set(files) != set(wanted):
        raise ArtifactError(
            f"{folder}: the manifest lists other files than a model of this format has; fetch the version again"
        )
    if sum(digest.size for digest in files.values()) > LARGEST_VERSION:
        raise ArtifactError(f"{folder}: is larger than {LARGEST_VERSION >> 20} MiB, which no version may be")
    content = {}
    for name in wanted:
        digest = files[name]
        data = read_file(folder, name)
        if len(data) != digest.size or hashlib.sha256(data).hexdigest() != digest.sha256:
            raise ArtifactError(
                f"{folder / name}: differs from its digest in the manifest; the version is damaged, fetch or train it again"
            )
        content[name] = data
    known = {*wanted, MANIFEST}
    extra = next((p.name for p in folder.iterdir() if p.name not in known), None)
    if extra is not None:
        raise ArtifactError(f"{folder}: holds {extra!r}, which is no part of a model version; remove it")
    return content


#: The head of a float32 array file of format 1.0; read by pattern, because numpy's own reader evaluates the text.
_ARRAY_HEAD = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f4', 'fortran_order': False, 'shape': \((?P<shape>\d{1,9}(?:, \d{1,9})?),?\), \} *\n",
    re.DOTALL,
)


def _array(data: bytes, shape: tuple[int, ...], where: Path, low: float, high: float) -> np.ndarray:
    """A float32 array of the shape that it has to have, with values between two bounds; it takes no room of its own."""
    head = _ARRAY_HEAD.match(data[:256])
    if head is None or head.end() != 10 + int.from_bytes(data[8:10], "little"):
        raise ArtifactError(f"{where}: is no plain float32 array; the version is damaged, fetch or train it again")
    found = tuple(int(n) for n in head.group("shape").split(b", "))
    if found != shape or len(data) - head.end() != 4 * math.prod(shape):
        raise ArtifactError(
            f"{where}: holds an array of shape {found} where shape {shape} belongs; the version is damaged"
        )
    array = np.frombuffer(data, dtype="<f4", offset=head.end()).reshape(shape)
    # What is not a number is within no bounds.
    if array.size and not (array.min() >= low and array.max() <= high):
        raise ArtifactError(
            f"{where}: holds values that are not finite or not between {low:g} and {high:g}; the version is damaged"
        )
    return array


def _weights_array(data: bytes, shape: tuple[int, ...], where: Path) -> np.ndarray:
    return _array(data, shape, where, -LARGEST_NUMBER, LARGEST_NUMBER)


def _vocabulary(data: bytes, where: Path) -> dict[str, list[str]]:
    blocks = (*(b.name for b in BLOCKS), MENTIONS)
    vocabulary = artifact_json(data, where, LARGEST_VERSION, MOST_COLUMNS + len(blocks))
    if not isinstance(vocabulary, dict) or set(vocabulary) != set(blocks):
        raise ArtifactError(f"{where}: does not hold the blocks {', '.join(blocks)}; the version is damaged")
    for block, names in vocabulary.items():
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names) or len(set(names)) != len(names):
            raise ArtifactError(f"{where}: block {block} is no list of different names; the version is damaged")
    return vocabulary


def _check_room(facets: Sequence[Facet], layout: Layout, where: Path) -> None:
    """Refuse weights that would fill the memory, before any room is made for them."""
    mentions = sum(len(f.values) for f in facets if f.multiple) * layout.mentions
    weights = sum(len(f.values) for f in facets) * layout.common + mentions
    if weights > MOST_WEIGHTS:
        raise ArtifactError(
            f"{where}: has {weights} weights (values times columns), and a version may have {MOST_WEIGHTS}; train on fewer captions or values"
        )


def _spread(stored: np.ndarray, used: Sequence[str], layout: Layout) -> np.ndarray:
    """Lay the stored columns out over all common columns, 0 for the blocks that are not used."""
    out, here = np.zeros((len(stored), layout.common), dtype=np.float32), 0
    for block in used:
        place = layout.slices[block]
        out[:, place] = stored[:, here : here + place.stop - place.start]
        here += place.stop - place.start
    return out


def load_artifact(folder: Path, sha256: str | None = None) -> Artifact:
    """Read a model version.

    Args:
        sha256: of its manifest, where it is known.

    Raises:
        ArtifactError: anything is missing, damaged, out of shape, out of range, too large, of an
            unknown format, or learned with other features than this mlcap's.
    """
    manifest = read_manifest(folder, sha256)
    wanted = [VOCABULARY, IDF, CARD, EVALUATION]
    for facet in manifest.facets:
        wanted.append(common_file(facet.name))
        if facet.multiple:
            wanted.append(mentions_file(facet.name))
    if ORIGIN.name in manifest.blocks:
        wanted.append(common_file(ORIGIN.name))
    try:
        content = _checked_files(folder, manifest.files, wanted)
    except OSError as error:
        raise ArtifactError(f"{folder}: cannot be read ({error.strerror})") from error
    vocabulary = _vocabulary(content.pop(VOCABULARY), folder / VOCABULARY)
    words = sum(len(vocabulary[b.name]) for b in WORD_BLOCKS)
    idf = _array(content.pop(IDF), (words,), folder / IDF, *IDF_RANGE)
    layout = Layout(vocabulary, idf.astype(np.float64))
    _check_room([*manifest.facets, *([ORIGIN] if ORIGIN.name in manifest.blocks else [])], layout, folder)
    weights = [_weights(folder, content, manifest, facet, layout) for facet in manifest.facets]
    origin = _weights(folder, content, manifest, ORIGIN, layout) if ORIGIN.name in manifest.blocks else None
    return Artifact(manifest, Scorer(layout, weights, origin), content[CARD].decode("utf-8", errors="replace"))


#: The names that the files of a version have, whatever its facets.
_FILE = re.compile(r"[a-z][a-z0-9_-]{0,39}(?:\.common|\.mentions)?\.(?:npy|json|md)")


def undamaged_card(folder: Path, sha256: str | None = None) -> str:
    """The card of a version whose files are as they were published, be its features such as this mlcap reads or not.

    Args:
        sha256: of its manifest, where it is known.

    Raises:
        ArtifactError: the manifest cannot be read, or a file is missing, changed or too many.
    """
    files = stated_files(manifest_data(folder, sha256), folder / MANIFEST)
    wanted = [name for name in files if _FILE.fullmatch(name)]
    if CARD not in wanted:
        raise ArtifactError(f"{folder / MANIFEST}: names no {CARD}; fetch the version again")
    try:
        return _checked_files(folder, files, wanted)[CARD].decode("utf-8", errors="replace")
    except OSError as error:
        raise ArtifactError(f"{folder}: cannot be read ({error.strerror})") from error


def _weights(folder: Path, content: dict[str, bytes], manifest: Manifest, facet: Facet, layout: Layout) -> FacetWeights:
    """The weights of a facet, in single precision as they are stored; the content of its files is let go."""
    count, used = len(facet.values), manifest.blocks[facet.name]
    name = common_file(facet.name)
    size = sum(len(layout.vocabulary[block]) for block in used)
    common = _spread(_weights_array(content.pop(name), (count, size), folder / name), used, layout)
    mentions = np.zeros((count, 0))
    if facet.multiple:
        name = mentions_file(facet.name)
        mentions = _weights_array(content.pop(name), (count, layout.mentions), folder / name).astype(np.float64)
    numbers = {key: np.asarray(row) for key, row in vars(manifest.numbers[facet.name]).items()}
    return FacetWeights(facet, common, mentions, **numbers)
