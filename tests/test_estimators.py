"""The public estimators: scikit-learn's own checks, and the ways in which its users will use them."""

from __future__ import annotations

import pickle
from collections import Counter

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from conftest import corpus_records, few_records
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict
from sklearn.preprocessing import MultiLabelBinarizer
from sklearn.utils.estimator_checks import parametrize_with_checks

import mlcap
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.location import shipped_taxonomy
from mlcap.training.fit import fit_facets
from mlcap.training.matrix import common_columns
from mlcap.training.parameters import SINGLE_WEIGHTS, TrainingParameters

EVENT, ROLE = FACETS = mlcap.read_taxonomy(shipped_taxonomy())
_LABELS = "it gives labels that do not say 0 or 1 of each value; tests below do what it does with labels that do"
#: Checks that do not fit, each with its reason.
EXCEPTIONS = {
    "MultiValueClassifier": {
        **dict.fromkeys(
            (
                "check_estimators_dtypes",
                "check_estimator_sparse_array",
                "check_estimator_sparse_matrix",
                "check_classifier_data_not_an_array",
                "check_classifiers_one_label",
                "check_classifiers_classes",
                "check_classifiers_train",
                "check_decision_proba_consistency",
                "check_fit2d_1feature",
            ),
            _LABELS,
        ),
        "check_classifier_not_supporting_multiclass": "it wants to read that labels are binary; they may be in columns",
    }
}


def expected(estimator):
    """The checks that do not fit an estimator."""
    return EXCEPTIONS.get(type(estimator).__name__, {})


@parametrize_with_checks([mlcap.SingleValueClassifier(), mlcap.MultiValueClassifier()], expected_failed_checks=expected)
def test_scikit_learn_finds_nothing(estimator, check):
    """The numeric parts are estimators as scikit-learn wants them."""
    check(estimator)


@pytest.fixture(scope="module")
def table():
    """Captions as people of data frames have them: a table whose index says nothing of its order."""
    records = few_records(8)
    frame = pd.DataFrame(records)[["id", "text", "event", "crew_role", "mission"]]
    return frame.set_index(pd.Index(range(1000, 1000 + len(frame))[::-1]))


def labels_of(facet, table):
    """The labels of a facet as its classifier takes them."""
    return indicator(facet, [tuple(v) for v in table[facet.name]]) if facet.multiple else table[facet.name]


