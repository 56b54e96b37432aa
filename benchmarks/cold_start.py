"""Cold start: `mlcap tag --text` in a fresh process against the plain alternative, in the same run.

The plain alternative loads a joblib file with a TF-IDF + logistic regression pipeline, trained on the composed
corpus, and predicts one caption. Prints medians of several runs and their ratios.

    python benchmarks/cold_start.py [RUNS]
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLAIN = "import joblib, sys; print(joblib.load(sys.argv[1]).predict(['Two divers steady an astronaut.']))"


def median_seconds(command, runs):
    """The median duration of a command, in seconds."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    """Print the table."""
    from joblib import dump
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    lines = [
        line for p in sorted((ROOT / "labels/corpus").glob("*.jsonl")) for line in p.read_text("utf-8").splitlines()
    ]
    records = [json.loads(line) for line in lines]
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression(max_iter=500))
    pipeline.fit([r["text"] for r in records], [r["event"] for r in records])
    with tempfile.TemporaryDirectory() as folder:
        saved = f"{folder}/plain.joblib"
        dump(pipeline, saved)
        python = sys.executable
        plain = median_seconds([python, "-c", PLAIN, saved], runs)
        print(f"{'plain joblib pipeline, one predict':40s} {plain:6.3f} s  1.00")
        for name, command in (
            ("mlcap tag --text", [python, "-m", "mlcap", "tag", "--text", "Two divers steady an astronaut."]),
            ("mlcap --help", [python, "-m", "mlcap", "--help"]),
            ("import mlcap", [python, "-c", "import mlcap"]),
        ):
            seconds = median_seconds(command, runs)
            print(f"{name:40s} {seconds:6.3f} s  {seconds / plain:4.2f}")


if __name__ == "__main__":
    main()
