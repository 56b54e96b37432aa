"""Tries changed inputs on all readers, writers, `tag`, `codes` and `explain`.

    python tests/fuzz/fuzz.py 1000000            # so many inputs, in two processes
    python tests/fuzz/fuzz.py --seconds 600 --seed 7

prints figures as JSON: how many inputs of each kind were read or refused, the most CPU time that one took, the most memory
that a process took, and each fault with its input. Exit code 1 where there is a fault: an exception that is no error of
mlcap's own, an outcome that is not sound, more than two seconds of CPU, or more than 400 MB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from inputs import DRAWN, Case, Maker, Seed, read_seeds, shown  # noqa: E402
from targets import WEIGHTS, Targets  # noqa: E402

#: Seconds of CPU time, and bytes, that nothing may take more of.
MOST_SECONDS, MOST_BYTES = 2.0, 400_000_000
#: An input that takes so long is given up on.
GIVEN_UP = 30.0
#: A process tries so many before another takes its place, or until it has found so many faults.
_CHUNK, MOST_FAULTS = 10_000, 50
#: Memory is looked at after so many.
_LOOK = 50
#: Where small files cost little; None for where the system has its temporary ones.
_IN_MEMORY = next((f for f in ("/dev/shm",) if os.access(f, os.W_OK)), None)  # noqa: S108
#: The file with the input at hand.
LAST = "last.json"


class HangError(BaseException):
    """An input takes for ever; no `Exception`, so that nothing takes it for one of its own."""


class Round:
    """Tries inputs one after another and counts.

    Args:
        targets: what tries them.
        seeds: what they are made of.
    """

    def __init__(self, targets: Targets, seeds: list[Seed]) -> None:
        self.targets = targets
        self.maker = Maker([*seeds, *made_seeds()], WEIGHTS)
        self.counts: Counter[str] = Counter()
        self.slowest: tuple[float, str] = (0.0, "")
        self.faults: list[dict[str, str]] = []
        #: Holds the input at hand, for the case that it ends the process.
        self._last = os.open(targets.folder / LAST, os.O_RDWR | os.O_CREAT)

    def one(self, case: Case) -> None:
        """Try an input; gives its fault, None where there is none."""
        os.pwrite(self._last, shown(case).encode() + b"\n", 0)
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, GIVEN_UP)
        try:
            outcome = self.targets.try_(case)
        except (Exception, HangError) as error:  # noqa: BLE001 (every one is a fault)
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} {str(error)[:200]} ({Path(where.filename).name}:{where.lineno})"
            self._fault(case, what)
            outcome = "fault"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        took = time.process_time() - began
        self.counts[f"{case.kind} {outcome}"] += 1
        self.slowest = max(self.slowest, (round(took, 3), case.seed))
        if took > MOST_SECONDS:
            self._fault(case, f"took {took:.1f} s of CPU")
        # The system takes as long to tell as most inputs do.
        if self.counts.total() % _LOOK == 0 and peak() > MOST_BYTES:
            self._fault(case, f"memory has come to {peak() // 1_000_000} MB, by this input or one of {_LOOK} before it")

    def _fault(self, case: Case, what: str) -> None:
        self.faults.append({"what": what, "input": shown(case)})

    def run(self, count: int, number: int, seconds: float = 1e9) -> None:
        """Try so many inputs, or as many as there is time for.

        Args:
            number: by which the inputs are drawn. That is done without hypothesis here, whose engine takes as long as
                the inputs do; `test_fuzz.py` has it make a fault small.
        """
        until = time.monotonic() + seconds
        draw = random.Random(number)
        for _ in range(count):
            if time.monotonic() > until or len(self.faults) >= MOST_FAULTS:
                return
            self.one(self.maker.case(draw.randbytes(DRAWN)))

    def figures(self) -> dict:
        """What came of it."""
        return {
            "inputs": sum(self.counts.values()),
            "counts": dict(sorted(self.counts.items())),
            "slowest": self.slowest,
            "peak_mb": peak() // 1_000_000,
            "faults": self.faults,
        }


def peak() -> int:
    """The most memory that this program has taken, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def made_seeds() -> list[Seed]:
    """Seeds that are no text: Parquet, photographs; and answers of the library, which are JSON as it gives it."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq
    from photo_files import JPEG

    rows = [{"id": f"k-{n}", "text": "A crane waits.", "n": n, "l": ["a"], "m": {"a": 0.5}} for n in range(3)]
    out = []
    for name, more in (
        ("plain", {"compression": "none"}),
        ("zstd", {"compression": "zstd"}),
        ("v2", {"data_page_version": "2.0", "use_dictionary": False}),
    ):
        stream = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), stream, **more)
        out.append(Seed("parquet", f"parquet-{name}", stream.getvalue()))
    page = next(s for s in read_seeds() if s.name == "json-library.json")
    return [*out, Seed("answer", "answer-library", page.data), Seed("photo", "photo-jpeg", JPEG)]


def over(_number, _frame):
    raise HangError


def worker(folder: str, models: str | None, count: int, number: int, seconds: float) -> dict:
    """Try inputs in this process."""
    import mlcap
    from mlcap.records.exiftool import session

    signal.signal(signal.SIGPROF, over)
    with session():
        round_ = Round(Targets(mlcap.load(models=models), Path(folder)), read_seeds())
        round_.run(count, number, seconds)
        return round_.figures()


def together(figures: list[dict]) -> dict:
    """The figures of several processes as one."""
    counts: Counter[str] = Counter()
    for one in figures:
        counts.update(one["counts"])
    return {
        "inputs": sum(one["inputs"] for one in figures),
        "counts": dict(sorted(counts.items())),
        "slowest": max((tuple(one["slowest"]) for one in figures), default=None),
        "peak_mb": max((one["peak_mb"] for one in figures), default=0),
        "faults": [fault for one in figures for fault in one["faults"]],
    }


def many(given_: argparse.Namespace) -> dict:
    """Try inputs in several processes, each for a while; Ctrl-C ends with what is done."""
    until = time.monotonic() + given_.seconds
    left, number, done = given_.count, given_.seed * 100_000, []
    running: list[tuple[subprocess.Popen[str], tempfile.TemporaryDirectory[str]]] = []
    # A shell starts what it puts in the background without heeding Ctrl-C.
    for number_of_signal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number_of_signal, signal.default_int_handler)
    try:
        while running or (left > 0 and time.monotonic() < until):
            while left > 0 and len(running) < given_.jobs and time.monotonic() < until:
                running.append(_started(given_, min(_CHUNK, left), number, until))
                left, number = left - _CHUNK, number + 1
            done.append(_figures_of(*running[0]))
            running.pop(0)
            said = [f["what"] for f in done[-1]["faults"]]
            print(f"{sum(d['inputs'] for d in done)} inputs", *said, sep="\n  ", file=sys.stderr)
    except KeyboardInterrupt:
        for process, folder in running:
            process.kill()
            process.wait()
            folder.cleanup()
    return together(done)


def _started(given_: argparse.Namespace, count: int, number: int, until: float):
    """A process that tries so many inputs, and its folder."""
    folder = tempfile.TemporaryDirectory(dir=_IN_MEMORY)
    command = [sys.executable, __file__, str(count), "--worker", folder.name, "--seed", str(number)]
    command += ["--seconds", str(until - time.monotonic())]
    command += ["--models", given_.models] if given_.models else []
    # Ctrl-C is for the one that started it.
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True), folder


def _figures_of(process: subprocess.Popen[str], folder: tempfile.TemporaryDirectory[str]) -> dict:
    """The figures of such a process, once it has ended; a fault where it did not end well."""
    out, _ = process.communicate()
    last = Path(folder.name) / LAST
    shown_last = last.read_text("utf-8").partition("\n")[0] if last.exists() else ""
    folder.cleanup()
    if process.returncode == 0:
        return json.loads(out)
    return {**together([]), "faults": [{"what": f"a process ended with {process.returncode}", "input": shown_last}]}


def main() -> int:
    """Try, and print figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=10**9, help="how many inputs")
    parser.add_argument("--seconds", type=float, default=1e9, help="for how long at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--models", help="the registry whose current version tags; the shipped one by default")
    parser.add_argument("--worker", metavar="FOLDER", help=argparse.SUPPRESS)
    given_ = parser.parse_args()
    if given_.worker:
        figures = worker(given_.worker, given_.models, given_.count, given_.seed, given_.seconds)
    else:
        figures = many(given_)
    print(json.dumps(figures))
    return 1 if figures["faults"] and not given_.worker else 0


if __name__ == "__main__":
    sys.exit(main())
