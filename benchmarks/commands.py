"""CPU seconds of whole commands, against an earlier commit in the same run.

`--help` and `tag --text` are what a user waits for at a prompt, `evaluate --report` is run on every new version, and
`train` (only with --train: minutes) on every change of the labels. Prints seconds by the smallest and the median of the
rounds, and the ratio of the earlier commit to this checkout. Each checkout uses its own labels and model versions.

    python benchmarks/commands.py GOLD --before WORKTREE [--captions STORE ...] [--train] [--rounds ROUNDS]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from throughput import ROOT, alternating, ratio

TEXT = "Two crew members wave from the hatch of a module before they close it for the night."


def commands(root, args, folder):
    """Name -> the command of a checkout."""
    mlcap = [sys.executable, "-m", "mlcap"]
    models = ["--models", root / "models"]
    found = {
        "--help": [*mlcap, "--help"],
        "tag --text": [*mlcap, "tag", *models, "--text", TEXT],
        "evaluate --report": [*mlcap, "evaluate", args.gold.resolve(), *models, "--report", folder / "report"],
    }
    if args.train:
        stores = [option for store in args.captions for option in ("--captions", store.resolve())]
        train = [*mlcap, "train", "--labels", root / "labels", "--models", folder / "models", *stores]
        found["train"] = train
    return found


def main():
    """Print seconds and ratios, a line a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path, metavar="GOLD")
    parser.add_argument("--before", type=Path, metavar="WORKTREE", required=True)
    parser.add_argument("--captions", type=Path, metavar="STORE", action="append", default=[])
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        roots = {"this checkout": ROOT, "before": args.before.resolve()}
        listed = {of: commands(root, args, Path(name) / of.replace(" ", "-")) for of, root in roots.items()}
        print(f"{'CPU seconds, min and median':30}{'this checkout':>16}{'before':>16}   before to this")
        for command in listed["before"]:
            taken = alternating(
                {of: (listed[of][command], root) for of, root in roots.items()},
                args.rounds,
                0,
            )
            here, before = taken["this checkout"], taken["before"]
            figures = "".join(f"{min(s):8.2f}{statistics.median(s):8.2f}" for s in (here, before))
            print(f"{command:30}{figures}   {ratio(before, here)}", flush=True)


if __name__ == "__main__":
    main()
