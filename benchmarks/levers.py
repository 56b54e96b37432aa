"""What each lever on captions of today is worth: training without it, by mission and with the desks of today left out.

Counted are events right and micro-F1 of roles, from the text alone, of real captions: those of today's desks with crews and
all others out of fold by mission, and today's with crews where no real caption of their desks trains.

    python benchmarks/levers.py --captions STORE [--captions STORE ...] [--jobs 2] [--only NAME ...]
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from mlcap.captions import reading
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.probability import picks
from mlcap.taxonomy import extra_words
from mlcap.training.counts import CaptionCounts
from mlcap.training.cross_validation import score_counted
from mlcap.training.fit import fit_counted, mention_values
from mlcap.training.parameters import MULTIPLE_WEIGHTS, SINGLE_WEIGHTS, TrainingParameters

ROOT = Path(__file__).resolve().parent.parent
TODAY = ("image-of-the-day", "photo-stream", "news-article")
#: A header that weighs more, as it once did.
HEAVY_HEADER = 0.3


def first_alone(features):
    """Only the first sentence is lead, in place of what was learned."""
    return [place == 0 for place in range(len(features))]


def without_acts(features):
    """Take what is done by or to the bearers of posts away from mentions."""
    mentions = {value: tuple(n for n in names if " act " not in n) for value, names in features.mentions.items()}
    return replace(features, mentions=mentions)


def right(facets, captions, scores, rows):
    """Events right, and micro-F1 of roles."""
    out = []
    for facet, found in zip(facets, scores, strict=True):
        gold = indicator(facet, [captions[i].labels[facet.name] for i in rows])
        given = picks(facet, found[rows], 0.0)
        both = (given & gold).sum()
        out.append(2 * both / (given.sum() + gold.sum()) if facet.multiple else both / len(rows))
    return out


def measure(facets, captions, features, parameters, jobs, kept):
    """The three measurements with some of the captions in training, as a row of figures."""
    counts = CaptionCounts.of(features, mention_values(facets))
    desk = np.asarray([c.slices.get("desk", "") for c in captions])
    real = np.asarray([c.source == "library" for c in captions])
    crewed = np.asarray([c.slices.get("stratum") != "outside" for c in captions])
    today = real & np.isin(desk, TODAY)
    measured = np.flatnonzero(today & crewed)
    by_mission = score_counted(facets, captions, counts, parameters, jobs).scores
    fitted = fit_counted(facets, [c.labels for c in captions], counts, np.flatnonzero(kept & ~today), parameters)
    held = counts.amounts(fitted.known, measured)
    left = [np.zeros_like(s) for s in by_mission]
    for place, facet in enumerate(facets):
        left[place][measured] = fitted.amount_scores(facet, held)
    parts = ((by_mission, measured), (by_mission, np.flatnonzero(real & ~today)), (left, measured))
    return [figure for scores, rows in parts for figure in right(facets, captions, scores, rows)]


def main():
    """Print a line a lever."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", action="append", default=[])
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    facets, words, parameters = labels.facets, extra_words(labels.facets), TrainingParameters()
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))

    def read(some):
        return [extract(c.text, words) for c in some]

    learned = reading.leads
    features = read(captions)
    # Composed captions that name a desk are in the manner of today.
    of_today = [c.source == "composed" and bool(c.slices.get("desk")) for c in captions]
    everything = np.ones(len(captions), dtype=bool)
    single = {**SINGLE_WEIGHTS, "header": HEAVY_HEADER}
    no_scenes = [{k: v for k, v in w.items() if k != "scenes"} for w in (SINGLE_WEIGHTS, MULTIPLE_WEIGHTS)]

    def rule():
        reading.leads = first_alone
        try:
            return read(captions)
        finally:
            reading.leads = learned

    def some(keep):
        picked = [i for i, kept in enumerate(keep) if kept]
        return [captions[i] for i in picked], [features[i] for i in picked]

    levers = {
        "all": lambda: (captions, features, parameters),
        "without composed captions of today": lambda: (*some([not t for t in of_today]), parameters),
        "without any composed caption": lambda: (*some([c.source != "composed" for c in captions]), parameters),
        "without the learned lead": lambda: (captions, rule(), parameters),
        "without acts and ties": lambda: (captions, [without_acts(f) for f in features], parameters),
        "without scenes": lambda: (
            captions,
            features,
            replace(parameters, single_weights=no_scenes[0], multiple_weights=no_scenes[1]),
        ),
        "with a header that weighs six times as much": lambda: (
            captions,
            features,
            replace(parameters, single_weights=single),
        ),
    }
    print("| lever | today, by mission | other real, by mission | today, desks left out |")
    print("|--|--|--|--|")
    for name, make in levers.items():
        if args.only and name not in args.only:
            continue
        trained, read_as, how = make()
        row = measure(facets, trained, read_as, how, args.jobs, everything[: len(trained)])
        cells = [f"{row[i]:.3f} / {row[i + 1]:.3f}" for i in (0, 2, 4)]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
