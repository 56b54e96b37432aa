"""What `mlcap adapt` gains at a desk that training never saw, beside training with the same labels.

For each desk of the library labels with at least 80 captions: a version is trained without it, 60 of its captions are
drawn by mission as decisions, and events and roles are measured on the captions of its other missions, before, adapted,
and trained anew with the 60. The other desks are measured on the missions held out for good. Exits with 1 where a promised figure is not kept (record 16).

    python benchmarks/adapting.py --captions STORE [--captions STORE ...] [--draws 5]
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from kept import Promises

from mlcap.evaluation.metrics import averages
from mlcap.features.blocks import CATALOGUE
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.load import Artifact
from mlcap.model.location import shipped_models
from mlcap.model.probability import picked_values, picks
from mlcap.model.registry import Registry
from mlcap.model.scorer import Scorer
from mlcap.taxonomy import extra_words
from mlcap.training.adapt import Adapting, AdaptParameters, adapt
from mlcap.training.counts import CaptionCounts
from mlcap.training.fit import fit_counted, mention_values
from mlcap.training.parameters import TrainingParameters
from mlcap.training.train import Calibration, facet_weights

ROOT = Path(__file__).resolve().parent.parent
#: Sixty decisions gain something at their desk, cost the other desks and the roles no more than this, and take so long.
MOST_LOST, CPU_SECONDS = 0.005, 10
FEWEST, DECISIONS, MOST_OF_A_MISSION = 80, 60, 12


def measured(facets, labels, scores, weights):
    """Event accuracy and role micro-F1 of some captions, by facet name."""
    out = {}
    for facet, rows, w in zip(facets, scores, weights, strict=True):
        kept = [i for i, found in enumerate(labels) if facet.name in found]
        given = picked_values(facet, picks(facet, w.probabilities(rows[kept]), w.thresholds))
        gold = [labels[i][facet.name] for i in kept]
        out[facet.name] = averages(facet, gold, given)["micro_f1" if facet.multiple else "accuracy"].value
    return out


def drawn(missions, seed):
    """Places of 60 captions, mission by mission, no more than twelve of each."""
    rng = np.random.default_rng(seed)
    out = []
    for mission in rng.permutation(np.unique(missions)):
        here = rng.permutation(np.flatnonzero(missions == mission))[:MOST_OF_A_MISSION]
        out += here[: DECISIONS - len(out)].tolist()
    return np.asarray(out)


def main():
    """Print a line a desk and the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--single", type=float, default=AdaptParameters("").single_C)
    parser.add_argument("--multiple", type=float, default=AdaptParameters("").multiple_C)
    args = parser.parse_args()
    promises = Promises()
    labels = read_labels(ROOT / "labels", args.captions)
    facets, parameters = labels.facets, TrainingParameters()
    shipped = Registry(shipped_models()).load("current").artifact
    captions = sorted(labels.captions, key=lambda c: (c.source, c.id))
    words = extra_words(facets)
    features = [extract(c.text, words, c.catalogue) for c in captions]
    counts = CaptionCounts.of(features, mention_values(facets))
    every = [c.labels for c in captions]
    held = np.asarray([c.mission in labels.held_out for c in captions])
    real = np.asarray([c.source == "library" for c in captions])
    desk = np.asarray([c.slices.get("desk", "") for c in captions])
    chosen = AdaptParameters("base", single_C=args.single, multiple_C=args.multiple)
    calibrations = [Calibration(w.slope, w.offset) for w in shipped.scorer.weights]

    def trained(rows):
        fitted = fit_counted(facets, every, counts, rows, parameters)
        # What records add is left out on both sides.
        none = np.zeros((1, len(fitted.vectorizer.layout_.vocabulary[CATALOGUE])))
        weights = [facet_weights(f, fitted, c, none) for f, c in zip(facets, calibrations, strict=True)]
        return Scorer(fitted.vectorizer.layout_, weights)

    def shown(scorer, rows):
        some = [features[i] for i in rows]
        return measured(facets, [every[i] for i in rows], scorer.score(some).scores, scorer.weights)

    means = {name: [] for name in ("adapted", "trained", "others")}
    roles = {name: [] for name in ("adapted", "trained", "others")}
    for name in sorted(set(desk[real]), key=lambda d: int((real & (desk == d)).sum())):
        mine = np.flatnonzero(real & (desk == name))
        if len(mine) < FEWEST:
            continue
        rest_of_all = np.flatnonzero(~held & ~(real & (desk == name)))
        others = np.flatnonzero(held & real & (desk != name))
        scorer = trained(rest_of_all)
        base = Artifact(replace(shipped.manifest), scorer, "")
        missions = np.asarray([captions[i].mission for i in mine])
        lines = []
        for seed in range(args.draws):
            picked = drawn(missions, seed)
            left = mine[~np.isin(missions, missions[picked])]
            start = time.process_time()
            adapted = Adapting(base, [captions[i] for i in mine[picked]], chosen).fit(np.arange(len(picked)))
            cpu = time.process_time() - start
            anew = trained(np.concatenate([rest_of_all, mine[picked]]))
            before, after, best = shown(scorer, left), shown(adapted, left), shown(anew, left)
            lost, now = shown(scorer, others), shown(adapted, others)
            lines.append((before, after, best, lost, now, cpu, len(left)))
        for facet, table in ((facets[0].name, means), (facets[1].name, roles)):
            at = {
                "before": np.mean([b[facet] for b, *_ in lines]),
                "adapted": np.mean([a[facet] - b[facet] for b, a, *_ in lines]),
                "trained": np.mean([t[facet] - b[facet] for b, _, t, *_ in lines]),
                "others": np.mean([n[facet] - o[facet] for *_, o, n, _, _ in lines]),
            }
            for key in table:
                table[key].append(at[key])
            print(
                f"{name:18s} {facet:10s} n {lines[0][-1]:4d}  before {at['before']:.3f}  adapted {at['adapted']:+.4f}"
                f"  trained {at['trained']:+.4f}  other desks {at['others']:+.4f}  weights {np.mean([x[5] for x in lines]):.1f} s CPU",
                flush=True,
            )
    for facet, table in ((facets[0].name, means), (facets[1].name, roles)):
        said = "  ".join(f"{key} {np.mean(rows):+.4f}" for key, rows in table.items())
        print(f"{'mean over desks':18s} {facet:10s} {said}")
    sample = [captions[i] for i in mine[drawn(missions, 0)]]
    start = time.process_time()
    adapt(base, replace(labels, captions=tuple(sample), digests={}, notes=""), chosen, "benchmark")
    seconds = time.process_time() - start
    print(f"adapting to 60 captions with its cross-validation: {seconds:.1f} s CPU")
    promises.at_least("events gained at a desk, the mean", float(np.mean(means["adapted"])), 0.0)
    promises.at_least("events changed at other desks, the mean", float(np.mean(means["others"])), -MOST_LOST)
    promises.at_least("roles changed at a desk, the mean", float(np.mean(roles["adapted"])), -MOST_LOST)
    promises.at_most("seconds of CPU to adapt to 60 captions", seconds, CPU_SECONDS, timed=True)
    return promises.end()


if __name__ == "__main__":
    sys.exit(main())
