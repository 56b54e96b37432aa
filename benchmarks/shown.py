"""Learn from marked people and posts which of them are in the picture, and say how well that is told.

Prints the share that is told rightly and the calibration error, out of fold grouped by mission; held-out missions teach
nothing. The rule that is named beside it takes for shown whoever is named in the lead.

    python benchmarks/shown.py --captions STORE [--captions STORE ...] [--write]
"""

import argparse
import csv
from collections import Counter
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from mlcap.captions import read_caption
from mlcap.evaluation.calibration import calibration_error
from mlcap.features.mentions import describe_all
from mlcap.features.shown import candidates, shown_features
from mlcap.labels.depiction import read_depictions, settled
from mlcap.labels.digest import text_digest
from mlcap.labels.folder import read_labels

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "mlcap" / "lexicon" / "en" / "shown-weights.csv"
#: In how many captions' people a feature must stand, the inverse regularisation, and the smallest weight written.
RAREST, C, LEAST = 5, 0.2, 0.03


def marked(labels):
    """Give (features, whether shown, whether the rule says so, whether named, mission) of everybody marked."""
    depictions = settled(read_depictions(ROOT / "labels" / "depiction.csv"))
    for caption in labels.training():
        depiction = depictions.get(caption.id)
        if depiction is None or depiction.sha256 != text_digest(caption.text):
            continue
        read = read_caption(caption.text)
        people = {p.start: p.letter == "y" for p in depiction.people}
        posts = {p.start: p.letter == "y" for p in depiction.roles}
        described = describe_all(read)
        for one in candidates(read):
            found = people if one.names else posts
            starts = [read.original_span(p.start, p.end)[0] for p in one.names or (m for _, m in one.mentions)]
            letters = [found[start] for start in starts if start in found]
            if letters:
                rule = read.zone_at(one.span[0]) == "lead"
                yield shown_features(read, one, described), any(letters), rule, bool(one.names), caption.mission


def main():
    """Measure, and write the weights if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows = list(marked(read_labels(ROOT / "labels", args.captions)))
    counts = Counter(name for names, *_ in rows for name in names)
    known = sorted(name for name, count in counts.items() if count >= RAREST)
    columns = {name: i for i, name in enumerate(known)}
    filled = [[columns[n] for n in names if n in columns] for names, *_ in rows]
    ends = np.cumsum([0, *map(len, filled)]).astype(np.int32)
    indices = np.asarray([c for row in filled for c in row], dtype=np.int32)
    X = sp.csr_matrix((np.ones(len(indices)), indices, ends), shape=(len(rows), len(known)))
    y, rule, named = (np.asarray([row[place] for row in rows]) for place in (1, 2, 3))
    p = np.zeros(len(y))
    for train, test in GroupKFold(5).split(X, y, [row[-1] for row in rows]):
        p[test] = LogisticRegression(C=C, solver="liblinear").fit(X[train], y[train]).predict_proba(X[test])[:, 1]
    model = LogisticRegression(C=C, solver="liblinear").fit(X, y)
    print(f"{len(y)} people and groups, {y.mean():.3f} of them in the picture; {len(known)} features")
    for name, some in (("named", named), ("groups", ~named), ("all", np.ones(len(y), dtype=bool))):
        right = (p > 0.5) == y
        error = calibration_error(np.maximum(p, 1 - p)[some].tolist(), right[some].tolist())
        print(
            f"{name} ({some.sum()}): out of fold {right[some].mean():.4f}, rule {(rule == y)[some].mean():.4f},"
            f" calibration error {error:.4f}"
        )
    if args.write:
        with open(WEIGHTS, "w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["feature", "weight"])
            writer.writerow(["", round(float(model.intercept_[0]), 3)])
            pairs = zip(known, model.coef_[0].tolist(), strict=True)
            writer.writerows([n, round(w, 3)] for n, w in pairs if abs(w) >= LEAST)


if __name__ == "__main__":
    main()
