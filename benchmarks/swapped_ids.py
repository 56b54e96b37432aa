"""What becomes of captions of held-out missions when their records bear the id of a picture from elsewhere, or none.

Counted are real captions whose own id says where it is from. Each is tagged with its record, with an id of another
origin in place of its own (drawn from the same captions), without the id, and without any record.

    python benchmarks/swapped_ids.py --captions STORE [--captions STORE ...] [--model VERSION]
"""

import argparse
from pathlib import Path

import numpy as np

import mlcap
from mlcap.captions.catalogue import read_catalogue
from mlcap.labels.folder import read_labels

ROOT = Path(__file__).resolve().parent.parent


def main():
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[])
    parser.add_argument("--model", default="current")
    args = parser.parse_args()
    tagger = mlcap.load(args.model, str(ROOT / "models"))
    held = [c for c in read_labels(ROOT / "labels", args.captions).measuring() if c.source == "library"]
    origins = [read_catalogue(c.catalogue).origin for c in held]
    picked = [i for i, origin in enumerate(origins) if origin]
    texts = [held[i].text for i in picked]
    own = [dict(held[i].catalogue) for i in picked]
    rng = np.random.default_rng(0)
    others = [[j for j in picked if origins[j] != origins[i]] for i in picked]
    swapped = [{**r, "nasa_id": held[rng.choice(o)].catalogue["nasa_id"]} for r, o in zip(own, others, strict=True)]
    # The centre gives many away; today's records have none.
    alone = [{k: v for k, v in r.items() if k != "center"} for r in swapped]
    ways = {
        "own record": own,
        "own record without centre": [{k: v for k, v in r.items() if k != "center"} for r in own],
        "without the id": [{k: v for k, v in r.items() if k != "nasa_id"} for r in own],
        "text alone": [{}] * len(own),
        "another's id": swapped,
        "another's id, without centre": alone,
    }
    print(f"{len(picked)} captions of held-out missions, {len(set(origins) - {''})} origins")
    for name, catalogues in ways.items():
        review = np.mean([t.needs_review for t in tagger.tag(texts, catalogues)])
        print(f"  {name:30s} to review {review:.3f}, automatic {1 - review:.3f}")


if __name__ == "__main__":
    main()
