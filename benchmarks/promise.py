"""Whether automatic tags keep their promise on desks and missions that no fit has seen, and what else was tried for it.

Nested: thresholds are chosen on the captions of the other desks (each tagged by a fit without its desk) and applied to the
desk that is measured, so that a desk is twice unseen. Beside it, orders of captions by other signs of trust are compared
by how right events are among the first half: fitted on the other desks as well.

    python benchmarks/promise.py --captions STORE [--captions STORE ...] [--jobs 2]
"""

import argparse
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from mlcap.evaluation.calibration import calibration_error
from mlcap.evaluation.intervals import lower_bound
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.probability import link, whole_probability
from mlcap.taxonomy import extra_words
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.counts import CaptionCounts
from mlcap.training.cross_validation import score_counted
from mlcap.training.desks import score_left_out
from mlcap.training.fit import mention_values
from mlcap.training.parameters import TrainingParameters
from mlcap.training.promises import DESK_SLACK, WHOLE_SLACK, tags_of
from mlcap.training.thresholds import Demand, choose_rule

ROOT = Path(__file__).resolve().parent.parent
#: Neighbours that are asked.
NEIGHBOURS = 15


def probabilities(facets, captions, scores, fitted_on):
    """Calibrated on out-of-fold scores by mission, applied to others: for every facet (captions, values)."""
    out = []
    for facet, by_mission, others in zip(facets, fitted_on, scores, strict=True):
        gold = indicator(facet, [c.labels[facet.name] for c in captions])
        if facet.multiple:
            slope, offset = fit_sigmoid(by_mission, gold)
            out.append(link(facet, others * slope + offset))
        else:
            out.append(link(facet, others / fit_temperature(by_mission, gold.argmax(axis=1))))
    return out


def nested(tags, desks, missions, target):
    """Which captions are automatic where the thresholds are chosen on the other desks."""
    automatic = np.zeros(len(desks), dtype=bool)
    for name in np.unique(desks):
        other = desks != name
        demand = Demand(
            tags,
            other,
            target,
            target - WHOLE_SLACK,
            sure=True,
            missions=missions.tolist(),
            groups=np.where(other, desks, "left out"),
            group_single=target - DESK_SLACK,
        )
        automatic |= tags.automatic(choose_rule(tags, [demand])) & ~other
    return automatic


def neighbours(matrix, rows, desk, desks, gold, given):
    """Similarity to the nearest captions of other desks, and the share of these that has the value given."""
    nearest, agree = np.zeros(len(rows)), np.zeros(len(rows))
    for name in np.unique(desks):
        mine, train = np.flatnonzero(desks == name), np.flatnonzero(desk != name)
        back = matrix[train].T.tocsc()
        for first in range(0, len(mine), 500):
            part = mine[first : first + 500]
            close = (matrix[rows[part]] @ back).toarray()
            best = np.argpartition(close, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:]
            near = np.take_along_axis(close, best, 1)
            nearest[part] = near.mean(axis=1)
            same = (gold[train][best] == given[part, None]) * near
            agree[part] = same.sum(axis=1) / np.maximum(near.sum(axis=1), 1e-9)
    return nearest, agree


def unit(matrix):
    """Rows of unit length."""
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return sp.diags(1 / np.where(length > 0, length, 1)) @ matrix


def first_half(order, right):
    """How right the most trusted half is."""
    return right[np.argsort(-order)[: len(order) // 2]].mean()


def main():
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--target", type=float, default=0.95)
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    facets, parameters = labels.facets, TrainingParameters()
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    words = extra_words(facets)
    counts = CaptionCounts.of((extract(c.text, words, c.catalogue) for c in captions), mention_values(facets))
    by_mission = score_counted(facets, captions, counts, parameters, args.jobs)
    left = score_left_out(facets, captions, counts, parameters, args.jobs)
    picked = [captions[i] for i in left.rows]
    p = probabilities(facets, captions, left.scores, by_mission.scores)
    event = next(place for place, f in enumerate(facets) if not f.multiple)
    odd = left.scores[event].argmax(axis=1) != left.without_background[event].argmax(axis=1)
    tags = tags_of(facets, picked, p, odd)
    missions = np.unique([c.mission for c in picked], return_inverse=True)[1]
    automatic = nested(tags, left.desks, missions, args.target)
    print(f"thresholds chosen on the other desks for {args.target:g}:")
    parts = {"all together": np.ones(len(picked), dtype=bool), **{d: left.desks == d for d in np.unique(left.desks)}}
    for name, among in parts.items():
        kept = np.flatnonzero(automatic & among)
        right = tags.single_right[kept]
        error = calibration_error(p[event].max(axis=1)[among].tolist(), tags.single_right[among].tolist())
        print(
            f"  {name:20s} n {among.sum():5d}  automatic {len(kept) / among.sum():.3f}  events right {right.mean():.3f}"
            f" (at least {lower_bound(missions[kept].tolist(), right):.3f})  all right"
            f" {tags.all_right[kept].mean():.3f}  calibration error {error:.3f}"
        )
    by_fold = probabilities(facets, captions, by_mission.scores, by_mission.scores)[event]
    gold = np.asarray([facets[event].names.index(c.labels[facets[event].name]) for c in captions])
    error = calibration_error(by_fold.max(axis=1).tolist(), (by_fold.argmax(axis=1) == gold).tolist())
    print(f"calibration error by mission, all {len(captions)} captions: {error:.3f}")
    print("events right among the half of the captions that is trusted most, by what it is ordered:")
    top, given = p[event].max(axis=1), p[event].argmax(axis=1)
    known = counts.learn(np.arange(len(captions)))
    amounts = counts.amounts(known, np.arange(len(captions))).tocsr()
    here = known.layout.slices
    desk = np.asarray([c.slices.get("desk", "") for c in captions])
    close, same = neighbours(unit(amounts[:, here["words"]]), left.rows, desk, left.desks, gold, given)
    flags = sp.hstack([amounts[:, here[b]] for b in ("codes", "cues", "scenes", "people", "time")]).tocsr()
    _, by_flags = neighbours(unit(flags), left.rows, desk, left.desks, gold, given)
    logit = np.log(np.clip(top, 1e-3, 0.999) / (1 - np.clip(top, 1e-3, 0.999)))
    ways = {
        "its probability": [logit],
        "and similarity to the nearest captions": [logit, close],
        "and agreement of neighbours by words": [logit, same],
        "and agreement of neighbours by cues": [logit, same, by_flags],
        "and all of these": [logit, close, same, by_flags],
    }
    for name, columns in ways.items():
        X, order = np.column_stack(columns), np.zeros(len(top))
        for d in np.unique(left.desks):
            other = left.desks != d
            model = LogisticRegression(C=1.0).fit(X[other], tags.single_right[other])
            order[~other] = model.predict_proba(X[~other])[:, 1]
        print(f"  {name:40s} {first_half(order, tags.single_right):.4f}")
    whole = whole_probability(facets, p, tags.given)
    print(f"  {'probability that all tags are right':40s} {first_half(whole, tags.single_right):.4f}")


if __name__ == "__main__":
    main()
