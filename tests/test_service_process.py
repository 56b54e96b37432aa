"""The service as a process: it answers what it took when it is stopped, and loses no feedback when it is killed."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from conftest import ROOT, corpus_records, mlcap
from services import CAPTION, check
from test_desk_browser import free_port

from mlcap.review.desk import Desk
from mlcap.review.feedback_taking import bring_to_desk

JSON = {"content-type": "application/json"}


def start(folder, models, *options, env=None):
    """The process of a service once it answers, and its address."""
    command = [sys.executable, "-m", "mlcap", "serve", "desk", "--models", str(models), *options]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(env or {})},
    )
    lines = []
    while not lines or not lines[-1].startswith("http://"):
        line = process.stdout.readline()
        assert line, "the service ended before it answered"
        lines.append(line.strip())
    return process, lines[-1], [line.partition(": ")[2] for line in lines[:-1]]


def ended(process):
    """The exit code of a process once it has ended."""
    process.communicate(timeout=120)
    return process.returncode


def test_a_stop_answers_what_was_taken(small, tmp_path):
    """Requests that run when SIGTERM comes are answered whole, later ones find nobody, and the end is a good one."""
    process, address, (token,) = start(tmp_path, small / "models", "--port", "0", "--token", "dam")
    body = json.dumps([{"text": f"{CAPTION} No. {n}"} for n in range(1000)])
    headers = {**JSON, "authorization": f"Bearer {token}"}
    with ThreadPoolExecutor(4) as pool, httpx.Client(base_url=address, headers=headers, timeout=60) as client:
        asked = [pool.submit(client.post, "/v1/tag", content=body) for _ in range(4)]
        time.sleep(0.3)
        done_before = sum(one.done() for one in asked)
        process.send_signal(signal.SIGTERM)
        answers = [one.result() for one in asked]
    assert ended(process) == 0
    assert done_before < 4
    assert [len(answer.json()["results"]) for answer in answers] == [1000] * 4
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{address}/health/live")


def test_a_token_is_printed_once(small, tmp_path):
    """The same program keeps its token at the next start; an address in use and odd options are one clear line."""
    process, address, (token,) = start(tmp_path, small / "models", "--port", "0", "--token", "dam")
    port = address.rpartition(":")[2]
    taken = mlcap("serve", "desk", "--models", small / "models", "--port", port, cwd=tmp_path, check=2)
    assert f"127.0.0.1:{port}: cannot be served on" in taken.err
    process.send_signal(signal.SIGTERM)
    assert ended(process) == 0
    process, address, tokens = start(tmp_path, small / "models", "--port", "0", "--token", "dam")
    assert tokens == []
    found = httpx.get(f"{address}/v1/facets", headers={"authorization": f"Bearer {token}"})
    process.send_signal(signal.SIGINT)
    assert (found.status_code, ended(process)) == (200, 0)


def options_of(text):
    """The words after `mlcap serve` in a file of the examples."""
    line = next(line for line in text.splitlines() if line.startswith(("ExecStart=", "ENTRYPOINT")))
    words = json.loads(line.partition(" ")[2]) if line.startswith("ENTRYPOINT") else shlex.split(line.partition("=")[2])
    return words[words.index("serve") + 1 :]


@pytest.mark.parametrize("name", ["mlcap-serve.service", "Containerfile.serve"])
def test_the_units_start_what_there_is(name, small, tmp_path):
    """The command of the systemd unit and of the container file serves as it stands, but for the folder and the port."""
    words = options_of((ROOT / "examples" / name).read_text("utf-8"))[1:]
    process, address, _ = start(tmp_path, small / "models", *words, "--port", "0")
    port = address.rpartition(":")[2]
    found = httpx.get(f"http://127.0.0.1:{port}/health/ready")
    process.send_signal(signal.SIGTERM)
    assert (found.status_code, ended(process)) == (200, 0)


@pytest.mark.skipif(not os.access("/usr/bin/systemd-analyze", os.X_OK), reason="there is no systemd-analyze")
def test_the_unit_is_sound(tmp_path):
    """Systemd finds no fault with the unit."""
    text = (ROOT / "examples" / "mlcap-serve.service").read_text("utf-8").replace("/opt/mlcap/bin/mlcap", "/bin/true")
    unit = tmp_path / "mlcap-serve.service"
    unit.write_text(text.replace("User=mlcap", "User=root"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert not [line for line in done.stderr.splitlines() if unit.name in line], done.stderr


def test_the_units_grace_fits():
    """Systemd waits longer than the service takes at most to end."""
    from mlcap.cli.serve import _GRACE
    from mlcap.service.limits import SECONDS

    text = (ROOT / "examples" / "mlcap-serve.service").read_text("utf-8")
    assert int(re.search(r"TimeoutStopSec=(\d+)", text)[1]) > _GRACE > SECONDS


@pytest.mark.slow
def test_kills_lose_no_feedback(small, tmp_path):
    """After thirty kills at random moments all that was answered is recorded, once, and comes to the desk."""
    rng, port, answered, odd, stop = random.Random(4), free_port(), {}, [], Event()
    texts = [r["text"] for r in corpus_records()]
    options = ("--port", str(port), "--token", "dam")
    process, address, (token,) = start(tmp_path, small / "models", *options)

    def send(worker):
        headers = {**JSON, "authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=10) as client:
            number = 0
            while not stop.is_set():
                key = f"{worker}-{number}"
                said = {"text": f"{rng.choice(texts)[:120]} No. {key}", "labels": {"event": "launch"}, "key": key}
                while not stop.is_set():
                    try:
                        answer = client.post("/v1/feedback", content=json.dumps(said))
                    except httpx.TransportError:
                        time.sleep(0.01)
                        continue
                    if answer.status_code in (200, 201):
                        answered[key] = answer.json()["feedback"]
                        break
                    odd.append(answer.text)
                    return
                number += 1

    workers = [Thread(target=send, args=(n,), daemon=True) for n in range(4)]
    for one in workers:
        one.start()
    for _ in range(30):
        wanted, until = len(answered) + rng.randint(3, 20), time.monotonic() + 30
        while len(answered) < wanted and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(rng.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        process, _, _ = start(tmp_path, small / "models", *options)
    stop.set()
    for one in workers:
        one.join(30)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == 0
    assert odd == []
    assert len(answered) > 150
    with Desk.open(tmp_path / "desk") as desk:
        assert not desk.store.faults()
        recorded = {r["key"]: r["number"] for r in desk.store.rows("SELECT key, number FROM feedback")}
        assert answered.items() <= recorded.items()
        assert len(recorded) == desk.store.one("SELECT count(*) FROM feedback")
        # The last end was a clean one, after which nothing is left to bring.
        assert bring_to_desk(desk, None) == 0
        assert desk.store.one("SELECT count(*) FROM feedback_captions") == len(recorded)
        assert desk.store.one("SELECT count(*) FROM decisions") == 0


def peak_memory(process):
    """The most memory that a process had, in MiB."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as stream:
        return next(int(line.split()[1]) for line in stream if line.startswith("VmHWM")) / 1024


