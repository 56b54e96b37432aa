"""How fast captions are tagged, against an earlier commit and against plain scikit-learn pipelines in the same run.

Sections (all, or those named with --only):

tag     CPU seconds of whole processes on one core: `mlcap tag` of an earlier commit (--before), of this checkout, and
        a program that does the same with the two pipelines of `baseline.py` (a vectoriser each, batches of 64, one
        thread). The pipelines are fitted on the same captions as mlcap's version; fitting is not counted.
steps   captions a second for reading, features, scoring and writing, within this process.
length  CPU seconds for one caption of growing length, for natural text and for texts that are hard to read, with the
        exponent that fits them: 1 is as the length, 2 its square. "steepest" is that of the steepest step; what is
        constant flattens the first steps, and a bound on what is read the last.
memory  the most memory held at 10,000 and 100,000 captions, as the operating system counts it.
jobs    `tag --jobs 2` against `tag` in seconds by the clock; needs two free cores.

    python benchmarks/throughput.py [--captions STORE ...] [--before WORKTREE] [--only SECTION ...]

Rounds of the things compared alternate, and smallest and middle of them are given, as other work on the machine only
ever adds.
"""

import argparse
import itertools
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = ("tag", "steps", "length", "memory", "jobs")
LENGTHS = (1_000, 3_000, 10_000, 30_000, 100_000)
#: A text that takes longer than this is left; the exponent of what is slow is known by then.
LONGEST = 60
#: Captions for the children: one thread, this checkout.
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("MLCAP")},
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}

#: The plain program: tags a file of JSON Lines with two fitted pipelines.
PLAIN = """
import json, sys
from itertools import islice
import joblib
pipelines, names = joblib.load(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as lines:
    while batch := [json.loads(line) for line in islice(lines, 64)]:
        texts = [record["text"] for record in batch]
        event, roles = (pipeline.predict(texts) for pipeline in pipelines)
        for record, one, row in zip(batch, event, roles):
            record["event"], record["crew_role"] = str(one), [n for n, on in zip(names, row) if on]
            print(json.dumps(record, ensure_ascii=False))
"""

#: Times one caption of one kind at each length.
ONE_KIND = """
import json, sys, time
import mlcap
tagger = mlcap.load(models=sys.argv[1])
tagger.tag_one("A crane waits.")
for text in json.load(sys.stdin):
    start, taken, calls = time.process_time(), 0, 0
    while taken < 0.3:  # Often enough for clocks that count in hundredths.
        tagger.tag_one(text)
        taken, calls = time.process_time() - start, calls + 1
    print(taken / calls, flush=True)
"""


def texts_of(stores):
    """The captions of the stores, or the composed ones."""
    from mlcap.labels.stores import read_store

    if stores:
        return [text for store in stores for _, text, _ in read_store(store)]
    files = sorted((ROOT / "labels" / "corpus").glob("*.jsonl"))
    return [json.loads(line)["text"] for p in files for line in p.read_text("utf-8").splitlines()]


def write_captions(path, texts, count):
    """Write so many captions, drawn evenly and repeated where there are too few."""
    step = max(1, len(texts) // count)
    with open(path, "w", encoding="utf-8") as stream:
        stream.writelines(
            json.dumps({"id": n, "text": text}, ensure_ascii=False) + "\n"
            for n, text in enumerate(itertools.islice(itertools.cycle(texts[::step]), count))
        )
    return path


def run(command, root=ROOT):
    """(CPU seconds, seconds by the clock, KiB held at most) of a process with all that it starts."""
    start = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        env = {**ENVIRONMENT, "PYTHONPATH": str(root)}
        process = subprocess.Popen([*map(str, command)], cwd=root, env=env, stdout=nowhere)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss


def tag_command(root, *args):
    """`mlcap tag` of a checkout, by its own Python where it has one."""
    own = root / ".venv" / "bin" / "python"
    return [own if own.exists() else sys.executable, "-m", "mlcap", "tag", "--models", root / "models", *args]


def alternating(commands, rounds, measure):
    """Name -> what is measured of its command in each round; the commands take turns."""
    found = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, root) in commands.items():
            found[name].append(run(command, root)[measure])
    return found


