"""What the metrics are when a kind of feature is missing from the captions to be tagged."""

from __future__ import annotations

from collections.abc import Sequence

from mlcap.evaluation.metrics import facet_metrics
from mlcap.model.probability import picked_values, picks
from mlcap.rounding import rounded
from mlcap.training.cross_validation import OutOfFold
from mlcap.types import Facet, LabelledCaption


def masked_metrics(
    facets: Sequence[Facet], captions: Sequence[LabelledCaption], out_of_fold: OutOfFold
) -> dict[str, dict[str, float | None]]:
    """Measure out of fold with each block of features masked in turn, the weights unchanged.

    Headers, ids and credits can be absent from a caption; what is learned from them must not be all there is.
    Counted on library captions where there are any, else on all.

    Returns:
        Block (`nothing` first) -> facet -> micro-F1, which for a single-valued facet is the share right.

    """
    real = [i for i, c in enumerate(captions) if c.source == "library"]
    counted = real or list(range(len(captions)))
    names = ["nothing", *(out_of_fold.blocks[0] if out_of_fold.blocks else ())]
    table: dict[str, dict[str, float | None]] = {}
    for name in names:
        table[name] = {}
        for facet, scores, blocks in zip(facets, out_of_fold.scores, out_of_fold.blocks, strict=True):
            picked = [i for i in counted if facet.name in captions[i].labels]
            if not picked:
                continue
            left = scores if name == "nothing" else scores - blocks[name]
            metrics = facet_metrics(
                facet,
                [captions[i].labels[facet.name] for i in picked],
                picked_values(facet, picks(facet, left[picked], 0.0)),
            )
            table[name][facet.name] = rounded(metrics.micro_f1)
    return table
