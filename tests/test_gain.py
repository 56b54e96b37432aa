"""What the next version would gain: measured on the decisions, kept on the desk, and told with its uncertainty."""

from __future__ import annotations

import json
import re
import time

import httpx
import pytest
from browsers import free_port, opened
from conftest import mlcap
from desks import client_at, make_desk, served, want_all
from test_adapt import distinct

from mlcap.errors import DeskError
from mlcap.review import measuring
from mlcap.review.gain import Change, gain_status
from mlcap.review.measuring import measure_gain


def decided(folder, tagger, most=48):
    """A desk on which captions with a word of the desk's own are decided, some as they were suggested."""
    rows = distinct()
    truth = {r["id"]: r["event"] for r in rows}
    records = [{k: r[k] for k in ("id", "text", "mission")} for r in rows]
    desk = want_all(make_desk(folder, tagger, records))
    decider = desk.decider("Ada")
    for _ in range(most):
        card = desk.next_card("Ada")
        decider.decide(card.nonce, {"event": truth[card.caption.id], "crew_role": card.shown.get("crew_role", ())})
    return desk


def change(captions=100, difference=0.02, low=-0.02, high=0.06):
    """A measured change."""
    return Change(captions, (("event", "accuracy", 0.8, 0.82),), difference, low, high)


def test_how_many_more_decisions_would_tell():
    """None where chance is ruled out; else by the square root, as far as somebody would wait for it."""
    assert change(low=0.001, high=0.04).more == 0
    assert change(low=-0.04, high=-0.001, difference=-0.02).more == 0
    assert change().more == 300
    assert change(difference=0.0, low=-0.02, high=0.02).more is None
    assert change(difference=0.0001).more is None
    assert change(difference=0.0, low=0.0, high=0.0).nothing
    assert not change().nothing


def test_too_few_decisions_are_told(tmp_path, tagger):
    """Before anything can be measured the desk says how many decisions, of how many missions, are missing."""
    with decided(tmp_path, tagger, most=4) as desk:
        found = gain_status(desk.store)
        assert (found.decided, found.lacking) == (4, 16)
        assert found.lacking_groups == 5 - desk.store.one(
            "SELECT count(DISTINCT c.mission) FROM captions c JOIN places p ON p.caption = c.number WHERE p.state = 'done'"
        )
        assert "not yet known: 16 decisions more" in mlcap("review", "status", desk.store.folder, cwd=tmp_path).out
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as client:
            assert "16 decisions more" in client.get("/progress").text
            assert "Measure what it would gain" not in client.get("/progress").text
            refused = client.post("/progress/gain", data={})
            assert refused.status_code == 400
            assert "16 more decisions" in refused.text


def test_the_gain_is_measured_kept_and_grows_old(tmp_path, tagger, small):
    """The measurement is what adapting says; it stays on the desk, counts later decisions, and ends with the version."""
    with decided(tmp_path, tagger, most=40) as desk:
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as client:
            assert "Measure what it would gain" in client.get("/progress").text
            began = time.monotonic()
            for _ in range(2):  # Asked twice it is measured once.
                assert client.post("/progress/gain", data={}).headers["location"] == "/progress#gain"
            assert time.monotonic() - began < 2
            looked = client.get("/progress")
            assert "It is being measured" in looked.text
            assert re.fullmatch(r"5; url=/progress\?target=0\.95&at=\d+#gain", looked.headers["refresh"])
            while "It is being measured" in (page := client.get("/progress").text):
                time.sleep(0.1)
        kept = gain_status(desk.store)
        whole = kept.latest.whole
        assert whole.captions == 40
        assert kept.since == 0
        _, _, before, after = whole.metrics[0]
        assert after > before
        assert f"{whole.difference:+.3f}" in page
        assert (kept.latest.unaccepted is not None) == bool(desk.store.one("SELECT sum(accepted) FROM decisions"))
        card = desk.next_card("Ada")
        desk.decider("Ada").decide(card.nonce, {"event": "other", "crew_role": []})
        assert gain_status(desk.store).since == 1
        status = ("review", "status", "desk", "--models", small / "models")
        assert "1 caption decided since" in mlcap(*status, cwd=tmp_path, check=0).out
        data = json.loads(mlcap(*status, "--gain", "--json", cwd=tmp_path, check=0).out)["gain"]
        assert data["latest"]["whole"]["captions"] == 41
        with desk.store.writing() as db:
            db.execute("UPDATE suggestions SET model = '9-later'")
        assert gain_status(desk.store).since is None


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 0.3, 1.5])
def test_a_desk_that_measures_can_be_stopped(tmp_path, tagger, small, wait):
    """Ctrl-C ends the desk at once and without a word more, however far the measurement is."""
    with decided(tmp_path, tagger, most=40):
        pass
    with opened(tmp_path, small, free_port(), "Ada", more=()) as (link,):
        address = link.partition("/enter")[0]
        with httpx.Client(base_url=address, headers={"origin": address}) as client:
            client.get(link)
            assert client.post("/progress/gain", data={}).status_code == 303
        time.sleep(wait)


def test_one_measures_at_a_time(tmp_path, tagger, monkeypatch):
    """Who asks while another measures is told so; who asks later is answered."""
    with decided(tmp_path, tagger, most=40) as desk:
        assert measuring._MEASURING.acquire(blocking=False)
        try:
            with pytest.raises(DeskError, match="is being measured"):
                measure_gain(desk, tagger)
        finally:
            measuring._MEASURING.release()
