"""What the manifest of a version says of its training."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import numpy as np
import sklearn

import mlcap
from mlcap.labels.digest import text_digest
from mlcap.labels.folder import Labels
from mlcap.model.manifest import LibraryLabels, Provenance, StoreDigest, TrainingRecord, caption_digests
from mlcap.training.parameters import TrainingParameters
from mlcap.training.slices import SliceMetrics
from mlcap.types import LabelledCaption


def made_with() -> dict[str, str]:
    """Program -> its version, of those that the outcome of a training depends on."""
    return {
        "mlcap": mlcap.__version__,
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }


def provenance(
    labels: Labels,
    captions: Sequence[LabelledCaption],
    parameters: TrainingParameters,
    command: str,
    stores: Sequence[StoreDigest],
    slices: Mapping[str, SliceMetrics],
    masked: Mapping[str, Mapping[str, float | None]],
) -> Provenance:
    """Record how a version was trained and how well it does, for its manifest and card.

    Args:
        captions: what it was trained on.
        command: the command line.
        stores: the caption stores.
        slices: out-of-fold metrics.
        masked: what `masked_metrics` gives.

    """
    found = sorted(f"{c.id} {text_digest(c.text)}" for c in captions if c.source == "library")
    training = TrainingRecord(
        command=command,
        parameters=asdict(parameters),
        captions=dict(sorted(Counter(c.source for c in captions).items())),
        label_files=dict(sorted(labels.digests.items())),
        stores=tuple(stores),
        library_labels=LibraryLabels(
            written=labels.joined.labels if labels.joined else 0,
            text_found=len(labels.joined.captions) if labels.joined else 0,
            trained_on_sha256=hashlib.sha256("\n".join(found).encode()).hexdigest(),
        ),
        held_out_missions=frozenset(labels.held_out),
        held_out_drawn=labels.drawn,
        missions=len({c.mission for c in captions}),
        caption_digests=caption_digests(captions),
    )
    return Provenance(training, made_with(), {name: part.as_data() for name, part in slices.items()}, masked)
