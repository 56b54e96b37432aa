"""The desk's library: captions in a queue, decisions that are only added to, undo, series, blind readings."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from dataclasses import replace

import pytest
from conftest import write_jsonl
from desks import SERIES, Steered, captions, decide_all, make_desk, number_of, want_all

from mlcap.cli.review_status import status_text
from mlcap.errors import DecidedError, DecisionError, DeskError
from mlcap.labels.corpus import read_labelled
from mlcap.model.tagging import Tagger
from mlcap.records.types import Record
from mlcap.review.audit import audit
from mlcap.review.cards import caption_of, show_card
from mlcap.review.desk import Desk
from mlcap.review.evidence import reasons_of
from mlcap.review.exporting import export_to
from mlcap.review.gain import Change, Gain, keep_gain
from mlcap.review.history import history
from mlcap.review.importing import import_labels
from mlcap.review.outcomes import blind_pairs, desk_agreement, outcomes
from mlcap.review.queues import Queue, QueueKind, found_captions, next_caption, topics, waiting_count
from mlcap.review.standing import rebuild
from mlcap.review.status import progress_of, status_of
from mlcap.review.suggestions import pair_of_cell, record_tags
from mlcap.types import Facet, ReasonKind, ReviewReason, Value

LANDING = {"event": "landing", "crew_role": ["ground-personnel"]}
LAUNCH = {"event": "launch", "crew_role": []}


@pytest.fixture
def desk(tmp_path, tagger):
    """A desk on which every caption waits."""
    with make_desk(tmp_path, tagger) as made:
        yield want_all(made)


def places(desk):
    """Where every caption stands."""
    return [tuple(r) for r in desk.store.rows("SELECT caption, state, reader, waiting FROM places ORDER BY caption")]


def test_the_least_sure_caption_comes_first_and_each_once(desk):
    """A queue runs from the least sure to the surest, and ends."""
    sure = {r["caption"]: r["sure"] for r in desk.store.rows("SELECT caption, sure FROM suggestions")}
    done = decide_all(desk, "Ada")
    assert sorted(done) == sorted(sure)
    assert [sure[n] for n in done] == sorted(sure.values())
    assert desk.next_card("Ada") is None


def test_decisions_are_never_changed_or_removed(desk):
    """The table of decisions refuses every update and deletion."""
    decide_all(desk, "Ada", most=2)
    with sqlite3.connect(desk.store.path) as db:
        for statement in ("UPDATE decisions SET labels = '{}'", "DELETE FROM decisions"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                db.execute(statement)
    assert desk.store.one("SELECT count(*) FROM decisions") == 2


def test_one_card_decides_once(desk):
    """The same answer a second time, as after a double click, changes nothing; another one is told and changes nothing either."""
    card = desk.next_card("Ada")
    decider = desk.decider("Ada")
    first = decider.decide(card.nonce, LANDING)
    assert decider.decide(card.nonce, LANDING) == first
    for other in (lambda: decider.decide(card.nonce, LAUNCH), lambda: decider.put_aside(card.nonce, "later")):
        with pytest.raises(DecidedError, match=r"was answered from this card already \(landing"):
            other()
    assert [o.labels["event"] for o in outcomes(desk.store)] == ["landing"]


def test_a_reload_shows_the_same_caption(desk):
    """What a person has before the eyes stays there until it is dealt with."""
    first = desk.next_card("Ada")
    assert desk.next_card("Ada").caption.number == first.caption.number


def test_two_people_are_shown_different_captions(desk):
    """What one is shown is kept from the other, and comes back when its time is over."""
    mine, theirs = desk.next_card("Ada"), desk.next_card("Bo")
    assert mine.caption.number != theirs.caption.number
    with desk.store.writing() as db:
        db.execute("UPDATE cards SET until = ? WHERE person = 'Ada'", (time.time() - 1,))
    assert next_caption(desk.store, Queue(), "Bo") == mine.caption.number


def test_nobody_decides_unasked_what_another_has_decided(desk):
    """Who answers too late is told, and heard when asking for it."""
    card = desk.next_card("Ada")
    late = show_card(desk.store, desk.facets, "Bo", card.caption.number)
    desk.decider("Ada").decide(card.nonce, LANDING)
    with pytest.raises(DecidedError, match="decided by Ada"):
        desk.decider("Bo").decide(late.nonce, LAUNCH)
    assert desk.decider("Bo").decide(late.nonce, LAUNCH, asked=True)
    assert [s for n, s, *_ in places(desk) if n == card.caption.number] == ["differ"]


def test_nonsense_decides_nothing(desk):
    """Values outside of the taxonomy, a missing event and a stranger's card are refused with one line."""
    card = desk.next_card("Ada")
    for labels in (
        {"event": "picnic"},
        {"event": ["launch"]},
        {"crew_role": []},
        {"event": "launch", "crew_role": ["x"]},
    ):
        with pytest.raises(DecisionError) as error:
            desk.decider("Ada").decide(card.nonce, labels)
        assert "\n" not in str(error.value)
    with pytest.raises(DecisionError, match="no longer known"):
        desk.decider("Bo").decide(card.nonce, LANDING)
    assert desk.store.one("SELECT count(*) FROM decisions") == 0


