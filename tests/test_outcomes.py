"""Which values are given, whether all of them are right, how probable that was, and why a person should look."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fixed import CREW, FACETS, SCENE, fixed_captions, fixed_tags, retold

from mlcap.evaluation.forecast import forecasts
from mlcap.evaluation.metrics import indicator
from mlcap.evaluation.outcomes import certainties, right_everywhere, share_right, tags_right, whole_probabilities
from mlcap.model import reasons
from mlcap.model.probability import certainty, picked_values, picks, whole_probability
from mlcap.model.review import Oddity, ReviewRule, find_reasons
from mlcap.types import ReasonKind, ReviewReason

P_SCENE = np.array([[0.7, 0.1, 0.1, 0.1], [0.1, 0.2, 0.3, 0.4]])
P_CREW = np.array([[0.9, 0.2, 0.6], [0.1, 0.5, 0.3]])


def test_the_most_probable_value_is_given_and_every_one_above_its_threshold():
    """One value of a single-valued facet whatever its threshold; of a multi-valued one all that exceed theirs."""
    assert picked_values(SCENE, picks(SCENE, P_SCENE, 0.99)) == ["dawn", "night"]
    assert picked_values(CREW, picks(CREW, P_CREW, np.array([0.5, 0.4, 0.7]))) == [("cook",), ("helm",)]
    assert picked_values(CREW, picks(CREW, P_CREW, 0.5)) == [("cook", "look-out"), ()]


def test_what_is_given_is_what_its_indicator_says():
    """Values, as an array and back, are the same."""
    for facet, p in ((SCENE, P_SCENE), (CREW, P_CREW)):
        given = picks(facet, p, 0.5)
        np.testing.assert_array_equal(indicator(facet, picked_values(facet, given)), given)


def test_certainty_by_hand():
    """Of what is given its probability, of a value not given the rest to 1; all together their product."""
    given = [picks(SCENE, P_SCENE, 0.5), picks(CREW, P_CREW, 0.5)]
    np.testing.assert_allclose(certainty(SCENE, P_SCENE, given[0])[0], [0.7, 1, 1, 1])
    np.testing.assert_allclose(certainty(CREW, P_CREW, given[1])[0], [0.9, 0.8, 0.6])
    whole = whole_probability(FACETS, [P_SCENE, P_CREW], given)
    np.testing.assert_allclose(whole, [0.7 * 0.9 * 0.8 * 0.6, 0.4 * 0.9 * 0.5 * 0.7])


def test_records_know_how_probable_the_whole_was():
    """From a caption's record comes the same certainty as from the probabilities that it was tagged by."""
    (one,) = fixed_tags()[:1]
    assert whole_probabilities(FACETS, [one]) == pytest.approx([0.97 * 0.9 * 0.95 * 0.95])
    np.testing.assert_allclose(certainties(CREW, [one]), [[0.9, 0.95, 0.95]])
    assert whole_probabilities(FACETS, []).shape == (0,)


def test_right_everywhere_counts_labels_alone():
    """A facet without a label is not held against a caption, one wrong facet is."""
    labels = [{"scene": "dawn", "crew": ("cook",)}, {"scene": "dawn"}, {}]
    tags = [{"scene": "dawn", "crew": ()}, {"scene": "dawn", "crew": ()}, {"scene": "noon", "crew": ()}]
    assert right_everywhere(FACETS, labels, tags).tolist() == [False, True, True]
    assert right_everywhere([SCENE], labels, tags).tolist() == [True, True, True]
    assert right_everywhere([], labels, tags).all()


def test_right_and_share_right_of_tagged_captions():
    """Of the captions by hand six are right in both facets; the others in one or in none."""
    captions, tagged = fixed_captions(), fixed_tags()
    right = tags_right(FACETS, captions, tagged)
    share = share_right(captions, tagged)
    assert right.tolist() == (share == 1).tolist()
    assert set(share) == {0.0, 0.5, 1.0}


def _reasons(rule, whole, oddity):
    tags = [(SCENE, P_SCENE[1], picks(SCENE, P_SCENE, 0.5)[1]), (CREW, P_CREW[1], picks(CREW, P_CREW, 0.4)[1])]
    return find_reasons(rule, tags, whole, oddity)


def test_each_reason_has_its_kind_and_words():
    """What is uncertain names its facet, what is odd about the caption does not."""
    never, fine = ReviewRule.never(FACETS), Oddity((9, 1.0), empty=False)
    assert _reasons(never, 0.5, fine) == ()
    cases = {
        ReasonKind.NO_WORDS: (never, 0.5, Oddity((0, 1.0), empty=True)),
        ReasonKind.UNLIKE_TRAINING: (never, 0.5, Oddity((2, 0.4), empty=False)),
        ReasonKind.TOO_SHORT: (never, 0.5, Oddity((3, 0.6), empty=False)),
        ReasonKind.BELOW_THRESHOLD: (ReviewRule({"scene": (0.5,) * 4}, 0.0), 0.5, fine),
        ReasonKind.OTHER_WITHOUT_BACKGROUND: (never, 0.5, replace(fine, without_background={"scene": "dawn"})),
        ReasonKind.WHOLE_UNCERTAIN: (ReviewRule({"scene": (0.0,) * 4}, 0.6), 0.5, fine),
        ReasonKind.CONTRADICTION: (never, 0.5, replace(fine, reasons=(reasons.contradiction("it does not fit"),))),
    }
    for kind, (rule, whole, oddity) in cases.items():
        (reason,) = _reasons(rule, whole, oddity)
        assert reason.kind == kind
        assert reason.about == ("" if kind.of_caption else "scene")
        assert reason.words
    assert _reasons(*cases[ReasonKind.BELOW_THRESHOLD])[0].words == "scene uncertain: night 0.40, dusk 0.30"
    assert _reasons(*cases[ReasonKind.WHOLE_UNCERTAIN])[0].words == "scene uncertain: night 0.40"


def test_a_reason_goes_by_its_kind_and_not_by_its_words():
    """A forecast sends a caption to review at every target for what is odd about it, however that is worded."""
    captions = fixed_captions(20)

    def tags(kind):
        reason = ReviewReason(kind, "", "scene uncertain: it says so, in words of another kind")
        return [retold(replace(t, reasons=(reason,)), c.labels) for c, t in zip(captions, fixed_tags(20), strict=True)]

    assert all(f.automatic == 0 for f in forecasts(FACETS, captions, tags(ReasonKind.CONTRADICTION)))
    assert any(f.automatic > 0 for f in forecasts(FACETS, captions, tags(ReasonKind.BELOW_THRESHOLD)))