def numeric():
    """Rows that a line parts, and two values that hold on either side of it, or both."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 4))
    return X, np.stack([X[:, 0] > 0, X[:, 1] > 0], axis=1).astype(int)


@pytest.mark.parametrize("kind", [np.float32, np.int64, sp.csr_matrix, sp.csc_array, pd.DataFrame, np.ndarray.tolist])
def test_several_values_are_learned_from_any_matrix(kind):
    """Dense or sparse, of any type of numbers: the same is learned, and scores, probabilities and labels agree."""
    X, Y = numeric()
    X = np.round(X * 8)
    given = X.astype(kind) if isinstance(kind, type) and issubclass(kind, np.generic) else kind(X)
    plain = mlcap.MultiValueClassifier(C=10.0).fit(X, Y)
    fitted = mlcap.MultiValueClassifier(C=10.0).fit(given, Y.tolist())
    np.testing.assert_allclose(fitted.coef_, plain.coef_, atol=1e-6)
    scores, p, labels = fitted.decision_function(given), fitted.predict_proba(given), fitted.predict(given)
    assert scores.shape == p.shape == labels.shape == Y.shape
    assert (labels == (scores > 0)).all()
    assert (np.diff(p.ravel()[np.argsort(scores.ravel())]) >= 0).all()
    assert fitted.score(given, Y) > 0.8
    assert fitted.classes_.tolist() == [0, 1]


def test_a_value_without_examples_is_never_given():
    """A value that training has none of is there, and is not given; a second fit forgets the first."""
    X, y = [[0.0], [1.0], [0.1], [0.9]], ["day", "night", "day", "night"]
    single = mlcap.SingleValueClassifier(("dusk", "day", "night")).fit(X, y)
    assert single.predict_proba(X)[:, 0].max() < 0.01
    assert list(single.classes_) == ["dusk", "day", "night"]
    again = single.fit([[0.0, 1.0], [1.0, 0.0]], ["dusk", "day"])
    assert again.coef_.shape == (3, 2)
    several = mlcap.MultiValueClassifier(("cook", "helm")).fit(X, [[1, 0], [0, 0], [1, 0], [0, 0]])
    assert several.predict(X)[:, 1].max() == 0
    assert mlcap.MultiValueClassifier(("cook",)).fit(X, np.zeros((4, 1))).predict(X).max() == 0


@pytest.mark.parametrize("facet", FACETS, ids=lambda f: f.name)
def test_a_pipeline_is_put_together_before_it_is_fitted(facet, table):
    """It can be cloned, asked for its parameters and told others; fitting changes none of them."""
    pipeline = mlcap.caption_pipeline(facet)
    before = {k: v for k, v in pipeline.get_params().items() if "__" in k}
    changed = clone(pipeline).set_params(classify__C=0.07, vectorize__weights={"lead": 1.0})
    assert changed.get_params()["classify__C"] == 0.07
    pipeline.fit(table["text"], labels_of(facet, table))
    after = {k: v for k, v in pipeline.get_params().items() if "__" in k}
    assert before == after
    fresh = clone(pipeline)
    assert {k: v for k, v in fresh.get_params().items() if "__" in k} == before
    assert not hasattr(fresh["vectorize"], "layout_")


@pytest.mark.parametrize("facet", FACETS, ids=lambda f: f.name)
def test_cross_validation_by_group(facet, table):
    """`cross_val_predict` with missions as groups gives each caption what was learned without its mission."""
    y = labels_of(facet, table)
    pipeline = mlcap.caption_pipeline(facet)
    folds = GroupKFold(3)
    given = cross_val_predict(pipeline, table["text"], y, groups=table["mission"], cv=folds)
    assert given.shape == np.shape(y)
    train, test = next(folds.split(table, groups=table["mission"]))
    texts, y = list(table["text"]), np.asarray(y)
    alone = clone(pipeline).fit([texts[i] for i in train], y[train])
    np.testing.assert_array_equal(given[test], alone.predict([texts[i] for i in test]))
    p = cross_val_predict(pipeline, texts, y, groups=table["mission"], cv=folds, method="predict_proba")
    assert p.shape == (len(table), len(facet.values))
    np.testing.assert_allclose(p[test], alone.predict_proba([texts[i] for i in test]))


def test_a_search_over_strength_and_weights(table):
    """`GridSearchCV` finds its way through C and the weights of blocks, and fits the best again."""
    weights = [dict(SINGLE_WEIGHTS), {"lead": 1.0}, {"codes": 0.1}]
    grid = {"classify__C": [0.05, 0.5], "vectorize__weights": weights}
    search = GridSearchCV(mlcap.caption_pipeline(EVENT), grid, cv=GroupKFold(2))
    search.fit(table["text"], table["event"], groups=table["mission"])
    found = search.cv_results_["mean_test_score"]
    assert len(found) == 6
    assert len(set(found)) > 1
    assert search.best_params_["vectorize__weights"] != {"codes": 0.1}
    assert search.best_estimator_.predict(["Divers lower the astronaut into the pool."]).shape == (1,)


@pytest.mark.parametrize("facet", FACETS, ids=lambda f: f.name)
def test_any_column_of_texts_will_do(facet, table):
    """A list, a tuple, an array and a pandas Series of whatever index and type give the same."""
    y = np.asarray(labels_of(facet, table))
    texts = list(table["text"])
    kinds = (
        texts,
        tuple(texts),
        np.asarray(texts),
        np.asarray(texts, dtype=object),
        table["text"],
        pd.Series(texts, dtype="string"),
    )
    scores = [mlcap.caption_pipeline(facet).fit(k, y).predict_proba(k) for k in kinds]
    for other in scores[1:]:
        np.testing.assert_array_equal(scores[0], other)


@pytest.mark.parametrize("facet", FACETS, ids=lambda f: f.name)
def test_a_fitted_pipeline_is_pickled(facet, table, tmp_path):
    """Pickled or dumped by joblib and loaded again it gives the same."""
    fitted = mlcap.caption_pipeline(facet).fit(table["text"], labels_of(facet, table))
    joblib.dump(fitted, tmp_path / "p.joblib")
    for loaded in (pickle.loads(pickle.dumps(fitted)), joblib.load(tmp_path / "p.joblib")):  # noqa: S301
        np.testing.assert_array_equal(loaded.predict_proba(table["text"]), fitted.predict_proba(table["text"]))


def test_columns_have_names(table):
    """A name for each column, in their order, mentions with their value."""
    features = mlcap.CaptionReader().fit_transform(table["text"])
    vectorizer = mlcap.CaptionVectorizer(ROLE.names).fit(features)
    names = list(vectorizer.get_feature_names_out())
    assert len(names) == len(set(names)) == vectorizer.transform(features).shape[1]
    first, last = vectorizer.offsets_["mentions:pilot"]
    assert all(name.startswith("mentions:pilot ") for name in names[first:last])
    assert names[vectorizer.layout_.columns("lead")["the"]] == "lead the"


TEXTS, EVENTS = ["A crane waits.", "Divers wave."], ["launch", "training"]
WRONG = {
    "one text": (EVENT, "A crane waits.", EVENTS, "captions must be a list of texts, not one str"),
    "nothing": (EVENT, None, EVENTS, "not one NoneType"),
    "a number among texts": (
        EVENT,
        ["A crane waits.", 7],
        EVENTS,
        r"caption 1 \(counted from 0\) must be a text, not int",
    ),
    "a gap in a column": (
        EVENT,
        pd.Series(["A crane.", np.nan], dtype=object),
        EVENTS,
        r"caption 1 \(counted from 0\) is missing \(nan.*dropna",
    ),
    "a whole table": (EVENT, pd.DataFrame({"text": TEXTS}), EVENTS, "give the column with the captions"),
    "no caption": (EVENT, [], [], "there is no caption"),
    "one value only": (EVENT, TEXTS, ["launch"] * 2, "all captions have the same value, .*launch"),
    "fewer labels": (EVENT, TEXTS, ["launch"], "inconsistent numbers of samples"),
    "names instead of columns": (ROLE, TEXTS, [["pilot"], ["pilot"]], "MultiLabelBinarizer"),
    "too few columns": (ROLE, TEXTS, [[0, 1], [1, 0]], "labels have 2 columns for 9 values"),
    "other numbers": (ROLE, TEXTS, [[2] * 9, [0] * 9], "whether it holds"),
    "lists of unlike lengths": (ROLE, TEXTS, [["pilot"], []], "not list names.*MultiLabelBinarizer"),
    "a list with what is no value": (ROLE, TEXTS, [["pilot"], ["cook"]], "label 'cook' is none of the values"),
    "several values in a cell": (ROLE, TEXTS, ["pilot;commander", ""], "not name values .'pilot;commander'"),
    "such a column": (ROLE, TEXTS, pd.Series(["pilot;commander", None]), "not name values"),
    "a gap among lists": (ROLE, TEXTS, [None, ["pilot"]], r"the label of caption 0 \(counted from 0\) is missing"),
    "a gap among labels": (EVENT, TEXTS, ["launch", None], r"label 1 \(counted from 0\) is missing \(None\)"),
    "a number that is none": (EVENT, TEXTS, ["launch", np.nan], r"label 1 \(counted from 0\) is missing \(nan\)"),
    "a list for one value": (
        EVENT,
        TEXTS,
        ["launch", ["landing", "launch"]],
        "label 1 .*takes one name for each caption",
    ),
    "no value of the facet": (EVENT, TEXTS, ["launch", "lunch"], "label 'lunch' is none of the values launch, landing"),
    "no labels": (ROLE, TEXTS, None, "requires y to be passed"),
}


@pytest.mark.parametrize("what", WRONG)
def test_errors_of_fitting_are_clear(what):
    """What is wrong is said where `fit` is called, in one line."""
    facet, X, y, message = WRONG[what]
    with pytest.raises(ValueError, match=message) as caught:
        mlcap.caption_pipeline(facet).fit(X, y)
    assert len(str(caught.value).splitlines()) == 1
    assert isinstance(caught.value, mlcap.MlcapError) or what == "fewer labels"


def test_errors_of_parts_that_do_not_fit_together(table):
    """A weight of no block, captions that were not read, a matrix that was cut, and other values are refused."""
    with pytest.raises(ValueError, match="no block 'led' to weigh; blocks are"):
        mlcap.caption_pipeline(EVENT).set_params(vectorize__weights={"led": 1.0}).fit(TEXTS, EVENTS)
    for weight in (-1.0, float("nan"), "1"):
        with pytest.raises(ValueError, match="the weight of block 'lead' must be a number from 0"):
            mlcap.caption_pipeline(EVENT).set_params(vectorize__weights={"lead": weight}).fit(TEXTS, EVENTS)
    with pytest.raises(ValueError, match="label 'lunch' is none of the values launch, landing"):
        mlcap.SingleValueClassifier(EVENT.names).fit([[0.0], [1.0]], ["launch", "lunch"])
    with pytest.raises(ValueError, match="put a CaptionReader before"):
        mlcap.CaptionVectorizer().fit(TEXTS)
    features = mlcap.CaptionReader().fit_transform(table["text"])
    matrix = mlcap.CaptionVectorizer(ROLE.names).fit_transform(features)
    classifier = mlcap.MultiValueClassifier(ROLE.names)
    y = labels_of(ROLE, table)
    with pytest.raises(ValueError, match="cut from another"):
        classifier.fit(matrix[:10], y[:10])
    wider = matrix.copy()
    wider.common = matrix.common - 1
    with pytest.raises(ValueError, match="no mention columns for 9 values"):
        common_columns(wider, 9)


def test_labels_as_scikit_learn_makes_them(table):
    """MultiLabelBinarizer's matrix is what the classifier of several values takes, and its inverse makes names again."""
    binarizer = MultiLabelBinarizer(classes=list(ROLE.names))
    y = binarizer.fit_transform(table["crew_role"])
    pipeline = mlcap.caption_pipeline(ROLE).fit(table["text"], y)
    back = binarizer.inverse_transform(pipeline.predict(["Commander Ida Moe waves to her family."]))
    assert back == [("commander",)]


