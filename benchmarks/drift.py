"""How often `mlcap drift` calls chance a change: captions of one archive, split at random by mission.

    python benchmarks/drift.py --captions STORE [--years 1990-1995] [--splits 100]

Beside it, what comparing captions one by one would do (difference of two shares, Bonferroni's correction).
"""

import argparse
import random
from dataclasses import replace
from statistics import NormalDist

import numpy as np

import mlcap
from mlcap.evaluation.drift import FALSE_ALARM, _values, drift, seen
from mlcap.records.reading import read_records
from mlcap.records.types import FieldChoice


def one_by_one(old, new):
    """Whether any measure differs, were captions independent of each other."""
    names = sorted({name for one in (*old, *new) for name in one.measures})
    before, now = (_values(side, names).mean(axis=0) for side in (old, new))
    both = _values([*old, *new], names)
    error = np.sqrt(both.var(axis=0) * (1 / len(old) + 1 / len(new)))
    limit = NormalDist().inv_cdf(1 - FALSE_ALARM / 2 / len(names))
    return bool((np.abs(now - before) > limit * np.maximum(error, 1e-12)).any())


def main():
    """Split, and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", required=True, metavar="STORE")
    parser.add_argument("--years", default="1990-1995", metavar="FROM-TO")
    parser.add_argument("--splits", type=int, default=100)
    args = parser.parse_args()
    first, last = args.years.split("-")
    records = read_records([args.captions], None, FieldChoice(), str, print)
    within = (r for r in records if first <= r.catalogue.get("date_created", "")[:4] <= last)
    # Without months, of which each would be a comparison of its own.
    found = [replace(one, month="") for one in seen(mlcap.load(), within)]
    groups = {}
    for number, one in enumerate(found):
        groups.setdefault(one.group or number, []).append(one)
    print(f"{len(found)} captions of {len(groups)} missions or of none; reports with a false alarm, of {args.splits}")
    rng = random.Random(1)
    for share in (0.3, 0.1, 0.03):
        drawn = plain = 0
        for _ in range(args.splits):
            names = list(groups)
            rng.shuffle(names)
            cut = int(len(names) * share)
            new, old = ([one for name in part for one in groups[name]] for part in (names[:cut], names[cut:]))
            drawn += any(d.changed for d in drift(old, new).differences)
            plain += one_by_one(old, new)
        print(f"  {share:.0%} newer: {drawn} by missions, {plain} by captions one by one")


if __name__ == "__main__":
    main()