def test_undo_and_redo_have_any_depth_and_survive_a_restart(desk, tmp_path, tagger):
    """All decisions are taken back one by one over a restart, and done again in order."""
    before = places(desk)
    done = decide_all(desk, "Ada", most=6)
    after = places(desk)
    assert [desk.decider("Ada").undo() for _ in range(3)] == [[n] for n in reversed(done[3:])]
    desk.store.close()
    with Desk.open(tmp_path / "desk") as again:
        decider = again.decider("Ada")
        assert [decider.undo() for _ in range(4)] == [*([n] for n in reversed(done[:3])), None]
        assert places(again) == before
        assert [decider.redo() for _ in range(7)] == [*([n] for n in done), None]
        assert places(again) == after
        assert [a.counts for a in history(again.store, "Ada")] == [True] * 6


def test_something_new_ends_the_redo(desk):
    """After a new decision nothing is done again."""
    decide_all(desk, "Ada", most=2)
    decider = desk.decider("Ada")
    decider.undo()
    card = desk.next_card("Ada")
    decider.decide(card.nonce, LANDING)
    assert decider.redo() is None


def test_nobody_undoes_what_another_did(desk):
    """Undo takes back one's own actions alone, also where another's is named."""
    decide_all(desk, "Ada", most=1)
    action = desk.store.one("SELECT action FROM decisions")
    assert desk.decider("Bo").undo() is None
    assert desk.decider("Bo").undo(action) is None
    assert desk.decider("Ada").undo(action) is not None
    assert desk.decider("Ada").undo(action) is None


def test_what_is_put_off_comes_last_and_what_is_skipped_comes_to_others(desk):
    """Later comes again after the rest, skip never for the same person, and both can be undone."""
    first, decider = desk.next_card("Ada"), desk.decider("Ada")
    decider.put_aside(first.nonce, "later")
    second = desk.next_card("Ada")
    decider.put_aside(second.nonce, "skip")
    assert second.caption.number != first.caption.number
    rest = decide_all(desk, "Ada")
    assert rest[-1] == first.caption.number
    assert second.caption.number not in rest
    assert desk.next_card("Bo").caption.number == second.caption.number
    for _ in rest:
        decider.undo()
    decider.undo()
    assert next_caption(desk.store, Queue(), "Ada") is not None


