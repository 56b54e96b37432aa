"""The whole loop in a real browser, by keyboard alone: decide, undo over a restart, read blind, settle, export, adapt, gain."""

from __future__ import annotations

import json
import shutil

import pytest
from browsers import Person, free_port, opened
from conftest import mlcap, write_jsonl
from test_adapt import distinct

from mlcap.review.desk import Desk
from mlcap.review.outcomes import outcomes

pytestmark = pytest.mark.slow

SOURCES = ("captions.jsonl", "--audit", "100%", "--blind", "30%")
#: A series without people, so that a reader who sees no tag chooses as one who does.
TEXT = "The capsule of Aurora 4 hangs below three orange parachutes above a calm grey ocean and drifts slowly west. Frame {}."
SERIES = [{"id": f"series-{n}", "text": TEXT.format(n), "mission": "m9"} for n in range(5)]
#: The key of each event.
KEYS = {"launch": "1", "landing": "2", "ceremony": "4", "other": "7"}


def choose(person, event):
    """Choose an event by its key where it is not chosen, and confirm."""
    chosen = person.page.locator("input[name='f.event']:checked")
    if chosen.count() and chosen.get_attribute("value") == event:
        person.go("Enter")
    else:
        person.go(KEYS[event], "Enter")


def is_blind(person):
    """Whether the card keeps its tags back; then nothing on it may tell them."""
    blind = "A blind reading" in person.page.locator("main").inner_text()
    assert not blind or person.page.locator("meter, mark, input:checked").count() == 0
    return blind


def work(person, truth, most=200, mistaken=0):
    """Decide what comes by the truth, the series as a whole with one exception; how many cards.

    Args:
        mistaken: so many blind cards are taken for something else.
    """
    for done in range(most):
        if "Nothing left" in person.page.title():
            return done
        name = person.shown()
        if name.startswith("series") and name not in truth:
            truth |= {r["id"]: "landing" for r in SERIES}
            person.go("2", "m")
            person.go("3", "Enter")
        else:
            wrong = mistaken > 0 and is_blind(person)
            mistaken -= wrong
            choose(person, "launch" if wrong else truth[name])
    return most


def decided(folder):
    """Caption -> the event that stands, or None where readings differ."""
    with Desk.open(folder / "desk") as desk:
        ids = dict(desk.store.rows("SELECT number, id FROM captions"))
        return {ids[o.caption]: o.labels["event"] if o.agreed else None for o in outcomes(desk.store)}


def cells(person):
    """The figures of the gain: (now, next) by row."""
    rows = person.page.locator("[aria-label='What the next version would gain'] tbody tr").all()
    return {r.locator("td").first.inner_text(): [float(t) for t in r.locator("td.n").all_inner_texts()] for r in rows}


def test_the_whole_loop_by_keyboard_alone(browser, small, tmp_path):
    """What two people decide comes out as labels, teaches the next version, and is seen to have done so."""
    rows = distinct()
    truth = {r["id"]: r["event"] for r in rows}
    records = [{k: r[k] for k in ("id", "text", "mission")} for r in rows]
    write_jsonl(tmp_path / "captions.jsonl", [*records, *SERIES])
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with opened(tmp_path, small, port, "Ada", "Bo", more=SOURCES) as links:
        ada, bo = (Person(browser, address, link) for link in links)
        assert work(ada, truth, most=12) == 12
    with opened(tmp_path, small, port, "Ada", "Bo", more=SOURCES):
        before = decided(tmp_path)
        ada.page.reload()
        ada.go("z")
        assert len(decided(tmp_path)) < len(before)
        ada.go("x")
        assert decided(tmp_path) == before
        work(ada, truth)
        # Bo gives the second readings without seeing a tag, and takes one of them for something else; then Ada does those
        # of the captions that Bo was the first to read.
        bo.page.reload()
        work(bo, truth, mistaken=1)
        ada.page.reload()
        work(ada, truth)
        differing = [name for name, event in decided(tmp_path).items() if event is None]
        assert len(differing) == 1
        ada.tab_to("Settle")
        ada.go("Enter")
        ada.go("1")
        assert decided(tmp_path)[differing[0]] == truth[differing[0]]
        ada.tab_to("Progress")
        ada.tab_to("Measure what it would gain")
        ada.page.get_by_text("It gains.").wait_for()  # The page looks again by itself.
        now, after = next(value for name, value in cells(ada).items() if name.startswith("event accuracy all"))
        assert after > now
        series = [n for n in decided(tmp_path) if n.startswith("series")]
        assert len(series) == 5
    mlcap("review", "export", "desk", "-o", "my-labels", cwd=tmp_path, check=0)
    env = {"MLCAP_MODELS": tmp_path / "models"}
    shutil.copytree(small / "models", tmp_path / "models")
    told = json.loads(mlcap("adapt", "--labels", "my-labels", "--json", cwd=tmp_path, env=env, check=0).out)
    assert told["after"]["facets"]["event"]["accuracy"] > told["before"]["facets"]["event"]["accuracy"]
    # What comes next has the word of this desk, and is suggested rightly at once.
    write_jsonl(tmp_path / "more.jsonl", [{"id": "new", "text": "Visitors watch the zorbing display beside the gate."}])
    with opened(tmp_path, tmp_path, port, "Ada", more=("more.jsonl", "--audit", "100%")):
        ada.page.goto(f"{address}/card")
        assert ada.shown() == "new"
        assert ada.page.locator("input[name='f.event']:checked").get_attribute("value") == "ceremony"
        assert f"model version {told['identity']}" in ada.page.locator("main").inner_text()
    for one in (ada, bo):
        one.close()
