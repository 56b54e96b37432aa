"""Captions by kind measure a version, never train it, and stand in its card."""

from __future__ import annotations

import json

import pytest

from mlcap.errors import LabelError
from mlcap.evaluation.kinds import kinds_table, measure_kinds
from mlcap.labels.agreement import depicted_agreements
from mlcap.labels.depiction import Depicted, Depiction
from mlcap.labels.folder import read_labels
from mlcap.labels.kinds import read_kinds
from mlcap.model.location import shipped_taxonomy
from mlcap.taxonomy import read_taxonomy
from mlcap.training.parameters import TrainingParameters
from mlcap.training.train import train
from mlcap.types import LabelledCaption, ReasonKind, ReviewReason, TaggedCaption, TaggedFacet

LINE = {
    "id": "k-1",
    "kind": "pads",
    "asks": "event",
    "text": "A rocket waits in fog.",
    "event": "launch",
    "crew_role": [],
}


def written(tmp_path, *lines):
    """A file of captions by kind."""
    path = tmp_path / "kinds.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


@pytest.fixture(scope="module")
def labels_folder(tmp_path_factory):
    """A small archive: three scenes, told again and again of other missions."""
    folder = tmp_path_factory.mktemp("labels")
    scenes = [
        ("A rocket stands on the pad", "launch"),
        ("Divers wait in the pool", "training"),
        ("A flag is raised", "ceremony"),
    ]
    rows = [
        {
            "id": f"c-{n}",
            "text": f"{text}, day {n}.",
            "event": event,
            "crew_role": ["pilot"] if event == "training" else [],
            "mission": f"m-{n % 10}",
        }
        for n, (text, event) in enumerate(scenes * 15)
    ]
    (folder / "captions.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"kind": ""}, "has no kind"),
        ({"asks": "mood"}, "asks 'mood'; allowed are event, crew_role"),
        ({"event": ""}, "has no event"),
        ({"event": "lunch"}, "lunch"),
    ],
)
def test_a_caption_that_measures_nothing_is_refused(tmp_path, changed, says):
    """One line says which caption it is and what it lacks."""
    facets = read_taxonomy(shipped_taxonomy())
    with pytest.raises(LabelError, match=says) as raised:
        read_kinds(written(tmp_path, {**LINE, **changed}), facets, ())
    assert "k-1" in str(raised.value)


def test_a_caption_that_is_trained_on_measures_nothing(tmp_path):
    """It is refused, whatever its id."""
    facets = read_taxonomy(shipped_taxonomy())
    trained = LabelledCaption("other", LINE["text"], {"event": "launch"}, "m", "composed", {})
    with pytest.raises(LabelError, match="trained on as well"):
        read_kinds(written(tmp_path, LINE), facets, [trained])


def test_the_card_has_the_kinds(labels_folder, tmp_path):
    """Text alone and with records, a line a kind and one for all; the captions are not trained on."""
    path = written(
        tmp_path, LINE, {**LINE, "id": "k-2", "kind": "pools", "text": "Divers in a pool.", "event": "training"}
    )
    labels = read_labels(labels_folder, taxonomy=shipped_taxonomy(), join=False, kinds=path)
    trained = train(labels, TrainingParameters(folds=2), "test")
    card = trained.content["card.md"].decode()
    assert card.count("| pads | 1 |") == card.count("| all | 2 |") == 2
    assert "## Kinds of caption, text alone" in card
    assert not {"k-1", "k-2"} & {caption.id for caption in labels.captions}


def tagged(event, sure):
    """A caption tagged with an event alone."""
    facet = TaggedFacet(False, (event,), {event: 0.9})
    reasons = () if sure else (ReviewReason(next(iter(ReasonKind)), "", "unsure"),)
    return TaggedCaption({"event": facet}, reasons, "1-x")


def test_kinds_are_counted_apart_and_together():
    """Three captions of two kinds: shares by hand."""
    captions = [
        LabelledCaption(f"k-{n}", "", {"event": event}, "m", "composed", {"kind": kind, "asks": "event"})
        for n, (kind, event) in enumerate([("pads", "launch"), ("pads", "launch"), ("pools", "training")])
    ]
    found = measure_kinds(captions, [tagged("launch", True), tagged("other", True), tagged("training", False)])
    assert [(k, m.captions, m.asked, m.automatic_asked) for k, m in found.items()] == [
        ("pads", 2, 0.5, 0.5),
        ("pools", 1, 1.0, None),
        ("", 3, pytest.approx(2 / 3), 0.5),
    ]
    assert kinds_table(found)[-1] == "| all | 3 | 0.667 | 0.667 | 0.667 | 0.500 |"


def test_depiction_is_compared_item_by_item():
    """Items that one reading lacks are passed over; captions read once are no pair."""

    def reading(*letters):
        items = tuple(Depicted(10 * place, 10 * place + 9, letter) for place, letter in enumerate(letters))
        return Depiction("c", "0", "r", items, (), ())

    rows = {a.facet: a for a in depicted_agreements([[reading("p", "b", "p"), reading("p", "p")], [reading("p")]])}
    assert (rows["sentences"].captions, rows["sentences"].agreed) == (2, 0.5)
    assert (rows["people"].captions, rows["people"].agreed) == (0, None)