def test_a_series_is_decided_at_once_with_exceptions_and_one_undo(desk):
    """Captions that differ in a number form a series; what is left out of it stays open; one undo takes all back."""
    numbers = [number_of(desk, r["id"]) for r in SERIES]
    assert {r[0] for r in desk.store.rows("SELECT series FROM captions WHERE id LIKE 'series-%'")} == {numbers[0]}
    card = show_card(desk.store, desk.facets, "Ada", numbers[2])
    before = places(desk)
    _, left = desk.decider("Ada").decide_series(card.nonce, LANDING, [n for n in numbers if n != numbers[1]])
    assert left == []
    assert {o.caption for o in outcomes(desk.store)} == set(numbers) - {numbers[1]}
    desk.decider("Ada").decide_series(card.nonce, LANDING, [n for n in numbers if n != numbers[1]])
    with pytest.raises(DecidedError, match="answered from this card already"):
        desk.decider("Ada").decide_series(card.nonce, LANDING, numbers)
    assert sorted(desk.decider("Ada").undo()) == sorted(set(numbers) - {numbers[1]})
    assert places(desk) == before
    card = show_card(desk.store, desk.facets, "Ada", numbers[0])
    with pytest.raises(DecisionError, match="not of this series"):
        desk.decider("Ada").decide_series(card.nonce, LANDING, [numbers[0], 1])


def test_a_series_leaves_what_others_decided(desk):
    """A caption that somebody decided meanwhile stays as it is and is named."""
    numbers = [number_of(desk, r["id"]) for r in SERIES]
    card = show_card(desk.store, desk.facets, "Ada", numbers[0])
    other = show_card(desk.store, desk.facets, "Bo", numbers[3])
    desk.decider("Bo").decide(other.nonce, LAUNCH)
    _, left = desk.decider("Ada").decide_series(card.nonce, LANDING, numbers)
    assert left == [numbers[3]]
    assert {o.caption: o.labels["event"] for o in outcomes(desk.store)}[numbers[3]] == "launch"


def test_a_tag_taken_off_is_not_suggested_again(desk):
    """What a person took off is neither on the card after a new version's suggestion nor for the same text elsewhere."""
    number = number_of(desk, "series-0")
    with desk.store.writing() as db:
        tags = json.dumps({"event": "launch", "crew_role": ["commander", "pilot"]})
        db.execute("UPDATE suggestions SET tags = ? WHERE caption = ?", (tags, number))
    card = show_card(desk.store, desk.facets, "Ada", number)
    desk.decider("Ada").decide(card.nonce, {"event": "landing", "crew_role": ["pilot"]})
    again = show_card(desk.store, desk.facets, "Bo", number)
    assert again.shown == {"crew_role": ("pilot",)}
    assert [o.rejected(desk.facets) for o in outcomes(desk.store)] == [
        {"event": ("launch",), "crew_role": ("commander",)}
    ]
    desk.decider("Ada").undo()
    assert show_card(desk.store, desk.facets, "Bo", number).shown == {
        "event": "launch",
        "crew_role": ("commander", "pilot"),
    }


def test_leaving_the_suggestion_is_marked(desk):
    """A decision that changes nothing is marked as seen with the suggestion, one that changes something is not."""
    card, decider = desk.next_card("Ada"), desk.decider("Ada")
    decider.decide(card.nonce, card.shown)
    card = desk.next_card("Ada")
    other = next(v for v in desk.facets[0].names if v != card.shown["event"])
    decider.decide(card.nonce, {**card.shown, "event": other})
    assert [bool(r[0]) for r in desk.store.rows("SELECT accepted FROM decisions ORDER BY number")] == [True, False]


def test_a_blind_second_reading_shows_nothing_and_comes_to_another(tmp_path, tagger):
    """The second reader sees no tag; where the two differ, somebody settles."""
    with want_all(make_desk(tmp_path, tagger, blind=1.0)) as desk:
        decide_all(desk, "Ada", labels=lambda _: LANDING)
        assert {s for _, s, *_ in places(desk)} == {"second"}
        assert desk.next_card("Ada") is None
        card = desk.next_card("Bo")
        assert card.blind
        assert card.shown == {}
        desk.decider("Bo").decide(card.nonce, LANDING)
        second = desk.next_card("Bo")
        desk.decider("Bo").decide(second.nonce, LAUNCH)
        states = {n: s for n, s, *_ in places(desk)}
        assert (states[card.caption.number], states[second.caption.number]) == ("done", "differ")
        agreement = {a.facet: a for a in desk_agreement(desk.store, desk.facets) if not a.value}
        assert (agreement["event"].captions, agreement["event"].agreed) == (2, 0.5)
        assert blind_pairs(desk.store) == 2
        third = next(n for n, s, *_ in places(desk) if s == "second")
        desk.decider("Bo").take_over(third, LANDING, "third")
        found = status_of(desk.store, desk.facets, 0.95)
        assert [a.captions for a in found.agreement if a.facet == "event"] == [3]
        assert found.blind_pairs == 2
        assert "of these 2 with a reading that saw no tags" in status_text(found)
        with pytest.raises(DecisionError, match="do not differ"):
            desk.decider("Ada").settle(card.caption.number, LAUNCH)
        desk.decider("Ada").settle(second.caption.number, LAUNCH)
        found = {o.caption: o for o in outcomes(desk.store)}
        assert found[second.caption.number].labels["event"] == "launch"
        desk.decider("Ada").undo()
        assert {n: s for n, s, *_ in places(desk)}[second.caption.number] == "differ"


