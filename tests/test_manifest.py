"""The manifest of a model version: read into types, checked field by field."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy

import pytest
from conftest import ROOT

from mlcap.errors import ArtifactError
from mlcap.features.blocks import BLOCKS
from mlcap.features.schema import schema_hash
from mlcap.model.manifest_reading import manifest_data, read_manifest
from mlcap.model.registry import Registry
from mlcap.model.save import json_bytes
from mlcap.types import LabelledCaption


@pytest.fixture(scope="module")
def whole():
    """The data of the shipped version's manifest, as if it had been trained with the features of today."""
    registry = Registry(ROOT / "models")
    return {**manifest_data(registry.folder / str(registry.current())), "schema": schema_hash()}


@pytest.fixture
def data(whole):
    """The same, to be changed; a slice of its metrics is enough."""
    return {**deepcopy(whole), "cross_validation": {"all": deepcopy(whole["cross_validation"]["all"])}}


def read(folder, data):
    """Read a manifest from data."""
    (folder / "manifest.json").write_text(json.dumps(data), "utf-8")
    return read_manifest(folder)


def test_what_was_read_is_written_as_it_stood(whole, tmp_path):
    """The types hold everything: written again, the manifest is the same bytes."""
    assert json_bytes(read(tmp_path, whole).as_data()) == json_bytes(whole)


def test_the_digest_is_the_one_that_ledgers_know(whole, tmp_path):
    """The digest is of the sorted data, as inboxes have noted it since there are any."""
    expected = hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
    assert read(tmp_path, whole).digest == expected


def test_held_out_captions_are_told_from_the_others(whole, tmp_path):
    """Each caption was held out or may have been trained on, by its mission."""
    manifest = read(tmp_path, whole)
    out = min(manifest.provenance.training.held_out_missions)
    captions = [LabelledCaption(str(i), "x", {}, m, "own") for i, m in enumerate((out, "no-such-mission", out))]
    assert [c.id for c in manifest.held_out(captions)] == ["0", "2"]
    assert [c.id for c in manifest.trained_on(captions)] == ["1"]


def test_a_manifest_of_format_1_is_read(data, tmp_path):
    """Without blocks, without masked metrics, with one threshold for all values."""
    del data["blocks"], data["masked"]
    data.update(format=1, review={"single": 0.8, "whole": 0.7})
    manifest = read(tmp_path, data)
    assert manifest.blocks["crew_role"] == tuple(b.name for b in BLOCKS)
    assert manifest.review.single == {"event": (0.8,) * 7}
    assert manifest.provenance.masked == {}


WRONG = {
    ("calibration",): (None, [], {"event": {}}),
    ("calibration", "event", "slope"): ([1.0], [1e7] * 7, ["1"] * 7, [True] * 7, [10**18] * 7, None),
    ("calibration", "event", "thresholds"): ([1.5] * 7, [-0.1] * 7),
    ("blocks", "event"): (None, "lead", ["words", "lead"], ["lead", "lead"], [["lead"]]),
    ("training", "held_out_missions"): (None, "sts-1", ["sts-1", 7], {"sts-1": 1}),
    ("training", "held_out_drawn"): (None, 0, "no"),
    ("training", "missions"): (-1, "7", 1.5, True),
    ("training", "caption_digests"): ("0", [7], {"0": 1}),
    ("training", "captions"): ({"own": -1}, {"own": 1.5}, {"own": True}, 7),
    ("training", "label_files"): ({"a": "b"}, []),
    ("training", "stores"): ({}, [{"name": "x"}], ["x"]),
    ("training", "library_labels", "written"): (-1, 10**13, None, 1.0),
    ("training",): (None, 7),
    ("made_with",): ({"numpy": 2}, None),
    ("cross_validation",): (None, {"all": 7}, {"all": {"captions": -1}}, {"all": {"x": [0.5, 1.5]}}),
    ("masked",): ({"lead": {"event": -0.1}}, []),
    ("files", "card.md", "size"): (-1, 1 << 40, "9", None),
    ("files", "card.md", "sha256"): ("", "x" * 64, 7),
}


@pytest.mark.parametrize("path", WRONG, ids=".".join)
def test_a_field_that_does_not_fit_is_named(path, data, tmp_path):
    """The error is one line that names the field."""
    for value in WRONG[path]:
        changed = deepcopy(data)
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        with pytest.raises(ArtifactError) as caught:
            read(tmp_path, changed)
        assert path[-1] in str(caught.value)
        assert "\n" not in str(caught.value)


def test_thresholds_of_review_are_shares(data, tmp_path):
    """No text, no truth value and no number beyond 0 and 1 is a review threshold, however large."""
    for review in ({"single": 0.5, "whole": "0.5"}, {"single": 0.5, "whole": 10**18}, {"single": True, "whole": 1}):
        data["review"] = review
        with pytest.raises(ArtifactError, match="review thresholds"):
            read(tmp_path, data)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "1" * 400, "9" * 5000])
def test_no_number_is_boundless(number, data, tmp_path):
    """Wherever it stands, a number that is not finite, or has more than 63 bits, is refused."""
    text = json.dumps({**data, "note": "HERE"}).replace('"HERE"', number)
    (tmp_path / "manifest.json").write_text(text, "utf-8")
    with pytest.raises(ArtifactError):
        read_manifest(tmp_path)


def paths(data, so_far=()):
    """Every place in nested data; of a list the first item's."""
    yield so_far
    if isinstance(data, dict):
        for key, value in data.items():
            yield from paths(value, (*so_far, key))
    elif isinstance(data, list) and data:
        yield from paths(data[0], (*so_far, 0))


def test_nonsense_in_any_place_is_read_or_refused(data, tmp_path):
    """Whatever stands in whatever place, the manifest is read or refused, and nothing else happens."""
    deep = []
    for _ in range(300):
        deep = [deep]
    odd = (None, 7, -1.5, "x", [], {}, [None], {"x": []}, True, "\ud800", deep)
    outcomes = set()
    data["training"]["label_files"] = dict(list(data["training"]["label_files"].items())[:1])
    data["cross_validation"]["all"]["facets"] = {"event": {"values": [{"f1": 0.5}], "exact": 0.5}}
    for number, path in enumerate(p for p in paths(data) if p):
        for value in (odd * 2)[number % len(odd) :][:4]:
            changed = json.loads(json.dumps(data))
            place = changed
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
            try:
                read(tmp_path, changed)
                outcomes.add("read")
            except ArtifactError:
                outcomes.add("refused")
    assert outcomes == {"read", "refused"}
