"""Large input: gzip JSON Lines to Parquet, with the most memory held, as the operating system counts it.

Tags files of growing size, each in a fresh process, and prints duration and peak memory of each as a ratio to the
smallest one's. Constant memory shows as ratios near 1; a smallest file of less than 10,000 captions does not fill one
row group and so needs less than the rest.

    python benchmarks/incoming.py [CAPTIONS]
"""

import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def corpus_texts():
    """The composed captions."""
    files = sorted((ROOT / "labels/corpus").glob("*.jsonl"))
    return [json.loads(line)["text"] for p in files for line in p.read_text("utf-8").splitlines()]


def write_input(path, count):
    """Write so many captions, each different, as gzip JSON Lines."""
    texts = corpus_texts()
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        for n in range(count):
            stream.write(json.dumps({"id": f"made{n}", "text": f"made{n} -- {texts[n % len(texts)]}"}) + "\n")


def measure(path, out):
    """(seconds, peak KiB) of one run."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "mlcap", "tag", str(path), "-o", str(out)]
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit("mlcap failed")
    return time.perf_counter() - start, usage.ru_maxrss


def main():
    """Print the table."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    print("captions   duration   peak memory      (ratio to the smallest)")
    first = None
    with tempfile.TemporaryDirectory() as folder:
        for count in (most // 10, most // 3, most):
            path = Path(folder) / f"{count}.jsonl.gz"
            write_input(path, count)
            seconds, peak = measure(path, Path(folder) / f"{count}.parquet")
            first = first or (seconds, peak)
            print(
                f"{count:8d}   {seconds / first[0]:8.2f}   {peak / first[1]:8.2f}   {peak >> 10} MiB by the system",
                flush=True,
            )


if __name__ == "__main__":
    main()
