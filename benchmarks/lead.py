"""Learn from marked sentences which of them show the picture, and say how well that is told.

Prints the share of sentences after the first that are told rightly, out of fold grouped by mission, and with the
weights that are written; held-out missions teach nothing.

    python benchmarks/lead.py --captions STORE [--captions STORE ...] [--write]
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
from mlcap.captions.lead import sentence_features
from mlcap.labels.depiction import read_depictions, settled
from mlcap.labels.digest import text_digest
from mlcap.labels.folder import read_labels
from mlcap.training.ratios import column_weights

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "mlcap" / "lexicon" / "en" / "lead-weights.csv"
#: In how many sentences a feature must stand, the inverse regularisation, and the smallest weight written; few features
#: and strong regularisation keep what is learned general, so that captions that taught it are not read much better than others.
RAREST, C, LEAST = 5, 0.08, 0.01
#: How far features weigh by how unevenly sentences that show and that tell have them (`mlcap.training.ratios`).
RATIOS = 0.6


def sentences(labels):
    """Give (features, whether shown, mission) of every marked sentence after the first whose caption is at hand."""
    marked = settled(read_depictions(ROOT / "labels" / "depiction.csv"))
    for caption in labels.training():
        depiction = marked.get(caption.id)
        if depiction is None or depiction.sha256 != text_digest(caption.text):
            continue
        read = read_caption(caption.text)
        spans = [(s.start, s.end) for s in read.sentences]
        found = {s.start: s.letter == "p" for s in depiction.sentences}
        features = sentence_features(spans, read.cues, read.found, read.codes, read.people, read.tokens)
        for place, ((start, end), names) in enumerate(zip(spans, features, strict=True)):
            shown = found.get(read.original_span(start, end)[0])
            if shown is not None and place:
                yield names, shown, caption.mission


class Marked:
    """Marked sentences as a matrix, from which weights are learned.

    Attributes:
        X: (sentences, features), y: (sentences,) whether shown, missions: (sentences,), known: names of the features.
    """

    def __init__(self, rows):
        counts = Counter(name for names, *_ in rows for name in names)
        self.known = sorted(name for name, count in counts.items() if count >= RAREST)
        columns = {name: i for i, name in enumerate(self.known)}
        filled = [[columns[n] for n in names if n in columns] for names, *_ in rows]
        ends = np.cumsum([0, *map(len, filled)]).astype(np.int32)
        indices = np.asarray([c for row in filled for c in row], dtype=np.int32)
        self.X = sp.csr_matrix((np.ones(len(indices)), indices, ends), shape=(len(rows), len(self.known)))
        self.y = np.asarray([shown for _, shown, _ in rows])
        self.missions = np.asarray([mission for *_, mission in rows])

    def weights(self, rows):
        """What is learned from some of the sentences, as `lead-weights.csv` has it: feature -> weight, "" the intercept."""
        weights, intercept = fitted(self.X[rows], self.y[rows])
        pairs = zip(self.known, weights.tolist(), strict=True)
        return {"": round(intercept, 3), **{n: round(w, 3) for n, w in pairs if abs(w) >= LEAST}}


def fitted(X, y):
    """Learn weights, (features,), and an intercept."""
    ratios = column_weights(X, y[:, None], RATIOS)[0]
    model = LogisticRegression(C=C, solver="liblinear").fit(X @ sp.diags(ratios), y)
    return model.coef_[0] * ratios, float(model.intercept_[0])


def main():
    """Measure, and write the weights if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    marked = Marked(list(sentences(read_labels(ROOT / "labels", args.captions))))
    X, y = marked.X, marked.y
    given = np.zeros(len(y), dtype=bool)
    for train, test in GroupKFold(5).split(X, y, marked.missions):
        weights, intercept = fitted(X[train], y[train])
        given[test] = X[test] @ weights + intercept > 0
    every = marked.weights(np.arange(len(y)))
    weights, intercept = np.asarray([every.get(name, 0.0) for name in marked.known]), every[""]
    print(f"{len(y)} sentences after the first, {len(marked.known)} features")
    print(
        f"told rightly: out of fold {np.mean(given == y):.4f}, with what is fitted on all {np.mean((X @ weights + intercept > 0) == y):.4f}"
    )
    print(f"were all background {np.mean(~y):.4f}")
    if args.write:
        with open(WEIGHTS, "w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["feature", "weight"])
            writer.writerows(every.items())


if __name__ == "__main__":
    main()
