"""What a version from few captions keeps: how right its automatic tags are on missions that it has not seen.

Small archives are drawn from the composed captions, whole missions at a time. Of each, a version is made as `mlcap train`
makes it, with thresholds chosen out of fold as for many captions (`usual`) and with review widened as for few
(`widened`, `mlcap.training.widening`), and both are measured on captions of other missions.

    python benchmarks/few_captions.py [--draws 8]
"""

import argparse
from pathlib import Path

import numpy as np

from mlcap.evaluation.calibration import calibration_error
from mlcap.evaluation.metrics import indicator
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.model.probability import link
from mlcap.taxonomy import extra_words
from mlcap.training.calibrate import fit_sigmoid, fit_temperature
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.fit import fit_facets
from mlcap.training.parameters import TrainingParameters
from mlcap.training.promises import tags_of
from mlcap.training.thresholds import Demand, choose_rule
from mlcap.training.widening import effective_groups, widened

ROOT = Path(__file__).resolve().parent.parent
#: Missions of an archive, and the captions that are taken of each and measured on.
MISSIONS = (10, 20, 40, 80, 160)
FEWEST, MOST, MEASURED = 3, 10, 1200


def calibrated(facets, captions, scores, fitted_on):
    """Probabilities from scores, calibrated on those out of fold."""
    out = []
    for facet, others, own in zip(facets, scores, fitted_on, strict=True):
        gold = indicator(facet, [c.labels[facet.name] for c in captions])
        if facet.multiple:
            slope, offset = fit_sigmoid(own, gold)
            out.append(link(facet, others * slope + offset))
        else:
            out.append(link(facet, others / fit_temperature(own, gold.argmax(axis=1))))
    return out


def main():
    """Print a line for each size of archive."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=8)
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels")
    facets, parameters = labels.facets, TrainingParameters()
    rng = np.random.default_rng(0)
    missions = {}
    for caption in labels.captions:
        missions.setdefault(caption.mission, []).append(caption)
    pool = [name for name, held in missions.items() if len(held) >= FEWEST]
    words = extra_words(facets)
    known = {}

    def read(captions):
        return [known.get(c.id) or known.setdefault(c.id, extract(c.text, words, c.catalogue)) for c in captions]

    print("missions captions  calibration   usual: automatic  events  all   widened: automatic  events  all")
    for count in MISSIONS:
        rows = []
        for _ in range(args.draws):
            drawn = [pool[i] for i in rng.permutation(len(pool))[:count]]
            captions = [c for name in drawn for c in missions[name][:MOST]]
            others = [c for name in missions if name not in set(drawn) for c in missions[name][:MOST]]
            others = [others[i] for i in rng.permutation(len(others))[:MEASURED]]
            features = read(captions)
            try:
                own = out_of_fold_scores(facets, captions, features, parameters, 1)
            except Exception as error:  # noqa: BLE001 - an archive of one value is none
                print(f"{count}: {error}")
                continue
            mixed = tags_of(facets, captions, calibrated(facets, captions, own.scores, own.scores))
            fitted = fit_facets(facets, captions, features, parameters)
            found = read(others)
            scores = [fitted.scores(facet, found) for facet in facets]
            tags = tags_of(facets, others, calibrated(facets, captions, scores, own.scores))
            everything = np.ones(len(captions), dtype=bool)
            demand = Demand(mixed, everything, parameters.event_target, parameters.all_target)
            usual = choose_rule([demand])
            groups = [c.mission for c in captions]
            row = [len(captions), effective_groups(groups)]
            row.append(calibration_error(tags.probabilities[0].max(axis=1), tags.single_right))
            for rule in (usual, widened(usual, mixed, everything, groups)):
                kept = tags.automatic(rule)
                row += [
                    kept.sum(),
                    tags.single_right[kept].sum(),
                    tags.all_right[kept].sum(),
                    mixed.automatic(rule).sum(),
                ]
            rows.append(row)
        if not rows:
            continue
        n, groups, error, *cells = np.asarray(rows, dtype=float).mean(axis=0)
        line = f"{count:8d} {n:8.0f}  {groups:5.1f} {error or np.nan:11.3f}"
        for kept, event, whole, own in (cells[:4], cells[4:]):
            line += (
                f"   {kept / MEASURED:9.3f} (own {own / n:.3f}) {event / max(kept, 1):.3f} {whole / max(kept, 1):.3f}"
            )
        print(line, flush=True)


if __name__ == "__main__":
    main()
