"""An inbox, its output folder and what lies in them, for tests."""

from __future__ import annotations

import json
from collections import Counter
from threading import Event

from mlcap.inbox.watch import watch
from mlcap.inbox.watcher import WatchSettings


def captions(count, start=0):
    """Records with ids."""
    return [{"id": f"r{n}", "text": f"Crane number {n} waits near the pad."} for n in range(start, start + count)]


class Inbox:
    """An inbox and its output folder."""

    def __init__(self, folder, tagger):
        self.inbox, self.out, self.tagger = folder / "in", folder / "out", tagger
        self.inbox.mkdir()
        self.said = []

    def watch(self, **settings):
        """Watch until everything is tagged."""
        settings = {"every": 0.01, "settle": 0.0, "once": True, **settings}
        self.said.clear()
        watch(self.inbox, self.out, self.tagger, WatchSettings(**settings), Event(), self._say)

    def _say(self, line):
        """Keep what is said of files, but not which of their columns were chosen."""
        if ": captions from " not in line:
            self.said.append(line)

    def results(self):
        """The tagged records of all results."""
        lines = [line for p in sorted(self.out.glob("results/*")) for line in p.read_text("utf-8").splitlines()]
        return [r for r in map(json.loads, lines) if "error" not in r]

    def ids(self):
        """How often each id stands in the results."""
        return Counter(r["id"] for r in self.results())

    def aside(self):
        """The files moved aside, by name without number."""
        names = (p.name.partition("-")[2] for p in self.inbox.glob("mlcap-failed/*") if "reason" not in p.name)
        return sorted(names)

    def reasons(self):
        """The reasons beside them."""
        return "".join(p.read_text("utf-8") for p in sorted(self.inbox.glob("mlcap-failed/*.reason.txt")))
