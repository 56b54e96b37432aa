"""The model: scorer against scikit-learn, artifact checks, metrics, calibration."""

from __future__ import annotations

import json
import os
import random
import shutil

import numpy as np
import pytest
from conftest import corpus_records, few_records, write_jsonl
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import GroupKFold, cross_val_predict

import mlcap as library
from mlcap.errors import ArtifactError, TrainingError
from mlcap.evaluation.calibration import calibration_error, workload
from mlcap.evaluation.intervals import bootstrap
from mlcap.evaluation.metrics import Average, facet_metrics
from mlcap.explanation.people import plain_sentences
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.load import load_artifact
from mlcap.model.location import shipped_taxonomy
from mlcap.model.probability import picks
from mlcap.model.review import Oddity, ReviewRule, above_thresholds, find_reasons
from mlcap.model.save import array_bytes
from mlcap.rounding import DECIMALS
from mlcap.taxonomy import read_taxonomy
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.cross_validation import group_folds
from mlcap.training.parameters import TrainingParameters
from mlcap.training.promises import representative
from mlcap.training.thresholds import Demand, OutOfFoldTags, choose_rule
from mlcap.training.train import train
from mlcap.types import Facet, LabelledCaption, ReasonKind, Value

EVENT, ROLE = read_taxonomy(shipped_taxonomy())


@pytest.fixture(scope="module")
def trained(small):
    """The small model trained once more, with its scikit-learn pipelines."""
    labels = read_labels(small / "labels", (), shipped_taxonomy())
    return train(labels, TrainingParameters(folds=3), "train.py --folds 3")


def test_scorer_agrees_with_exported_pipelines(small, tagger, tmp_path):
    """The exported scikit-learn pipelines, loaded again, give the scorer's labels and probabilities within 1e-6."""
    import joblib
    from conftest import mlcap

    file = tmp_path / "p.joblib"
    done = mlcap("models", "export", "1", file, "--models", small / "models", cwd=tmp_path, check=0)
    assert "runs code" in done.err
    texts = [r["text"] for r in corpus_records()[::5]]
    scorer = tagger.artifact.scorer
    ours = scorer.probabilities(scorer.score([extract(t) for t in texts]))
    tagged = tagger.tag(texts)
    for weights, p in zip(tagger.artifact.scorer.weights, ours, strict=True):
        pipeline = joblib.load(file)[weights.facet.name]
        assert np.abs(pipeline.predict_proba(texts) - p).max() < 1e-6
        given = pipeline.predict(texts)
        if not weights.facet.multiple:
            # Probabilities that are told alike are a tie, which the order of the values decides.
            told = [max(c.facets[weights.facet.name].probabilities.values()) for c in tagged]
            second = np.sort(np.round(p, DECIMALS), axis=1)[:, -2]
            clear = [i for i, most in enumerate(told) if most > second[i]]
            assert len(clear) > 0.98 * len(texts)
            assert [given[i] for i in clear] == [tagged[i].event for i in clear]


def test_scorer_agrees_with_the_training_pipelines(trained, tagger):
    """Mlcap's own scorer gives the training pipeline's probabilities within 1e-6 when both carry the published weights."""
    texts = [r["text"] for r in corpus_records()[::7]]
    features = [extract(t) for t in texts]
    scorer = tagger.artifact.scorer
    for weights, ours in zip(scorer.weights, scorer.probabilities(scorer.score(features)), strict=True):
        pipeline = trained.fitted.pipelines[weights.facet.name]
        vectorizer = pipeline["vectorize"].set_layout(scorer.layout)
        classifier, scale, offsets = pipeline["classify"], vectorizer.scale_, vectorizer.offsets_
        published = np.zeros_like(classifier.coef_)
        published[:, : weights.common.shape[1]] = weights.common
        for row, name in enumerate(weights.facet.names):
            if weights.facet.multiple:
                published[row, slice(*offsets[f"mentions:{name}"])] = weights.mentions[row]
        classifier.coef_ = np.divide(published, scale, out=np.zeros_like(published), where=scale > 0)
        classifier.intercept_ = weights.intercept
        if weights.facet.multiple:
            classifier.slope_, classifier.offset_ = weights.slope, weights.offset
        else:
            classifier.temperature_ = 1 / weights.slope[0]
        theirs = pipeline.predict_proba(features)
        assert np.abs(ours - theirs).max() < 1e-6


