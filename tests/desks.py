"""Desks for tests: captions of our own making, put before made-up people."""

from __future__ import annotations

import time
import zlib
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

import httpx
import uvicorn
from conftest import corpus_records, write_jsonl

from mlcap.desk.application import desk_application
from mlcap.model import reasons
from mlcap.model.tagging import Tagger
from mlcap.review.desk import Desk
from mlcap.review.people import invite
from mlcap.web.limits import Limits
from mlcap.web.serving import allowed_hosts, bound_socket

#: Enough for a thousand requests that are refused, so that each is judged by itself.
OPEN = Limits(rate=1e6, burst=1e6, refused_rate=1e6, refused_burst=1e6)
#: Captions that differ in a number alone.
SERIES = [
    {
        "id": f"series-{n}",
        "text": "Teams lower the capsule of Aurora 4 onto the deck of the recovery ship while technicians wait with a"
        f" crane hook. Commander Ines Duarte and Pilot Jonas Weir came down in the ocean on May 9. Frame {n}.",
    }
    for n in range(5)
]


def halved(text):
    """Whether a caption is of the one half or of the other, whatever version tags it."""
    return bool(zlib.crc32(text.encode()) % 2)


class Steered(Tagger):
    """A tagger that says of captions whether they need review as a test wants it, whatever the version is sure of."""

    def __init__(self, tagger, needs_review=lambda _: False, version=None):
        super().__init__(tagger.artifact, version or tagger.version)
        self._needs_review = needs_review

    def tag(self, texts, catalogues=None):
        """The tags of the version, with or without a reason."""
        texts = list(texts)
        doubt = (reasons.whole_uncertain(self.facets[0], self.facets[0].names[0], 0.5),)
        tagged = super().tag(texts, catalogues)
        return [
            replace(one, reasons=doubt if self._needs_review(text) else ())
            for text, one in zip(texts, tagged, strict=True)
        ]


def captions(count=40):
    """Records with an id and a text, a series of five among them."""
    plain = [{"id": r["id"], "text": r["text"]} for r in corpus_records()[::17]]
    return [*plain[: count - len(SERIES)], *SERIES]


def make_desk(folder, tagger, records=None, people=("Ada", "Bo"), audit=0.0, blind=0.0, facets=None):
    """A desk with captions and people."""
    path = write_jsonl(folder / "captions.jsonl", captions() if records is None else records)
    desk = Desk.open(folder / "desk", facets or tagger.facets)
    desk.set_shares(audit, blind)
    for name in people:
        invite(desk.store, name)
    desk.add(tagger, [str(path)])
    return desk


def want_all(desk):
    """Let every caption wait for a person, whatever its tags."""
    with desk.store.writing() as db:
        db.execute("UPDATE suggestions SET automatic = 0, reasons = '[\"event uncertain: made so\"]'")
        db.execute("UPDATE places SET wanted = 1, waiting = 1 WHERE state IN ('open', 'second')")
        db.execute("INSERT OR IGNORE INTO topics SELECT number, 'reason', 'event uncertain' FROM captions")
    return desk


def number_of(desk, name):
    """The number of a caption by its id."""
    return desk.store.one("SELECT number FROM captions WHERE id = ?", (name,))


def decide_all(desk, person, labels=None, most=1000):
    """Decide what comes to a person, as shown where no labels are given; the captions' numbers."""
    decider, done = desk.decider(person), []
    for _ in range(most):
        card = desk.next_card(person)
        if card is None:
            return done
        shown = {"event": "other", "crew_role": [], **card.shown}
        decider.decide(card.nonce, labels(card) if labels else shown)
        done.append(card.caption.number)
    return done


@contextmanager
def served(desk, tagger, limits=OPEN):
    """The application of a desk on loopback, in a thread; its address."""
    sock = bound_socket("127.0.0.1", 0)
    port = sock.getsockname()[1]
    app = desk_application(desk, tagger, allowed_hosts("127.0.0.1", port, ()), limits)
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ws="none", server_header=False)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.005)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def client_at(address, desk=None, person=None):
    """A client without a session, or that of a person; as a browser it says where its changes come from."""
    with httpx.Client(base_url=address, timeout=30, headers={"origin": address}) as client:
        if person is not None:
            client.get(f"/enter?token={invite(desk.store, person)}")
        yield client
