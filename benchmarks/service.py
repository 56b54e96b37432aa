"""How the service holds up when many programs ask at once, beside tagging the same captions in this process in the same run.

A service of the shipped model is started as a process, and so many clients ask it for one caption after another over
connections that they keep. In the middle another version is promoted; after that the service is killed and started anew while
feedback is sent. Printed are what became of every request, the times beside `Tagger.tag`, and the memory. What is answered by
429 or 503 is refused clearly, and counted; anything else but an answer is a broken promise, of which the exit code 1 tells.

    python benchmarks/service.py [--clients 200] [--seconds 60]
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kept import Promises

import mlcap
from mlcap.model.location import shipped_models
from mlcap.model.registry import Registry

ROOT = Path(__file__).resolve().parent.parent
#: By which waiting is asked for, and everything that may be answered.
REFUSED, ANSWERED = {429, 503}, {200, 201, 429, 503}
#: MiB of the process at most, and the median answer in those of `Tagger.tag_one`, for each client that stands in line (record 19).
MOST_MIB, IN_LINE = 300, 1.0


def captions():
    """Captions of the composed corpus."""
    files = sorted((ROOT / "labels" / "corpus").glob("*.jsonl"))
    return [json.loads(line)["text"] for f in files for line in f.read_text("utf-8").splitlines()]


class Service:
    """The process of a service."""

    def __init__(self, folder, models):
        self.folder, self.models = folder, models
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            self.port = sock.getsockname()[1]
        self.token = ""
        self.start()

    def start(self):
        """Start it, and wait until it answers."""
        command = [sys.executable, "-m", "mlcap", "serve", "desk", "--models", str(self.models)]
        command += ["--port", str(self.port), "--token", "bench", "--rate", "1000000"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("token of"):
                self.token = line.split(": ")[1].strip()
            if line.startswith("http://"):
                return
        raise SystemExit("the service did not start")

    def end(self, how):
        """End it by a signal."""
        self.process.send_signal(how)
        self.process.communicate()

    def memory(self):
        """(MiB now, MiB at most) of the process; zeros where the system does not tell."""
        try:
            lines = Path(f"/proc/{self.process.pid}/status").read_text("ascii").splitlines()
        except OSError:
            return 0.0, 0.0
        found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "VmHWM"))}
        return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


class Client:
    """One program with a connection that it keeps."""

    def __init__(self, service):
        self.service, self.streams = service, None

    async def post(self, path, data):
        """(status, answer) of a request; raises OSError where the service is gone."""
        body = json.dumps(data).encode()
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.service.port)
        reader, writer = self.streams
        try:
            head = (
                f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.service.port}\r\nauthorization: Bearer {self.service.token}\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            status = int((await reader.readuntil(b"\r\n")).split()[1])
            headers = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(headers.split("content-length:")[1].split("\r\n")[0])
            return status, json.loads(await reader.readexactly(length))
        except (OSError, EOFError) as error:
            self.streams = None
            writer.close()
            raise OSError from error


async def load(service, texts, clients, seconds, midway):
    """Ask from so many clients at once: (statuses, seconds of each good answer, models in the order of the answers)."""
    statuses, took, models, until = Counter(), [], [], time.monotonic() + seconds

    async def one(number):
        client, turn = Client(service), number
        while time.monotonic() < until:
            started = time.perf_counter()
            try:
                status, answer = await client.post("/v1/tag", {"id": turn, "text": texts[turn % len(texts)]})
            except OSError:
                statuses["broken"] += 1
                continue
            statuses[status] += 1
            if status == 200:
                took.append(time.perf_counter() - started)
                models.append((started, answer["model"]))
                assert answer["id"] == turn
            turn += clients

    promoted = asyncio.get_running_loop().create_task(asyncio.to_thread(midway, seconds / 2))
    await asyncio.gather(*(one(number) for number in range(clients)))
    return statuses, sorted(took), models, await promoted


async def feedback(service, texts, clients, seconds):
    """Send feedback from so many clients while the service is killed and started anew: (the keys that were answered, the statuses)."""
    answered, statuses, until = set(), Counter(), time.monotonic() + seconds

    async def one(number):
        client, turn = Client(service), 0
        while time.monotonic() < until:
            key = f"{number}-{turn}"
            said = {"text": f"{texts[turn % len(texts)]} {key}", "labels": {"event": "other"}, "key": key}
            try:
                status, _ = await client.post("/v1/feedback", said)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            statuses[status] += 1
            if status in (200, 201):
                answered.add(key)
                turn += 1
            else:
                await asyncio.sleep(0.05)

    async def restart():
        await asyncio.sleep(seconds / 2)
        service.end(signal.SIGKILL)
        await asyncio.to_thread(service.start)

    await asyncio.gather(restart(), *(one(number) for number in range(clients)))
    return answered, statuses


def recorded(folder):
    """The keys of the feedback on the disk."""
    from mlcap.review.desk import Desk

    with Desk.open(folder / "desk") as desk:
        return {row["key"] for row in desk.store.rows("SELECT key FROM feedback")}


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    args = parser.parse_args()
    promises, texts = Promises(), captions()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = folder / "models"
        shutil.copytree(shipped_models(), models)
        registry = Registry(models)
        first = registry.current()
        place = models / str(first)
        content = {p.relative_to(place).as_posix(): p.read_bytes() for p in place.rglob("*") if p.is_file()}
        second = registry.publish(content)
        tagger = mlcap.load(models=models)
        some = texts[:1000]
        tagger.tag(some[:100])
        started = time.perf_counter()
        tagger.tag(some)
        each = (time.perf_counter() - started) / len(some)
        alone = sorted(timed(lambda t=t: tagger.tag_one(t)) for t in some)
        service = Service(folder, models)
        work(service, registry, second, texts, args, each, alone[len(alone) // 2], promises)
        answered, statuses = asyncio.run(feedback(service, texts, 20, min(20.0, args.seconds)))
        service.end(signal.SIGTERM)
        lost = answered - recorded(folder)
        print(f"feedback: {len(answered)} answered around a kill, {len(lost)} of them lost; {dict(statuses)}")
        promises.so(f"feedback that was answered and is lost: {len(lost)}", not lost)
        _judge(promises, "feedback", statuses)
    return promises.end()


def _judge(promises, what, statuses):
    """Promise that every request was answered or refused clearly, and say how many were."""
    refused = sum(n for status, n in statuses.items() if status in REFUSED)
    odd = {status: n for status, n in statuses.items() if status not in ANSWERED}
    promises.so(
        f"{what}: {sum(statuses.values())} requests, {refused} refused clearly (429, 503), otherwise {odd or 'none'}",
        not odd,
    )


def timed(act):
    """Seconds that an act takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def work(service, registry, second, texts, args, each, alone, promises):
    """Ask the service, and print what came of it."""
    before, _ = service.memory()

    def midway(seconds):
        time.sleep(seconds)
        registry.make_current(second, "in the middle of the benchmark")
        return time.perf_counter()

    statuses, took, models, promoted = asyncio.run(load(service, texts, args.clients, args.seconds, midway))
    now, most = service.memory()
    late = {model for started, model in models if started > promoted}
    print(f"{args.clients} clients at once for {args.seconds:g} s on {os.cpu_count()} cores: {dict(statuses)}")
    median, near_last = took[len(took) // 2], took[int(len(took) * 0.99)]
    print(f"an answer: median {median * 1e3:.0f} ms, 99 % {near_last * 1e3:.0f} ms, worst {took[-1] * 1e3:.0f} ms")
    print(f"  beside Tagger.tag_one, median {alone * 1e3:.2f} ms in the same run: {median / alone:.0f} x, or per client"
          f" {median / alone / args.clients:.2f} x")  # fmt: skip
    rate = len(took) / args.seconds
    print(f"captions a second: {rate:.0f}; Tagger.tag in this process {1 / each:.0f}; ratio {rate * each:.2f}")
    print(f"memory: {before:.0f} MiB before, {now:.0f} after, {most:.0f} at most")
    identity = registry.identity(second)
    print(f"promoted in the middle: requests begun after it were answered by {sorted(late)}, wanted {identity}")
    _judge(promises, "tags", statuses)
    promises.so("what is promoted is used by every request begun after it", late == {identity})
    promises.at_most("MiB at most", most, MOST_MIB)
    in_line = median / alone / args.clients
    promises.at_most("the median answer in Tagger.tag_one, for each client", in_line, IN_LINE, timed=True)


if __name__ == "__main__":
    sys.exit(main())