def test_the_same_training_gives_the_same_bytes(small, trained):
    """Labels, code and seed decide every byte; the number of jobs does not."""
    labels = read_labels(small / "labels", (), shipped_taxonomy())
    again = train(labels, TrainingParameters(folds=3), "train.py --folds 3", jobs=2)
    assert again.content == trained.content


def test_masking_is_counted_for_every_block(trained):
    """The manifest says what each kind of feature is worth; without words the events are read worse."""
    masked = json.loads(trained.content["manifest.json"])["masked"]
    assert next(iter(masked)) == "nothing"
    assert {"lead", "scenes", "header", "mentions"} <= set(masked)
    assert masked["mentions"]["crew_role"] < masked["nothing"]["crew_role"]
    assert masked["mentions"]["event"] == masked["nothing"]["event"]
    assert "| scenes |" in trained.content["card.md"].decode()


def test_labels_and_confidences_agree(tagger):
    """The value given is the most probable one, roles given are those above their threshold, nothing is certain."""
    for tagged in tagger.tag(r["text"] for r in corpus_records()[::11]):
        events = tagged.facets["event"].probabilities
        assert tagged.event == max(events, key=events.get)
        assert sum(events.values()) == pytest.approx(1, abs=0.01)
        assert all(0 < p < 1 for p in events.values())
        roles = tagged.facets["crew_role"].probabilities
        assert set(tagged.crew_role) == {name for name, p in roles.items() if p > 0.5}
        assert all(0 < p < 1 for p in roles.values())
        assert tagged.needs_review == bool(tagged.review_reasons)


def test_streaming_gives_what_batches_give(tagger):
    """One at a time or all at once, the tags are the same."""
    texts = [r["text"] for r in corpus_records()[:70]]
    assert tagger.tag(texts) == [tagger.tag_one(t) for t in texts]


@pytest.mark.parametrize(
    "text", ["", "   ", "?!", "\0", "a" * 50_000, "\U0001f680 \u043f\u043e\u0435\u0445\u0430\u043b\u0438"]
)
def test_odd_texts_go_to_review(tagger, text):
    """A text without known words is tagged all the same, and sent to review."""
    assert tagger.tag_one(text).needs_review


REASONS = {
    "S91-31404 (3 May 1995) --- Divers help astronaut Mia T. Voss, STS-151 pilot, in the pool.": "the image id is of 1991",
    "STS095-305-021 (29 Oct.-7 Nov. 1998) --- Payloads in the bay of Discovery during STS-88, seen from the flight deck.": (
        "the image id names STS-95, the text STS-88"
    ),
    "STS095-305-022 (4 May 1999) --- Astronaut Bo Ek works at the window of the middeck during the flight of Discovery.": (
        "the image id is of STS-95, 1998-10-29 to 1998-11-07, the date is 1999-05-04"
    ),
}


@pytest.mark.parametrize("text", REASONS)
def test_contradictions_go_to_review(tagger, text):
    """A caption whose id, date and text do not belong together is for a person, with the contradiction as the reason."""
    assert any(r.startswith(REASONS[text]) for r in tagger.tag_one(text).review_reasons)


def test_an_old_picture_with_a_new_number_is_no_contradiction(tagger):
    """Old pictures were numbered anew; that alone sends nothing to review."""
    text = "S88-31380 (5 May 1961) --- Astronaut Bo Ek strides across the deck of the recovery ship after his flight."
    assert not any("image id" in r for r in tagger.tag_one(text).review_reasons)


def test_a_programme_without_training_goes_to_review(tagger):
    """A programme that no training caption names is called so; one that training has seen is not."""
    reasons = tagger.tag_one("Aboard Ax-3, private astronauts float past a camera with their meal.").review_reasons
    seen = any("mission=private" in n for n in tagger.artifact.scorer.layout.vocabulary["codes"])
    assert any("private" in r for r in reasons) != seen
    assert not any("programme" in r for r in tagger.tag_one("The STS-95 crew float past a camera.").review_reasons)


