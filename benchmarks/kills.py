"""Kills `mlcap tag --resume` and `mlcap watch` at random moments, and counts what was lost, doubled or left behind.

    python benchmarks/kills.py                 # 500 of each
    python benchmarks/kills.py --kills 20 tag  # fewer, of one

`tag` runs from every form of input to every form of output, alone and in two processes, and is started again with
--resume until it ends; then each record is to stand in the output once, in order, and nothing beside it. `watch` gets a
new file before each start, and every few starts one of the old ones grows; after some kills it runs to its end, and each
record is to stand in the results and in the ledger once. Exit code 1 where a figure is not 0.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mlcap.inbox.ledger import Ledger

RECORDS = 2500
_MLCAP = [sys.executable, "-m", "mlcap"]


@dataclass
class Figures:
    """What came of it.

    Attributes:
        kills: processes that were killed.
        ended: runs that came to their end, each checked.
        lost: records that stand nowhere.
        doubled: records that stand more than once, or out of order.
        left: files that stayed behind, and starts that ended in an error.
    """

    kills: int = 0
    ended: int = 0
    lost: int = 0
    doubled: int = 0
    left: int = 0

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled or left."""
        return not (self.lost or self.doubled or self.left)


def _records(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"id": f"r{n}", "text": f"Crane number {n} waits near the pad."} for n in range(start, start + count)]


def _write(path: Path, records: list[dict[str, Any]], form: str) -> Path:
    """Write records in a form of input, as a program does that writes aside and renames."""
    path = path.with_name(f"{path.name}.{form}")
    aside = path.with_name(f".{path.name}")
    lines = "".join(json.dumps(r) + "\n" for r in records)
    if form == "csv":
        aside.write_text("id,text\n" + "".join(f"{r['id']},{r['text']}\n" for r in records))
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(records), aside)
    elif form == "json":
        aside.write_text(json.dumps(records))
    elif form == "jsonl.gz":
        aside.write_bytes(gzip.compress(lines.encode()))
    else:
        aside.write_text(lines)
    aside.rename(path)
    return path


def _ids(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return [str(i) for i in pq.read_table(path)["id"].to_pylist()]
    with open(path, encoding="utf-8", newline="") as stream:
        rows: Iterable[dict[str, Any]] = csv.DictReader(stream) if path.suffix == ".csv" else map(json.loads, stream)
        return [str(r["id"]) for r in rows]


def _killed(command: list[str], folder: Path, draw: random.Random, works: Callable[[], object]) -> int | None:
    """Start a command and kill it: its exit code where it ended before, None where it was killed.

    One kill in five comes while the program starts, the others while it works.
    """
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        before = works()
        if draw.random() < 0.8:
            late = time.monotonic() + 20
            while process.poll() is None and works() == before and time.monotonic() < late:
                time.sleep(0.005)
        try:
            return process.wait(timeout=draw.uniform(0, 0.7))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return None


def _size(paths: Iterable[Path]) -> int:
    """How much was written, by which work is seen."""
    sizes = []
    for path in paths:
        with suppress(OSError):
            sizes.append(path.stat().st_size)
    return sum(sizes)


def kill_tag(kills: int, draw: random.Random, folder: Path) -> Figures:
    """Kill runs into a file."""
    out = Figures()
    inputs = [
        _write(folder / "in", _records(RECORDS), form) for form in ("jsonl", "jsonl.gz", "csv", "parquet", "json")
    ]
    while out.kills < kills:
        source, form = draw.choice(inputs), draw.choice(["jsonl", "csv", "parquet"])
        target = folder / f"out.{form}"
        jobs = draw.choice([[], [], ["--jobs", "2"]])
        command = [*_MLCAP, "tag", str(source), "-o", target.name, "--resume", *jobs]
        part = target.with_name(target.name + ".part")
        while (code := _killed(command, folder, draw, lambda part=part: _size([part]))) is None:
            out.kills += 1
        found = Counter(_ids(target)) if target.exists() else Counter()
        expected = [r["id"] for r in _records(RECORDS)]
        out.ended += 1
        out.lost += sum(i not in found for i in expected)
        out.doubled += sum(n - 1 for n in found.values()) + (target.exists() and _ids(target) != expected)
        target.unlink(missing_ok=True)
        left = [p for p in folder.iterdir() if p not in inputs]
        out.left += len(left) + (code != 0)
        for path in left:
            path.unlink()
    return out


def kill_watch(kills: int, draw: random.Random, folder: Path) -> Figures:
    """Kill watchers of an inbox."""
    out = Figures()
    inbox, results = folder / "in", folder / "out"
    inbox.mkdir()
    command = [*_MLCAP, "watch", "in", "--out", "out", "--every", "0.02", "--settle", "0.1"]
    expected: list[str] = []
    growing: list[tuple[Path, list[dict[str, Any]]]] = []
    number = 0
    while out.kills < kills:
        for _ in range(min(25, kills - out.kills)):
            number += 1
            records = _records(draw.randint(1, 150), number * 1000)
            form = draw.choice(["jsonl", "jsonl.gz", "csv", "parquet", "json"])
            path = _write(inbox / str(number), records, form)
            expected += [r["id"] for r in records]
            if form == "jsonl":
                growing.append((path, records))
            if growing and draw.random() < 0.3:
                path, records = draw.choice(growing)
                more = _records(draw.randint(1, 20), records[0]["id"] and int(records[-1]["id"][1:]) + 1)
                if len(records) + len(more) < 900:
                    records += more
                    expected += [r["id"] for r in more]
                    _write(path.with_suffix(""), records, "jsonl")
            out.kills += _killed(command, folder, draw, lambda: _size(results.glob("*/*"))) is None
        done = subprocess.run([*command, "--once"], cwd=folder, stderr=subprocess.PIPE, text=True, check=False)
        out.ended += 1
        out.left += done.returncode != 0
        if done.returncode:
            print(done.stderr[-500:], file=sys.stderr)
        lines = [line for p in results.glob("results/*") for line in p.read_text("utf-8").splitlines()]
        found = Counter(json.loads(line)["id"] for line in lines)
        with Ledger(results / "ledger.sqlite") as ledger:
            ledger.check()
            noted = ledger.counts()["tagged"]
            out.left += len(ledger.sources("working", "placing"))
        out.lost += sum(i not in found for i in expected) + max(0, len(expected) - noted)
        out.doubled += sum(n - 1 for n in found.values()) + max(0, noted - len(expected))
        out.left += len(list(results.glob("unfinished/*"))) + len(list(inbox.glob("mlcap-failed/*")))
        out.left += len([p for p in results.iterdir() if p.suffix == ".new" or "damaged" in p.name])
    return out


KINDS: dict[str, Callable[[int, random.Random, Path], Figures]] = {"tag": kill_tag, "watch": kill_watch}


def main() -> int:
    """Kill, count and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", choices=[*KINDS, []], help="which of them; all by default")
    parser.add_argument("--kills", type=int, default=500, help="how many of each")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sound = True
    for kind in given.kinds or KINDS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            found = KINDS[kind](given.kills, random.Random(given.seed), Path(folder))
        seconds = time.monotonic() - began
        print(
            f"{kind}: {found.kills} kills, {found.ended} ends: {found.lost} lost, {found.doubled} doubled,"
            f" {found.left} left behind ({seconds:.0f} s)"
        )
        sound = sound and found.sound
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