def test_who_works_alone_reads_blind_at_once(tmp_path, tagger):
    """With one person on the desk, what is drawn for a blind reading shows no tag at first."""
    with want_all(make_desk(tmp_path, tagger, people=("Ada",), blind=1.0)) as desk:
        card = desk.next_card("Ada")
        assert card.blind
        desk.decider("Ada").decide(card.nonce, LANDING)
        assert {n: s for n, s, *_ in places(desk)}[card.caption.number] == "done"


def test_standing_can_be_made_anew(tmp_path, tagger):
    """After all kinds of actions, what is worked out from the decisions is what was kept up beside them."""
    with want_all(make_desk(tmp_path, tagger, blind=0.5)) as desk:
        for round_ in range(3):
            for name in ("Ada", "Bo"):
                decider = desk.decider(name)
                decide_all(desk, name, labels=lambda card: LANDING if card.caption.number % 3 else LAUNCH, most=4)
                card = desk.next_card(name)
                decider.put_aside(card.nonce, "later" if round_ else "skip")
                decider.undo()
                decider.undo()
                decider.redo()
        kept = [places(desk), [tuple(r) for r in desk.store.rows("SELECT * FROM asides ORDER BY caption, person")]]
        with desk.store.writing() as db:
            db.execute("UPDATE places SET state = 'open', reader = '', waiting = wanted")
            db.execute("DELETE FROM asides")
        rebuild(desk.store)
        assert kept == [
            places(desk),
            [tuple(r) for r in desk.store.rows("SELECT * FROM asides ORDER BY caption, person")],
        ]


def test_queues_by_topic_series_and_search(desk):
    """Reasons, pairs, series and words each give their captions and no others."""
    assert next((t.value, t.waiting) for t in topics(desk.store, QueueKind.REASON)) == ("event uncertain", 40)
    assert [t.waiting for t in topics(desk.store, QueueKind.SERIES)] == [5]
    numbers = {number_of(desk, r["id"]) for r in SERIES}
    assert set(found_captions(desk.store, Queue(QueueKind.SERIES, str(min(numbers))))) == numbers
    assert set(found_captions(desk.store, Queue(QueueKind.SEARCH, "aurora recov"))) == numbers
    assert next_caption(desk.store, Queue(QueueKind.SEARCH, "Frame 3"), "Ada") == number_of(desk, "series-3")
    pair = topics(desk.store, QueueKind.PAIR)[0]
    assert len(found_captions(desk.store, Queue(QueueKind.PAIR, pair.value))) == pair.waiting
    for odd in ('"', "NEAR(", "a OR b", "* -", "text:x"):
        found_captions(desk.store, Queue(QueueKind.SEARCH, odd))
    with pytest.raises(DeskError, match="is no queue"):
        Queue.of("odd", "")


