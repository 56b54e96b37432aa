"""Whether automatic tags keep their promise on desks and missions that no fit has seen, from text alone and with records.

Nested: thresholds are chosen on the captions of the other desks (each tagged by a fit without its desk) and applied to the
desk that is measured, so that a desk is twice unseen. Records correct the scores of texts by what the other desks' records
teach; the thresholds are those of text alone, as a version has one rule for both. Beside it, the thresholds that a training
would choose on the archive's own mix out of fold by mission, and orders of captions by other signs of trust, by how
right events and all tags are among the half that is trusted most: fitted on the other desks as well.

    python benchmarks/promise.py --captions STORE [--captions STORE ...] [--jobs 2] [--scores FILE]
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from mlcap.evaluation.calibration import calibration_error
from mlcap.evaluation.intervals import lower_bound
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.probability import certainty, link
from mlcap.taxonomy import extra_words
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.catalogue import catalogue_amounts, corrected_out_of_fold, learn_catalogue
from mlcap.training.counts import CaptionCounts
from mlcap.training.cross_validation import OutOfFold, group_folds, score_counted
from mlcap.training.desks import LeftOut, score_left_out
from mlcap.training.fit import mention_values
from mlcap.training.parameters import TrainingParameters
from mlcap.training.promises import LeftOutTags, choose_review, on_desks, representative, tags_of
from mlcap.training.thresholds import choose_rule

ROOT = Path(__file__).resolve().parent.parent
#: Neighbours that are asked.
NEIGHBOURS = 15


@dataclass(frozen=True)
class Scores:
    """Captions scored by fits that never saw their missions, and those of desks by fits without the desk."""

    facets: list
    captions: list
    contradictory: np.ndarray
    counts: CaptionCounts
    by_mission: OutOfFold
    left: LeftOut

    @property
    def picked(self):
        """The captions of the desks that were left out."""
        return [self.captions[i] for i in self.left.rows]

    @property
    def missions(self):
        """The number of the mission of each of them."""
        return np.unique([c.mission for c in self.picked], return_inverse=True)[1]


def scores_of(args):
    """Score the captions, or read the scores that an earlier run with `--scores` left."""
    if args.scores and args.scores.exists():
        return Scores(**joblib.load(args.scores))
    labels = read_labels(ROOT / "labels", args.captions)
    facets, parameters = labels.facets, TrainingParameters()
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    words, contradictory = extra_words(facets), []

    def read():
        for caption in captions:
            features = extract(caption.text, words, caption.catalogue)
            contradictory.append(bool(features.contradictions))
            yield features

    counts = CaptionCounts.of(read(), mention_values(facets))
    by_mission = score_counted(facets, captions, counts, parameters, args.jobs)
    left = score_left_out(facets, captions, counts, parameters, args.jobs)
    found = Scores(facets, captions, np.asarray(contradictory, dtype=bool), counts, by_mission, left)
    if args.scores:
        joblib.dump(vars(found), args.scores)
    return found


def arguments(description):
    """The arguments of benchmarks that need these scores."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--scores", type=Path, help="keep the scores here, or take them from here; of your own runs only"
    )
    parser.add_argument("--target", type=float, default=0.95)
    return parser


def calibrated(scores):
    """Scores by mission and by desk, calibrated on those by mission: for every facet (captions, values) each."""
    mission, desk = [], []
    for facet, by_mission, left in zip(scores.facets, scores.by_mission.scores, scores.left.scores, strict=True):
        gold = indicator(facet, [c.labels[facet.name] for c in scores.captions])
        if facet.multiple:
            slope, offset = fit_sigmoid(by_mission, gold)
        else:
            slope, offset = 1 / fit_temperature(by_mission, gold.argmax(axis=1)), 0.0
        mission.append(by_mission * slope + offset)
        desk.append(left * slope + offset)
    return mission, desk


