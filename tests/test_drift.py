"""Drift: what differs is said, what is chance is not, and new missions and words have their names."""

from __future__ import annotations

import json
import random

import pytest
from conftest import mlcap, write_jsonl

from mlcap.evaluation import drift as drift_module
from mlcap.evaluation.drift import FEWEST, Seen, drift, month_of, seen
from mlcap.records.types import Record


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch):
    monkeypatch.setattr(drift_module, "DRAWS", 200)


def captions(rng, missions, share, month="2014-05", many=(1, 12)):
    """Captions of missions, each of which shows landings or does not."""
    out = []
    for number in range(missions):
        measures = {"event: landing": 1.0} if rng.random() < share else {"event: other": 1.0}
        out += [Seen(month, f"m-{share}-{rng.random()}-{number}", measures)] * rng.randint(*many)
    return out


def changes(found):
    """The measures that are called changes."""
    return [d.measure for d in found.differences if d.changed]


def test_what_differs_is_said_and_what_is_chance_is_not():
    """Missions being drawn, a difference that would be clear among as many single captions may be chance."""
    rng = random.Random(4)
    old = captions(rng, 120, 0.2)
    assert set(changes(drift(old, captions(rng, 60, 0.7)))) == {"event: landing", "event: other"}
    wrong = [changes(drift(captions(rng, 60, 0.2), captions(rng, 8, 0.2))) for _ in range(20)]
    assert sum(map(bool, wrong)) <= 2
    (landing,) = (d for d in drift(old, old).differences if d.measure == "event: landing")
    assert landing.old == landing.new
    assert landing.low < 0 < landing.high


