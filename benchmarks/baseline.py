"""Accuracy against a plain baseline trained on the same captions.

The baseline is a linear SVM on TF-IDF of words (1-2) and letters (2-5 within words), one-vs-rest for roles. Both are
measured on a labelled file with the metrics of `mlcap evaluate`, or, without one, by the same grouped cross-validation.

    python benchmarks/baseline.py [GOLD.jsonl] [--captions STORE ...] [--model VERSION]
"""

import argparse
from pathlib import Path

import mlcap
from mlcap.evaluation.metrics import facet_metrics, indicator
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels

ROOT = Path(__file__).resolve().parent.parent


def fit_baseline(facet, train):
    """Fit the baseline for one facet: a vectoriser of its own and a linear SVM."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    svm = OneVsRestClassifier(LinearSVC()) if facet.multiple else LinearSVC()
    pipeline = make_pipeline(make_union(words, letters), svm)
    labels = [c.labels[facet.name] for c in train]
    pipeline.fit([c.text for c in train], indicator(facet, labels).astype(int) if facet.multiple else labels)
    return pipeline


def baseline_tags(facet, train, texts):
    """Fit the baseline for one facet and tag the texts."""
    given = fit_baseline(facet, train).predict(texts)
    if not facet.multiple:
        return [str(v) for v in given]
    return [tuple(n for n, on in zip(facet.names, row, strict=True) if on) for row in given]


def cross_validated(labels):
    """Print both out of fold, on the same folds, for library and composed captions."""
    import numpy as np

    from mlcap.features.extract import extract
    from mlcap.model.probability import picked_values, picks
    from mlcap.taxonomy import extra_words
    from mlcap.training.cross_validation import group_folds, out_of_fold_scores
    from mlcap.training.parameters import TrainingParameters

    parameters = TrainingParameters()
    captions = sorted(labels.training(), key=lambda c: (c.source, c.id))
    features = [extract(c.text, extra_words(labels.facets)) for c in captions]
    folds = group_folds([c.mission for c in captions], parameters.folds, parameters.seed)
    found = out_of_fold_scores(labels.facets, captions, features, parameters, 2)
    for facet, scores in zip(labels.facets, found.scores, strict=True):
        plain = [None] * len(captions)
        for fold in range(parameters.folds):
            train = [c for c, f in zip(captions, folds, strict=True) if f != fold]
            held = np.flatnonzero(folds == fold)
            for i, tag in zip(held, baseline_tags(facet, train, [captions[i].text for i in held]), strict=True):
                plain[i] = tag
        for source in sorted({c.source for c in captions}):
            picked = [i for i, c in enumerate(captions) if c.source == source]
            ours = picked_values(facet, picks(facet, scores[picked], 0.0))
            report(facet, [captions[i].labels[facet.name] for i in picked], [plain[i] for i in picked], ours, source)


def report(facet, wanted, plain, ours, where):
    """Print one line: both metrics and their difference."""
    name = "micro_f1" if facet.multiple else "macro_f1"
    a, b = (getattr(facet_metrics(facet, wanted, given), name) for given in (plain, ours))
    count = len(wanted)
    print(
        f"{facet.name:10s} {where} ({count}) {name}  linear SVM {a:.3f}  mlcap {b:.3f}  difference {b - a:+.3f}",
        flush=True,
    )


def main():
    """Print both, side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path, nargs="?")
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--model", default="current")
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    if args.gold is None:
        cross_validated(labels)
        return
    tagger = mlcap.load(args.model, str(ROOT / "models"))
    gold = read_labelled(args.gold, labels.facets)
    train = labels.training()
    print(f"{len(train)} training captions, {len(gold)} measured")
    tagged = tagger.tag(c.text for c in gold)
    for facet in labels.facets:
        wanted = [c.labels[facet.name] for c in gold]
        plain = baseline_tags(facet, train, [c.text for c in gold])
        report(facet, wanted, plain, [t.tags[facet.name] for t in tagged], args.gold.name)


if __name__ == "__main__":
    main()