def test_what_is_left_is_what_may_still_come_to_a_person(tmp_path, tagger):
    """Each decision makes it less; second readings wait for others alone, and what one skipped for nobody but them."""
    with want_all(make_desk(tmp_path, tagger, SERIES, blind=1.0)) as desk:
        left = lambda: [waiting_count(desk.store, Queue(), who) for who in ("Ada", "Bo", None)]  # noqa: E731
        assert left() == [5, 5, 5]
        decide_all(desk, "Ada", most=2)
        assert left() == [3, 5, 5]
        card = desk.next_card("Ada")
        desk.decider("Ada").put_aside(card.nonce, "skip")
        assert left() == [2, 5, 5]
        assert len(decide_all(desk, "Ada")) == 2
        assert left() == [0, 5, 5]


def test_contradictions_are_one_queue(tmp_path, tagger):
    """Reasons whose words differ from caption to caption are one queue by their kind."""
    found = tagger.tag([r["text"] for r in SERIES[:3]])
    kind = ReasonKind.CONTRADICTION
    told = [replace(one, reasons=(ReviewReason(kind, "", f"number {n}"),)) for n, one in enumerate(found)]

    class Contradicted(Tagger):
        def tag(self, texts, catalogues=None):
            return told[: len(list(texts))]

    with make_desk(tmp_path, Contradicted(tagger.artifact, tagger.version), SERIES[:3]) as desk:
        assert [(t.value, t.waiting) for t in topics(desk.store, QueueKind.REASON)] == [
            ("the caption contradicts itself or its record", 3)
        ]


def test_a_cell_of_the_confusion_is_a_queue(desk):
    """Two values of one facet, in either order, or one role name the captions in doubt between them; nonsense is refused."""
    assert (
        pair_of_cell(desk.facets, "launch,fit-check")
        == pair_of_cell(desk.facets, "fit-check, launch")
        == "event:fit-check,launch"
    )
    assert pair_of_cell(desk.facets, "pilot") == "crew_role:pilot"
    for cell in ("launch", "launch,pilot", "launch,launch", "", "a,b"):
        with pytest.raises(DeskError, match="is no cell"):
            pair_of_cell(desk.facets, cell)


def test_adding_again_adds_nothing_and_more_adds_the_rest(desk, tmp_path, tagger):
    """A source that was read before, or overlaps one, brings what is new alone; decisions stay."""
    decide_all(desk, "Ada", most=3)
    again = desk.add(tagger, [str(tmp_path / "captions.jsonl")])
    assert (again.new, again.known) == (0, 40)
    more = write_jsonl(
        tmp_path / "more.jsonl", [*captions()[:3], {"id": "new", "text": "A crane waits."}, {"id": "bad"}]
    )
    added = desk.add(tagger, [str(more)])
    assert (added.new, added.known, len(added.unreadable)) == (1, 3, 1)
    assert desk.store.one("SELECT count(*) FROM unreadable") == 1
    assert len(list(outcomes(desk.store))) == 3
    assert desk.store.one("SELECT count(*) FROM suggestions") == 41


def test_the_record_beside_a_caption_is_read(tmp_path, tagger):
    """Suggestions are those of `mlcap tag` for the same record, later versions read it too, and labels carry it along."""
    record = {
        "id": "jsc2031e000001",
        "nasa_id": "jsc2031e000001",
        "title": "Crew training in the pool",
        "center": "JSC",
    }
    record |= {"text": "Divers wait beside the mock-up.", "date_created": "2031-04-05T00:00:00Z"}
    with want_all(make_desk(tmp_path, tagger, [record])) as desk:
        caption = caption_of(desk.store, 1)
        assert dict(caption.catalogue) == Record("", record, record["text"]).catalogue != {}
        want = tagger.tag_one(record["text"], caption.catalogue)
        told = desk.store.one("SELECT confidence FROM suggestions")
        assert json.loads(told) == {name: dict(f.probabilities) for name, f in want.facets.items()}
        assert desk.renew(type(tagger)(tagger.artifact, "2")) == 1
        assert [r[0] for r in desk.store.rows("SELECT confidence FROM suggestions")] == [told, told]
        decide_all(desk, "Ada")
        export_to(desk, tmp_path / "gold.jsonl", "labels")
        (label,) = read_labelled(tmp_path / "gold.jsonl", desk.facets)
        assert label.catalogue == caption.catalogue


