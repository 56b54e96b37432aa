"""Training: captions counted once for all fits, the joint fit of a facet's values, folds in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal

import numpy as np
import pytest
import scipy.sparse as sp
from conftest import corpus_records

from mlcap.features.extract import extract
from mlcap.model.location import shipped_taxonomy
from mlcap.taxonomy import read_taxonomy
from mlcap.training.counts import CaptionCounts
from mlcap.training.pairs import BIAS, fit_pairs
from mlcap.training.processes import in_processes
from mlcap.training.ratios import column_weights
from mlcap.training.vectorizer import CaptionVectorizer

_, ROLE = read_taxonomy(shipped_taxonomy())


@pytest.fixture(scope="module")
def features():
    """The features of some composed captions."""
    return [extract(r["text"]) for r in corpus_records()[::9]]


@pytest.mark.parametrize("step", [3, 40])  # With the second, so few captions that every feature is known.
def test_counts_know_what_a_vectorizer_learns(features, step):
    """A fit on some of the captions counted together knows the columns and amounts of one that saw these alone."""
    rows = np.arange(0, len(features), step)
    picked = [features[i] for i in rows]
    vectorizer = CaptionVectorizer(ROLE.names).fit(picked)
    counts = CaptionCounts.of(features, ROLE.names)
    known = counts.learn(rows)
    assert known.layout.vocabulary == vectorizer.layout_.vocabulary
    np.testing.assert_array_equal(known.layout.idf, vectorizer.layout_.idf)
    others = np.arange(1, len(features), step)
    for chosen in (rows, others):
        theirs = vectorizer.transform([features[i] for i in chosen])
        assert abs(counts.amounts(known, chosen) - theirs).max() < 1e-12


def test_amounts_of_many_captions_are_those_of_each(features):
    """The matrix of training holds what the scorer gives a caption by itself, mentions in the columns of their value."""
    vectorizer = CaptionVectorizer(ROLE.names).fit(features)
    layout, matrix = vectorizer.layout_, vectorizer.transform(features).toarray()
    for row, one in enumerate(features):
        expected = np.zeros(matrix.shape[1])
        columns, amounts = layout.vector(one)
        expected[columns] = amounts
        for value in ROLE.names:
            expected[vectorizer.offsets_[f"mentions:{value}"][0] + layout.mention_columns(one, value)] = 1
        np.testing.assert_allclose(matrix[row], expected, atol=1e-12)


def test_words_have_unit_length_in_each_block(features):
    """Each word block of a caption has length 1, and what a caption has or has not is 1."""
    layout = CaptionVectorizer().fit(features).layout_
    columns, amounts = layout.vector(features[0])
    lead = layout.slices["lead"]
    words = amounts[(columns >= lead.start) & (columns < lead.stop)]
    assert words @ words == pytest.approx(1)
    scenes = layout.slices["scenes"]
    assert set(amounts[(columns >= scenes.start) & (columns < scenes.stop)]) <= {1.0}


def _design(common, mentions, shared, own):
    """Every (caption, value) pair as a row of one matrix, as the weights would be learned by the book."""
    captions, count = common.shape[0], len(mentions)

    def placed(block, place):
        left, right = place, count - 1 - place
        width = block.shape[1]
        return [sp.csr_matrix((captions, width * left)), block, sp.csr_matrix((captions, width * right))]

    bias = sp.csr_matrix(np.full((captions, 1), BIAS))
    return sp.vstack(
        [
            sp.hstack([*placed(common, p), m * shared, *placed(m * own, p), *placed(bias, p)])
            for p, m in enumerate(mentions)
        ]
    ).tocsr()


@pytest.mark.parametrize("C", [0.5, 2.0, 20.0])
def test_pairs_are_fitted_as_scikit_learn_would(C):
    """The joint fit gives the weights of scikit-learn's logistic regression on the matrix of all pairs."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(3)
    common = sp.random(120, 15, 0.3, format="csr", random_state=1)
    mentions = [sp.random(120, 6, 0.2, format="csr", random_state=k) for k in range(4)]
    truth = [np.asarray(common @ rng.normal(size=15) * 3 + m @ rng.normal(size=6) * 2) for m in mentions]
    target = np.stack([t > np.quantile(t, 0.7) for t in truth], axis=1)
    ours = fit_pairs(common, mentions, target, C, 0.5, 0.3)
    model = LogisticRegression(C=C, solver="liblinear", tol=1e-8, max_iter=1000)
    theirs = model.fit(_design(common, mentions, 0.5, 0.3), target.T.ravel())
    scores = theirs.decision_function(_design(common, mentions, 0.5, 0.3)).reshape(4, 120).T
    mine = np.stack(
        [common @ ours.common[k] + m @ ours.mentions[k] + ours.intercept[k] for k, m in enumerate(mentions)], axis=1
    )
    np.testing.assert_allclose(mine, scores, atol=2e-4)