def answers_at_once(address, token, count, bodies):
    """The answers to bodies that so many clients send at once, one after another each."""

    async def one(client, own):
        return [await client.post("/v1/tag", content=body) for body in own]

    async def every():
        headers = {**JSON, "authorization": f"Bearer {token}"}
        limits = httpx.Limits(max_connections=count, max_keepalive_connections=count)
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=300, limits=limits) as client:
            found = await asyncio.gather(*(one(client, bodies[n::count]) for n in range(count)))
        return [answer for own in found for answer in own]

    return asyncio.run(every())


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell of memory")
def test_two_hundred_at_once(small, tmp_path):
    """All are answered, or refused with a problem that says when to come again; memory stays within bounds, also where all are large."""
    process, address, (token,) = start(tmp_path, small / "models", "--port", "0", "--token", "x", "--rate", "100000")
    texts = [r["text"] for r in corpus_records()]
    before = peak_memory(process)
    bodies = [json.dumps({"id": n, "text": texts[n % len(texts)]}) for n in range(3000)]
    answers = answers_at_once(address, token, 200, bodies)
    after_small = peak_memory(process)
    large = json.dumps([{"text": texts[n % len(texts)] * 8} for n in range(900)])[: 4 << 20].rpartition("},")[0] + "}]"
    heavy = answers_at_once(address, token, 50, [large] * 50)
    after_large = peak_memory(process)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == 0
    assert len(large) > 2 << 20
    for answer in (*answers, *heavy):
        # 408: a body of megabytes that comes beside many others may come too slowly.
        assert answer.status_code in (200, 408, 429, 503)
        if answer.status_code != 200:
            check("problem", answer.json())
            assert answer.status_code == 408 or answer.headers["retry-after"]
    good = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(good) > 2900
    assert len({one["id"] for one in good}) == len(good)
    assert [answer.status_code for answer in heavy].count(200) > 0
    assert after_small - before < 150, (before, after_small)
    assert after_large - before < 700, (before, after_large)


@pytest.mark.slow
def test_the_wheel_holds_the_service(tmp_path, small):
    """What the wheel installs serves, with its schemas."""
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path / "wheel"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheel").glob("mlcap-*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    environment = {"PYTHONPATH": str(tmp_path / "installed")}
    process, address, (token,) = start(tmp_path, small / "models", "--port", "0", "--token", "x", env=environment)
    headers = {"authorization": f"Bearer {token}"}
    found = httpx.get(f"{address}/openapi.json", headers=headers).json()
    tagged = httpx.post(f"{address}/v1/tag", headers=headers, json={"text": CAPTION}).json()
    process.send_signal(signal.SIGTERM)
    assert ended(process) == 0
    assert found == json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))
    check("tagged", tagged)