def test_what_few_missions_say_is_no_change():
    """Of a mission that both sides have, or of one each, a difference is chance and its interval holds 0."""
    rng = random.Random(6)

    def side(missions, each):
        return [
            Seen("", f"m-{m}", {"event: landing" if rng.random() < 0.3 else "event: other": 1.0})
            for m in missions
            for _ in range(each)
        ]

    for missions in (1, 2, 4):
        shared = [
            drift(side(range(missions), 60 // missions), side(range(missions), 60 // missions)) for _ in range(20)
        ]
        assert sum(bool(changes(found)) for found in shared) <= 2
        assert sum(all(d.low < 0 < d.high for d in found.differences) for found in shared) >= 16
    assert not changes(drift(side([1], 60), [Seen("", "m-2", {"event: landing": 1.0})] * 60))


def test_shares_of_nothing_and_of_all_have_intervals():
    """Of equal sides they hold 0, wide as so many captions are; one older caption leaves most of them open."""
    landing = Seen("", "", {"event: landing": 1.0})
    (same,) = drift([landing] * 30, [landing] * 30).differences
    assert same.low < -0.05
    assert same.high > 0.05
    (landings, _) = drift([Seen("", "", {"event: other": 1.0})], [landing] * 30).differences
    assert (landings.old, landings.new, landings.changed) == (0.0, 1.0, False)
    assert landings.low < 0.2


def test_months_are_compared_where_they_have_enough():
    """In order, each with its count; a change of one month is said of it."""
    rng = random.Random(5)
    old = captions(rng, 200, 0.1, "2013-01", (1, 3))
    new = [*captions(rng, 60, 0.1, "2014-02", (1, 2)), *captions(rng, 60, 0.9, "2014-01", (1, 2))]
    new += [Seen("", "", {})] * (FEWEST - 1)
    found = drift(old, new)
    assert list(found.months) == ["", "2014-01", "2014-02"]
    assert found.months[""] == (FEWEST - 1, ())
    by_month = {month: [d.measure for d in rows if d.changed] for month, (_, rows) in found.months.items()}
    assert by_month == {"": [], "2014-01": ["event: landing", "event: other"], "2014-02": []}
    assert sum(count for count, _ in found.months.values()) == found.new == len(new)


def test_new_missions_and_words_are_named():
    """Those that several newer captions have and no older one, the most frequent first."""
    old = [Seen("", "a", {}, ("STS-1",), ("alpha",))] * 3
    new = [Seen("", "b", {}, ("STS-1", "Artemis 9"), ("alpha", "beta"))] * 2
    new += [Seen("", "", {}, ("Artemis 9", "Once 1"), ("gamma",))]
    found = drift(old, new)
    assert [(m.name, m.old, m.new) for m in found.missions] == [("Artemis 9", 0, 3)]
    assert [w.name for w in found.words] == ["beta"]
    assert json.loads(json.dumps(found.as_data()))["missions"] == [{"name": "Artemis 9", "old": 0, "new": 3}]


@pytest.mark.parametrize(
    ("date", "month"),
    [
        ("2014-05-09T00:00:00Z", "2014-05"),
        ("2014:05:09 10:00:00", "2014-05"),
        ("2014-05", "2014-05"),
        ("2014", ""),
        ("20140509", "2014-05"),
        ("2014/5/9", "2014-05"),
        ("May 9, 2014", "2014-05"),
        ("May 2014", "2014-05"),
        ("2014-13-01", ""),
        ("2014-02-30", ""),
        ("1399593600", ""),
        ("0000-01-01", ""),
        ("1900-01-01", ""),
        ("", ""),
    ],
)
def test_months_are_read_from_dates(date, month):
    """As the image library, cameras and people write them; what is no day, or before any flight, is none."""
    assert month_of(date) == month


def test_captions_are_measured(tagger):
    """Tags, reasons, programme, words that training has not seen, and the month of record or caption."""
    texts = [
        "S106-E-5015 (14 Sept. 2000) --- Pilot Jan Roe waves aboard STS-106.",
        "A zyxwvut qqwert near Artemis IX.",
    ]
    records = [Record("f: 1", {}, texts[0]), Record("f: 2", {"date_created": "2031-02-03"}, texts[1], doubts=("cut",))]
    first, second = seen(tagger, [*records, Record("f: 3", {}, None, "empty")])
    assert (first.month, first.group, first.measures["programme: shuttle"]) == ("2000-09", "STS-106", 1.0)
    assert sum(name.startswith("event: ") for name in first.measures) == 1
    assert (second.month, second.missions, second.measures["needs review"]) == ("2031-02", ("Artemis 9",), 1.0)
    assert {"zyxwvut", "qqwert"} <= set(second.new_words)
    assert 0 < second.measures["unknown words of the lead"] < 1


def test_the_command_compares_two_files(small, tmp_path):
    """Within 80 columns, as JSON, with what cannot be read counted; a file without captions is refused."""
    old = [{"id": n, "text": f"A crane lifts the capsule, picture {n}."} for n in range(30)]
    new = [
        {"id": n, "text": f"Divers wave near Artemis II, picture {n}.", "date_created": "2031-02-03"} for n in range(30)
    ]
    write_jsonl(tmp_path / "old.jsonl", old)
    write_jsonl(tmp_path / "new.jsonl", [*new, {"id": 99}])
    words = ("drift", "old.jsonl", "new.jsonl", "--models", small / "models")
    done = mlcap(*words, cwd=tmp_path, check=3)
    assert "30 older captions, 30 newer, tagged by version 1-" in done.out
    assert "Artemis 2 (30 captions)" in done.out
    assert "2031-02  30 captions" in done.out
    assert "95 % intervals, of each row alone; * is no chance among all rows" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
    assert "1 record beside that cannot be read" in done.err
    found = json.loads(mlcap(*words, "--json", cwd=tmp_path, check=3).out)
    assert found["months"]["2031-02"]["captions"] == 30
    (tmp_path / "none.jsonl").write_text('{"id": 1}\n', "utf-8")
    done = mlcap("drift", "old.jsonl", "none.jsonl", cwd=tmp_path, check=2)
    assert "none.jsonl: holds no captions" in done.err
