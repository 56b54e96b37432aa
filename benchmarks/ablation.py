"""What each block of features is worth: training with each switched off in turn.

Prints events right and roles' micro-F1, each with its difference to all blocks in the same run: out of fold on library
and composed captions side by side, and with GOLD also on its captions, after training on everything else.

    python benchmarks/ablation.py [GOLD.jsonl] [--captions STORE ...] [--jobs N]
"""

import argparse
from dataclasses import replace
from pathlib import Path

from mlcap.evaluation.metrics import facet_metrics
from mlcap.features.extract import extract
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels
from mlcap.model.probability import picked_values, picks
from mlcap.taxonomy import extra_words
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.fit import fit_facets
from mlcap.training.parameters import MULTIPLE_WEIGHTS, SINGLE_WEIGHTS, TrainingParameters

ROOT = Path(__file__).resolve().parent.parent


def metric(facet, captions, scores):
    """Micro-F1 of the tags that scores give; for a single-valued facet that is the share right."""
    given = picked_values(facet, picks(facet, scores, 0.0))
    return facet_metrics(facet, [c.labels[facet.name] for c in captions], given).micro_f1


def metrics(facets, captions, features, parameters, jobs, gold):
    """Metrics out of fold by source, and on the gold captions: (facet, where) -> metric."""
    out = {}
    found = out_of_fold_scores(facets, captions, features, parameters, jobs)
    for facet, scores in zip(facets, found.scores, strict=True):
        for source in sorted({c.source for c in captions}):
            picked = [i for i, c in enumerate(captions) if c.source == source and facet.name in c.labels]
            out[facet.name, source] = metric(facet, [captions[i] for i in picked], scores[picked])
    if gold:
        fitted = fit_facets(facets, captions, features, parameters)
        seen = [extract(c.text, extra_words(facets), c.catalogue) for c in gold]
        for facet in facets:
            out[facet.name, "gold"] = metric(facet, gold, fitted.scores(facet, seen))
    return out


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path, nargs="?", help="labelled captions to measure on as well")
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    features = [extract(c.text, extra_words(labels.facets), c.catalogue) for c in captions]
    gold = read_labelled(args.gold, labels.facets, "own") if args.gold else []
    base = metrics(labels.facets, captions, features, TrainingParameters(), args.jobs, gold)
    print(f"{len(captions)} captions; micro-F1 (for event: share right)")
    print("without".ljust(14) + "".join(f"{f} {s}".rjust(26) for f, s in base))
    print("nothing".ljust(14) + "".join(f"{v:26.3f}" for v in base.values()))
    for block in dict.fromkeys([*SINGLE_WEIGHTS, *MULTIPLE_WEIGHTS]):
        single = {k: v for k, v in SINGLE_WEIGHTS.items() if k != block}
        multiple = {k: v for k, v in MULTIPLE_WEIGHTS.items() if k != block}
        parameters = replace(TrainingParameters(), single_weights=single, multiple_weights=multiple)
        found = metrics(labels.facets, captions, features, parameters, args.jobs, gold)
        print(block.ljust(14) + "".join(f"{v:17.3f} ({v - base[k]:+.3f})" for k, v in found.items()), flush=True)


if __name__ == "__main__":
    main()
