"""The desk in a terminal: the same queue and keys."""

from __future__ import annotations

import pytest
from conftest import mlcap
from desks import SERIES, make_desk, want_all

from mlcap.review.desk import Desk
from mlcap.review.outcomes import outcomes
from mlcap.review.suggestions import pair_of_cell
from mlcap.types import Facet, Value


@pytest.fixture
def folder(tmp_path, tagger):
    """The folder of a desk with six captions that wait, five of them a series."""
    records = [{"id": "steer", "text": "A crane \x1b[2J lifts the capsule onto the recovery ship."}, *SERIES]
    want_all(make_desk(tmp_path, tagger, records, people=("Ada",))).store.close()
    return tmp_path


def work(folder, small, keys, *options):
    """Press keys; what was printed, and the outcomes by caption id."""
    args = ("review", "open", "desk", "--terminal", "--name", "Ada", "--models", small / "models", *options)
    done = mlcap(*args, cwd=folder, stdin=keys.encode(), check=0)
    with Desk.open(folder / "desk") as desk:
        names = {r["number"]: r["id"] for r in desk.store.rows("SELECT number, id FROM captions")}
        return done.out, {names[o.caption]: dict(o.labels) for o in outcomes(desk.store)}


def test_enter_confirms_and_figures_and_letters_choose(folder, small):
    """A figure sets the event, letters toggle roles, Enter decides, and the end of the input ends the work."""
    out, found = work(folder, small, "4qw\n")
    (labels,) = found.values()
    assert labels["event"] == "ceremony"
    assert "\x1b[2J" not in out
    assert "6 left" in out


def test_undo_takes_back_over_a_restart(folder, small):
    """What was decided in one session is undone in the next."""
    assert len(work(folder, small, "1\n1\n")[1]) == 2
    assert len(work(folder, small, "z")[1]) == 1
    assert len(work(folder, small, "x")[1]) == 2


def test_a_series_with_an_exception(folder, small):
    """The series is listed, a figure unticks a caption, and Enter decides the rest alike."""
    with Desk.open(folder / "desk") as desk, desk.store.writing() as db:
        db.execute("UPDATE places SET rank = 5 WHERE caption = 1")  # The one that is of no series comes last.
    _, found = work(folder, small, "2qm3\n")
    assert sorted(found) == ["series-0", "series-1", "series-3", "series-4"]
    assert {labels["event"] for labels in found.values()} == {"landing"}
    assert "[x] 1 series-0" in work(folder, small, "zm")[0]


def test_a_long_series_takes_its_exceptions_as_numbers(tmp_path, small, tagger):
    """Of more captions than there are figures several are named in a line; what each becomes is listed."""
    text = SERIES[0]["text"].removesuffix("Frame 0.")
    records = [{"id": f"long-{n:02d}", "text": f"{text}Frame {n}."} for n in range(14)]
    want_all(make_desk(tmp_path, tagger, records, people=("Ada",))).store.close()
    out, found = work(tmp_path, small, "4mq\n" + "m12 3, 99\n\n")
    assert sorted(found) == [r["id"] for n, r in enumerate(records, 1) if n not in (3, 12)]
    assert {labels["event"] for labels in found.values()} == {"ceremony"}
    assert "[ ] 12 long-11" in out
    assert "they become: event: ceremony" in out
    # At the end of the input nothing is decided.
    assert work(tmp_path, small, "zm")[1] == {}


def test_nothing_is_decided_without_a_key(folder, small):
    """Without input nothing is decided, and help, guide and reasons are told for their keys."""
    out, found = work(folder, small, "?b.n ask \n")
    assert found == {}
    assert "Decide the whole series" in out
    assert "Coming back" in out
    with Desk.open(folder / "desk") as desk:
        assert desk.store.one("SELECT note FROM decisions") == "ask"


def test_a_cell_is_the_queue_of_the_terminal_too(folder, small):
    """With `--cell` only what is in doubt between the two values comes, and only it is counted."""
    with Desk.open(folder / "desk") as desk, desk.store.writing() as db:
        db.execute("DELETE FROM topics")
        (number,) = db.execute("SELECT number FROM captions WHERE id = 'series-3'").fetchone()
        pair = pair_of_cell(desk.facets, "landing,launch")
        db.execute("INSERT INTO topics VALUES (?, 'pair', ?)", (number, pair))
    out, found = work(folder, small, "1\n", "--cell", "landing,launch")
    assert list(found) == ["series-3"]
    assert "1 left" in out
    assert "no caption waits for you" in out


def test_help_says_how_to_leave(folder, small):
    """Among the keys is the one that ends the work."""
    assert "Ctrl-D" in work(folder, small, "?")[0]


def test_thirty_values_are_found_by_name(tmp_path, small, tagger):
    """The key of a facet of many values asks for a name."""
    many = Facet("place", True, "", tuple(Value(f"hall-{n}", "", words=("quay",) * (n == 9)) for n in range(30)))
    want_all(make_desk(tmp_path, tagger, SERIES[:1], people=("Ada",), facets=(*tagger.facets, many))).store.close()
    out, found = work(tmp_path, small, "1ahall-17\naquay\nanowhere\n\n")
    assert [labels["place"] for labels in found.values()] == [("hall-9", "hall-17")]
    assert "no value is called so" in out


def test_a_search_shows_a_caption(folder, small):
    """The key of the search lists what holds the words, and a figure shows that caption, where keys decide as elsewhere."""
    out, found = work(folder, small, "/capsule frame\n3" + "5\n" + "/no such words\n")
    assert "3 series-2  Teams lower the capsule" in out
    assert {name: labels["event"] for name, labels in found.items()} == {"series-2": "training"}
    assert "no caption holds every word" in out
