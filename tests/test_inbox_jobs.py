"""An inbox that is tagged in several processes: the same results, within the memory, whatever happens to a process."""

from __future__ import annotations

import os
import signal
from threading import Event

import pytest
from conftest import write_jsonl
from inbox_folder import Inbox, captions

from mlcap.errors import InputError
from mlcap.inbox.outbox import Outbox
from mlcap.inbox.watch import watch
from mlcap.inbox.watcher import PER_WORKER, WatchSettings


@pytest.fixture
def box(tmp_path, tagger):
    """An empty inbox."""
    return Inbox(tmp_path, tagger)


def fill(box):
    """Some files, of which one has rows that cannot be read."""
    write_jsonl(box.inbox / "a.jsonl", captions(300))
    (box.inbox / "b.jsonl").write_text(
        '{"id": "b", "text": "Divers wave."}\n{broken\n{"id": "c", "text": "A crane."}\n'
    )
    (box.inbox / "bad.csv").write_text("a,b\n1,2\n")


def lines_of(box):
    """The lines of all results, by result."""
    return {p.name: p.read_text("utf-8") for p in sorted(box.out.glob("results/*"))}


def test_processes_change_nothing_of_the_results(tmp_path, tagger):
    """With two processes the results and what is said are the same as without."""
    boxes = []
    for jobs in (None, 2):
        (tmp_path / str(jobs)).mkdir()
        box = Inbox(tmp_path / str(jobs), tagger)
        fill(box)
        box.watch(jobs=jobs)
        boxes.append(box)
    alone, together = boxes
    assert {n: t.replace("/None/", "/2/") for n, t in lines_of(alone).items()} == lines_of(together)
    assert sorted(alone.said) == sorted(together.said)
    assert together.ids() == {f"r{n}": 1 for n in range(300)} | {"b": 1, "c": 1}


def test_a_process_that_ends_is_started_anew(box, monkeypatch):
    """A worker that is killed once costs nothing; one that ends at a caption again and again fails its file alone."""
    fill(box)
    lines, killed = Outbox.lines, []

    def kill(outbox, batch):
        if batch and not killed:
            killed.append(1)
            os.kill(next(iter(outbox.workers._processes.values())).pid, signal.SIGKILL)
        return lines(outbox, batch)

    monkeypatch.setattr(Outbox, "lines", kill)
    box.watch(jobs=2)
    assert killed
    assert box.ids() == {f"r{n}": 1 for n in range(300)} | {"b": 1, "c": 1}
    assert box.aside() == ["bad.csv"]

    write_jsonl(box.inbox / "poison.jsonl", [{"id": "p", "text": "Poison."}])
    write_jsonl(box.inbox / "later.jsonl", captions(3, 900))

    class Poisoned:
        """Stands for a tagger that ends its process at a caption."""

        def __init__(self, tagger):
            self._tagger = tagger

        def __getattr__(self, name):
            return getattr(self._tagger, name)

        def tag(self, texts, *rest):
            if "Poison." in texts:
                os.kill(os.getpid(), signal.SIGKILL)
            return self._tagger.tag(texts, *rest)

    monkeypatch.undo()
    settings = WatchSettings(0.01, 0.0, once=True, jobs=2)
    watch(box.inbox, box.out, Poisoned(box.tagger), settings, Event(), box.said.append)
    assert box.aside() == ["bad.csv", "poison.jsonl"]
    assert "poison.jsonl: a worker process ended by signal 9, perhaps for want of memory\n" in box.reasons()
    assert {"r900", "r901", "r902"} <= set(box.ids())


def test_processes_count_towards_the_memory(box):
    """More processes than the memory holds are refused with what would do; fewer leave the rest to the files."""
    with pytest.raises(InputError, match="say --memory 152 or more, or fewer --jobs"):
        box.watch(jobs=4, memory=100 << 20)
    assert WatchSettings(memory=256 << 20, jobs=2).memory_for_files() == (256 << 20) - 2 * PER_WORKER
    assert WatchSettings(memory=1).memory_for_files() == 1
    assert box.said == []
