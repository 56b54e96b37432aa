"""What many captions cost, by every way to tag them on one machine, and on paper what ten million would.

Sections (all, or those named with --only):

cost    CPU seconds and bytes of a million captions, by step: reading Parquet or JSON Lines, reading captions, scoring,
        tags into Arrow, writing. From it, on paper, what ten million cost and where the limits are.
ways    `tag`, `tag --jobs 1` and 2, `tag --on` a cluster of Dask with 1 and 2 workers: captions a second by the clock and
        a core, their ratio to `tag` in the same run, and the most memory that any process of theirs held. Two workers
        against one say something on two free cores alone.
kills   `tag --jobs 2 -o` killed in the middle and gone on with: whether every row is there once, in order, with the tags of an
        undisturbed `tag`, and whether memory grows with the archive.
cluster the same of a cluster of which a worker is killed in the middle.

    python benchmarks/scale.py [--count 20000] [--rounds 1] [--captions STORE ...] [--only SECTION ...]

The archive is the captions of the stores, or the composed ones, again and again with new ids. The cluster needs the extra
`dask`. A million captions take some twenty minutes for each way.
"""

import argparse
import hashlib
import itertools
import json
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from throughput import ENVIRONMENT, ROOT, texts_of

SECTIONS = ("cost", "ways", "kills", "cluster")
#: Rows that are written to the archive at once.
_GROUP = 10_000
#: Captions for the cost of a step.
_SAMPLE = 2000
MILLION = 1_000_000


def write_archive(folder, texts, count):
    """The captions again and again, as Parquet and as JSON Lines."""
    rows = ({"id": f"a-{n}", "Description": text} for n, text in enumerate(itertools.cycle(texts)))
    parquet, lines = folder / "archive.parquet", folder / "archive.jsonl"
    schema = pa.schema([("id", pa.string()), ("Description", pa.string())])
    with pq.ParquetWriter(parquet, schema) as writer, open(lines, "w", encoding="utf-8") as stream:
        for first in range(0, count, _GROUP):
            some = list(itertools.islice(rows, min(_GROUP, count - first)))
            writer.write_table(pa.Table.from_pylist(some, schema=schema))
            stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in some)
    return parquet, lines


class Usage:
    """CPU seconds, and the most bytes that one process held, of some processes and what they start, while the block runs.

    It looks seldom, and for new processes more seldom still, as every process of the system is asked for its parent, by the
    cores that are measured.
    """

    #: Seconds between looks, and looks between those for new processes.
    _SECONDS, _LOOKS = 0.5, 4

    def __init__(self, *pids):
        self._roots = [psutil.Process(pid) for pid in pids]
        self._found = []
        self._cpu, self._before, self.most = {}, None, 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._find()
        self._look()
        self._before = dict(self._cpu)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    @property
    def cpu(self):
        """CPU seconds since the block began; of a process that ended, those up to the last look."""
        return sum(used - self._before.get(key, 0) for key, used in self._cpu.items())

    def _watch(self):
        looks = 0
        while not self._done.wait(self._SECONDS):
            looks += 1
            if looks < self._LOOKS or looks % self._LOOKS == 0:
                self._find()
            self._look()

    def _find(self):
        self._found = []
        for root in self._roots:
            with suppress(psutil.Error):  # It ended.
                self._found += [root, *root.children(recursive=True)]

    def _look(self):
        for process in self._found:
            with suppress(psutil.Error), process.oneshot():
                used = process.cpu_times()
                self._cpu[process.pid] = used.user + used.system
                self.most = max(self.most, process.memory_info().rss)


def start(*words, cwd):
    """Start `mlcap` or another module of Python, quietly."""
    env = {**ENVIRONMENT, "PYTHONPATH": str(ROOT)}
    null = subprocess.DEVNULL
    return subprocess.Popen([sys.executable, "-m", *map(str, words)], cwd=cwd, env=env, stdout=null, stderr=null)