def test_a_background_that_decides_is_a_reason():
    """Where lead and background speak for different values, the reason names both."""
    facet = Facet("sky", False, "", (Value("day", ""), Value("night", "")))
    oddity = Oddity((9, 1.0), empty=False, without_background={"sky": "night"})
    tags = [(facet, np.array([0.6, 0.4]), np.array([True, False]))]
    (reason,) = find_reasons(ReviewRule.never([facet]), tags, 0.6, oddity)
    assert (reason.kind, reason.about) == (ReasonKind.OTHER_WITHOUT_BACKGROUND, "sky")
    assert reason.words == "sky uncertain: night without the background"


def test_a_version_of_format_1_is_read(version, tagger):
    """The first format, with all columns for every facet and one threshold for all values, gives the same probabilities."""
    scorer = tagger.artifact.scorer
    for weights in scorer.weights:
        name = f"{weights.facet.name}.common.npy"
        _replace(version, name, array_bytes(weights.common.astype("<f4")))
    _edit_manifest(version, lambda m: (m.update(format=1, review={"single": 0.8, "whole": 0.7}), m.pop("blocks")))
    old = load_artifact(version)
    features = [extract("Divers lower Mission Specialist Bo Ek into the pool.")]
    for one, other in zip(
        old.scorer.probabilities(old.scorer.score(features)), scorer.probabilities(scorer.score(features)), strict=True
    ):
        np.testing.assert_allclose(one, other)
    assert old.manifest.review.single["event"] == (0.8,) * 7


@pytest.mark.parametrize(
    "rule",
    [None, {}, {"single": {"event": [0.5]}, "whole": 0.5}, {"single": "x", "whole": 0.5}, {"single": 7, "whole": 0.5}],
)
def test_no_rule_is_made_of_nonsense(rule):
    """A manifest without usable review thresholds is refused."""
    with pytest.raises(ValueError, match="review thresholds"):
        ReviewRule.from_data(rule, [EVENT])


@pytest.fixture
def version(small, tmp_path):
    """A copy of the small model's folder to damage."""
    return shutil.copytree(small / "models" / "1", tmp_path / "1")


def _edit_manifest(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest), "utf-8")


DAMAGES = {
    "truncated": lambda f: (f / "event.common.npy").write_bytes((f / "event.common.npy").read_bytes()[:-9]),
    "flipped bit": lambda f: (f / "idf.npy").write_bytes(
        bytes([(f / "idf.npy").read_bytes()[0] ^ 1]) + (f / "idf.npy").read_bytes()[1:]
    ),
    "missing": lambda f: (f / "vocabulary.json").unlink(),
    "pipe": lambda f: ((f / "card.md").unlink(), os.mkfifo(f / "card.md")),
    "folder": lambda f: ((f / "card.md").unlink(), (f / "card.md").mkdir()),
    "manifest a link": lambda f: (
        (f / "manifest.json").rename(f.parent / "x"),
        (f / "manifest.json").symlink_to(f.parent / "x"),
    ),
    "link": lambda f: ((f / "card.md").rename(f / "x"), (f / "card.md").symlink_to(f / "x")),
    "extra file": lambda f: (f / "more.pkl").write_bytes(b"x"),
    "no manifest": lambda f: (f / "manifest.json").unlink(),
    "manifest no JSON": lambda f: (f / "manifest.json").write_text("{"),
    "manifest a list": lambda f: (f / "manifest.json").write_text("[]"),
    "later format": lambda f: _edit_manifest(f, lambda m: m.update(format=99)),
    "other features": lambda f: _edit_manifest(f, lambda m: m.update(schema="0" * 64)),
    "other paths": lambda f: _edit_manifest(f, lambda m: m["files"].update({"../x": {"sha256": "", "size": 0}})),
    "NaN threshold": lambda f: _edit_manifest(f, lambda m: m["calibration"]["event"].update(slope=[float("nan")] * 7)),
    "too few numbers": lambda f: _edit_manifest(f, lambda m: m["calibration"]["event"].update(slope=[1.0])),
    "no facets": lambda f: _edit_manifest(f, lambda m: m.update(facets={})),
    "unknown block": lambda f: _edit_manifest(f, lambda m: m["blocks"].update(event=["lunch"])),
    "no blocks": lambda f: _edit_manifest(f, lambda m: m.pop("blocks")),
    "one value more": lambda f: _edit_manifest(f, lambda m: m["facets"]["event"]["value"].append({"name": "lunch"})),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_versions_are_refused(version, damage):
    """Whatever is wrong with a version, loading it is one error and never half a model."""
    DAMAGES[damage](version)
    with pytest.raises(ArtifactError):
        load_artifact(version)


def _replace(folder, name, data):
    """Replace a file and mend its digest, as a forger would."""
    import hashlib

    (folder / name).write_bytes(data)
    _edit_manifest(
        folder, lambda m: m["files"].update({name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}})
    )


