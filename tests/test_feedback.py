"""Feedback: on the disk before the answer, once however often it is sent, before a person on the desk, and no label by itself."""

from __future__ import annotations

import json

import pytest
from conftest import mlcap
from desks import SERIES, Steered, client_at, make_desk, number_of
from services import CAPTION, check, serving

from mlcap.errors import DecisionError
from mlcap.records.finder import record_of
from mlcap.review.desk import Desk
from mlcap.review.exporting import exported_text
from mlcap.review.feedback import FeedbackCounts, feedback_about, feedback_counts
from mlcap.review.feedback_taking import Feedback, bring_to_desk, record_feedback
from mlcap.review.outcomes import outcomes
from mlcap.review.queues import Queue, QueueKind, topics, waiting_count

SAID = {
    "id": "a-1",
    "text": CAPTION,
    "fields": {"title": "Pool"},
    "labels": {"event": "landing", "crew_role": ["pilot"]},
}


@pytest.fixture
def served(small, tmp_path):
    """A service with an empty desk."""
    with serving(tmp_path, small / "models") as found:
        yield found


@pytest.fixture
def desk(tmp_path, tagger):
    """A desk with the captions of a series, none of which waits."""
    with make_desk(tmp_path, tagger, SERIES[:2], audit=0.0) as made:
        with made.store.writing() as db:
            db.execute("UPDATE suggestions SET automatic = 1, reasons = '[]'")
            db.execute("UPDATE places SET wanted = 0, waiting = 0")
            db.execute("DELETE FROM topics")
        yield made


def said(fields, labels, **more):
    """Feedback about a record."""
    return Feedback(record_of(fields, "test"), labels, **more)


def settled(served):
    """Wait until what was taken is on the desk."""
    from threading import Event

    done = Event()
    served.service.work.later(lambda _: done.set())
    assert done.wait(30)


def test_feedback_is_recorded_and_waits_for_a_person(served):
    """It is on the disk when it is answered, its caption stands first in the queue with what was said, and nothing is a label."""
    with served.client() as client:
        answer = client.post("/v1/feedback", json={**SAID, "note": "no pool", "model": "3-aaaaaaaa"})
        row = dict(served.desk.store.row("SELECT * FROM feedback"))
    check("feedback-recorded", answer.json())
    assert (answer.status_code, answer.json()["recorded"]) == (201, True)
    assert (row["sender"], row["id"], row["text"], row["note"]) == ("everything", "a-1", CAPTION, "no pool")
    assert json.loads(row["labels"]) == {"event": "landing", "crew_role": ["pilot"]}
    assert json.loads(row["fields"])["title"] == "Pool"
    settled(served)
    with client_at(served.address, served.desk, "Ada") as ada:
        page = ada.get("/card").text
        assert "feedback: everything says landing · pilot; no pool" in page
        # Read before the caption, on a small screen as well.
        assert page.index("feedback: everything says landing") < page.index('<div class="columns">')
        assert "what programs said" in ada.get("/queues").text
        assert list(outcomes(served.desk.store)) == []
        assert ada.get("/export/labels").status_code == 404
        nonce = page.split('name="nonce" value="')[1].split('"')[0]
        assert ada.post("/decide", data={"nonce": nonce, "f.event": "training"}).status_code == 303
    assert [dict(o.labels) for o in outcomes(served.desk.store)] == [{"event": "training", "crew_role": ()}]
    assert feedback_counts(served.desk.store) == FeedbackCounts(1, 0)
    assert "landing" not in exported_text(served.desk, "labels")[0]


