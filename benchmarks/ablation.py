"""What each block of features is worth: grouped cross-validation with each switched off in turn.

Prints events right and roles' micro-F1 out of fold, on library and composed captions side by side, each with its
difference to all blocks in the same run.

    python benchmarks/ablation.py [--captions STORE ...] [--jobs N]
"""

import argparse
from dataclasses import replace
from pathlib import Path

from mlcap.evaluation.figures import facet_figures
from mlcap.features.extract import extract
from mlcap.labels.folder import read_labels
from mlcap.labels.taxonomy import extra_words
from mlcap.training.cross_validation import out_of_fold_scores
from mlcap.training.settings import MULTIPLE_WEIGHTS, SINGLE_WEIGHTS, Settings

ROOT = Path(__file__).resolve().parent.parent


def figures(facets, captions, features, settings, jobs):
    """Out-of-fold figures: (facet, source) -> figure."""
    out = {}
    found = out_of_fold_scores(facets, captions, features, settings, jobs)
    for facet, scores in zip(facets, found.scores, strict=True):
        for source in sorted({c.source for c in captions}):
            picked = [i for i, c in enumerate(captions) if c.source == source and facet.name in c.labels]
            if facet.multiple:
                given = [tuple(n for j, n in enumerate(facet.names) if scores[i][j] > 0) for i in picked]
            else:
                given = [facet.names[int(scores[i].argmax())] for i in picked]
            measured = facet_figures(facet, [captions[i].labels[facet.name] for i in picked], given)
            out[facet.name, source] = measured.micro_f1
    return out


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    features = [extract(c.text, extra_words(labels.facets)) for c in captions]
    base = figures(labels.facets, captions, features, Settings(), args.jobs)
    print(f"{len(captions)} captions; micro-F1 (for event: share right)")
    print("without".ljust(14) + "".join(f"{f} {s}".rjust(26) for f, s in base))
    print("nothing".ljust(14) + "".join(f"{v:26.3f}" for v in base.values()))
    for block in dict.fromkeys([*SINGLE_WEIGHTS, *MULTIPLE_WEIGHTS]):
        single = {k: v for k, v in SINGLE_WEIGHTS.items() if k != block}
        multiple = {k: v for k, v in MULTIPLE_WEIGHTS.items() if k != block}
        settings = replace(Settings(), single_weights=single, multiple_weights=multiple)
        found = figures(labels.facets, captions, features, settings, args.jobs)
        print(block.ljust(14) + "".join(f"{v:17.3f} ({v - base[k]:+.3f})" for k, v in found.items()), flush=True)


if __name__ == "__main__":
    main()
