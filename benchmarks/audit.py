"""Whether the bound that `mlcap review status` tells holds: twenty audits of captions whose labels are known.

The captions of the library labels at hand are tagged; of the automatic ones a tenth is drawn, twenty times, and the
exact lower bound of each draw is held against the share that is right among all of them, facet by facet. Exits with 1 where
the bound, which is one of 95 %, holds in fewer draws than that.

    python benchmarks/audit.py --captions STORE [--captions STORE ...] [--draws 20]
"""

import argparse
import random
import sys
from pathlib import Path

from kept import Promises

import mlcap
from mlcap.evaluation.exact import CONFIDENCE, lower_bound
from mlcap.evaluation.outcomes import right_everywhere
from mlcap.labels.folder import read_labels

ROOT = Path(__file__).resolve().parent.parent


def main():
    """Print how many draws the bound holds in, by facet, of all captions and of the missions held out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.1)
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    promises, tagger = Promises(), mlcap.load()
    rng = random.Random(1)
    for name, captions in (("all", list(labels.captions)), ("held-out missions", labels.measuring())):
        tagged = tagger.tag([c.text for c in captions])
        automatic = [i for i, t in enumerate(tagged) if not t.needs_review]
        for title, facets in (("event", labels.facets[:1]), ("every tag", labels.facets)):
            some = [captions[i].labels for i in automatic]
            right = right_everywhere(facets, some, [tagged[i].tags for i in automatic]).tolist()
            share, size = sum(right) / len(right), max(30, round(args.share * len(right)))
            bounds = [lower_bound(sum(drawn), size) for drawn in (rng.sample(right, size) for _ in range(args.draws))]
            held = sum(bound <= share for bound in bounds)
            print(
                f"{name:18s} {title:10s} {len(right)} automatic, {share:.3f} right; {size} drawn: the bound holds in"
                f" {held} of {args.draws} draws, median {sorted(bounds)[len(bounds) // 2]:.3f}"
            )
            promises.at_least(f"draws in which the bound holds, {name}, {title}", held, CONFIDENCE * args.draws)
    return promises.end()


if __name__ == "__main__":
    sys.exit(main())