def test_the_same_key_is_recorded_once(served):
    """Sent again it has its number; the key of other feedback is refused; without a key each is its own."""
    with served.client() as client:
        first = client.post("/v1/feedback", json={**SAID, "key": "k"})
        again = client.post("/v1/feedback", json={**SAID, "key": "k"})
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == {**first.json(), "recorded": False}
        other = client.post("/v1/feedback", json={**SAID, "labels": {"event": "launch"}, "key": "k"})
        assert (other.status_code, other.json()["detail"]) == (
            422,
            "the key 'k' was given to other feedback; give each its own",
        )
        assert [client.post("/v1/feedback", json=SAID).status_code for _ in range(2)] == [201, 201]
    assert feedback_counts(served.desk.store).recorded == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": {"event": "lunch"}}, "event 'lunch' is not one of launch, landing"),
        ({"labels": {"crew_role": "pilot"}}, "crew_role must be a list of any of"),
        ({"labels": {"mood": "good"}}, "'mood' is no facet; there are crew_role, event"),
        ({"labels": {"event": ""}}, "has no label"),
        ({"labels": {}}, "the feedback says nothing; give labels or a note"),
        ({"labels": []}, "labels is an object"),
        ({"note": 7}, "note is a text"),
        ({"note": "x" * 2001}, "2000 characters at most"),
        ({"key": "x" * 201}, "a key 200"),
        ({"lables": {"event": "launch"}}, "feedback has no 'lables'; it has id, text, fields, labels"),
        ({"fields": "Pool"}, "fields is an object"),
        ({"text": ""}, "the caption is empty"),
        ({"text": None}, "the caption is empty"),
    ],
)
def test_what_says_nothing_is_refused(served, change, words):
    """The answer says what does not fit, in the library's words, and nothing is recorded."""
    with served.client() as client:
        answer = client.post("/v1/feedback", json={**SAID, **change})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert feedback_counts(served.desk.store).recorded == 0


def test_what_stopped_in_between_is_taken_up(tmp_path, small, tagger):
    """Feedback that was recorded when the service was killed is on the desk after the next start."""
    with Desk.open(tmp_path / "desk", tagger.facets) as desk:
        number, new = record_feedback(desk, "dam", said({"text": CAPTION}, {"event": "landing"}))
        assert new
        assert desk.store.one("SELECT count(*) FROM captions") == 0
    with serving(tmp_path, small / "models") as served:
        served.service.work.later(lambda t: bring_to_desk(served.desk, t))
        settled(served)
        (caption,) = served.desk.store.rows("SELECT * FROM captions")
        assert [one.number for one in feedback_about(served.desk.store, caption["number"])] == [number]


def test_the_status_counts_it(desk, tagger):
    """`review status` tells how much programs said, and how much of it waits for a person."""
    said_twice = [said({"text": CAPTION}, {"event": event}) for event in ("landing", "launch")]
    for one in said_twice:
        record_feedback(desk, "dam", one)
    folder = desk.store.folder
    assert (
        "feedback of programs: 2, of which 2 about captions that nobody has decided since"
        in mlcap("review", "status", folder, cwd=folder, check=0).out
    )
    found = json.loads(mlcap("review", "status", folder, "--json", cwd=folder, check=0).out)
    assert found["feedback"] == {"recorded": 2, "undecided": 2}


def test_feedback_is_only_ever_added_to(desk, tagger):
    """Neither a change nor a removal of what was said is possible."""
    record_feedback(desk, "dam", said({"text": CAPTION}, {"event": "landing"}))
    for statement in ("UPDATE feedback SET note = 'x'", "DELETE FROM feedback"):
        with pytest.raises(Exception, match="feedback is never"), desk.store.writing() as db:
            db.execute(statement)
    with pytest.raises(DecisionError, match="is not one of"):
        record_feedback(desk, "dam", said({"text": CAPTION}, {"event": "x"}))


def test_an_automatic_caption_is_looked_at_again(desk, tagger):
    """What was said of an automatic caption brings it into the queue, where it stays when a new version tags it."""
    assert waiting_count(desk.store, Queue()) == 0
    record_feedback(desk, "dam", said(SERIES[0], {"event": "launch"}))
    assert bring_to_desk(desk, tagger) == 1
    assert bring_to_desk(desk, tagger) == 0
    number = number_of(desk, "series-0")
    assert (waiting_count(desk.store, Queue()), desk.store.one("SELECT count(*) FROM captions")) == (1, 2)
    assert [t.value for t in topics(desk.store, QueueKind.REASON)] == ["feedback"]
    from copy import copy

    newer = copy(tagger)
    newer.version = "9-00000000"
    assert desk.renew(newer) == 2
    assert desk.next_card("Ada").caption.number == number
    assert "feedback" in [t.value for t in topics(desk.store, QueueKind.REASON)]


