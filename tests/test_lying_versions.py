"""Model versions that lie are refused: numbers out of range, boundless sizes, and hundreds changed at random."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, mlcap
from fixed import tagged_caption
from lying_versions import Trial, bomb

from mlcap.errors import ArtifactError
from mlcap.features.extract import extract
from mlcap.model.layout import Layout
from mlcap.model.load import load_artifact
from mlcap.model.save import array_bytes as saved_array
from mlcap.model.scorer import FacetWeights, Scorer
from mlcap.model.tagging import Tagger


@pytest.fixture
def version(small, tmp_path):
    """A copy of the small model's folder to forge."""
    return shutil.copytree(small / "models" / "1", tmp_path / "1")


def forge(folder, name, data):
    """Replace a file and mend its digest."""
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize("name", ["idf.npy", "event.common.npy", "crew_role.mentions.npy"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3e38, -2e6])
def test_weights_are_within_their_range(version, name, value):
    """One number of an array that is not finite or beyond all reason is enough."""
    array = np.load(version / name)
    array.ravel()[array.size // 2] = value
    forge(version, name, saved_array(array))
    with pytest.raises(ArtifactError, match="not finite or not between"):
        load_artifact(version)


@pytest.mark.parametrize("value", [0.0, -1.0, 0.5, 1000.0])
def test_inverse_document_frequencies_are_ones(version, value):
    """They are 1 at least, and grow by the logarithm of the captions; zeros would make the scores no numbers."""
    forge(version, "idf.npy", saved_array(np.full_like(np.load(version / "idf.npy"), value)))
    with pytest.raises(ArtifactError, match=r"idf\.npy"):
        load_artifact(version)


@pytest.mark.parametrize("value", [0, -1, 1e-9])
def test_a_temperature_is_above_zero(version, value):
    """The scores of a single-valued facet are divided by it."""
    manifest = json.loads((version / "manifest.json").read_text("utf-8"))
    manifest["calibration"]["event"]["slope"] = [value] * 7
    (version / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ArtifactError, match="slope"):
        load_artifact(version)


def test_scores_that_are_not_finite_are_an_error(tagger):
    """However they come about, no caption is tagged by them."""
    scorer = tagger.artifact.scorer
    broken = Layout(scorer.layout.vocabulary, np.zeros_like(scorer.layout.idf))
    with pytest.raises(ArtifactError, match="not finite"), np.errstate(invalid="ignore"):
        Scorer(broken, scorer.weights).score([extract("A crane lifts the capsule onto the recovery ship.")])
    one = scorer.weights[0]
    weights = FacetWeights(
        one.facet, one.common, one.mentions, one.intercept * math.inf, one.slope, one.offset, one.thresholds
    )
    with pytest.raises(ArtifactError, match="not finite"):
        Scorer(scorer.layout, [weights]).score([extract("A crane waits.")])


def test_memory_is_bounded_before_it_is_taken(small, tmp_path):
    """Versions of a few megabytes that ask for gigabytes are refused while little is taken, whatever they have much of."""
    files = {p.name: p.read_bytes() for p in (small / "models" / "1").iterdir()}
    code = (
        "import sys; from pathlib import Path; from mlcap.errors import ArtifactError;"
        "from mlcap.model.load import load_artifact; from lying_versions import peak_mb\n"
        "try: load_artifact(Path(sys.argv[1])); print('loads')\n"
        "except ArtifactError as e: print(e)\n"
        "print(peak_mb())"
    )
    said = set()
    for number in range(4):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, data in bomb(random.Random(number), files).items():
            (folder / name).write_bytes(data)
        done = subprocess.run(
            [sys.executable, "-c", code, folder],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        )
        outcome, peak = done.stdout.splitlines()
        said.add(outcome.replace(str(folder), "").partition("; ")[0].lstrip("/: "))
        assert int(peak) < 300, outcome
    assert any("weights (values times columns)" in one for one in said), said


def test_sizes_are_bounded_by_what_the_manifest_says(version):
    """All files together have a bound, and none is read further than the size that is noted of it."""
    good = (version / "manifest.json").read_text("utf-8")
    for sizes, what in (
        ((40 << 20, 40 << 20), "larger than 64 MiB"),
        ((65 << 20, 1), "count up to"),
        ((-1, 1), "count"),
    ):
        manifest = json.loads(good)
        for name, size in zip(("card.md", "vocabulary.json"), sizes, strict=True):
            manifest["files"][name]["size"] = size
        (version / "manifest.json").write_text(json.dumps(manifest), "utf-8")
        with pytest.raises(ArtifactError, match=what):
            load_artifact(version)
    (version / "manifest.json").write_text(good, "utf-8")
    with open(version / "vocabulary.json", "ab") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(ArtifactError, match=r"vocabulary\.json: is larger than \d+ bytes"):
        load_artifact(version)


def test_no_letter_of_a_version_steers_the_terminal(small, tmp_path):
    """Escapes in a card, or in the reason of a promotion, are shown as spaces."""
    models = shutil.copytree(small / "models", tmp_path / "models")
    forge(models / "1", "card.md", b"# Card\x1b[2J\n\x1bc two \x9b lines\n")
    state = json.loads((models / "registry.json").read_text("utf-8"))
    state["history"][0]["why"] = "trained\x1bc\x07"
    del state["manifests"]
    (models / "registry.json").write_text(json.dumps(state), "utf-8")
    for args in (("show",), ("list",), ("list", "--json"), ("show", "--json")):
        out = mlcap("models", *args, "--models", models, cwd=tmp_path, check=0).out
        assert out.replace("\n", "").isprintable(), args


def tried(models, count, seed):
    """What became of so many changed versions, in a process of their own."""
    script = Path(__file__).with_name("lying_versions.py")
    done = subprocess.run(
        [sys.executable, script, models, str(count), str(seed)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check_outcomes(found):
    """None of the damaged ones tags in another way; no code was run; memory stayed small."""
    assert set(found["damaged"]) == {"refused", "same"}
    assert found["forged"]["refused"] > 0
    assert found["code"] == {}
    assert found["peak_mb"] < 300


def test_changed_versions_are_refused_or_tag_as_before(small):
    """Some hundred versions changed by accident or with care, over and over: refused or harmless, in little memory, no code run."""
    check_outcomes(tried(small / "models", 160, 1))


@pytest.mark.slow
def test_many_changed_versions_of_the_shipped_one(small):
    """The same for some thousand, and for the shipped version."""
    check_outcomes(tried(small / "models", 3000, 2))
    check_outcomes(tried(ROOT / "models", 300, 3))


def test_the_trial_can_fail(small, tmp_path, monkeypatch):
    """Without digests it sees versions that tag in another way; and it sees probabilities that are none."""
    trial = Trial(small / "models", tmp_path / "r")
    monkeypatch.setattr("lying_versions.damaged", _cooled)
    assert trial.damaged(random.Random(1)) == "refused"
    monkeypatch.setattr("mlcap.model.registry.Registry._recorded", _none)
    assert trial.damaged(random.Random(1)) == "other"
    monkeypatch.setattr(Tagger, "tag_features", _broken)
    with pytest.raises(AssertionError):
        trial._tags()


def _cooled(_rng, files):
    """A manifest under which no caption is sure of anything."""
    data = json.loads(files["manifest.json"])
    data["calibration"]["event"]["slope"] = [0.001] * 7
    return "manifest.json", json.dumps(data).encode()


def _none(*_):
    return None


def _broken(*_):
    """A caption without a probability."""
    return [tagged_caption({"event": "launch"}, {"event": math.nan})]
