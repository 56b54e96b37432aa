"""Kills of what writes records: `mlcap tag --resume` and `mlcap watch`."""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from killing.process import MLCAP, Figures, killed, run, size_of
from mlcap.inbox.ledger import Ledger

RECORDS = 2500


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
        command = [*MLCAP, "tag", str(source), "-o", target.name, "--resume", *jobs]
        part = target.with_name(target.name + ".part")
        while (code := killed(command, folder, draw, lambda part=part: size_of([part]))) is None:
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
    command = [*MLCAP, "watch", "in", "--out", "out", "--every", "0.02", "--settle", "0.1"]
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
            out.kills += killed(command, folder, draw, lambda: size_of(results.glob("*/*"))) is None
        out.ended += 1
        out.left += run([*command, "--once"], folder) != 0
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
