"""Fetching from the image library: every record once, politely, whatever the server does."""

from __future__ import annotations

import gzip
import json
import time
import tracemalloc
import zlib

import pytest
import zstandard
from conftest import mlcap
from library_server import Packed, serving

from mlcap.errors import InputError, PullError
from mlcap.labels.digest import text_digest
from mlcap.labels.stores import read_store
from mlcap.pull import answer as answer_module
from mlcap.pull import client as client_module
from mlcap.pull.client import Library
from mlcap.pull.search import parse_years, parts_of
from mlcap.pull.store import Pulled, pull_ids, pull_search
from mlcap.records.parse import parse_json


def made(count, year=2031, prefix="made"):
    """Records of a year."""
    return [
        {"nasa_id": f"{prefix}-{n}", "description": f"Crane {n} waits.", "center": "KSC", "year": year, "album": "odd"}
        for n in range(count)
    ]


@pytest.fixture
def library(monkeypatch):
    """A server with 450 records of 2031 and 30 of 2032."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(made(450) + made(30, 2032, "later")) as server:
        yield server


class Puller:
    """Fetches into a folder and remembers what was said and how long was waited."""

    def __init__(self, server, folder):
        self.server, self.out = server, folder / "store.jsonl"
        self.said, self.waits = [], []

    def search(self, years=None, resume=False):
        """Pull a search."""
        parts = parts_of({"q": "crane"}, years)
        with Library(self.server.url, 0.5, self.said.append, self.waits.append) as connection:
            return pull_search(connection, parts, self.out, resume, self.said.append)

    def ids(self, ids, resume=False):
        """Pull ids."""
        with Library(self.server.url, 0.5, self.said.append, self.waits.append) as connection:
            return pull_ids(connection, ids, self.out, resume)

    def found(self):
        """The ids in the store."""
        return [json.loads(line)["nasa_id"] for line in self.out.read_text("utf-8").splitlines()]


@pytest.fixture
def puller(library, tmp_path):
    """A puller at the server."""
    return Puller(library, tmp_path)


def test_pages_are_followed_by_number(puller):
    """All pages, with a pause between requests, and the records as they came."""
    assert puller.search() == Pulled(480)
    assert [r["page"] for r in puller.server.requests] == ["1", "2", "3", "4", "5"]
    assert puller.waits == [0.5] * 4
    assert json.loads(puller.out.read_text("utf-8").splitlines()[0]) == {
        "nasa_id": "made-0",
        "description": "Crane 0 waits.",
        "center": "KSC",
        "album": "odd",
    }
    assert {name: text for name, text, _ in read_store(puller.out)}["later-29"] == "Crane 29 waits."


def test_years_are_asked_one_by_one(puller):
    """Each year is a question of its own; a record that two years show is kept once."""
    puller.server.records += [{**made(1)[0], "year": 2032}]
    assert puller.search((2030, 2032)) == Pulled(480)
    assert len(set(puller.found())) == 480
    assert [r["year_start"] for r in puller.server.requests] == ["2030", *["2031"] * 5, "2032"]


@pytest.mark.parametrize("fault", [403, 429, 500, 503, "cut", "html", "text"])
def test_failures_are_waited_out(puller, fault):
    """Refusals and broken answers are asked for again after pauses that double."""
    puller.server.faults = [fault] * 3
    assert puller.search() == Pulled(480)
    assert puller.waits[:6] == [1.0, 0.5, 2.0, 0.5, 4.0, 0.5]
    assert len(puller.said) == 3
    assert "trying again" in puller.said[0]


def test_the_server_may_say_how_long(puller):
    """Retry-After is heeded, within bounds."""
    puller.server.faults = [429, 429]
    puller.server.retry_after = "61"
    puller.search()
    assert puller.waits[0] == 61.0
    puller.server.faults, puller.server.retry_after = [429], "99999"
    puller.search()
    assert client_module._LONGEST_PAUSE in puller.waits


def test_slow_and_huge_answers_are_left(puller, monkeypatch):
    """An answer that drips is asked for again; one without end is refused."""
    monkeypatch.setattr(client_module, "SLOWEST_ANSWER", 0.2)
    puller.server.faults = ["slow"]
    assert puller.search() == Pulled(480)
    assert "longer than" in puller.said[0]
    monkeypatch.setattr(answer_module, "LARGEST_ANSWER", 1000)
    puller.server.faults = ["huge"]
    with pytest.raises(PullError, match="larger than"):
        puller.search()


def test_a_pull_that_gave_up_goes_on(puller):
    """After eight failures the pull ends with what it has; --resume fetches the rest, nothing twice."""
    puller.server.faults = [None, None] + [503] * 8
    with pytest.raises(PullError, match="go on later with --resume"):
        puller.search()
    assert not puller.out.exists()
    with open(f"{puller.out}.part", "ab") as stream:
        stream.write(b'{"nasa_id": "half')
    before = len(puller.server.requests)
    assert puller.search(resume=True) == Pulled(480)
    assert [r["page"] for r in puller.server.requests[before:]] == ["3", "4", "5"]
    assert len(puller.found()) == len(set(puller.found())) == 480
    with pytest.raises(InputError, match="no pull of it was stopped"):
        puller.search(resume=True)


def test_another_question_does_not_go_on(puller):
    """A stopped pull goes on with its own question only."""
    puller.server.faults = [None] + [503] * 8
    with pytest.raises(PullError):
        puller.search()
    with pytest.raises(InputError, match="asked for something else"):
        puller.search((2031, 2031), resume=True)


def say_more(page, answer):
    """A next link and a large total on every page."""
    answer["collection"]["links"] = [{"rel": "next", "href": "http://192.0.2.1/"}]
    answer["collection"]["metadata"]["total_hits"] = 10**9


def repeat(page, answer):
    """The same page for ever."""
    say_more(page, answer)
    answer["collection"]["items"] = [{"data": [{"nasa_id": "same", "description": "x"}]}]


def say_less(page, answer):
    """No total and no link where there is more."""
    answer["collection"].pop("links", None)
    answer["collection"]["metadata"]["total_hits"] = 3


def odd(page, answer):
    """Fields of other types, items without an id, metadata that is none."""
    answer["collection"]["items"][0] = "nothing"
    answer["collection"]["items"][1]["data"] = "nothing"
    answer["collection"]["items"][2]["data"] = [7, {"nasa_id": 7}, {"nasa_id": " "}]
    answer["collection"]["items"][3]["data"][0] |= {"description": ["a", "list"], "keywords": "one", "deep": {"a": [1]}}
    answer["collection"]["metadata"] = ["none"]


@pytest.mark.parametrize(
    ("lie", "records", "said"),
    [(say_more, 480, "says 1000000000"), (repeat, 1, "repeats"), (say_less, 100, ""), (odd, 465, "25 items")],
)
def test_lies_about_paging_end_the_search(puller, lie, records, said):
    """Endless links, repeated pages, wrong totals and odd items are bounded, and said where something is missing."""
    puller.server.lie = lie
    assert puller.search() == Pulled(records, short=bool(said))
    assert len(puller.server.requests) <= 6
    assert any(said in s for s in puller.said) or not said


def test_more_than_the_library_shows_is_said(puller):
    """After a hundred pages the search ends with advice, as the API shows no more."""
    puller.server.records = made(10_300)
    assert puller.search() == Pulled(10_000, short=1)
    assert "narrow it" in puller.said[0]
    assert len(puller.server.requests) == 100


def test_a_refusal_gives_the_reason(puller):
    """What the library refuses for good is not asked again."""
    puller.server.faults = [404]
    with pytest.raises(PullError, match=r"404 \(not now\)"):
        puller.search()
    assert len(puller.server.requests) == 1


def test_labels_are_compared_by_digest(puller):
    """By id: found letter for letter, missing ones and changed texts named; a stopped pull goes on."""
    puller.server.records += [{"nasa_id": "MADE-1", "description": "Another."}]
    ids = {f"made-{n}": text_digest(f"Crane  {n} waits. ") for n in range(60)} | {"gone": "0" * 64, "made-99": "0" * 64}
    puller.server.faults = [None] * 45 + [503] * 8
    with pytest.raises(PullError):
        puller.ids(ids)
    assert puller.ids(ids, resume=True) == Pulled(61, ("gone",), ("made-99",))
    assert len(puller.found()) == len(set(puller.found())) == 61


def test_years_are_read():
    """`2009` is one year, `2009-2014` are six."""
    assert parse_years("2009") == (2009, 2009)
    assert parse_years("2009-2014") == (2009, 2014)


@pytest.mark.parametrize("text", ["2014-2009", "abc", "20", "-2009"])
def test_years_are_checked(text):
    """What names no years is refused."""
    with pytest.raises(InputError):
        parse_years(text)


def test_pull_from_the_command_line(library, tmp_path):
    """Both ways, with their lines and exit codes; nobody at the address is one line."""
    env = {"NO_PROXY": "127.0.0.1"}
    at = ["--api", library.url, "--delay", "0"]
    done = mlcap(
        "pull", "--query", "crane", "--years", "2031-2032", "-o", "c.jsonl", *at, cwd=tmp_path, env=env, check=0
    )
    assert "c.jsonl: 480 records" in done.err
    assert library.requests[0] == {
        "media_type": "image", "q": "crane", "year_start": "2031", "year_end": "2031", "page": "1", "page_size": "100"
    }  # fmt: skip
    (tmp_path / "labels.csv").write_text(f"nasa_id,sha256\nmade-1,{'0' * 64}\nmade-2,\ngone,\n")
    done = mlcap("pull", "--ids", "labels.csv", "-o", "s.jsonl", *at, cwd=tmp_path, env=env, check=3)
    assert "made-1: changed" in done.err
    assert "gone: not in the library" in done.err
    assert "give either" in mlcap("pull", "-o", "x", *at, cwd=tmp_path, check=2).err
    assert "no column nasa_id" in mlcap("pull", "--ids", "s.jsonl", "-o", "x", *at, cwd=tmp_path, check=2).err
    nobody = ["--api", "http://127.0.0.1:9", "--delay", "0"]
    alone = mlcap("pull", "--query", "x", "-o", "x", *nobody, cwd=tmp_path, env=env, check=2).err.splitlines()
    assert "is this machine offline" in alone[-1]
    assert len(alone) == 3
    assert "no address" in mlcap("pull", "--query", "x", "-o", "x", "--api", "nonsense", cwd=tmp_path, check=2).err
    assert "cannot be written" in mlcap("pull", "--query", "x", "-o", "no/x", *at, cwd=tmp_path, env=env, check=6).err


def shifting(times):
    """A library whose second page begins with records of the first, so often."""
    left = [times]

    def lie(page, answer):
        if page == 2 and left[0]:
            left[0] -= 1
            items = answer["collection"]["items"]
            answer["collection"]["items"] = [{"data": [made(40)[n]]} for n in range(40)] + items[:60]

    return lie


def test_records_that_come_twice_are_counted_once(puller):
    """Where pages shift, what is missing is asked for once more; what is missing still is said."""
    puller.server.records = made(250)
    puller.server.lie = shifting(1)
    assert puller.search() == Pulled(250)
    assert puller.said == []
    assert [r["page"] for r in puller.server.requests] == ["1", "2", "3"] * 2
    puller.server.lie = shifting(9)
    assert puller.search() == Pulled(210, short=1)
    assert "says 250 records and gave 210, as its pages shifted while they were fetched" in puller.said[0]


def test_doubles_are_counted_over_a_stop(puller, tmp_path, library):
    """A pull that goes on in the middle of shifted pages knows what it has, and says so by its exit code."""
    library.records = made(250)
    library.lie = shifting(9)
    library.faults = [None, None] + [503] * 8
    with pytest.raises(PullError):
        puller.search()
    assert puller.search(resume=True) == Pulled(210, short=1)
    at = ["--api", library.url, "--delay", "0"]
    done = mlcap("pull", "--query", "x", "-o", "x.jsonl", *at, cwd=tmp_path, env={"NO_PROXY": "127.0.0.1"}, check=3)
    assert "gave 210" in done.err


def packed(encoding, data, times):
    """Bytes that unpack to so many times the data."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31) if encoding == "gzip" else zstandard.ZstdCompressor().compressobj()
    return b"".join(packer.compress(data) for _ in range(times)) + packer.flush()