def test_forged_arrays_are_refused(version):
    """Arrays with matching digests but pickles, huge headers, wrong types or NaN in them are refused."""
    import io

    name = "event.common.npy"
    good = np.load(version / name, allow_pickle=False)
    forged = []
    for array in (np.full_like(good, np.nan), good[:, :-1], good.astype("<f8"), np.array([[{}]], dtype=object)):
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=True)
        forged.append(stream.getvalue())
    head = b"{'descr': '<f4', 'fortran_order': False, 'shape': (7, 99999999999), }"
    forged.append(b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + head.ljust(117) + b"\n" + b"0" * 16)
    forged.append(b"\x80\x04\x95")
    for data in forged:
        _replace(version, name, data)
        with pytest.raises(ArtifactError):
            load_artifact(version)


def test_no_mutation_of_a_version_does_more_than_be_refused(version):
    """Bytes flipped, cut or doubled at random, with digests mended: the version loads or is refused, nothing else."""
    rng = np.random.default_rng(7)
    names = [p.name for p in version.iterdir() if p.name != "manifest.json"]
    outcomes = set()
    for _ in range(80):
        name = names[int(rng.integers(len(names)))]
        good = (version / name).read_bytes()
        data = bytearray(good)
        where = int(rng.integers(min(len(data), 400)))
        kind = int(rng.integers(4))
        if kind == 0:
            data[where] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            del data[where:]
        elif kind == 2:
            data[where:where] = data[:where]
        else:
            data[where : where + 4] = b"\xff\xff\xff\x7f"
        _replace(version, name, bytes(data))
        try:
            load_artifact(version)
            outcomes.add("loads")
        except ArtifactError:
            outcomes.add("refused")
        _replace(version, name, good)
    assert outcomes == {"loads", "refused"}
    load_artifact(version)


def test_swapped_arrays_are_refused(version):
    """Two files that changed places do not fit, digests mended or not."""
    a, b = (version / "event.common.npy").read_bytes(), (version / "crew_role.common.npy").read_bytes()
    _replace(version, "event.common.npy", b)
    _replace(version, "crew_role.common.npy", a)
    with pytest.raises(ArtifactError, match="shape"):
        load_artifact(version)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "1" * 100_000, '{"format": 1e999}', "\ud800"])
def test_monstrous_manifests_are_refused(version, text):
    """Deep, long or odd JSON is one error."""
    (version / "manifest.json").write_bytes(text.encode("utf-8", errors="surrogatepass"))
    with pytest.raises(ArtifactError):
        load_artifact(version)


def test_metrics_by_hand():
    """Counts, averages and matrix agree with ones worked out by hand; a value without examples has none."""
    gold = ["launch", "launch", "landing", "other"]
    given_ = ["launch", "other", "landing", "other"]
    metrics = facet_metrics(EVENT, gold, given_)
    launch = metrics.values[0]
    assert (launch.precision, launch.recall, launch.support) == (1.0, 0.5, 2)
    assert launch.f1 == pytest.approx(2 / 3)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert metrics.accuracy == 0.75
    assert metrics.confusion[0][6] == 1
    assert metrics.values[2].f1 is None
    roles = facet_metrics(ROLE, [("pilot",), (), ("commander", "pilot")], [("pilot",), ("pilot",), ("commander",)])
    assert roles.micro_f1 == pytest.approx(2 * 2 / (3 + 3))
    assert roles.accuracy == pytest.approx(1 / 3)


def test_calibration_error_by_hand():
    """Two bins, each off by a known amount."""
    assert calibration_error([0.95, 0.95, 0.55, 0.55], [True, True, True, False]) == pytest.approx(0.05)
    assert workload([True, False], [True, False], [False, True]).all_right == 0.0