def with_records(scores, mission, desk):
    """The same with what records add to single values, learned in the other folds and from the other desks."""
    parameters, captions, left = TrainingParameters(), scores.captions, scores.left
    labels, every = [c.labels for c in captions], np.arange(len(captions))
    known = scores.counts.learn(every)
    amounts = scores.counts.amounts(known, every)[:, : known.layout.common].tocsr()
    records = catalogue_amounts(known.layout, amounts)
    folds = group_folds([c.mission for c in captions], parameters.folds, parameters.seed)
    at = np.asarray([c.slices.get("desk", "") for c in captions])
    mission, desk = list(mission), [d.copy() for d in desk]
    for place, facet in enumerate(scores.facets):
        if facet.multiple:
            continue
        text = mission[place]
        mission[place] = corrected_out_of_fold(facet, labels, known.layout, records, text, folds, parameters)
        for name in np.unique(left.desks):
            others, mine = np.flatnonzero(at != name), left.desks == name
            weights = learn_catalogue(facet, labels, known.layout, records, text, others, parameters)
            desk[place][mine] += records[left.rows[mine]] @ weights.T
    return mission, desk


def differ(facets, one, other):
    """Whether two readings give different single values: what sends a caption to review whatever its probability."""
    out = np.zeros(len(one[0]), dtype=bool)
    for facet, a, b in zip(facets, one, other, strict=True):
        if not facet.multiple:
            out |= a.argmax(axis=1) != b.argmax(axis=1)
    return out


def tags(scores, calibrated_scores, text, found, captions, contradictory):
    """The tags that calibrated scores make, `text` those without records."""
    facets = scores.facets
    odd = (
        contradictory | differ(facets, found.scores, found.without_background) | differ(facets, calibrated_scores, text)
    )
    return tags_of(facets, captions, [link(f, s) for f, s in zip(facets, calibrated_scores, strict=True)], odd)


def nested(left, target):
    """Rules chosen on the other desks: desk -> rule."""
    out = {}
    for name in np.unique(left.desks):
        others = left.among(left.desks != name)
        out[name] = choose_rule([on_desks(others, target)])
    return out


def print_kept(name, tags, missions, automatic, among, event):
    """One line of shares."""
    kept = np.flatnonzero(automatic & among)
    right, p = tags.single_right[kept], tags.probabilities[event].max(axis=1)
    error = calibration_error(p[among].tolist(), tags.single_right[among].tolist())
    bound = lower_bound(missions[kept].tolist(), right) if len(kept) else float("nan")
    print(
        f"  {name:20s} n {among.sum():5d}  all events right {tags.single_right[among].mean():.3f}"
        f"  automatic {len(kept) / among.sum():.3f}: events right {right.mean():.3f} (at least {bound:.3f}),"
        f" all right {tags.all_right[kept].mean():.3f}  calibration error {error:.3f}",
        flush=True,
    )


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


def logit(p):
    """Log-odds, cut where nothing is certain."""
    p = np.clip(p, 1e-3, 0.999)
    return np.log(p / (1 - p))