def test_odd_records_find_their_place(tmp_path, tagger):
    """Halves of characters, NULs, numbers and paths as ids, and very long ids and captions are on the desk and come out again."""
    odd = [
        {"id": "half\ud800", "text": "A crane \ud800 lifts the capsule.", "title": "x\udfff", "mission": "m\ud800"},
        {"id": 7, "text": "Pilot \x00 Bo Ek waves."},
        {"id": "../../etc/passwd", "text": "Divers wait. " * 7000},
        {"id": "x" * 5000, "text": "\u202eA rocket waits on the pad.\u202c"},
        {"text": "Nobody names this caption of a pool."},
    ]
    (tmp_path / "odd.jsonl").write_text("".join(json.dumps(r) + "\n" for r in odd), "utf-8")
    with make_desk(tmp_path, tagger, SERIES[:1]) as desk:
        desk.add(tagger, [str(tmp_path / "odd.jsonl")])
        assert len(decide_all(want_all(desk), "Ada")) == 6
        export_to(desk, tmp_path / "gold.jsonl", "labels")
        names = {c.id for c in read_labelled(tmp_path / "gold.jsonl", desk.facets)}
        assert {"half\ufffd", "7", "../../etc/passwd", "x" * 5000} < names
        again = import_labels(desk, tagger, tmp_path / "gold.jsonl", "labels", "Bo")
        assert (again.new, again.faults) == (0, ())


def test_tagged_records_keep_their_tags(tmp_path, tagger):
    """The output of `mlcap tag` brings its tags, reasons and version along; malformed ones are tagged anew."""
    tagged = tagger.tag_one("A crane lifts the capsule onto the ship.").as_record()
    record = {"id": "a", "text": "A crane lifts the capsule onto the ship.", **tagged, "model": "77", "event": "launch"}
    record |= {"needs_review": True, "review_reasons": ["made for the test"]}
    assert record_tags(record, tagger.facets).model == "77"
    odd = {**record, "id": "b", "text": "Divers wait in the pool.", "event_confidence": "high"}
    with make_desk(tmp_path, tagger, [record, odd]) as desk:
        rows = desk.store.rows("SELECT model, tags, reasons, automatic FROM suggestions ORDER BY caption")
        assert (rows[0]["model"], json.loads(rows[0]["tags"])["event"]) == ("77", "launch")
        assert json.loads(rows[0]["reasons"]) == ["made for the test"]
        assert not rows[0]["automatic"]
        assert rows[1]["model"] == tagger.version


def test_another_version_suggests_for_what_is_open(desk, tagger):
    """A version that is new to the desk tags what nobody has decided, and decided captions stay as they are."""
    done = decide_all(desk, "Ada", most=4)
    other = type(tagger)(tagger.artifact, "2")
    assert desk.renew(other) == 36
    assert desk.renew(other) == 0
    rows = desk.store.rows("SELECT p.caption, s.model FROM places p JOIN suggestions s ON s.number = p.suggestion")
    assert {r["model"] for r in rows if r["caption"] in done} == {tagger.version}
    assert {r["model"] for r in rows if r["caption"] not in done} == {"2"}


def test_a_copy_of_a_version_is_the_same_version(tmp_path, tagger):
    """In another registry it has another number: what it suggested and how right it was measured to be stays."""
    ours = Steered(tagger, version="9-0a1b2c3d")
    with make_desk(tmp_path, ours, audit=1.0) as desk:
        decide_all(desk, "Ada", most=10)
        measured = audit(desk.store, desk.facets, 0.9)
        copy, other = (Steered(tagger, version=name) for name in ("1-0a1b2c3d", "1-0a1b2c3e"))
        assert desk.renew(copy) == 0
        assert desk.add(copy, [str(tmp_path / "captions.jsonl")]).new == 0
        assert audit(desk.store, desk.facets, 0.9) == measured
        assert measured.decided == 10
        assert desk.renew(other) == 30
        assert [desk.store.version(odd) for odd in ("1-%", "%", "7", "")] == ["1-%", "%", "7", ""]