def test_bootstrap_draws_whole_missions():
    """Missions of equal size give draws of equal size; one mission gives no interval."""
    size = Average(np.ones((4, 1)), lambda sums: sums[..., 0])
    assert bootstrap(["a", "a", "b", "b"], size) == (4.0, 4.0)
    assert bootstrap(["a"] * 4, size) is None


@given(st.lists(st.sampled_from("abcdefgh"), min_size=30, max_size=80))
def test_no_mission_stands_on_both_sides(missions):
    """Every mission lies in one fold."""
    if len(set(missions)) < 3:
        return
    folds = group_folds(missions, 3, 0)
    assert all(len({f for f, m in zip(folds, missions, strict=True) if m == name}) == 1 for name in missions)


def test_calibration_recovers_what_was_bent():
    """Scores three times too sure are brought back by temperature and by sigmoid."""
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(4000, 3))
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    gold = np.array([rng.choice(3, p=row) for row in p])
    assert fit_temperature(scores * 3, gold) == pytest.approx(3, rel=0.15)
    flags = rng.random((4000, 1)) < 1 / (1 + np.exp(-scores[:, :1]))
    slope, offset = fit_sigmoid(scores[:, :1] * 3, flags)
    assert slope == pytest.approx(1 / 3, rel=0.2)
    assert abs(offset) < 0.2


def _bent_tags(right):
    """Out-of-fold tags of a facet with two values, of which one is right more often at the same probability."""
    facet = Facet("sky", False, "", (Value("day", ""), Value("night", "")))
    top = np.tile(np.linspace(0.5, 1, 200), 2)
    p = np.stack([np.r_[top[:200], 1 - top[200:]], np.r_[1 - top[:200], top[200:]]], axis=1)
    ok = right(top, np.arange(400) < 200)
    return facet, p, OutOfFoldTags([facet], [p], [picks(facet, p, 0.5)], ok, ok)


def test_thresholds_reach_their_targets_and_are_one_for_all_values():
    """The automatic share meets the targets; how often a value was right here says too little of it elsewhere."""
    facet, p, tags = _bent_tags(lambda top, day: np.where(day, top > 0.6, top > 0.85))
    rule = choose_rule([Demand(tags, np.ones(400, dtype=bool), 0.95, 0.95)])
    kept = above_thresholds(rule, [facet], [p])
    assert 0.95 <= tags.single_right[kept].mean() < 0.97
    assert rule.single["sky"][0] == rule.single["sky"][1] < 0.85


def test_targets_count_on_the_representative_captions_alone():
    """Captions of another mix teach how probabilities and values go together, and do not move the target."""
    facet, p, tags = _bent_tags(lambda top, day: np.where(day, top > 0.6, top > 0.95))
    rule = choose_rule([Demand(tags, np.arange(400) < 200, 0.95, 0.95)])
    kept = above_thresholds(rule, [facet], [p])
    assert tags.single_right[:200][kept[:200]].mean() >= 0.95
    assert kept[:200].mean() > 0.7


def test_without_a_reachable_target_everything_goes_to_review():
    """Where no threshold reaches the targets, nothing is automatic."""
    facet, p, tags = _bent_tags(lambda top, _day: np.zeros(len(top), dtype=bool))
    rule = choose_rule([Demand(tags, np.ones(400, dtype=bool), 0.95, 0.95)])
    assert rule.whole == 1.0
    assert not above_thresholds(rule, [facet], [p * 0.99]).any()


def test_captions_are_representative_when_enough_were_drawn():
    """The random sample sets the mix once it is large enough to measure on."""
    drawn = [LabelledCaption(str(i), "x", {}, "m", "library", {"sample": "random"}) for i in range(300)]
    chosen = [LabelledCaption(str(i), "x", {}, "m", "library", {"sample": "chosen"}) for i in range(5)]
    assert representative(drawn + chosen).sum() == 300
    assert representative(drawn[:299] + chosen).all()


