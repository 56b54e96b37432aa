"""A caption that takes too long is an error record, and the run goes on."""

from __future__ import annotations

import re
import signal
import threading
import time

import pytest
from conftest import mlcap, write_jsonl
from inbox_folder import Inbox

from mlcap.model import budget as budget_module
from mlcap.model.budget import tag_within_budget
from mlcap.model.tagging import Tagger
from mlcap.records.types import Record
from mlcap.runs.batches import output_records, tagged_lines


@pytest.fixture
def hang(monkeypatch):
    """Captions that hold `endless` take for ever: `python` in a loop of ours, `re` in a search."""
    monkeypatch.setattr(budget_module, "CAPTION_SECONDS", 0.3)
    read = Tagger._read

    def endless(self, text, catalogue, *place):
        if "endless python" in text:
            while True:
                pass
        if "endless re" in text:
            re.fullmatch(r"(a|a)*b", "a" * 60)
        return read(self, text, catalogue, *place)

    monkeypatch.setattr(Tagger, "_read", endless)


@pytest.mark.parametrize("jobs", [None, 1])
@pytest.mark.parametrize("what", ["python", "re"])
def test_a_caption_past_its_budget_is_an_error_record(tagger, hang, what, jobs):
    """Its neighbours are tagged, it keeps its fields and says why; in this process and in workers."""
    texts = ["A crane waits.", f"An endless {what}.", "Divers wave."]
    records = [Record(f"f: line {n}", {"id": n, "text": t}, t) for n, t in enumerate(texts)]
    if jobs is None:
        out, counts = output_records(tagger, records)
        assert [r["id"] for r in out] == [0, 1, 2]
        assert ["error" in r for r in out] == [False, True, False]
        assert "CPU time" in out[1]["error"]
    else:
        with tagged_lines(tagger, records, jobs) as batches:
            ((_, counts),) = list(batches)
    assert (counts.read, counts.unreadable) == (2, 1)


def test_a_budget_ends_with_its_captions(tagger, monkeypatch):
    """Time that is spent afterwards counts for nobody, and another thread tags without one."""
    monkeypatch.setattr(budget_module, "CAPTION_SECONDS", 0.2)
    assert tag_within_budget(tagger, ["A crane waits."], [{}] * len(["A crane waits."]))[0] is not None
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    done = []
    thread = threading.Thread(
        target=lambda: done.extend(tag_within_budget(tagger, ["A crane waits."], [{}] * len(["A crane waits."])))
    )
    thread.start()
    thread.join()
    assert done[0] is not None


def test_a_signal_that_comes_late_is_of_no_interest():
    """The timer may run out in the very moment in which the captions are done."""
    with budget_module._budget(60.0):
        over = signal.getsignal(signal.SIGVTALRM)
        with pytest.raises(budget_module._OverBudgetError):
            over(signal.SIGVTALRM, None)
    over(signal.SIGVTALRM, None)


def test_tag_goes_on_after_such_a_caption(small, tmp_path, hang):
    """The command line as well, with and without a file: exit code 3, and the rest is tagged."""
    env = {"MLCAP_MODELS": str(small / "models")}
    texts = ["A crane waits.", "An endless python.", "Divers wave."]
    path = write_jsonl(tmp_path / "a.jsonl", [{"id": n, "text": t} for n, t in enumerate(texts)])
    done = mlcap("tag", path, cwd=tmp_path, env=env, check=3)
    mlcap("tag", path, "-o", "out.jsonl", cwd=tmp_path, env=env, check=3)
    assert (tmp_path / "out.jsonl").read_text("utf-8") == done.out
    assert done.out.count('"error"') == 1


def test_watch_notes_such_a_caption_once(tmp_path, tagger, hang):
    """In an inbox it is an unreadable record of its file, which is not tried again when the file grows."""
    box = Inbox(tmp_path, tagger)
    rows = [{"id": n, "text": t} for n, t in enumerate(["A crane waits.", "An endless python."])]
    write_jsonl(box.inbox / "a.jsonl", rows)
    box.watch()
    assert box.said == ["a.jsonl: 1 tagged, 0 known already, 1 could not be read"]
    write_jsonl(box.inbox / "a.jsonl", [*rows, {"id": 2, "text": "Divers wave."}])
    box.watch()
    assert box.said == ["a.jsonl: 1 tagged, 2 known already, 0 could not be read"]
