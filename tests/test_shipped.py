"""What is shipped: labels that hold together, a model that verifies and is reproduced."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from conftest import LABELS, ROOT, corpus_records, mlcap, mlcap_process

from mlcap.labels.folder import read_labels
from mlcap.labels.held_out import read_held_out
from mlcap.labels.library import read_library
from mlcap.labels.series import near_duplicates
from mlcap.model.registry import Registry
from mlcap.taxonomy import read_taxonomy

FACETS = read_taxonomy(LABELS / "taxonomy.toml")
STORES = [Path(p) for p in os.environ.get("MLCAP_STORES", "").split(":") if p]


def rows(name):
    """The rows of a CSV file of labels."""
    with open(LABELS / name, encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_corpus_covers_what_it_promises():
    """At least 800 composed captions, every event, two thirds of 2000 and later, no two nearly alike."""
    records = corpus_records()
    assert len(records) >= 800
    assert {r["event"] for r in records} == set(FACETS[0].names)
    assert sum(r["era"] >= "2000" for r in records) >= 0.66 * len(records)
    needed = {"id", "text", "event", "crew_role", "mission", "era", "style"}
    assert all(needed <= set(r) <= needed | {"desk", "record"} for r in records)
    assert not list(near_duplicates([r["text"] for r in records]))


def test_library_has_no_text_and_enough_rare_captions():
    """At least 1,500 labels; 300 drawn at random; at most two fifths of the chosen are `other`."""
    labels = read_library(LABELS / "library.csv", FACETS)
    assert len(labels) >= 1500
    assert sum(label.sample == "random" for label in labels) >= 300
    chosen = [label for label in labels if label.sample == "chosen"]
    assert sum(label.labels["event"] == "other" for label in chosen) <= 0.4 * len(chosen)
    assert set(rows("library.csv")[0]) == {
        "nasa_id",
        "sha256",
        "event",
        "crew_role",
        "mission",
        "sample",
        "stratum",
        "desk",
    }


@pytest.mark.parametrize(
    ("labels", "annotations", "key"),
    [("library.csv", "library-readings.csv", "nasa_id"), (None, "corpus-readings.csv", "id")],
)
def test_every_label_is_the_outcome_of_annotations(labels, annotations, key):
    """Two annotations that agree, or a third that settles, stand behind each label."""
    found = defaultdict(list)
    for row in rows(annotations):
        found[row[key]].append((row["event"], tuple(v for v in row["crew_role"].split(";") if v), row["reader"]))
    if labels:
        settled = {r[key]: (r["event"], tuple(v for v in r["crew_role"].split(";") if v)) for r in rows(labels)}
    else:
        settled = {r["id"]: (r["event"], tuple(r["crew_role"])) for r in corpus_records()}
    for name, label in settled.items():
        read = found[name]
        values = [r[:2] for r in read]
        if len(read) == 1:
            assert read[0][2] == "given"
            assert values[0] == label
        elif values[0] == values[1]:
            assert values[0] == label, name
        else:
            assert len(read) == 3, name
            assert values[2] == label, name


def test_held_out_missions_hold_every_event():
    """About a tenth of the captions is held out, with every event among them."""
    held = read_held_out(LABELS / "held-out.toml")
    every = [(r["mission"], r["event"]) for r in corpus_records()] + [
        (r["mission"], r["event"]) for r in rows("library.csv")
    ]
    out = [event for mission, event in every if mission in held]
    assert 0.07 * len(every) <= len(out) <= 0.15 * len(every)
    assert set(out) == set(FACETS[0].names)
    assert max(Counter(m for m, _ in every if m in held).values()) <= 0.03 * len(every)


def test_shipped_version_is_sound_and_small():
    """The promoted version verifies, is under 8 MB and holds no pickle."""
    assert "is sound" in mlcap("models", "verify", "--models", ROOT / "models", cwd=ROOT, check=0).out
    registry = Registry(ROOT / "models")
    folder = registry.folder / str(registry.current())
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 8_000_000
    assert not [p for p in registry.folder.rglob("*") if p.suffix in (".pkl", ".joblib", ".pickle")]


def test_shipped_version_held_out_what_the_labels_say():
    """The shipped version trained on none of the held-out missions, and its labels are the ones here."""
    registry = Registry(ROOT / "models")
    artifact = registry.load().artifact
    training = artifact.manifest.provenance.training
    assert set(training.held_out_missions) >= set(read_held_out(LABELS / "held-out.toml"))
    assert training.label_files == read_labels(LABELS).digests


@pytest.mark.slow
def test_training_on_the_corpus_alone_is_the_same_twice(tmp_path):
    """Without stores, training says so, works, and gives the same bytes again."""
    for name in ("a", "b"):
        done = mlcap("train", "--labels", LABELS, "--models", tmp_path / name, cwd=tmp_path, check=0)
        assert "no caption store given" in done.err
    for path in (tmp_path / "a" / "1").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / "1" / path.name).read_bytes(), path.name


@pytest.mark.slow
@pytest.mark.skipif(not STORES, reason="MLCAP_STORES names no caption stores")
def test_shipped_version_is_reproduced_from_the_stores(tmp_path):
    """Training with the manifest's stores gives the shipped version: tags equal everywhere, arrays equal on one kind of machine."""
    args = [a for store in STORES for a in ("--captions", store)]
    mlcap("train", "--labels", LABELS, "--models", tmp_path / "m", *args, cwd=tmp_path, check=0)
    ours, theirs = Registry(tmp_path / "m"), Registry(ROOT / "models")
    from mlcap.model.tagging import Tagger

    texts = [r["text"] for r in corpus_records()]
    a = Tagger(ours.load().artifact, "x").tag(texts)
    b = Tagger(theirs.load().artifact, "x").tag(texts)
    assert sum(x.tags != y.tags for x, y in zip(a, b, strict=True)) == 0
    shipped = theirs.folder / str(theirs.current())
    same = all((tmp_path / "m" / "1" / p.name).read_bytes() == p.read_bytes() for p in shipped.glob("*.npy"))
    print(f"arrays equal: {same}")


