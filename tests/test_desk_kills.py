"""Kills while two people decide: no decision is lost, none doubled, and nobody decides what another has."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
from threading import Event, Thread

import httpx
import pytest
from browsers import free_port
from conftest import corpus_records, write_jsonl

from mlcap.review.desk import Desk
from mlcap.review.standing import rebuild

pytestmark = pytest.mark.slow

KILLS = 50


class Decider(Thread):
    """Somebody who confirms card after card and sends a form again until it is answered."""

    def __init__(self, address, cookies, event):
        super().__init__(daemon=True)
        self.address, self.cookies, self.event = address, cookies, event
        self.answered, self.odd, self.stop = {}, [], Event()

    def _ask(self, client, method, path, **more):
        while not self.stop.is_set():
            try:
                return client.request(method, path, **more)
            except httpx.TransportError:
                time.sleep(0.01)
        return None

    def run(self):
        """Work until told to stop."""
        with httpx.Client(
            base_url=self.address, headers={"origin": self.address}, cookies=self.cookies, timeout=10
        ) as client:
            while not self.stop.is_set():
                page = self._ask(client, "GET", "/card")
                if page is None:
                    return
                nonce = re.search(r'name="nonce" value="([^"]+)"', page.text)
                if nonce is None:
                    if page.status_code != 200:
                        self.odd.append((page.status_code, page.text[-300:]))
                    time.sleep(0.05)
                    continue
                number = int(re.search(r'name="caption" value="(\d+)"', page.text)[1])
                answer = self._ask(client, "POST", "/decide", data={"nonce": nonce[1], "f.event": self.event})
                if answer is None:
                    return
                if answer.status_code == 303:
                    self.answered[number] = nonce[1]
                else:
                    self.odd.append((answer.status_code, answer.text[-300:]))


def start(folder, small, port, *sources):
    """The server, once it answers, and the links of Ada and Bo."""
    command = [sys.executable, "-m", "mlcap", "review", "open", "desk", *sources, "--port", str(port)]
    command += ["--name", "Ada", "--name", "Bo", "--no-browser", "--models", str(small / "models"), "--audit", "100%"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return process, [process.stdout.readline().split(": ", 1)[1].strip() for _ in range(2)]


def test_kills_lose_and_double_nothing(small, tmp_path):
    """After fifty kills at random moments, what was answered is decided, once, and by the one who was answered."""
    rng = random.Random(3)
    texts = [r["text"] for r in corpus_records()]
    rows = [{"id": f"c{n}", "text": f"{rng.choice(texts)[:160]} No. {n}"} for n in range(2500)]
    write_jsonl(tmp_path / "captions.jsonl", rows)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    process, links = start(tmp_path, small, port, "captions.jsonl")
    people = []
    for link, event in zip(links, ("launch", "landing"), strict=True):
        with httpx.Client() as client:
            client.get(link)
            people.append(Decider(address, dict(client.cookies), event))
    for one in people:
        one.start()
    for _ in range(KILLS):
        wanted, until = sum(len(one.answered) for one in people) + rng.randint(1, 8), time.monotonic() + 20
        while sum(len(one.answered) for one in people) < wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        process, _ = start(tmp_path, small, port)
    time.sleep(0.5)
    for one in people:
        one.stop.set()
    for one in people:
        one.join(20)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert [one.odd for one in people] == [[], []]
    with Desk.open(tmp_path / "desk") as desk:
        assert desk.store.faults() == ""
        decided = {r["caption"]: (r["person"], r["nonce"]) for r in desk.store.rows("SELECT * FROM decisions")}
        assert len(decided) == desk.store.one("SELECT count(*) FROM decisions")
        answered = {
            n: (name, nonce)
            for name, one in zip(("Ada", "Bo"), people, strict=True)
            for n, nonce in one.answered.items()
        }
        assert len(answered) == sum(len(one.answered) for one in people)
        assert answered.items() <= decided.items()
        assert len(answered) > 100
        assert desk.store.one("SELECT count(*) FROM captions") == 2500
        before = [tuple(r) for r in desk.store.rows("SELECT caption, state, waiting FROM places ORDER BY caption")]
        rebuild(desk.store)
        assert before == [
            tuple(r) for r in desk.store.rows("SELECT caption, state, waiting FROM places ORDER BY caption")
        ]