@contextmanager
def cluster(workers, folder):
    """The address of a cluster of so many worker processes, and the process ids to watch."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with ExitStack() as stack:
        place = f"127.0.0.1:{port}"
        scheduler = ("dask", "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        one = ("dask", "worker", f"tcp://{place}", "--nworkers", 1, "--nthreads", 1, "--no-dashboard")
        processes = []
        for words in (scheduler, *[one] * workers):
            processes.append(process := start(*words, cwd=folder))
            stack.callback(process.wait)
            stack.callback(process.terminate)
        _wait_for(place, workers)
        yield f"dask://{place}", [process.pid for process in processes]


def _wait_for(place, workers):
    from distributed import Client

    end = time.monotonic() + 60
    while True:
        try:
            with Client(f"tcp://{place}", timeout=2, set_as_default=False) as client:
                client.wait_for_workers(workers, timeout=60)
                return
        except OSError:
            if time.monotonic() > end:
                raise


def measured(process, *others):
    """(seconds by the clock, CPU seconds, bytes held at most) of a process that ends, and of others that help it."""
    began = time.perf_counter()
    with Usage(process.pid, *others) as usage:
        process.wait()
    if process.returncode not in (0, 3):
        sys.exit(f"failed with {process.returncode}: {process.args}")
    return time.perf_counter() - began, usage.cpu, usage.most


def _runs(folder, parquet):
    """Each way once: its name, and what `measured` gives."""
    for name, options in (("tag", ()), ("tag --jobs 1", ("--jobs", 1)), ("tag --jobs 2", ("--jobs", 2))):
        out = folder / f"{name.replace(' ', '')}.jsonl"
        yield name, measured(start("mlcap", "tag", parquet, "-o", out, *options, cwd=folder))
    for workers in (1, 2):
        out = folder / f"parts-{workers}"
        with cluster(workers, folder) as (address, pids):
            process = start("mlcap", "tag", "--on", address, parquet, "-o", out, cwd=folder)
            yield f"tag --on dask, {workers}", measured(process, *pids)
        shutil.rmtree(out)


def ways(folder, parquet, count, rounds):
    """Each way, and how it compares with `tag`; of several rounds the fastest, since what else runs can only slow it down."""
    every = {}
    for _ in range(rounds):
        for name, run in _runs(folder, parquet):
            every.setdefault(name, []).append(run)
    found = {name: min(runs) for name, runs in every.items()}
    print(f"\n{'ways, ' + str(count) + ' captions':24s} {'a second':>9s} {'a core':>7s} {'to tag':>7s} {'MiB':>6s}")
    base = found["tag"]
    for name, (clock, cpu, _) in found.items():
        most = max(run[2] for run in every[name])
        row = f"{count / clock:9.0f} {count / cpu:7.0f} {base[0] / clock:7.2f} {most >> 20:6d}"
        print(f"  {name:22s} {row}")
    for name in ("tag --jobs", "tag --on dask,"):
        print(f"  two workers to one, {name.rstrip(','):14s} {found[f'{name} 1'][0] / found[f'{name} 2'][0]:.2f}")


def tags_of(rows):
    """A digest of ids and tags in order, and how many there are."""
    digest, count = hashlib.sha256(), 0
    for row in rows:
        tags = [row.get(n) for n in ("id", "event", "event_confidence", "crew_role", "review_reasons", "error")]
        digest.update(json.dumps(tags).encode())
        count += 1
    return digest.hexdigest(), count


def _lines(path):
    with open(path, encoding="utf-8") as stream:
        yield from map(json.loads, stream)


def _parts(folder):
    for path in sorted(folder.glob("part-*.parquet")):
        for batch in pq.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()


class Undisturbed:
    """What an undisturbed `tag` makes of the archive: of its first rows, which hold every caption that it has.

    Attributes:
        few: the first rows as a file.
        expected: what `tags_of` gives for all rows.
        memory: bytes that a process held at most.
    """

    def __init__(self, folder, parquet, texts, count):
        # A tenth at least, so that memory which grows with the archive shows.
        rows = pq.read_table(parquet).slice(0, min(count, max(count // 10, len(texts), 10_000)))
        self.few, tagged = folder / "few.parquet", folder / "few.jsonl"
        pq.write_table(rows, self.few, row_group_size=_GROUP)
        self.memory = measured(start("mlcap", "tag", self.few, "-o", tagged, "--jobs", 2, cwd=folder))[2]
        period = list(itertools.islice(_lines(tagged), len(texts)))
        ids = pq.ParquetFile(parquet).iter_batches(columns=["id"])
        every = itertools.chain.from_iterable(batch["id"].to_pylist() for batch in ids)
        self.expected = tags_of({**row, "id": name} for name, row in zip(every, itertools.cycle(period), strict=False))


def kills(folder, parquet, count, undisturbed):
    """`tag --jobs 2` killed in the middle, and gone on with."""
    out = folder / "killed.jsonl"
    words = ("mlcap", "tag", parquet, "-o", out, "--jobs", 2)
    process, part = start(*words, cwd=folder), Path(f"{out}.part")
    half = count / 2 * _bytes_of_a_row(folder / "few.jsonl")
    with Usage(process.pid) as usage:
        _until(lambda: process.poll() is not None or (part.exists() and part.stat().st_size >= half))
        process.send_signal(signal.SIGKILL)
        process.wait()
    most = max(usage.most, measured(start(*words, "--resume", cwd=folder))[2])
    _say("tag --jobs 2, killed and gone on with", tags_of(_lines(out)), undisturbed.expected, count)
    _say_memory(undisturbed.memory, most)


def cluster_kill(folder, parquet, count, undisturbed):
    """A worker of a cluster of two killed in the middle."""
    with cluster(2, folder) as (address, pids):
        process = start("mlcap", "tag", "--on", address, undisturbed.few, "-o", "parts-few", cwd=folder)
        few = measured(process, *pids)[2]
        process = start("mlcap", "tag", "--on", address, parquet, "-o", "parts", cwd=folder)
        killer = threading.Thread(target=_kill_a_worker, args=(folder / "parts", pids[1], count))
        killer.start()
        most = measured(process, *pids)[2]
        killer.join()
    _say("tag --on dask, a worker killed", tags_of(_parts(folder / "parts")), undisturbed.expected, count)
    _say_memory(few, most)


def _bytes_of_a_row(lines):
    with open(lines, encoding="utf-8") as stream:
        return lines.stat().st_size / sum(1 for _ in stream)


def _until(reached):
    """Wait until something is so."""
    while not reached():
        time.sleep(0.05)


def _say_memory(few, most):
    print(f"  most memory of a process, MiB: of the first rows {few >> 20}, of all {most >> 20}", flush=True)


def _kill_a_worker(parts, nanny, count):
    """Kill the process that tags, which its nanny then starts anew, once half of the rows are there."""
    _until(lambda: sum(pq.read_metadata(part).num_rows for part in parts.glob("part-*")) >= count / 2)
    for child in psutil.Process(nanny).children(recursive=True):
        os.kill(child.pid, signal.SIGKILL)


def _say(name, found, expected, count):
    whole = "every row once, in order, the same tags" if found == expected and found[1] == count else "NOT the same"
    print(f"{name}: {found[1]} rows, {whole}", flush=True)


def cost(parquet, lines, texts, count):
    """CPU seconds of a million captions by step, from some thousand, and bytes of the files."""
    import mlcap
    from mlcap.model.arrow import tag_records
    from mlcap.records.reading import read_records
    from mlcap.records.types import FieldChoice
    from mlcap.records.writing import json_line
    from mlcap.runs.batches import output_records
    from mlcap.runs.workers import _packed

    tagger = mlcap.load()
    tagger.tag(texts[:200])
    sample = min(_SAMPLE, count)

    def read(path):
        return list(itertools.islice(read_records([str(path)], None, FieldChoice(), str, print), sample))

    def timed(act):
        began = time.process_time()
        found = act()
        return found, (time.process_time() - began) / sample * MILLION

    records, from_parquet = timed(lambda: read(parquet))
    _, from_lines = timed(lambda: read(lines))
    features, reading = timed(lambda: [tagger.read(r.text, r.catalogue) for r in records])
    _, scoring = timed(lambda: [tagger.tag_features(features[n : n + 64]) for n in range(0, sample, 64)])
    out, _ = output_records(tagger, records)
    written, to_lines = timed(lambda: [json_line(record) for record in out])
    _, handed = timed(lambda: (list(_packed(records)), pickle.loads(pickle.dumps(written))))  # noqa: S301 (made here)
    table = tag_records(tagger, records)
    rows = table.to_pylist()
    _, in_arrow = timed(lambda: pa.Table.from_pylist(rows, schema=table.schema))
    path = parquet.with_name("tags.parquet")
    _, to_parquet = timed(lambda: pq.write_table(table, path, compression="zstd"))
    steps = {
        "read Parquet": from_parquet,
        "parse JSON Lines": from_lines,
        "read captions": reading,
        "score and decide": scoring,
        "tags into Arrow": in_arrow,
        "hand to --jobs and back": handed,
        "write JSON Lines": to_lines,
        "write Parquet": to_parquet,
    }
    print(f"\ncost of a million captions, CPU seconds (from {sample})")
    for name, seconds in steps.items():
        print(f"  {name:24s} {seconds:7.1f}")
    sizes = {
        "Parquet in": parquet.stat().st_size / count,
        "JSON Lines in": lines.stat().st_size / count,
        "JSON Lines out": sum(len(line.encode()) for line in written) / sample,
        "Parquet tags out": path.stat().st_size / sample,
    }
    print("bytes of a million captions, MB: " + ", ".join(f"{n} {s:.0f}" for n, s in sizes.items()))
    on_paper(steps)


def on_paper(steps):
    """What ten million cost: what grows with the cores, and what does not."""
    spread = sum(steps[name] for name in ("read captions", "score and decide", "write JSON Lines"))
    alone = steps["read Parquet"] + steps["hand to --jobs and back"]
    read_and_scored = steps["read captions"] + steps["score and decide"]
    cluster_cost = read_and_scored + steps["read Parquet"] + steps["tags into Arrow"] + steps["write Parquet"]
    print(
        f"on paper, ten million: {10 * (spread + alone) / 3600:.1f} core hours by tag, {10 * cluster_cost / 3600:.1f} on a cluster"
    )
    print(f"  one process reads and hands out for all --jobs: it is the limit beyond {spread / alone:.0f} of them")
    for cores in (2, 16, 64):
        jobs = 10 * max(alone, spread / cores) / 3600
        print(f"  {cores:3d} cores: {jobs:6.2f} h by --jobs, {10 * cluster_cost / cores / 3600:6.2f} h on a cluster")


def main():
    """Run the sections."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--captions", nargs="*", type=Path, default=[], metavar="STORE")
    parser.add_argument("--rounds", type=int, default=1, help="of the section ways; of several the fastest counts")
    parser.add_argument("--only", nargs="*", choices=SECTIONS, default=SECTIONS)
    args = parser.parse_args()
    texts = texts_of(args.captions)
    print(
        f"{args.count} captions of {len(texts)} different ones; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parquet, lines = write_archive(folder, texts, args.count)
        if "cost" in args.only:
            cost(parquet, lines, texts, args.count)
        if "ways" in args.only:
            ways(folder, parquet, args.count, args.rounds)
        if "kills" in args.only or "cluster" in args.only:
            undisturbed = Undisturbed(folder, parquet, texts, args.count)
            if "kills" in args.only:
                kills(folder, parquet, args.count, undisturbed)
            if "cluster" in args.only:
                cluster_kill(folder, parquet, args.count, undisturbed)


if __name__ == "__main__":
    main()