@pytest.fixture(params=["as it goes", "a clock that stands"])
def clock(request, monkeypatch):
    """What happens at once has an order too: with a clock that stands everything has one time."""
    if request.param != "as it goes":
        for module in ("decision_log", "feedback_taking"):
            monkeypatch.setattr(f"mlcap.review.{module}.now", lambda: "2026-05-01T12:00:00.000+00:00")


@pytest.mark.usefixtures("clock")
def test_a_decided_caption_is_asked_about_in_a_queue_of_its_own(desk, tagger):
    """A decision stands though a program says otherwise; the caption is shown again to who asks, until somebody decides."""
    number = number_of(desk, "series-1")
    with desk.store.writing() as db:
        db.execute("UPDATE places SET wanted = 1, waiting = 1 WHERE caption = ?", (number,))
    decider = desk.decider("Ada")
    decider.decide(desk.next_card("Ada").nonce, {"event": "landing", "crew_role": []})
    record_feedback(desk, "dam", said(SERIES[1], {"event": "launch"}))
    bring_to_desk(desk, tagger)
    assert [o.labels["event"] for o in outcomes(desk.store)] == ["landing"]
    assert waiting_count(desk.store, Queue()) == 0
    queue = Queue.of("feedback", "")
    assert waiting_count(desk.store, queue) == 1
    card = desk.next_card("Bo", queue)
    assert (card.caption.number, card.state) == (number, "done")
    desk.decider("Bo").decide(card.nonce, {"event": "landing", "crew_role": []}, asked=True)
    assert waiting_count(desk.store, queue) == 0
    desk.decider("Bo").undo(None)
    assert waiting_count(desk.store, queue) == 1


def test_a_blind_reading_is_told_nothing_of_it(tmp_path, small, tagger):
    """Who reads without tags does not see what a program says either."""
    with make_desk(tmp_path, tagger, SERIES[:1], people=("Ada",), blind=1.0) as desk:
        record_feedback(desk, "dam", said(SERIES[0], {"event": "launch"}))
        bring_to_desk(desk, tagger)
    with serving(tmp_path, small / "models") as served, client_at(served.address, served.desk, "Ada") as ada:
        page = ada.get("/card").text
        assert "A blind reading" in page
        assert "feedback" not in page


def test_a_card_says_why_it_is_there_for_a_note_alone(tmp_path, small, tagger):
    """Where nothing but feedback brings a caption, the card says whether the program named tags."""
    for labels, words in (
        ({"event": "launch"}, "which tags it should have"),
        ({}, "left a note about it, and no tags"),
    ):
        folder = tmp_path / str(len(labels))
        folder.mkdir()
        with make_desk(folder, Steered(tagger), SERIES[:1], people=("Ada",)) as desk:
            record_feedback(desk, "dam", said(SERIES[0], labels, note="look at the hatch"))
            bring_to_desk(desk, Steered(tagger))
        with serving(folder, small / "models") as served, client_at(served.address, served.desk, "Ada") as ada:
            page = ada.get("/card").text
            assert "look at the hatch" in page
            assert "<li>a program" in page
            assert words in page


def test_markup_in_feedback_is_text(served):
    """What a program sends is shown as it is written."""
    nasty = '<script>x</script> & "q"'
    with served.client() as client:
        client.post("/v1/feedback", json={**SAID, "id": nasty, "note": nasty})
    settled(served)
    with client_at(served.address, served.desk, "Ada") as ada:
        page = ada.get("/card").text
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_odd_characters_are_kept_or_replaced(served):
    """Halves of characters, which JSON may carry, and ids of spaces are no trouble."""
    with served.client() as client:
        body = json.dumps({**SAID, "id": "  ", "text": "\ud800 A crane.", "note": "\ud800", "key": "\ud800"})
        for status in (201, 200):
            answer = client.post("/v1/feedback", content=body, headers={"content-type": "application/json"})
            assert answer.status_code == status, answer.text
    settled(served)
    assert served.desk.store.one("SELECT count(*) FROM feedback_captions") == 1