@pytest.mark.parametrize(("encoding", "said"), [("gzip", "larger than 32 MiB"), ("zstd", "was not asked for")])
def test_an_answer_that_unpacks_without_end_is_refused(library, puller, encoding, said):
    """What is unpacked is bounded before it is made; an encoding that was not asked for is not unpacked at all."""
    library.faults = [Packed(encoding, packed(encoding, b" " * (1 << 20), 400))] * 8
    tracemalloc.start()
    try:
        with pytest.raises(PullError, match=said):
            puller.search()
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


def test_an_answer_of_millions_of_values_is_refused(library, puller):
    """A list takes sixty bytes, however few it is written with, so values are counted before any is made."""
    library.faults = [Packed("identity", b'{"collection": {"items": [' + b"[]," * 5_000_000 + b"[]]}}")] * 8
    tracemalloc.start()
    try:
        with pytest.raises(PullError, match="no page of the library"):
            puller.search()
        assert tracemalloc.get_traced_memory()[1] < 150 << 20
    finally:
        tracemalloc.stop()


def test_gzip_is_unpacked_and_damage_is_asked_for_again(library, puller):
    """An honest packed answer is read; one that is damaged or cut off is broken."""
    whole = json.dumps(library.answer({})[1]).encode()
    good = gzip.compress(whole)
    library.records = made(3)
    library.faults = [
        Packed("gzip", b"no gzip"),
        Packed("gzip", good[:-9]),
        Packed("gzip", gzip.compress(json.dumps(library.answer({})[1]).encode())),
    ]
    assert puller.search() == Pulled(3)
    assert ["no sound gzip" in puller.said[0], "cut off" in puller.said[1]] == [True, True]


