"""A real browser for the slow tests, and people in it who have nothing but a keyboard."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from desks import served

from mlcap.review.people import invite

#: Without these a browser run as root does not start, or looks for its maker's servers.
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"


def browser_path():
    """The system's Chromium, or a skip that says what is missing."""
    path = os.environ.get("MLCAP_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no Chromium on this machine; .ci/run installs Debian's")
    return path


@contextmanager
def running_browser():
    """A headless browser."""
    sync = pytest.importorskip("playwright.sync_api", reason="needs the extra `browser`, which .ci/run installs")
    path = browser_path()
    with sync.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS.split())
        yield running
        running.close()


class Person:
    """Somebody at a browser of their own who has nothing but a keyboard; counts the keys, and what left the page."""

    def __init__(self, browser, address, link, **options):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **options)
        self.page = self.context.new_page()
        self.keys, self.errors, self.foreign = 0, [], []
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("request", lambda r: None if r.url.startswith(address) else self.foreign.append(r.url))
        self.page.goto(link)
        self.page.wait_for_url("**/card")

    def press(self, *keys):
        """Press keys that stay on the page."""
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def go(self, *keys):
        """Press keys of which the last leads to another page."""
        self.press(*keys[:-1])
        self.keys += 1
        with self.page.expect_navigation():
            self.page.keyboard.press(keys[-1])

    def tab_to(self, name):
        """Go to a link or button by its words, as somebody without a mouse does, and press it."""
        for _ in range(120):
            self.press("Tab")
            if name in self.page.evaluate("document.activeElement.textContent").strip():
                self.go("Enter")
                return
        raise AssertionError(f"{name} cannot be reached by the keyboard")

    def shown(self):
        """The id of the caption on the card."""
        return self.page.locator("h1").inner_text()

    def close(self):
        """Leave; nothing failed and nothing was asked of others."""
        self.context.close()
        assert self.errors == [], self.errors
        assert self.foreign == [], self.foreign


@contextmanager
def at_desk(browser, desk, tagger, *names, **options):
    """People at a desk that is served here."""
    with served(desk, tagger) as address:
        people = [Person(browser, address, f"{address}/enter?token={invite(desk.store, n)}", **options) for n in names]
        yield people[0] if len(people) == 1 else people
        for one in people:
            one.close()


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextmanager
def opened(folder, small, port, *names, more=("captions.jsonl", "--photos", "photos", "--audit", "0"), models="models"):
    """`mlcap review open` in a process of its own; the link of each person."""
    command = [sys.executable, "-m", "mlcap", "review", "open", "desk", *more]
    command += ["--port", str(port), "--no-browser", "--models", str(small / models)]
    command += [part for name in names for part in ("--name", name)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = [process.stdout.readline() for _ in names]
        assert all(lines), process.stderr.read()
        yield [line.split(": ", 1)[1].strip() for line in lines]
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert "Traceback" not in said
