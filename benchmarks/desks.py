"""How right events and roles are on captions of today: out of fold by mission, and with their desks left out of training.

Counted are real captions of the desks of today (image-of-the-day, photo-stream, news-article) that have a crew or a
spacecraft for crews in them, or came with labels; with 95 % intervals over missions.

    python benchmarks/desks.py --captions STORE [--captions STORE ...] [--jobs 2]
"""

import argparse
from pathlib import Path

import numpy as np

from mlcap.evaluation.intervals import bootstrap
from mlcap.evaluation.metrics import averages
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.probability import picked_values, picks
from mlcap.taxonomy import extra_words
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.fit import fit_facets
from mlcap.training.parameters import TrainingParameters

ROOT = Path(__file__).resolve().parent.parent
TODAY = ("image-of-the-day", "photo-stream", "news-article")


def print_metrics(facets, captions, scores, picked, name):
    """Print the accuracy of events and the micro-F1 of roles of some captions, with intervals."""
    missions = [captions[i].mission for i in picked]
    for facet, rows in zip(facets, scores, strict=True):
        gold = [captions[i].labels[facet.name] for i in picked]
        given = picked_values(facet, picks(facet, rows[picked], 0.0))
        average = averages(facet, gold, given)["micro_f1" if facet.multiple else "accuracy"]
        value, interval = average.value, bootstrap(missions, average)
        low, high = interval or (float("nan"), float("nan"))
        kind = "micro-F1" if facet.multiple else "accuracy"
        print(
            f"  {name:44s} n {len(picked):4d}  {facet.name:10s} {kind:8s} {value or 0:.3f} [{low:.3f}, {high:.3f}]",
            flush=True,
        )


def main():
    """Print both measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    facets, parameters = labels.facets, TrainingParameters()
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    words = extra_words(facets)
    features = [extract(c.text, words, c.catalogue) for c in captions]
    desk = np.asarray([c.slices.get("desk", "") for c in captions])
    real = np.asarray([c.source == "library" for c in captions])
    crewed = np.asarray([c.slices.get("stratum") != "outside" for c in captions])
    today = real & np.isin(desk, TODAY)
    scores = out_of_fold_scores(facets, captions, features, parameters, args.jobs).scores
    print("out of fold by mission", flush=True)
    print_metrics(facets, captions, scores, np.flatnonzero(today & crewed), "today, with crews")
    print_metrics(facets, captions, scores, np.flatnonzero(today), "today, all")
    for name in sorted(set(desk[real])):
        picked = np.flatnonzero(real & (desk == name))
        if len(picked) >= 40:
            print_metrics(facets, captions, scores, picked, f"desk {name}")
    for source in ("library", "composed"):
        print_metrics(facets, captions, scores, np.flatnonzero(real == (source == "library")), source)
    for title, left in (
        ("desks of today left out of training, composed ones too", np.isin(desk, TODAY)),
        ("desks of today left out, composed captions in their manner kept", today),
    ):
        inside = np.flatnonzero(~left)
        fitted = fit_facets(facets, [captions[i] for i in inside], [features[i] for i in inside], parameters)
        held = [features[i] for i in np.flatnonzero(today)]
        rows = [np.zeros_like(s) for s in scores]
        for place, facet in enumerate(facets):
            rows[place][today] = fitted.scores(facet, held)
        print(title, flush=True)
        print_metrics(facets, captions, rows, np.flatnonzero(today & crewed), "today, with crews")
        print_metrics(facets, captions, rows, np.flatnonzero(today), "today, all")


if __name__ == "__main__":
    main()