def test_a_third_facet_needs_no_code(tmp_path):
    """A single-valued facet of one's own, labelled on some captions only, is trained and tagged like the others."""
    text = (shipped_taxonomy()).read_text("utf-8")
    text += "\n[facet.sky]\nmultiple = false\n[[facet.sky.value]]\nname = 'day'\n[[facet.sky.value]]\nname = 'night'\n"
    (tmp_path / "taxonomy.toml").write_text(text, "utf-8")
    records = few_records(8)
    for k, record in enumerate(records):
        if k % 3:
            record["sky"] = "night" if "night" in record["text"].lower() or k % 2 else "day"
    write_jsonl(tmp_path / "captions.jsonl", records)
    trained = train(read_labels(tmp_path), TrainingParameters(folds=2), "train.py")
    assert "sky.common.npy" in trained.content
    assert trained.cross_validation["all"].facets["sky"].captions == sum(
        "sky" in r for r in records if r["mission"] not in read_labels(tmp_path).held_out
    )


def test_too_few_labels_are_refused(tmp_path):
    """A handful of captions is no training set."""
    write_jsonl(tmp_path / "captions.jsonl", few_records(1))
    with pytest.raises(TrainingError, match="at least"):
        train(read_labels(tmp_path, (), shipped_taxonomy()), TrainingParameters(), "train.py")


TRAMS = """
[facet.staff]
multiple = true
value = [{name = "conductor", words = ["ticket lady"]}, {name = "driver"}]
"""


def test_words_of_one_value_do_not_hide_the_names_of_others(tmp_path):
    """Where one value has words and another none, the names of both mention them: in training, in tags and in a pipeline."""
    drawn = random.Random(3)
    names = ("Eva Holm", "Nils Ek", "Ida Berg", "Olof Dahl", "Karin Lund", "Sven Ask")
    acts = (
        "waves from the platform at",
        "waits beside the tram in",
        "talks to passengers at",
        "stands in the depot of",
    )
    words = (("Ticket lady", "Conductor"), ("Driver", "Driver"), ("Passenger", "Passenger"))
    labels = (["conductor"], ["driver"], [])
    away = (" Driver Maj Roos was ill that day.", " The conductor had gone home.", "")
    records = []
    for i in range(72):
        place = drawn.choice(("Ostby", "Norrby", "Halla", "Skog", "Mora"))
        text = f"{words[i % 3][i % 2]} {drawn.choice(names)} {drawn.choice(acts)} {place} in {1950 + i}."
        tail = away[i % 3] if drawn.random() < 0.3 else ""
        records.append({"id": i, "text": text + tail, "staff": labels[i % 3], "mission": f"film {i // 4}"})
    write_jsonl(tmp_path / "captions.jsonl", records)
    (tmp_path / "taxonomy.toml").write_text(TRAMS)
    library.train(tmp_path, tmp_path / "models")
    tagger = library.load(models=tmp_path / "models")
    tagged = tagger.tag(
        [
            "Conductor Maj Roos waves from the tram in Falun, 1962.",
            "Driver Maj Roos waves from the tram in Falun, 1962.",
        ]
    )
    assert [t.facets["staff"].values for t in tagged] == [("conductor",), ("driver",)]
    facet = library.read_taxonomy(tmp_path / "taxonomy.toml")[0]
    texts, groups = [r["text"] for r in records], [r["mission"] for r in records]
    y = np.asarray([[name in r["staff"] for name in facet.names] for r in records]).astype(int)
    found = cross_val_predict(library.caption_pipeline(facet), texts, y, groups=groups, cv=GroupKFold(4))
    assert (found == y).mean() > 0.95
    _tags_say_who_of_an_own_facet_is_shown(tagger)


def _tags_say_who_of_an_own_facet_is_shown(tagger):
    """Who is shown was learned with the posts of the lexicon: of a group of another post tags, people and words agree."""
    for text in (
        "No driver at the bridge; the conductor stayed at home.",
        "A driver and the ticket lady before the depot of Mora.",
        "Driver waits beside the tram in Halla.",
        "Driver Maj Roos was ill that day. A pilot waits.",
    ):
        explained = library.explain(tagger, text)
        staff = explained.tagged.facets["staff"]
        told = [person for person in explained.people if person.posts]
        assert told
        for person in told:
            likely = max(staff.probabilities[post] for post in person.posts)
            assert person.confidence == likely if person.name is None else person.confidence <= likely
            assert person.shown <= bool({*person.posts} & {*staff.values})
        shown = [person for person in explained.people if person.shown]
        assert list(explained.tagged.people) == shown
        assert ("The picture shows" in plain_sentences(explained)) == bool(shown)
