"""`mlcap adapt`: a new version from the one before and one's own labels, without the captions of its training."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import mlcap, write_jsonl

import mlcap as package
from mlcap.errors import TrainingError
from mlcap.evaluation.compare import Comparison
from mlcap.labels.folder import read_labels
from mlcap.model.location import shipped_taxonomy
from mlcap.model.registry import Registry
from mlcap.training import beside
from mlcap.training.adapt import Adapting, AdaptParameters, adapt

PLACES = ("hall", "yard", "garage", "tower", "annexe", "cellar", "attic", "porch")


def lines(count=48, event="ceremony"):
    """Labelled captions of a desk with a word of its own, `zorbing`, that decides; eight missions."""
    out = []
    for n in range(count):
        ours = n % 2 == 0
        text = f"Guests watch the {'zorbing' if ours else 'plain'} display in the {PLACES[n % 8]} beside booth {n}."
        out.append(
            {"id": f"a{n}", "text": text, "event": event if ours else "other", "crew_role": [], "mission": f"m{n % 8}"}
        )
    return out


@pytest.fixture
def folder(tmp_path):
    """Such a folder of labels."""
    (tmp_path / "my-labels").mkdir()
    write_jsonl(tmp_path / "my-labels" / "captions.jsonl", lines())
    return tmp_path


@pytest.fixture
def labels(folder):
    """The same, read; series are joined by likeness, so the missions are named anew."""
    return read_labels(folder / "my-labels", taxonomy=shipped_taxonomy(), join=False)


@pytest.fixture
def base(small):
    """The version to adapt."""
    return Registry(small / "models").load("current").artifact


def test_a_word_of_ones_own_is_learned(base, labels):
    """A word that the version does not know is added and decides captions of missions that were not among the labels."""
    adapted = adapt(base, labels, AdaptParameters("1-x"), "mlcap adapt")
    assert adapted.new_words > 0
    assert adapted.whole.after.facets["event"].accuracy > adapted.whole.before.facets["event"].accuracy
    assert adapted.whole.comparison.difference > 0
    assert adapted.unaccepted is None
    assert not adapted.thresholds


def test_figures_are_given_with_and_without_what_was_merely_accepted(folder, small):
    """Labels by which a suggestion was left as it was are told apart, in text and as data; of the rest there are figures too."""
    rows = [{**r, "seen_with_suggestion": n < 18} for n, r in enumerate(distinct())]
    write_jsonl(folder / "my-labels" / "captions.jsonl", rows)
    args = ("adapt", "--labels", "my-labels", "--folds", "2", "--models", "models", "--force")
    assert "without the 18 that merely left a suggestion as it was" in mlcap(*args, cwd=folder, check=0).out
    data = json.loads(mlcap(*args, "--json", cwd=folder, check=0).out)
    assert data["after"]["captions"] == 48
    assert data["without_accepted"]["before"]["captions"] == 30


def test_a_facet_of_ones_own_is_left_out_and_named(folder, small):
    """A facet that the version does not tag keeps nobody from adapting the others; that it is left out is said."""
    own = '[facet.place]\nmultiple = false\ndefinition = "Where."\n'
    own += "".join(f'[[facet.place.value]]\nname = "{p}"\ndefinition = "x"\n' for p in ("hall", "yard"))
    (folder / "my-labels" / "taxonomy.toml").write_text(shipped_taxonomy().read_text("utf-8") + "\n" + own, "utf-8")
    write_jsonl(folder / "my-labels" / "captions.jsonl", [{**r, "place": "hall"} for r in distinct()])
    done = mlcap("adapt", "--labels", "my-labels", "--folds", "2", "--models", "models", cwd=folder, check=0)
    assert "place is none of the version's facets and is left out" in done.err


def test_labels_that_the_version_gives_itself_change_little(base, tagger, labels):
    """Adapting to its own tags leaves them as they are, moves weights less than labels that differ, and no intercept."""
    tags = tagger.tag([c.text for c in labels.captions])
    same = [replace(c, labels=dict(t.tags)) for c, t in zip(labels.captions, tags, strict=True)]
    moved = []
    for captions in (same, list(labels.captions)):
        work = Adapting(base, captions, AdaptParameters("1-x"))
        scorer = work.fit(np.arange(len(captions)))
        if captions is same:
            given = scorer.score(work.features).scores[0].argmax(axis=1)
            assert [tagger.facets[0].names[i] for i in given] == [t.event for t in tags]
        old = base.scorer.weights[0].common
        block = scorer.layout.slices["lead"]
        kept = base.scorer.layout.slices["lead"]
        width = kept.stop - kept.start
        moved.append(float(np.abs(scorer.weights[0].common[:, block.start : block.start + width] - old[:, kept]).sum()))
    assert moved[0] < moved[1]
    assert scorer.weights[0].intercept.tolist() == base.scorer.weights[0].intercept.tolist()


def test_weights_are_held_near_what_they_were(base, labels):
    """The less a label counts, the less weights move; where it counts for next to nothing, they stay."""
    moved = []
    for C in (1e-6, 0.01, 0.35):
        work = Adapting(base, labels.captions, AdaptParameters("1-x", single_C=C, multiple_C=C))
        new = work.fit(np.arange(len(labels.captions))).weights[0].common
        moved.append(float(np.abs(new).sum() - np.abs(base.scorer.weights[0].common).sum()))
        assert np.abs(new).max() < np.abs(base.scorer.weights[0].common).max() + 2
    assert abs(moved[0]) < 0.01 < abs(moved[1]) < abs(moved[2])


def test_no_mission_stands_on_both_sides(base, labels, monkeypatch):
    """Every fold is measured on missions that it was not adapted to."""
    seen = []
    plain = Adapting.fit

    def fit(self, rows):
        seen.append({self.captions[i].mission for i in rows})
        return plain(self, rows)

    monkeypatch.setattr(Adapting, "fit", fit)
    adapt(base, labels, AdaptParameters("1-x", folds=4), "mlcap adapt")
    assert [len(missions) for missions in seen] == [6, 6, 6, 6, 8]


def test_the_same_labels_give_the_same_bytes(base, labels):
    """Adapting twice gives equal files."""
    first, second = (adapt(base, labels, AdaptParameters("1-x"), "mlcap adapt").content for _ in range(2))
    assert first == second


def test_too_little_and_foreign_labels_are_refused(base, labels, tmp_path):
    """Few captions, few missions, and values that the version does not tag are one line each."""
    for captions in (labels.captions[:10], tuple(replace(c, mission="one") for c in labels.captions)):
        with pytest.raises(TrainingError, match="are needed to adapt"):
            adapt(base, replace(labels, captions=captions), AdaptParameters("1-x"), "mlcap adapt")
    fewer = replace(labels.facets[0], values=labels.facets[0].values[:3])
    with pytest.raises(TrainingError, match="mlcap train"):
        adapt(base, replace(labels, facets=(fewer,)), AdaptParameters("1-x"), "mlcap adapt")


def test_the_command_publishes_beside_the_version_before(folder, small):
    """The new version is current and tags; the one before can be gone back to; the manifest says what it came from."""
    write_jsonl(folder / "my-labels" / "captions.jsonl", distinct())
    models = folder / "models"
    args = ("adapt", "--labels", "my-labels", "--folds", "3")
    done = mlcap(*args, cwd=folder, env={"MLCAP_MODELS": models}, check=0)
    assert "the version before was put into" in done.err
    assert "is current" in done.err
    assert "event accuracy" in done.out
    registry = Registry(models)
    assert registry.versions() == [1, 2]
    manifest = registry.load("current").artifact.manifest
    training = manifest.provenance.training
    assert training.command == "mlcap adapt --labels my-labels"
    assert training.captions["own"] == len(distinct())
    assert str(training.parameters["adapted_from"]).count("-") == 1
    assert package.load(models=str(models)).tag_one("A crane lifts the capsule.").event
    mlcap("models", "rollback", "--models", models, cwd=folder, check=0)
    assert registry.current() == 1
    again = mlcap(*args, "--json", cwd=folder, env={"MLCAP_MODELS": models}, check=0)
    data = json.loads(again.out)
    assert set(data) == {"version", "identity", "promoted", "before", "after", "without_accepted"}
    assert data["promoted"]


def distinct():
    """Labels whose captions do not resemble each other, so that their missions stay apart."""
    words = "amber basil cedar delta ember fjord grove heron inlet jetty knoll larch maple north ocean pearl quill ridge".split()
    out = []
    for n, record in enumerate(lines()):
        extra = " ".join(words[(n * 5 + k * 3) % len(words)] + str((n * 7 + k) % 11) for k in range(12))
        out.append({**record, "text": f"{record['text']} {extra}."})
    return out


def test_what_is_clearly_worse_is_not_promoted(folder, monkeypatch):
    """A version that cross-validation finds clearly worse is published and not current; --force makes it so."""
    write_jsonl(folder / "my-labels" / "captions.jsonl", distinct())
    worse = Comparison(48, 0.5, 0.9, -0.4, (-0.5, -0.3))
    monkeypatch.setattr(beside, "compare", lambda *_: worse)
    args = ("adapt", "--labels", "my-labels", "--folds", "2", "--models", "models")
    done = mlcap(*args, cwd=folder, check=5)
    assert "clearly worse on your labels" in done.err
    registry = Registry(folder / "models")
    assert (registry.versions(), registry.current()) == ([1, 2], 1)
    mlcap(*args, "--force", cwd=folder, check=0)
    assert registry.current() == 3


def test_what_gains_nothing_is_told_and_not_promoted(folder, monkeypatch):
    """A version that is right no more often on the labels is published and not current; --force makes it so, and says how sure it is."""
    write_jsonl(folder / "my-labels" / "captions.jsonl", distinct())
    monkeypatch.setattr(beside, "compare", lambda *_: Comparison(48, 0.9, 0.9, 0.0, (-0.01, 0.01)))
    args = ("adapt", "--labels", "my-labels", "--folds", "2", "--models", "models")
    done = mlcap(*args, cwd=folder, check=5)
    assert "gains nothing on your labels" in done.err
    assert "is current" not in done.err
    assert Registry(folder / "models").current() == 1
    assert "chance may have made the difference" in mlcap(*args, "--force", cwd=folder, check=0).err


def test_captions_that_are_not_read_are_told(folder):
    """Where figures are of fewer captions than there are labels, the rest is accounted for."""
    other = "Die Besatzung winkt vor der Rakete und geht dann mit den Technikern zur Rampe hinauf."
    rows = [*distinct(), {"id": "de", "text": other, "event": "other", "crew_role": [], "mission": "m1"}]
    write_jsonl(folder / "my-labels" / "captions.jsonl", rows)
    args = ("adapt", "--labels", "my-labels", "--folds", "2", "--models", "models", "--force")
    done = mlcap(*args, cwd=folder, check=0)
    assert "49 labelled captions" in done.err
    assert "on the 48 labels (1 more in a language that is not read)" in done.out


def test_two_versions_are_compared_on_what_is_read(base, labels, tagger):
    """Every figure of two versions beside each other is of the captions that are read, their number too."""
    foreign = replace(
        labels.captions[0], id="de", text="Die Besatzung winkt vor der Rakete und geht dann zur Rampe hinauf."
    )
    captions = [*labels.captions[:7], foreign]
    tagged = tagger.tag([c.text for c in captions])
    assert not tagged[-1].is_read
    both = beside.Beside.of(base.facets, captions, tagged, tagged)
    assert (both.comparison.captions, both.after.captions) == (7, 7)


def test_many_labels_choose_the_thresholds_anew(base, labels):
    """With three hundred labels and more the review rule is fitted to them."""
    many = tuple(
        replace(c, id=f"{c.id}-{k}", text=f"{c.text} Take {k}.", mission=f"{c.mission}-{k % 4}")
        for k in range(7)
        for c in labels.captions
    )
    adapted = adapt(base, replace(labels, captions=many), AdaptParameters("1-x", folds=2), "mlcap adapt")
    assert adapted.thresholds
