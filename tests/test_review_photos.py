"""Decisions about photographs: planned, written as the status of each tag, and taken back."""

from __future__ import annotations

import json

import pytest
from conftest import corpus_records, mlcap, write_jsonl
from desks import SERIES, number_of, want_all
from photo_files import JPEG, embed, exiftool, needs_exiftool, tags_of

from mlcap.errors import DeskError
from mlcap.photos.planning import PlanSettings
from mlcap.review.cards import show_card
from mlcap.review.desk import Desk
from mlcap.review.people import invite
from mlcap.review.photo_plan import plan_photos

pytestmark = needs_exiftool
TEXT = SERIES[0]["text"]


def decide(desk, name, event, *roles, person="Ada"):
    """Let somebody decide a caption by its id."""
    card = show_card(desk.store, desk.facets, person, number_of(desk, name))
    desk.decider(person).decide(card.nonce, {"event": event, "crew_role": list(roles)}, asked=True)


def suggest(desk, name, event, *roles):
    """Let a version have suggested tags of a caption."""
    tags = json.dumps({"event": event, "crew_role": list(roles)})
    with desk.store.writing() as db:
        db.execute("UPDATE suggestions SET tags = ? WHERE caption = ?", (tags, number_of(desk, name)))


@pytest.fixture
def photos(tmp_path):
    """A folder of photographs: two with captions, one without."""
    folder = tmp_path / "photos"
    folder.mkdir()
    embed(folder / "a.jpg", JPEG, f"-XMP-dc:Description={TEXT}", "-XMP-dc:Subject=crane")
    embed(folder / "b.jpg", JPEG, f"-XMP-dc:Description={corpus_records()[0]['text']}")
    embed(folder / "c.jpg", JPEG)
    return folder


@pytest.fixture
def desk(tmp_path, tagger, photos):
    """A desk of the photographs, and of a table with the caption of the third and one of none."""
    rows = [{"id": "c", "text": corpus_records()[40]["text"]}, {"id": "none", "text": corpus_records()[80]["text"]}]
    table = write_jsonl(tmp_path / "table.jsonl", rows)
    with Desk.open(tmp_path / "desk", tagger.facets) as made:
        invite(made.store, "Ada")
        made.add(tagger, [str(photos), str(table)])
        yield want_all(made)


def statuses(path):
    """(value, status) of each tag in a sidecar."""
    return {(t["Value"], t["Status"]) for t in tags_of(path).get("XMP-mlcap:Tags", [])}


def written(tmp_path, *more):
    """Plan what the desk has decided, and apply it; the run, and what was said."""
    plan = mlcap("review", "export", "desk", "--write", "plan.json", *more, cwd=tmp_path, check=0)
    done = mlcap("apply", "plan.json", "--runs", "runs", cwd=tmp_path, check=0)
    return json.loads((tmp_path / "plan.json").read_text("utf-8"))["run"], plan.out + plan.err + done.out


def test_decisions_become_the_status_of_tags_and_are_taken_back(tmp_path, desk, photos):
    """Confirmed and rejected states go into the sidecars by plan; a second time nothing changes; undo removes them."""
    suggest(desk, "photos/a.jpg", "launch", "pilot", "commander")
    decide(desk, "photos/a.jpg", "landing", "pilot")
    decide(desk, "c", "other")
    decide(desk, "none", "other")
    run, said = written(tmp_path)
    assert "decided captions without a photograph: 1" in said
    assert statuses(photos / "a.jpg.xmp") == {
        ("landing", "confirmed"),
        ("pilot", "confirmed"),
        ("launch", "rejected"),
        ("commander", "rejected"),
    }
    assert sorted(tags_of(photos / "a.jpg.xmp")["XMP-dc:Subject"]) == ["crane", "landing", "pilot"]
    assert ("other", "confirmed") in statuses(photos / "c.jpg.xmp")
    assert not (photos / "b.jpg.xmp").exists()
    _, said = written(tmp_path)
    assert "0 of 2 photographs would be written" in said
    mlcap("undo", run, "--runs", "runs", cwd=tmp_path, check=0)
    assert sorted(p.name for p in photos.iterdir()) == ["a.jpg", "b.jpg", "c.jpg"]