def test_weighed_pairs_are_those_of_weighed_columns():
    """A weight of 3 for one value's column is a column three times as large for this value."""
    rng = np.random.default_rng(5)
    common = sp.random(150, 8, 0.4, format="csr", random_state=2)
    none = [sp.csr_matrix((150, 0))] * 2
    target = np.stack([np.asarray(common @ rng.normal(size=8)) > 0.1 for _ in range(2)], axis=1)
    weigh = np.ones((2, 8))
    weigh[0, 3] = 3.0
    weighed = fit_pairs(common, none, target, 1.0, 0.5, 0.3, weigh)
    larger = common @ sp.diags([3.0 if column == 3 else 1.0 for column in range(8)])
    for value, matrix in ((0, larger.tocsr()), (1, common)):
        plain = fit_pairs(matrix, none, target, 1.0, 0.5, 0.3)
        factor = np.asarray([3.0 if (value, column) == (0, 3) else 1.0 for column in range(8)])
        np.testing.assert_allclose(weighed.common[value], plain.common[value] * factor, atol=1e-2)


def test_columns_weigh_by_how_unevenly_values_have_them():
    """A column that one value alone has weighs most, one that all have weighs least; the mean stays 1."""
    target = np.repeat([[True], [False]], 20, axis=0)
    X = sp.csr_matrix(np.column_stack([target[:, 0], np.ones(40), np.arange(40) % 4 == 0]).astype(float))
    weights = column_weights(X, target, 0.5)[0]
    assert weights[0] > weights[2] >= weights[1] > 0
    assert weights.mean() == pytest.approx(1)
    assert weights[1] == pytest.approx(0.5)
    np.testing.assert_array_equal(column_weights(X, target, 0.0), np.ones((1, 3)))
    np.testing.assert_allclose(column_weights(X[:, 1:2], target, 0.5), [[0.5]])


def test_pairs_of_one_outcome_or_without_mentions_are_fitted_too():
    """Values that every caption has, and captions without mentions, are no reason to fail."""
    common = sp.random(30, 5, 0.4, format="csr", random_state=1)
    none = [sp.csr_matrix((30, 0))] * 2
    weights = fit_pairs(common, none, np.ones((30, 2), dtype=bool), 1.0, 0.5, 0.3)
    assert (weights.intercept > 0).all()
    assert weights.mentions.shape == (2, 0)


class Work:
    """Something large that workers use and that cannot be sent to them."""

    def __init__(self):
        self.unsendable = lambda x: x * x

    def square(self, x):
        """Square a number, except an unlucky and a deadly one."""
        if x == 13:
            raise ValueError("unlucky")
        if x == 99:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.unsendable(x), os.getpid()


@pytest.mark.parametrize("jobs", [1, 3])
def test_results_come_in_order_from_processes_that_share(jobs):
    """Whatever the number of processes, the results stand in order, and what is needed was not sent."""
    found = list(in_processes(Work().square, range(9), jobs))
    assert [square for square, _ in found] == [x * x for x in range(9)]
    assert (os.getpid() in {process for _, process in found}) == (jobs == 1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_in_a_process_is_raised_and_ends_the_others(jobs):
    """What the function raises arrives, and no process is left."""
    with pytest.raises(ValueError, match="unlucky"):
        list(in_processes(Work().square, range(10, 20), jobs))
    assert not multiprocessing.active_children()


def test_who_stops_early_leaves_no_process():
    """A caller that takes the first result alone leaves nothing running."""
    results = in_processes(Work().square, range(8), 2)
    assert next(results)[0] == 0
    results.close()
    assert not multiprocessing.active_children()


def test_a_killed_process_is_an_error():
    """Where the system kills a process, the work ends with one error and does not wait for ever."""
    with pytest.raises(RuntimeError, match="was killed"):
        list(in_processes(Work().square, [1, 99, 2], 2))
    assert not multiprocessing.active_children()