def test_a_rollback_brings_the_measured_promise_back(tmp_path, tagger):
    """The version that is current again suggests again, drawn for its audit is what was, and nothing is tagged twice."""
    first, second = (Steered(tagger, version=name) for name in ("1-0a1b2c3d", "2-0a1b2c3e"))
    with make_desk(tmp_path, first, audit=0.5) as desk:
        desk.renew(first)
        decide_all(desk, "Ada", most=5)
        measured = audit(desk.store, desk.facets, 0.9)
        assert measured.model == "1-0a1b2c3d"
        assert desk.renew(second) == 35
        assert audit(desk.store, desk.facets, 0.9).decided == 0
        assert desk.renew(first) == 35
        assert audit(desk.store, desk.facets, 0.9) == measured
        rows = desk.store.rows("SELECT s.model FROM places p JOIN suggestions s ON s.number = p.suggestion")
        assert {row["model"] for row in rows} == {"1-0a1b2c3d"}


def test_own_facets_join_those_of_the_version(tmp_path, tagger):
    """A third facet and one of thirty values are decided beside the suggested ones; values are never lost."""
    third = Facet("setting", False, "", (Value("indoors", ""), Value("outdoors", "")))
    many = Facet("place", True, "", tuple(Value(f"place-{n}", "") for n in range(30)))
    with make_desk(tmp_path, tagger, facets=(*tagger.facets, third, many)) as desk:
        card = want_all(desk).next_card("Ada")
        with pytest.raises(DecisionError, match="setting is not decided"):
            desk.decider("Ada").decide(card.nonce, card.shown)
        desk.decider("Ada").decide(card.nonce, {**card.shown, "setting": "indoors", "place": ["place-7", "place-3"]})
        assert [o.labels["place"] for o in outcomes(desk.store)] == [("place-3", "place-7")]
    fewer = Facet("setting", False, "", (Value("indoors", ""), Value("aloft", "")))
    with pytest.raises(DeskError, match="other values"):
        Desk.open(tmp_path / "desk", (*tagger.facets, fewer))


def test_what_lacks_a_tag_for_a_facet_of_the_desk_waits(tmp_path, tagger):
    """A facet that no version knows is never automatic, whether it is there from the start or comes to the desk later."""
    sure, third = Steered(tagger), Facet("setting", False, "", (Value("indoors", ""), Value("outdoors", "")))
    with make_desk(tmp_path, sure, SERIES[:3], facets=(*tagger.facets, third)) as desk:
        assert (progress_of(desk.store).automatic, progress_of(desk.store).waiting) == (0, 3)
        assert reasons_of(desk.store, desk.facets, desk.next_card("Ada")) == ("no version suggests setting",)
        assert [one.value for one in topics(desk.store, QueueKind.REASON)] == ["no version suggests setting"]
    (tmp_path / "later").mkdir()
    with make_desk(tmp_path / "later", sure, SERIES[:3], audit=0.5) as desk:
        assert progress_of(desk.store).automatic + progress_of(desk.store).waiting == 3
        done = decide_all(desk, "Ada")
    with Desk.open(tmp_path / "later" / "desk", (*tagger.facets, third)) as desk:
        assert desk.renew(sure) == 0
        assert (progress_of(desk.store).automatic, progress_of(desk.store).waiting) == (0, 3 - len(done))


def test_a_desk_tells_of_its_own_facets_alone(tmp_path, tagger):
    """What is unsure of a facet that the desk has not is told by those that it has, and is no queue."""
    third = Facet("setting", False, "", (Value("indoors", ""), Value("outdoors", "")))
    role = next(f for f in tagger.facets if f.multiple)
    with make_desk(tmp_path, tagger, facets=(third,)) as desk:
        told = [topic.value for kind in (QueueKind.REASON, QueueKind.PAIR) for topic in topics(desk.store, kind)]
        assert progress_of(desk.store).automatic == 0
        assert "no version suggests setting" in told
        assert not [one for one in told if "event" in one or "crew_role" in one]
    (tmp_path / "role").mkdir()
    with make_desk(tmp_path / "role", Steered(tagger, lambda _: True), facets=(role,)) as desk:
        told = [topic.value for kind in (QueueKind.REASON, QueueKind.PAIR) for topic in topics(desk.store, kind)]
        assert progress_of(desk.store).automatic == 0
        assert told
        assert not [one for one in told if "event" in one]


