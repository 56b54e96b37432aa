"""The figures that are promised, held against what a benchmark measured; its exit code is 1 where one is not kept."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

#: From this load on, for each core, before a benchmark begins, its times are those of other work as well.
LOADED = 0.5


def load():
    """Processes that ran or waited in the last minute, for each core; 0 where the system does not tell."""
    return os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else 0.0


@dataclass
class Promises:
    """What is promised, as a benchmark comes by it.

    Attributes:
        loaded: whether other work ran when the benchmark began; times are told and not judged then.
        lines: a line for every figure.
        broken, unjudged: how many figures are not kept, or could not be judged.
    """

    loaded: bool = field(default_factory=lambda: load() > LOADED)
    lines: list[str] = field(default_factory=list)
    broken: int = 0
    unjudged: int = 0

    def at_most(self, what, value, bound, timed=False):
        """Promise that a figure is no larger; `timed` where other work makes it so."""
        self._add(f"{what}: {value:g}, at most {bound:g}", value <= bound, timed)

    def at_least(self, what, value, bound, timed=False):
        """Promise that a figure is no smaller."""
        self._add(f"{what}: {value:g}, at least {bound:g}", value >= bound, timed)

    def so(self, what, holds):
        """Promise that something is so."""
        self._add(what, holds, False)

    def _add(self, words, holds, timed):
        unjudged = timed and not holds and self.loaded
        self.unjudged += unjudged
        self.broken += not holds and not unjudged
        said = "kept" if holds else "not judged, the machine was loaded" if unjudged else "NOT KEPT"
        self.lines.append(f"{said}: {words}")

    def end(self):
        """Print every figure and how many are kept; the exit code."""
        kept = len(self.lines) - self.broken - self.unjudged
        more = f", {self.unjudged} not judged, as other work ran" if self.unjudged else ""
        print("\n".join([*self.lines, f"promised: {kept} kept, {self.broken} not kept{more}"]), flush=True)
        return 1 if self.broken else 0
