"""Reading gold captions that train the model by fits that never saw their missions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mlcap.errors import TrainingError
from mlcap.features.extract import extract
from mlcap.labels.digest import text_digest
from mlcap.model.review import Oddity, ReviewRule, decide
from mlcap.model.tagging import Tagger
from mlcap.taxonomy import extra_words
from mlcap.types import LabelledCaption, TaggedCaption


def read_out_of_fold(
    tagger: Tagger,
    captions: Sequence[LabelledCaption],
    training: Sequence[LabelledCaption],
    jobs: int = 1,
    advance: Callable[[], object] = lambda: None,
) -> dict[int, TaggedCaption]:
    """Tag the gold captions that are training captions out of fold, with the version's own calibration.

    Args:
        tagger: of the version.
        captions: the gold captions.
        training: what the version was trained on, as far as it is at hand.
        jobs: processes to use.
        advance: called after each fold.

    Returns:
        Index of the gold caption -> its tags; empty where no gold caption trains the model, or
        where the training captions at hand are too few to be split.
    """
    from mlcap.training.cross_validation import out_of_fold_scores
    from mlcap.training.parameters import TrainingParameters

    rows_of = {text_digest(c.text): i for i, c in enumerate(training)}
    seen = {i: rows_of[d] for i, c in enumerate(captions) if (d := text_digest(c.text)) in rows_of}
    if not seen:
        return {}
    words = extra_words(tagger.facets)
    features = [extract(c.text, words, c.catalogue) for c in training]
    try:
        scores = out_of_fold_scores(tagger.facets, training, features, TrainingParameters(), jobs, advance).scores
    except TrainingError:
        return {}
    rows = np.asarray(list(seen.values()), dtype=np.intp)
    weights = tagger.artifact.scorer.weights
    probabilities = [w.probabilities(s[rows]) for w, s in zip(weights, scores, strict=True)]
    # Review plays no part in doubting a label.
    rule, oddities = ReviewRule.never(tagger.facets), [Oddity((99, 1.0), empty=False)] * len(rows)
    tagged = decide(rule, weights, probabilities, oddities, f"{tagger.version}, out of fold")
    return dict(zip(seen, tagged, strict=True))
