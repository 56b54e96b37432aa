"""How right a version is on the kinds of caption of tests/data/kinds.jsonl, which no version trains on.

Each kind is a way in which captions were misread; its captions were composed and read blind by people who do not work
on the features. For kinds of events the event counts, for kinds of roles the set of roles, for all both.

    python benchmarks/kinds.py [--model VERSION]
"""

import argparse
import json
from pathlib import Path

import mlcap

ROOT = Path(__file__).resolve().parent.parent
ROLE_KINDS = (
    "photographer passengers awaited after-they relatives backups whole-crew ground-teams controllers employees not-ground "
    "word-surnames"
).split()


def main():
    """Print a line a kind, and all together."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="current")
    args = parser.parse_args()
    lines = (ROOT / "tests" / "data" / "kinds.jsonl").read_text("utf-8").splitlines()
    captions = [json.loads(line) for line in lines]
    tagged = mlcap.load(args.model, str(ROOT / "models")).tag(c["text"] for c in captions)
    rows = [
        (c["kind"], t.event == c["event"], list(t.crew_role) == c["crew_role"], not t.needs_review)
        for c, t in zip(captions, tagged, strict=True)
    ]
    print("| kind | captions | event right | roles right | without review |")
    print("|--|--|--|--|--|")
    for kind in dict.fromkeys(kind for kind, *_ in rows):
        some = [row[1:] for row in rows if row[0] == kind]
        shares = [sum(column) / len(some) for column in zip(*some, strict=True)]
        print(f"| {kind} | {len(some)} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")
    asked = [roles if kind in ROLE_KINDS else event for kind, event, roles, _ in rows]
    print(f"what each kind asks, over all {len(rows)}: {sum(asked) / len(asked):.3f}")
    automatic = [right for right, row in zip(asked, rows, strict=True) if row[3]]
    print(f"of the {len(automatic)} without review: {sum(automatic) / len(automatic):.3f}")


if __name__ == "__main__":
    main()
