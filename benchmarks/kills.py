"""Kills mlcap at random moments, and counts what was lost, doubled or left behind.

    python benchmarks/kills.py                  # 1,000 of all commands
    python benchmarks/kills.py --kills 20 tag   # fewer, of one

`tag` runs from every form of input to every form of output, alone and in two processes, and is started again with
--resume until it ends; then each record is to stand in the output once, in order, and nothing beside it. `watch` gets a
new file before each start, and every few starts one of the old ones grows; after some kills it runs to its end, and each
record is to stand in the results and in the ledger once. `train`, `adapt` and `promote` leave every version whole
(`killing/versions.py`); `apply` and `undo` leave every photograph with each tag once, or as it was
(`killing/photographs.py`). Exit code 1 where a figure is not 0.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from killing.photographs import kill_apply, kill_undo
from killing.process import Figures
from killing.records import kill_tag, kill_watch
from killing.versions import kill_adapt, kill_promote, kill_train

#: Command -> what kills it, and its share of a hundred kills.
KINDS: dict[str, tuple[Callable[[int, random.Random, Path], Figures], int]] = {
    "tag": (kill_tag, 22),
    "watch": (kill_watch, 22),
    "train": (kill_train, 12),
    "promote": (kill_promote, 14),
    "adapt": (kill_adapt, 6),
    "apply": (kill_apply, 12),
    "undo": (kill_undo, 12),
}


def main() -> int:
    """Kill, count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="which commands; all by default")
    parser.add_argument("--kills", type=int, default=1000, help="how many in all")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    kinds = given.kinds or list(KINDS)
    shares = sum(KINDS[kind][1] for kind in kinds)
    sound = True
    for kind in kinds:
        kill, share = KINDS[kind]
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found = kill(max(1, given.kills * share // shares), random.Random(given.seed), Path(folder).resolve())
        seconds = time.monotonic() - began
        print(
            f"{kind}: {found.kills} kills, {found.ended} ends: {found.lost} lost, {found.doubled} doubled,"
            f" {found.left} left behind ({seconds:.0f} s)",
            flush=True,
        )
        sound = sound and found.sound
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