def orders(scores, left, event):
    """Orders of captions by how far they are trusted: name -> columns of signs."""
    facets, captions, counts, desks = scores.facets, scores.captions, scores.counts, left.desks
    top, given = left.tags.probabilities[event].max(axis=1), left.tags.probabilities[event].argmax(axis=1)
    known = counts.learn(np.arange(len(captions)))
    amounts = counts.amounts(known, np.arange(len(captions))).tocsr()
    here = known.layout.slices
    desk = np.asarray([c.slices.get("desk", "") for c in captions])
    gold = np.asarray([facets[event].names.index(c.labels[facets[event].name]) for c in captions])
    close, same = neighbours(unit(amounts[:, here["words"]]), scores.left.rows, desk, desks, gold, given)
    flags = sp.hstack([amounts[:, here[b]] for b in ("codes", "cues", "scenes", "people", "time")]).tocsr()
    _, by_flags = neighbours(unit(flags), scores.left.rows, desk, desks, gold, given)
    own, whole = logit(top), logit(left.tags.whole)
    second = np.sort(left.tags.probabilities[event], axis=1)[:, -2]
    lead = scores.left.without_background[event]
    rows = np.arange(len(given))
    of_lead = lead[rows, given] - np.where(np.arange(lead.shape[1]) == given[:, None], -np.inf, lead).max(axis=1)
    sure = np.column_stack(
        [
            certainty(f, p, g)
            for f, p, g in zip(facets, left.tags.probabilities, left.tags.given, strict=True)
            if f.multiple
        ]
    )
    unsure, least = (sure < 0.9).sum(axis=1), logit(sure.min(axis=1))
    return {
        "its probability": [own],
        "and similarity to the nearest captions": [own, close],
        "and agreement of neighbours by words": [own, same],
        "and agreement of neighbours by cues": [own, same, by_flags],
        "and all of these": [own, close, same, by_flags],
        "and its margin": [own, logit(second)],
        "and the margin of the lead alone": [own, of_lead],
        "probability that all tags are right": [whole],
        "and event, uncertain roles": [whole, own, unsure, least],
        "and margins, similarity, agreement": [
            whole,
            own,
            unsure,
            least,
            of_lead,
            logit(second),
            close,
            same,
            by_flags,
        ],
    }


def ordered(columns, right, desks):
    """How sure a logistic regression on these signs is, fitted on the other desks."""
    X, order = np.column_stack(columns), np.zeros(len(right))
    for name in np.unique(desks):
        other = desks != name
        model = LogisticRegression(C=1.0, max_iter=1000).fit(X[other], right[other])
        order[~other] = model.predict_proba(X[~other])[:, 1]
    return order


def main():
    """Print all of it."""
    args = arguments(__doc__).parse_args()
    scores = scores_of(args)
    event = next(place for place, f in enumerate(scores.facets) if not f.multiple)
    text = calibrated(scores)
    ways = {"text alone": text, "with records": with_records(scores, *text)}
    none, missions = np.zeros(len(scores.picked), dtype=bool), scores.missions
    by_mission = {
        w: tags(scores, m, text[0], scores.by_mission, scores.captions, scores.contradictory)
        for w, (m, _) in ways.items()
    }
    by_desk = {w: tags(scores, d, text[1], scores.left, scores.picked, none) for w, (_, d) in ways.items()}
    left = LeftOutTags(by_desk["text alone"], scores.left.desks, missions)
    rules = nested(left, args.target)
    review, promises = choose_review(by_mission["text alone"], scores.captions, left, TrainingParameters())
    drawn = representative(scores.captions)
    names = np.asarray([c.mission for c in scores.captions])
    for way in ways:
        print(f"{way}: thresholds chosen on the other desks for {args.target:g}")
        one = by_desk[way]
        automatic = np.zeros(len(none), dtype=bool)
        for name, rule in rules.items():
            automatic |= one.automatic(rule) & (left.desks == name)
        parts = {"all together": ~none, **{d: left.desks == d for d in np.unique(left.desks)}}
        for name, among in parts.items():
            print_kept(name, one, missions, automatic, among, event)
        print(f"{way}: out of fold by mission, with the thresholds of a training")
        automatic = by_mission[way].automatic(review)
        for name, among in {"drawn at random": drawn, "all": np.ones(len(drawn), dtype=bool)}.items():
            print_kept(name, by_mission[way], names, automatic, among, event)
    for promise in promises:
        kept = promise.together
        print(f"promised at {promise.target:g}: automatic {kept.automatic / kept.captions:.3f}, at least {kept.lower}")
    print("right among the half of the captions that is trusted most, by what orders them: events, all tags")
    for name, columns in orders(scores, left, event).items():
        halves = []
        for right in (left.tags.single_right, left.tags.all_right):
            order = ordered(columns, right, left.desks)
            halves.append(right[np.argsort(-order)[: len(order) // 2]].mean())
        print(f"  {name:40s} {halves[0]:.4f} {halves[1]:.4f}", flush=True)


if __name__ == "__main__":
    main()