@pytest.mark.slow
@pytest.mark.skipif(not STORES, reason="MLCAP_STORES names no caption stores")
def test_scorer_agrees_with_scikit_learn_on_stored_captions():
    """On real captions too, the shipped weights give the same labels and probabilities in both scorers."""
    import numpy as np

    from mlcap.features.extract import extract
    from mlcap.labels.stores import read_store
    from mlcap.taxonomy import extra_words
    from mlcap.training.export import export_pipelines

    artifact = Registry(ROOT / "models").load().artifact
    words = extra_words(artifact.facets)
    texts = [text for store in STORES for _, text, _ in read_store(store)][::25]
    ours = artifact.scorer.probabilities(artifact.scorer.score([extract(t, words) for t in texts]))
    pipelines = export_pipelines(artifact.scorer, words)
    for weights, p in zip(artifact.scorer.weights, ours, strict=True):
        theirs = pipelines[weights.facet.name].predict_proba(texts)
        assert np.abs(theirs - p).max() < 1e-6
        assert ((theirs > 0.5) == (p > 0.5)).all()


@pytest.mark.slow
@pytest.mark.skipif(not STORES, reason="MLCAP_STORES names no caption stores")
def test_a_whole_archive_is_tagged_in_bounded_memory(tmp_path):
    """Every record of the stores is tagged, none is lost, and memory does not grow with the input."""
    import gzip
    import resource

    lines = []
    for store in STORES:
        with (
            gzip.open(store, "rt", encoding="utf-8")
            if store.suffix == ".gz"
            else open(store, encoding="utf-8") as stream
        ):
            lines += [line for line in stream if line.strip()]
    path = tmp_path / "all.jsonl"
    path.write_text("".join(lines), "utf-8")
    done = mlcap_process("tag", path, cwd=tmp_path, check=0)
    assert len(done.out.splitlines()) == len(lines)
    assert all("event" in json.loads(line) for line in done.out.splitlines())
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 2_000_000  # KiB, of any child so far


def test_kinds_are_no_training_captions():
    """The captions of kinds to test on are labelled by two annotations or three, twenty of each kind, and none trains."""
    kinds = [json.loads(line) for line in (ROOT / "tests" / "data" / "kinds.jsonl").read_text("utf-8").splitlines()]
    assert min(Counter(k["kind"] for k in kinds).values()) >= 20
    with open(ROOT / "tests" / "data" / "kinds-readings.csv", encoding="utf-8", newline="") as stream:
        annotations = defaultdict(list)
        for row in csv.DictReader(stream):
            annotations[row["id"]].append((row["event"], [v for v in row["crew_role"].split(";") if v]))
    for kind in kinds:
        found = annotations[kind["id"]]
        settled = found[0] if len(found) == 2 and found[0] == found[1] else found[2]
        assert settled == (kind["event"], kind["crew_role"]), kind["id"]
    corpus = corpus_records()
    assert not {k["id"] for k in kinds} & {r["id"] for r in corpus}
    texts = [r["text"] for r in corpus] + [k["text"] for k in kinds]
    assert not [pair for pair in near_duplicates(texts) if pair[1] >= len(corpus)]
