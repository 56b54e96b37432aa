"""How right events and roles are on captions of today: out of fold by mission, and with their desks left out of training.

Events are told from the text alone and with the record beside it (roles gain nothing from records). The shipped weights of
the lead learned from sentences of many of these captions; so the text alone is also read with weights that never saw a
sentence of the mission. Counted are real captions of the desks of today (image-of-the-day, photo-stream, news-article) that have a crew or a
spacecraft for crews in them, or came with labels; with 95 % intervals over missions.

    python benchmarks/desks.py --captions STORE [--captions STORE ...] [--jobs 2]
"""

import argparse
from pathlib import Path

import numpy as np
from lead import Marked, sentences

from mlcap.evaluation.intervals import bootstrap
from mlcap.evaluation.metrics import averages, indicator
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.lexicon import lexicon
from mlcap.model.probability import picked_values, picks
from mlcap.taxonomy import extra_words
from mlcap.training.calibrate import fit_temperature
from mlcap.training.catalogue import catalogue_amounts, corrected_out_of_fold, learn_catalogue
from mlcap.training.counts import CaptionCounts
from mlcap.training.cross_validation import group_folds, out_of_fold_scores
from mlcap.training.fit import fit_facets, mention_values
from mlcap.training.parameters import TrainingParameters

ROOT = Path(__file__).resolve().parent.parent
TODAY = ("image-of-the-day", "photo-stream", "news-article")


class Records:
    """What records add to the event that a text tells, learned from scores out of fold by mission."""

    def __init__(self, facets, captions, features, scores, parameters):
        self.place = next(place for place, facet in enumerate(facets) if not facet.multiple)
        self.facets = (facets[self.place],)
        self._labels, self._parameters = [c.labels for c in captions], parameters
        self._missions = [c.mission for c in captions]
        counts = CaptionCounts.of(features, mention_values(facets))
        known = counts.learn(np.arange(len(captions)))
        self._layout = known.layout
        amounts = counts.amounts(known, np.arange(len(captions)))[:, : known.layout.common]
        self._amounts = catalogue_amounts(known.layout, amounts.tocsr())
        gold = indicator(self.facets[0], [labels[self.facets[0].name] for labels in self._labels])
        self._temperature = fit_temperature(scores[self.place], gold.argmax(axis=1))
        self._calibrated = scores[self.place] / self._temperature

    def by_mission(self):
        """Scores with records, out of fold."""
        folds = group_folds(self._missions, self._parameters.folds, self._parameters.seed)
        facet = self.facets[0]
        return [
            corrected_out_of_fold(
                facet, self._labels, self._layout, self._amounts, self._calibrated, folds, self._parameters
            )
        ]

    def corrected(self, scores, learned_from, rows):
        """Other scores of texts, corrected by what was learned from some of the captions."""
        facet = self.facets[0]
        weights = learn_catalogue(
            facet, self._labels, self._layout, self._amounts, self._calibrated, learned_from, self._parameters
        )
        return scores[rows] / self._temperature + self._amounts[rows] @ weights.T


def read_without(labels, captions, words, folds):
    """Features of captions, the lead of each told by weights that were learned from sentences of the other folds."""
    marked = Marked(list(sentences(labels)))
    fold_of = {c.mission: fold for c, fold in zip(captions, folds, strict=True)}
    taught = np.asarray([fold_of.get(mission, -1) for mission in marked.missions])
    language, features = lexicon(), [None] * len(captions)
    shipped = language.lead_weights
    for fold in sorted(set(folds)):
        language.lead_weights = marked.weights(np.flatnonzero(taught != fold))
        for i in np.flatnonzero(folds == fold):
            features[i] = extract(captions[i].text, words, captions[i].catalogue)
    language.lead_weights = shipped
    return features


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


def print_sources(facets, captions, scores, real):
    """Print the metrics of real and of composed captions."""
    for source in ("library", "composed"):
        print_metrics(facets, captions, scores, np.flatnonzero(real == (source == "library")), source)


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
    records = Records(facets, captions, features, scores, parameters)
    everybody = np.arange(len(captions))
    print("out of fold by mission, with records", flush=True)
    print_metrics(records.facets, captions, records.by_mission(), np.flatnonzero(today & crewed), "today, with crews")
    print_metrics(records.facets, captions, records.by_mission(), np.flatnonzero(today), "today, all")
    for name in sorted(set(desk[real])):
        picked = np.flatnonzero(real & (desk == name))
        if len(picked) >= 40:
            print_metrics(records.facets, captions, records.by_mission(), picked, f"desk {name}")
    print_metrics(records.facets, captions, records.by_mission(), np.flatnonzero(real), "library")
    print("out of fold by mission, text alone", flush=True)
    print_metrics(facets, captions, scores, np.flatnonzero(today & crewed), "today, with crews")
    print_metrics(facets, captions, scores, np.flatnonzero(today), "today, all")
    for name in sorted(set(desk[real])):
        picked = np.flatnonzero(real & (desk == name))
        if len(picked) >= 40:
            print_metrics(facets, captions, scores, picked, f"desk {name}")
    print_sources(facets, captions, scores, real)
    print("the same, the lead told by weights that never saw the mission", flush=True)
    folds = group_folds([c.mission for c in captions], parameters.folds, parameters.seed)
    unseen = read_without(labels, captions, words, folds)
    without = out_of_fold_scores(facets, captions, unseen, parameters, args.jobs).scores
    print_metrics(facets, captions, without, np.flatnonzero(today & crewed), "today, with crews")
    print_sources(facets, captions, without, real)
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
        corrected = records.corrected(rows[records.place], np.flatnonzero(~left), everybody)
        print_metrics(records.facets, captions, [corrected], np.flatnonzero(today & crewed), "the same, with records")


if __name__ == "__main__":
    main()
