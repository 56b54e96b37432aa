"""Services for tests: on loopback, in a thread, with a desk of their own."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import httpx
import uvicorn
from desks import OPEN
from jsonschema import Draft202012Validator

from mlcap.review.desk import Desk
from mlcap.review.programs import SCOPES, add_program
from mlcap.service.application import service_application
from mlcap.service.context import Service
from mlcap.service.current import CurrentTagger
from mlcap.service.described import schemas
from mlcap.service.limits import SECONDS
from mlcap.service.work import Work
from mlcap.web.serving import allowed_hosts, bound_socket

CAPTION = "Divers lower Mission Specialist Kofi Ansah-Reed into the pool for a practice spacewalk."
NDJSON = "application/x-ndjson"


def check(name, data):
    """Hold data to a schema of the service's."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": dict(schemas())}}
    Draft202012Validator(schema).validate(data)


@dataclass
class Served:
    """A service that runs: its address, what it is made of, what it logged, and a token for everything."""

    address: str
    service: Service
    log: list[str]
    token: str

    @property
    def desk(self):
        """The desk that its feedback ends on."""
        return self.service.desk

    def client(self, token=None, headers=None, **more):
        """A program with a token, the one for everything where none is given; "" for none."""
        token = self.token if token is None else token
        headers = {**(headers or {}), **({"authorization": f"Bearer {token}"} if token else {})}
        return httpx.Client(base_url=self.address, timeout=60, headers=headers, **more)


@contextmanager
def serving(folder, models, limits=OPEN, log_captions=False, model="current", seconds=SECONDS, public=""):
    """A service of a desk in a folder."""
    current = CurrentTagger(model, str(models))
    log: list[str] = []
    sock = bound_socket("127.0.0.1", 0)
    port = sock.getsockname()[1]
    with Desk.open(folder / "desk", current().facets) as desk, Work(current) as work:
        service = Service(desk, current, work, seconds)
        hosts = allowed_hosts("127.0.0.1", port, (), public)
        app = service_application(service, hosts, limits, log.append, log_captions)
        config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                time.sleep(0.005)
            token = add_program(desk.store, "everything", SCOPES)
            yield Served(f"http://127.0.0.1:{port}", service, log, token)
        finally:
            server.should_exit = True
            thread.join(20)