def test_numbers_that_are_none_are_kept_as_our_own_reader_has_them(library, puller):
    """NaN is nothing; Infinity and numbers that nothing can hold are stored as written."""
    body = (
        b'{"collection": {"items": [{"data": [{"nasa_id": "a", "description": "A crane.", "n": NaN, "i": -Infinity,'
        b' "big": 1e999, "long": ' + b"9" * 5000 + b'}]}], "metadata": {"total_hits": 1}}}'
    )
    library.faults = [Packed("identity", body)]
    assert puller.search() == Pulled(1)
    record = parse_json(puller.out.read_text("utf-8"))
    assert (record["n"], record["i"], record["big"], len(record["long"])) == (None, "-Infinity", "1e999", 5000)
    assert [(name, text) for name, text, _ in read_store(puller.out)] == [("a", "A crane.")]


def test_the_head_of_an_answer_may_not_take_for_ever(library, puller, monkeypatch):
    """A server that sends its head byte by byte is left in time."""
    monkeypatch.setattr(client_module, "SLOWEST_ANSWER", 0.3)
    library.faults = ["slow head"]
    began = time.monotonic()
    assert puller.search() == Pulled(480)
    assert time.monotonic() - began < 20  # The whole head takes half a minute.
    assert "takes longer than" in puller.said[0]


def test_offline_is_said_after_few_refusals(tmp_path):
    """Where nobody ever answered, three tries are enough; where somebody did, all are made."""
    said, waits = [], []
    with (
        Library("http://127.0.0.1:9", 1.0, said.append, waits.append) as connection,
        pytest.raises(PullError, match="offline"),
    ):
        pull_search(connection, parts_of({"q": "x"}, None), tmp_path / "x", False, said.append)
    assert len(said) == 2
    assert sum(waits) < 10


@pytest.mark.parametrize("total", [b"9" * 5000, b'"many"', b"-1", b"true"])
def test_a_total_that_is_no_count_is_told(library, puller, total):
    """Whether records are missing cannot be known then, so it is said, and counts as missing."""
    library.faults = [Packed("identity", b'{"collection": {"items": [], "metadata": {"total_hits": ' + total + b"}}}")]
    puller.search()
    assert any("is no count" in line for line in puller.said)