def test_what_was_rejected_is_not_planned_again(tmp_path, desk, photos, small):
    """After the run the plan of a tagging leaves out what a person took off, whatever the version thinks of it."""
    plan = ("tag", photos / "a.jpg", "--write", "tags.json", "--uncertain", "--models", small / "models")
    mlcap(*plan, cwd=tmp_path, check=0)
    (first,) = [t["value"] for t in json.loads((tmp_path / "tags.json").read_text("utf-8"))["photos"][0]["tags"]][:1]
    suggest(desk, "photos/a.jpg", first)
    decide(desk, "photos/a.jpg", "training" if first != "training" else "launch")
    written(tmp_path)
    again = mlcap(*plan, cwd=tmp_path, check=0)
    assert f"event {first} was rejected" in again.out
    assert not any(f"event {first}" in new for new in _news(tmp_path / "tags.json"))
    assert (first, "rejected") in statuses(photos / "a.jpg.xmp")


def _news(path):
    """The tags that a plan would add, in words."""
    return json.loads(path.read_text("utf-8"))["photos"][0]["new"]


def test_who_thinks_again_is_followed_and_another_s_hand_is_not_turned_round(tmp_path, desk, photos):
    """A decision that replaces an earlier one of the desk replaces its status; one that a person set in the file stays."""
    suggest(desk, "photos/a.jpg", "launch")
    decide(desk, "photos/a.jpg", "landing")
    written(tmp_path)
    decide(desk, "photos/a.jpg", "launch")
    written(tmp_path)
    assert ("launch", "confirmed") in statuses(photos / "a.jpg.xmp")
    assert ("landing", "confirmed") not in statuses(photos / "a.jpg.xmp")
    decide(desk, "photos/b.jpg", "ceremony")
    own = "{Facet=event,Value=ceremony,Score=0.9,Model=1,Run=x,Status=rejected}"
    exiftool("-q", "-o", photos / "b.jpg.xmp", f"-XMP-mlcap:Tags+={own}", photos / "c.jpg")
    _, said = written(tmp_path)
    assert "event ceremony was rejected" in said
    assert ("ceremony", "confirmed") not in statuses(photos / "b.jpg.xmp")


def test_what_cannot_be_written_is_told(tmp_path, desk, photos):
    """Readings that differ, a photograph that holds another caption since, and one that is gone are named with the reason."""
    for name in ("photos/a.jpg", "photos/b.jpg", "c"):
        decide(desk, name, "landing")
    invite(desk.store, "Bo")
    decide(desk, "photos/a.jpg", "launch", person="Bo")
    embed(photos / "b.jpg", JPEG, "-XMP-dc:Description=Another caption altogether.")
    (photos / "c.jpg").unlink()
    plan, _ = plan_photos(desk, PlanSettings())
    said = {p.file.rpartition("/")[2]: p.skipped for p in plan.photos}
    assert said["a.jpg"] == "its readings differ; settle them on the desk"
    assert said["b.jpg"] == "holds another caption than the one that was decided"
    assert said["c.jpg"]
    assert not any(p.changes for p in plan.photos)


def test_use_and_an_empty_desk_are_told_in_a_line(tmp_path, desk):
    """Nothing decided about a photograph is one line; options that do not go together are refused."""
    decide(desk, "none", "other")
    with pytest.raises(DeskError, match="no caption with a photograph is decided"):
        plan_photos(desk, PlanSettings())
    for more in (("--write", "p.json", "-o", "x"), ("--embed",), ("--write", "p.json", "--void-credentials")):
        assert "go" in mlcap("review", "export", "desk", *more, cwd=tmp_path, check=2).err