def ratio(a, b):
    """Smallest to smallest and middle to middle."""
    return f"{min(a) / min(b):6.2f} {statistics.median(a) / statistics.median(b):6.2f}"


def fitted_pipelines(stores, path):
    """Fit the baseline's pipelines on the captions that mlcap trains on, and save them."""
    import joblib
    from baseline import fit_baseline

    from mlcap.labels.folder import read_labels

    labels = read_labels(ROOT / "labels", stores)
    train = labels.training()
    pipelines = [fit_baseline(facet, train) for facet in labels.facets]
    joblib.dump((pipelines, labels.facets[1].names), path)
    return len(train)


def tag_section(args, texts, folder):
    """Whole processes."""
    trained = fitted_pipelines(args.captions, folder / "plain.joblib")
    print(f"{args.count} captions, {args.rounds} rounds, one core, CPU seconds; pipelines fitted on {trained} captions")
    source, one = (write_captions(folder / f"{n}.jsonl", texts, n) for n in (args.count, 1))
    roots = {"this checkout": ROOT}
    if args.before:
        roots["before"] = args.before.resolve()
    else:
        print("no --before WORKTREE given: the earlier commit is left out")

    def commands(path):
        ours = {name: (tag_command(root, path), root) for name, root in roots.items()}
        return {**ours, "pipelines": ([sys.executable, "-c", PLAIN, folder / "plain.joblib", path], ROOT)}

    found = alternating(commands(source), args.rounds, 0)
    starts = alternating(commands(one), args.rounds, 0)
    print(f"{'':16}    min median   start  captions/s  captions/s without the start   to the pipelines: min median")
    for name, taken in found.items():
        least, start = min(taken), min(starts[name])
        print(
            f"{name:16} {least:6.2f} {statistics.median(taken):6.2f}  {start:6.2f}  {args.count / least:10.0f}"
            f"  {(args.count - 1) / max(least - start, 1e-9):28.0f}                     {ratio(taken, found['pipelines'])}"
        )
    if "before" in found:
        print(f"before to this checkout: min median {ratio(found['before'], found['this checkout'])}")


