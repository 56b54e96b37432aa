"""How quickly a desk of many captions answers a key, beside a static page that the same server serves in the same run.

A key is the form of a decision and the page of the next card after it: the decision is on the disk before either is
answered. Captions are sentences of the composed corpus, put together at random.

One person presses the keys, and captions have neither photographs nor series; what these cost is not measured here. Exits with
1 where a promised figure is not kept.

    python benchmarks/desk.py [--count 50000] [--keys 1000]
"""

import argparse
import json
import os
import random
import re
import resource
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

import httpx
import uvicorn
from kept import Promises

import mlcap
from mlcap.desk.application import desk_application
from mlcap.review.desk import Desk
from mlcap.review.people import invite
from mlcap.web.limits import Limits
from mlcap.web.serving import allowed_hosts, bound_socket

ROOT = Path(__file__).resolve().parent.parent
#: What a key takes at most (record 13): what people take for at once, the worst they should meet, and how many pages of the
#: same server that is.
MEDIAN_MS, WORST_MS, STATIC_PAGES = 100, 500, 30


def captions(count):
    """Records of so many captions, different from each other."""
    rng = random.Random(7)
    files = sorted((ROOT / "labels" / "corpus").glob("*.jsonl"))
    texts = [json.loads(line)["text"] for f in files for line in f.read_text("utf-8").splitlines()]
    sentences = [s.strip() for text in texts for s in re.split(r"(?<=[.!?])\s+", text) if 30 < len(s) < 300]
    for number in range(count):
        yield {"id": f"c{number:06d}", "text": " ".join(rng.sample(sentences, rng.randint(1, 3)))}


def shown(name, seconds, base=None):
    """Print the median, the 95th percentile and the worst, in milliseconds, and the ratio of the medians."""
    ranked = sorted(seconds)
    at = [ranked[len(ranked) // 2], ranked[int(len(ranked) * 0.95)], ranked[-1]]
    ratio = "" if base is None else f"  {at[0] / base:5.1f} x the static page"
    print(
        f"{name:34s} median {at[0] * 1e3:6.1f}  95 % {at[1] * 1e3:6.1f}  worst {at[2] * 1e3:6.1f} ms{ratio}", flush=True
    )
    return at[0], at[-1]


def timed(act):
    """Seconds that an act takes, and what it gives."""
    start = time.perf_counter()
    found = act()
    return time.perf_counter() - start, found


def main():
    """Make the desk, then press keys."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--keys", type=int, default=1000)
    args = parser.parse_args()
    promises, tagger = Promises(), mlcap.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "captions.jsonl"
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(r) + "\n" for r in captions(args.count))
        with Desk.open(Path(folder) / "desk", tagger.facets) as desk:
            desk.set_shares(0.1, 0.05)
            took, added = timed(lambda: desk.add(tagger, [str(path)]))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
                1 << 10 if sys.platform != "darwin" else 1 << 20
            )
            print(f"{added.new} captions on the desk after {took:.0f} s, {peak:.0f} MiB at most", flush=True)
            promises.so(f"every caption is on the desk: {added.new} of {args.count}", added.new == args.count)
            work(desk, tagger, args.keys, promises)
            decided = desk.store.one("SELECT count(*) FROM decisions WHERE kind = 'decide'")
            promises.so(f"every decision is on the disk: {decided} of {args.keys}", decided == args.keys)
    return promises.end()


def work(desk, tagger, keys, promises):
    """Serve the desk here and press keys as one person."""
    sock = bound_socket("127.0.0.1", 0)
    port = sock.getsockname()[1]
    app = desk_application(desk, tagger, allowed_hosts("127.0.0.1", port, ()), Limits(rate=1e6, burst=1e6))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ws="none"))
    Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=address, headers={"origin": address}, timeout=60) as client:
        client.get(f"/enter?token={invite(desk.store, 'Ada')}")
        static, decided, cards, pressed = [], [], [], []
        page = client.get("/card").text
        for turn in range(keys):
            static.append(timed(lambda: client.get("/static/desk.css"))[0])
            nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
            event = re.search(r'name="f.event" value="([^"]+)" checked', page)
            form = {"nonce": nonce, "f.event": event[1] if event else "other"}
            first, answer = timed(lambda form=form: client.post("/decide", data=form))
            assert answer.status_code == 303, answer.text
            second, answer = timed(lambda: client.get("/card"))
            page = answer.text
            decided.append(first)
            cards.append(second)
            pressed.append(first + second)
            if turn == 0:
                print(f"{os.cpu_count()} cores, {len(page) >> 10} KiB a card", flush=True)
        base, _ = shown("a static page", static)
        shown("a decision on the disk", decided, base)
        shown("the next card", cards, base)
        median, worst = shown("a key: both", pressed, base)
        promises.at_most("milliseconds of a key, the median", median * 1e3, MEDIAN_MS, timed=True)
        promises.at_most("milliseconds of a key, the worst", worst * 1e3, WORST_MS, timed=True)
        promises.at_most("a key in static pages", median / base, STATIC_PAGES, timed=True)
        for name, path in (
            ("queues", "/queues"),
            ("search", "/search?q=crew"),
            ("progress", "/progress"),
            ("undo", None),
        ):
            some = [timed(lambda p=path: client.get(p) if p else client.post("/undo", data={}))[0] for _ in range(20)]
            shown(name, some, base)
    server.should_exit = True


if __name__ == "__main__":
    sys.exit(main())
