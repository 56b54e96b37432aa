"""Metrics and their intervals: sums by mission give what the captions themselves give."""

from __future__ import annotations

import numpy as np
import pytest
from fixed import CREW, SCENE, fixed_captions, fixed_tags

from mlcap.cli.matrix import confusion_lines
from mlcap.evaluation.confusion import ConfusionCell, Outcomes, captions_in, confusion, unreviewed
from mlcap.evaluation.doubts import Doubt, doubts_of
from mlcap.evaluation.intervals import DRAWS, bootstrap
from mlcap.evaluation.metrics import averages, difference, facet_metrics, share


def labels(facet, rows):
    """The labels and tags of some of the fixed captions, by index."""
    captions, tags = fixed_captions(), fixed_tags()
    return [captions[i].labels[facet.name] for i in rows], [tags[i].tags[facet.name] for i in rows]


@pytest.mark.parametrize("facet", [SCENE, CREW], ids=lambda f: f.name)
def test_averages_are_the_metrics_of_the_captions(facet):
    """The averages of a facet are the fields of its metrics that bear their names."""
    gold, given = labels(facet, range(9))
    metrics = facet_metrics(facet, gold, given)
    for name, average in averages(facet, gold, given).items():
        assert average.value == pytest.approx(getattr(metrics, name), abs=1e-12)


@pytest.mark.parametrize("facet", [SCENE, CREW], ids=lambda f: f.name)
def test_intervals_are_those_of_captions_drawn_one_by_one(facet):
    """Drawing sums gives the interval that drawing each mission's captions and measuring them anew gives."""
    missions = ["a", "b", "a", "c", "d", "d", "b", "e", "e"]
    gold, given = labels(facet, range(9))
    groups = [[i for i, m in enumerate(missions) if m == name] for name in dict.fromkeys(missions)]
    for name, average in averages(facet, gold, given).items():
        rng = np.random.default_rng(0)
        found = []
        for _ in range(DRAWS):
            rows = [i for g in rng.integers(0, len(groups), len(groups)) for i in groups[g]]
            value = getattr(facet_metrics(facet, *labels(facet, rows)), name)
            found += [] if value is None else [value]
        assert bootstrap(missions, average) == pytest.approx(tuple(np.percentile(found, [2.5, 97.5])), abs=1e-12)


def test_many_missions_are_drawn_part_by_part(monkeypatch):
    """Counting few draws at a time, as many missions make it, changes no interval."""
    right = share(np.arange(60) % 3 == 0)
    missions = [str(i // 2) for i in range(60)]
    whole = bootstrap(missions, right)
    monkeypatch.setattr("mlcap.evaluation.intervals._AT_ONCE", 100)
    assert bootstrap(missions, right) == whole


def test_nothing_to_count_is_no_metric():
    """A share of nothing is None, draws without anything are left out, and where all are there is no interval."""
    none = share(np.ones(4, dtype=bool), np.zeros(4, dtype=bool))
    assert none.value is None
    assert bootstrap(["a", "b", "c", "d"], none) is None
    some = share(np.array([True, False, True, True]), np.array([True, False, False, False]))
    assert some.value == 1
    assert bootstrap(["a", "b", "c", "d"], some) == (1, 1)
    assert difference(some, none).value is None


def test_four_outcomes_hold_every_caption_once():
    """True and false positives and negatives of a value are the captions, and the cells hold as many as are counted."""
    captions, tags = fixed_captions(), fixed_tags()
    outcomes = Outcomes.of(CREW, captions, tags)
    for row in confusion(CREW, captions, tags).rows:
        pairs = [(row.value, row.value), (row.value, None), (None, row.value)]
        cells = [outcomes.among(outcomes.in_cell(ConfusionCell(CREW, *pair))) for pair in pairs]
        assert list(map(len, cells)) == [row.true_positives, row.false_negatives, row.false_positives]
        assert len(set().union(*cells)) + row.true_negatives == len(captions)


def test_captions_without_a_label_are_in_no_cell():
    """The places of a cell's captions are those among all captions, whether or not all are labelled."""
    captions, tags = fixed_captions(), fixed_tags()
    bare = [type(captions[0])("x", "x", {}, "m", "own"), *captions]
    assert captions_in(ConfusionCell(SCENE, "dawn", "dusk"), bare, [tags[0], *tags]) == [3, 4]


def test_a_matrix_without_review_has_no_column_for_it():
    """From metrics alone the same matrix and pairs are drawn, without a word of review."""
    captions, tags = fixed_captions(), fixed_tags()
    with_review = confusion(SCENE, captions, tags)
    without = unreviewed(SCENE, facet_metrics(SCENE, *labels(SCENE, range(9))))
    assert without.counts == with_review.counts
    assert [(p.labelled, p.given, p.captions) for p in without.pairs] == [
        (p.labelled, p.given, p.captions) for p in with_review.pairs
    ]
    assert [r.true_negatives for r in without.rows] == [r.true_negatives for r in with_review.rows]
    assert not any("review" in line or "None" in line for line in confusion_lines(without))


def test_doubts_are_told_value_by_value():
    """A label is doubted by the value predicted in its stead; of several values each that differs by itself."""
    sure = np.array([[0.9, 0.8, 0.7, 0.6]])
    assert doubts_of(SCENE, [5], ["noon"], ["dawn"], sure) == [Doubt(5, "scene", "noon", "dawn", 0.9)]
    assert doubts_of(SCENE, [5], ["noon"], ["noon"], sure) == []
    found = doubts_of(CREW, [5], [("cook",)], [("helm",)], np.array([[0.9, 0.8, 0.7]]))
    assert found == [Doubt(5, "crew", "cook", "", 0.9), Doubt(5, "crew", "", "helm", 0.8)]