def test_what_is_no_desk_is_told(tmp_path, tagger):
    """A missing folder, a foreign file and a desk of another format are one line each, and stay as they are."""
    with pytest.raises(DeskError, match="is no desk"):
        Desk.open(tmp_path / "none")
    assert not (tmp_path / "none").exists()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "desk.sqlite").write_bytes(b"no database at all, but text")
    with pytest.raises(DeskError, match="damaged or no desk"):
        Desk.open(tmp_path / "odd", tagger.facets)
    with Desk.open(tmp_path / "bad", tagger.facets):
        pass
    path = tmp_path / "bad" / "desk.sqlite"
    # SQLite quotes such a definition in its message, which is no UTF-8 then.
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE", b"CREATE \xf9ABLE"))
    with pytest.raises(DeskError, match="damaged or no desk"):
        Desk.open(tmp_path / "bad")
    (tmp_path / "new").mkdir()
    with sqlite3.connect(tmp_path / "new" / "desk.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(DeskError, match="format 99"):
        Desk.open(tmp_path / "new", tagger.facets)


@pytest.mark.skipif(os.name != "posix", reason="rights are those of POSIX")
def test_a_new_desk_is_for_its_owner_alone(tmp_path, tagger):
    """Nobody else can read its folder and files; rights that somebody gave them stay."""
    before = os.umask(0o022)
    try:
        with Desk.open(tmp_path / "made" / "desk", tagger.facets) as desk:
            desk.store.set("any", 1)
            folder = desk.store.folder
            rights = {p.name: p.stat().st_mode & 0o777 for p in (folder, *folder.iterdir())}
            assert rights.pop("desk") == 0o700
            assert set(rights.values()) == {0o600}
        folder.chmod(0o750)
        with Desk.open(folder, tagger.facets):
            assert folder.stat().st_mode & 0o777 == 0o750
    finally:
        os.umask(before)


def test_notes_are_kept_and_undone(desk):
    """The latest note stands on the card, and undo takes it back."""
    number = number_of(desk, "series-1")
    decider = desk.decider("Ada")
    decider.note(number, "ask the archive")
    decider.note(number, "asked")
    assert show_card(desk.store, desk.facets, "Bo", number).note == "asked"
    decider.undo()
    assert show_card(desk.store, desk.facets, "Bo", number).note == "ask the archive"


def test_a_fault_of_the_tables_is_no_lack_of_room(tmp_path, tagger):
    """A desk whose tables somebody spoiled is told as damaged, not as a disk on which there is no room."""
    with make_desk(tmp_path, tagger, SERIES[:1]) as desk:
        with desk.store.writing() as db:
            db.execute("DROP TABLE topics")
        with pytest.raises(DeskError, match="is damaged or no desk"):
            desk.store.rows("SELECT * FROM topics")


def test_a_gain_on_decisions_that_were_learned_from_is_told(tmp_path, tagger):
    """Where no decision is about tags of the version that was measured, its gain says nothing new, and that is said."""
    with want_all(make_desk(tmp_path, tagger, captions(6), people=("Ada",))) as desk:
        decide_all(desk, "Ada")
        keep_gain(desk.store, Gain(tagger.version, "2026-01-01", Change(6, (), 0.0, 0.0, 0.0), None))
        said = f"no decision is about tags of version {tagger.version}"
        assert said not in status_text(status_of(desk.store, desk.facets, 0.95))
        keep_gain(desk.store, Gain("later", "2026-01-02", Change(6, (), 0.0, 0.0, 0.0), None))
        with desk.store.writing() as db:
            db.execute("UPDATE suggestions SET model = 'later'")
        assert "no decision is about tags of version later" in status_text(status_of(desk.store, desk.facets, 0.95))
