"""Whether two checkouts tag the same captions alike: tags, confidences and review reasons.

Each checkout tags with its own code and its own current version; this Python runs both. Differences are counted by
field, and the first are shown. To see that the lexicon changed nothing: worktrees of the commit before it and of
the commit that published its version 2 (docs/decisions/0011-lexicon-and-matcher.md).

    python benchmarks/equal_tags.py BEFORE AFTER --captions STORE [--most 2000] [--show 5]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from mlcap.labels.stores import read_store


def tagged(checkout, path):
    """The records that a checkout makes of captions, by id, without the name of the version."""
    done = subprocess.run(
        [sys.executable, "-m", "mlcap", "tag", str(path)],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        capture_output=True,
        check=True,
    )
    records = [json.loads(line) for line in done.stdout.decode().splitlines()]
    return {record["id"]: {k: v for k, v in record.items() if k != "model"} for record in records}


def main():
    """Print how many captions differ, and in what."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--captions", type=Path, required=True)
    parser.add_argument("--most", type=int, default=2000)
    parser.add_argument("--show", type=int, default=5)
    args = parser.parse_args()
    captions = [(name, text) for name, text, _ in read_store(args.captions) if text.strip()]
    step = max(1, len(captions) // args.most)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "captions.jsonl"
        rows = [json.dumps({"id": name, "text": text}) for name, text in captions[::step]]
        path.write_text("\n".join(rows) + "\n", "utf-8")
        before, after = (tagged(checkout.resolve(), path) for checkout in (args.before, args.after))
    differing = [name for name in before if before[name] != after.get(name)]
    fields = Counter(k for name in differing for k, v in before[name].items() if after.get(name, {}).get(k) != v)
    print(f"{len(before)} captions, {len(differing)} differ: {dict(fields)}")
    for name in differing[: args.show]:
        changed = {
            k: (v, after.get(name, {}).get(k)) for k, v in before[name].items() if after.get(name, {}).get(k) != v
        }
        print(name, json.dumps(changed, ensure_ascii=False))


if __name__ == "__main__":
    main()
