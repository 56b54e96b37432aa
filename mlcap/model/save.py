"""Writing a model version into an empty folder."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlcap.features.blocks import BLOCKS
from mlcap.features.schema import schema_hash
from mlcap.files import sync_folder
from mlcap.model.format import CARD, EVALUATION, FORMAT, IDF, MANIFEST, VOCABULARY, common_file, mentions_file
from mlcap.model.layout import Layout
from mlcap.model.manifest import FacetNumbers, FileDigest, Manifest, Provenance
from mlcap.model.promise import Promise
from mlcap.model.review import ReviewRule
from mlcap.model.scorer import FacetWeights


def array_bytes(array: np.ndarray) -> bytes:
    """The bytes of an `.npy` file, the same for the same array."""
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    return stream.getvalue()


def json_bytes(data: Any) -> bytes:
    """The bytes of a JSON file, the same for the same data."""
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def version_files(
    layout: Layout,
    weights: list[FacetWeights],
    review: ReviewRule,
    provenance: Provenance,
    card: str,
    evaluation: Mapping[str, Any] | None,
    origin: FacetWeights | None = None,
    promises: Sequence[Promise] = (),
) -> dict[str, bytes]:
    """Give the content of every file of a version.

    Args:
        layout, weights: what was learned.
        review: when tags need review.
        provenance: how the version came about and how well it does.
        card: the text of `card.md`.
        evaluation: metrics on the held-out missions.
        origin: where pictures come from, None where that was not learned.
        promises: what is kept on desks that training has not seen.
    """
    content: dict[str, bytes] = {
        VOCABULARY: json.dumps(dict(layout.vocabulary), ensure_ascii=False, separators=(",", ":")).encode("utf-8"),
        IDF: array_bytes(layout.idf.astype("<f4")),
        CARD: card.encode("utf-8"),
        EVALUATION: json_bytes(evaluation),
    }
    columns = layout.slices
    every = [*weights, *([origin] if origin else ())]
    blocks = {w.facet.name: tuple(b.name for b in BLOCKS if w.common[:, columns[b.name]].any()) for w in every}
    for w in every:
        kept = [w.common[:, columns[b]] for b in blocks[w.facet.name]]
        common = np.hstack(kept) if kept else w.common[:, :0]
        content[common_file(w.facet.name)] = array_bytes(common.astype("<f4"))
        if w.facet.multiple:
            content[mentions_file(w.facet.name)] = array_bytes(w.mentions.astype("<f4"))
    manifest = Manifest(
        format=FORMAT,
        schema=schema_hash(),
        facets=tuple(w.facet for w in weights),
        blocks=blocks,
        numbers={w.facet.name: _numbers(w) for w in every},
        review=review,
        promises=tuple(promises),
        provenance=provenance,
        files={name: FileDigest(hashlib.sha256(data).hexdigest(), len(data)) for name, data in sorted(content.items())},
    )
    content[MANIFEST] = json_bytes(manifest.as_data())
    return content


def _numbers(weights: FacetWeights) -> FacetNumbers:
    rows = (weights.intercept, weights.slope, weights.offset, weights.thresholds)
    return FacetNumbers(*(tuple(round(float(x), 6) for x in row) for row in rows))


def write_files(folder: Path, content: Mapping[str, bytes]) -> None:
    """Write files into a folder and bring them to the disk.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    for name, data in content.items():
        with open(folder / name, "xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    sync_folder(folder)
