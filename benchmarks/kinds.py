"""How right a version is on the kinds of caption of tests/data/kinds.jsonl, which no version trains on.

Each kind is a way in which captions were misread; its captions were composed and read blind by people who do not work
on the features. What a kind asks is the event or the set of roles. Told from the text alone, and with the record beside it.

    python benchmarks/kinds.py [--model VERSION]
"""

import argparse
from pathlib import Path

import mlcap
from mlcap.evaluation.kinds import kinds_table, measure_kinds
from mlcap.labels.kinds import read_kinds

ROOT = Path(__file__).resolve().parent.parent


def main():
    """Print both tables: a line a kind, and all together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="current")
    parser.add_argument("--models", default=str(ROOT / "models"))
    args = parser.parse_args()
    tagger = mlcap.load(args.model, args.models)
    captions = read_kinds(ROOT / "tests" / "data" / "kinds.jsonl", tagger.artifact.manifest.facets, ())
    for name, records in (("text alone", None), ("with records", [c.catalogue for c in captions])):
        tagged = list(tagger.stream((c.text for c in captions), records))
        print(f"{name}\n", *kinds_table(measure_kinds(captions, tagged)), "", sep="\n")


if __name__ == "__main__":
    main()
