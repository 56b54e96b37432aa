"""Accuracy against a plain baseline trained on the same captions.

The baseline is a linear SVM on TF-IDF of words (1-2) and letters (2-5 within words), one-vs-rest for roles. Both are
measured on a labelled file with the figures of `mlcap evaluate`.

    python benchmarks/baseline.py GOLD.jsonl [--captions STORE ...] [--model VERSION]
"""

import argparse
from pathlib import Path

import mlcap
from mlcap.evaluation.figures import facet_figures, indicator
from mlcap.labels.corpus import read_labelled
from mlcap.labels.folder import read_labels

ROOT = Path(__file__).resolve().parent.parent


def baseline_tags(facet, train, texts):
    """Fit the baseline for one facet and tag the texts."""
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
    given = pipeline.predict(texts)
    if not facet.multiple:
        return [str(v) for v in given]
    return [tuple(n for n, on in zip(facet.names, row, strict=True) if on) for row in given]


def main():
    """Print both, side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--model", default="current")
    args = parser.parse_args()
    labels = read_labels(ROOT / "labels", args.captions)
    tagger = mlcap.load(args.model, str(ROOT / "models"))
    gold = read_labelled(args.gold, labels.facets)
    train = labels.training()
    print(f"{len(train)} training captions, {len(gold)} measured")
    tagged = tagger.tag(c.text for c in gold)
    for facet in labels.facets:
        wanted = [c.labels[facet.name] for c in gold]
        plain = facet_figures(facet, wanted, baseline_tags(facet, train, [c.text for c in gold]))
        ours = facet_figures(facet, wanted, [t.tags[facet.name] for t in tagged])
        name = "micro_f1" if facet.multiple else "macro_f1"
        a, b = getattr(plain, name), getattr(ours, name)
        print(f"{facet.name:10s} {name}  linear SVM {a:.3f}  mlcap {b:.3f}  difference {b - a:+.3f}")


if __name__ == "__main__":
    main()