def test_training_fits_the_same_objects(small):
    """What `mlcap train` fits for each facet is what its public pipeline learns from the same captions."""
    labels = read_labels(small / "labels", (), shipped_taxonomy())
    captions = sorted(labels.training(), key=lambda c: c.id)
    parameters = TrainingParameters()
    fitted = fit_facets(labels.facets, captions, [extract(c.text) for c in captions], parameters)
    for facet in labels.facets:
        given = [c.labels[facet.name] for c in captions]
        pipeline = mlcap.caption_pipeline(facet, parameters)
        pipeline.set_params(classify__values=facet.names)
        pipeline.fit([c.text for c in captions], indicator(facet, given) if facet.multiple else given)
        mine, theirs = pipeline, fitted.pipelines[facet.name]
        assert [type(step) for _, step in mine.steps[1:]] == [type(step) for _, step in theirs.steps]
        np.testing.assert_allclose(mine["classify"].coef_, theirs["classify"].coef_, atol=1e-9)
        names = theirs["vectorize"].get_feature_names_out()
        assert list(mine["vectorize"].get_feature_names_out()) == list(names)


def test_tags_of_the_public_pipeline_are_those_of_the_shipped_scorer():
    """On two thousand captions the probabilities agree within 1e-6, and so do the tags and roles that are given."""
    texts = [r["text"] for r in corpus_records()]
    # Further captions are made of these, half of one and half of another.
    texts += [f"{a[: len(a) // 2]} {b[len(b) // 2 :]}" for a, b in zip(texts, texts[7:], strict=False)]
    texts = (texts * 2)[:2000]
    tagger = mlcap.load()
    words = mlcap.taxonomy.extra_words(tagger.facets)
    scorer = tagger.artifact.scorer
    features = [extract(text, words) for text in texts]
    ours = scorer.probabilities(scorer.score(features))
    for weights, p in zip(scorer.weights, ours, strict=True):
        pipeline = mlcap.fitted_pipelines(tagger)[weights.facet.name]
        assert np.abs(pipeline[1:].predict_proba(features) - p).max() < 1e-6
        given = pipeline.predict(texts[:200])
        if weights.facet.multiple:
            assert (given == (p[:200] > weights.thresholds)).all()
        else:
            assert Counter(given) == Counter(weights.facet.names[i] for i in p[:200].argmax(axis=1))