def steps_section(args, texts):
    """The steps of tagging."""
    import mlcap
    from mlcap.captions import read_caption
    from mlcap.features.extract import features_of
    from mlcap.records.types import Record
    from mlcap.records.writing import JsonlWriter, output_record

    tagger = mlcap.load(models=str(ROOT / "models"))
    tagger.tag_one("A crane waits.")
    some = texts[:: max(1, len(texts) // args.count)][: args.count]
    taken = []

    def timed(step, items):
        start = time.process_time()
        out = [step(item) for item in items]
        taken.append(time.process_time() - start)
        return out

    read = timed(read_caption, some)
    features = timed(features_of, read)
    tagged = timed(lambda one: tagger.tag_features([one])[0], features)
    records = [(Record("", {"text": text}, text), one) for text, one in zip(some, tagged, strict=True)]
    writer = JsonlWriter()
    timed(lambda pair: writer.line(output_record(*pair, tagger.facets)), records)
    print(f"{len(some)} captions, each step by itself")
    for name, seconds in zip(("reading", "features", "scoring", "writing", "all"), [*taken, sum(taken)], strict=True):
        print(f"{name:10} {len(some) / seconds:9.0f} captions/s  {seconds / sum(taken):5.0%}")


def exponent(lengths, seconds):
    """The exponent of the power of the length that fits best."""
    x, y = [math.log(n) for n in lengths], [math.log(s) for s in seconds]
    return statistics.linear_regression(x, y).slope


def length_section(args, texts):
    """Time against length."""
    sys.path.insert(0, str(ROOT / "tests"))
    from hostile import KINDS, hostile_text

    joined = " ".join(itertools.islice(itertools.cycle(texts), 2000))
    kinds = {"natural text": lambda n: (joined * (n // len(joined) + 1))[:n]}
    kinds |= {kind: lambda n, kind=kind: hostile_text(kind, n) for kind in args.kind or KINDS}

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))

    print(f"{'CPU seconds at characters':52}" + "".join(f"{n:9,}" for n in LENGTHS) + "  exponent steepest")
    for kind, text in kinds.items():
        done = subprocess.run(
            [sys.executable, "-c", ONE_KIND, str(ROOT / "models")],
            cwd=ROOT,
            env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
            input=json.dumps([text(n) for n in LENGTHS]),
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=limit,
        )
        seconds = [float(line) for line in done.stdout.split()]
        if done.returncode > 0:
            sys.exit(done.stderr)
        line = f"{kind:52}" + "".join(f"{s:9.4f}" for s in seconds)
        if done.returncode < 0:
            line += f"   ended after {LONGEST} s"
        if len(seconds) > 1:
            steps = zip(itertools.pairwise(LENGTHS), itertools.pairwise(seconds), strict=False)
            steepest = max(exponent(*step) for step in steps)
            line += f"  {exponent(LENGTHS[: len(seconds)], seconds):8.2f} {steepest:8.2f}"
        print(line, flush=True)


def memory_section(args, texts, folder):
    """Resident memory."""
    first = None
    for count in (args.most // 10, args.most):
        path = write_captions(folder / f"{count}.jsonl", texts, count)
        seconds, _, held = run(tag_command(ROOT, path, "-o", folder / "out.jsonl"))
        first = first or held
        print(f"{count:8} captions  {held >> 10:5} MiB  {held / first:5.2f}  {seconds:7.1f} CPU seconds", flush=True)


def jobs_section(args, texts, folder):
    """Two processes against one."""
    help_page = subprocess.run(
        tag_command(ROOT, "--help"),
        env={**ENVIRONMENT, "PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "--jobs" not in help_page:
        print("`mlcap tag` has no option --jobs")
        return
    if len(os.sched_getaffinity(0)) < 2:
        print("this needs two cores")
        return
    path = write_captions(folder / "jobs.jsonl", texts, args.count * 4)
    commands = {f"{n} jobs": (tag_command(ROOT, path, "--jobs", n), ROOT) for n in (1, 2)}
    found = alternating(commands, args.rounds, 1)
    print(f"{args.count * 4} captions, {args.rounds} rounds, seconds by the clock")
    for name, taken in found.items():
        print(f"{name}  min {min(taken):6.2f}  median {statistics.median(taken):6.2f}")
    print(f"as fast with two: min median {ratio(found['1 jobs'], found['2 jobs'])}")


def main():
    """Print the sections."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captions", type=Path, action="append", default=[], metavar="STORE")
    parser.add_argument("--before", type=Path, metavar="WORKTREE")
    parser.add_argument("--only", action="append", choices=SECTIONS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=2000, help="captions of a round [default: 2000]")
    parser.add_argument(
        "--kind", action="append", help="kind of hard text, as tests/hostile.py names it [default: all]"
    )
    parser.add_argument("--most", type=int, default=100_000, help="captions for memory [default: 100000]")
    args = parser.parse_args()
    args.captions = [path.resolve() for path in args.captions]
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    texts = texts_of(args.captions)
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for section in args.only or SECTIONS:
            print(f"\n{section}", flush=True)
            os.sched_setaffinity(0, cores if section == "jobs" else {max(cores)})
            if section == "tag":
                tag_section(args, texts, folder)
            elif section == "steps":
                steps_section(args, texts)
            elif section == "length":
                length_section(args, texts)
            elif section == "memory":
                memory_section(args, texts, folder)
            else:
                jobs_section(args, texts, folder)


if __name__ == "__main__":
    main()
