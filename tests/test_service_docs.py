"""What is written of the service: its OpenAPI and schemas are those of the code, and the commands of its page work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
from conftest import ROOT
from jsonschema import Draft202012Validator
from schema_parts import with_parts
from services import serving
from starlette.routing import Route

from mlcap.service.described import described, schemas

DOCS = ROOT / "docs"
PAGE = DOCS / "service.md"
#: Where the page has the service.
ADDRESS = "http://127.0.0.1:8017"


@pytest.fixture(scope="module")
def served(small, tmp_path_factory):
    """A service that all tests here ask."""
    with serving(tmp_path_factory.mktemp("service"), small / "models") as found:
        yield found


@pytest.fixture(scope="module")
def openapi(served):
    """What the service says of itself."""
    with served.client() as client:
        return client.get("/openapi.json").json()


def test_the_description_is_in_the_docs(openapi):
    """`docs/openapi.json` is what the service says of itself, and `docs/schemas` its schemas, each by itself."""
    files = {DOCS / "openapi.json": json.dumps(openapi, indent=1) + "\n"}
    files |= {DOCS / "schemas" / f"{name}.json": with_parts(schema, schemas()) for name, schema in schemas().items()}
    if os.environ.get("MLCAP_GOLDEN"):
        (DOCS / "schemas").mkdir(exist_ok=True)
        for path, text in files.items():
            path.write_text(text, "utf-8")
    assert set((DOCS / "schemas").glob("*.json")) == files.keys() - {DOCS / "openapi.json"}
    for path, text in files.items():
        assert path.read_text("utf-8") == text, path.name


def routes_of(service):
    """(method, path) of every route that the application has for programs."""
    from fastapi import FastAPI

    from mlcap.service.annif import annif_routes
    from mlcap.service.api import explain_routes, feedback_routes, tag_routes
    from mlcap.service.health import health_routes
    from mlcap.service.reconciliation.routes import reconciliation_routes

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    for routes in (tag_routes, explain_routes, feedback_routes, health_routes, annif_routes, reconciliation_routes):
        app.include_router(routes(service))
    return app, {(m.lower(), r.path) for r in flat(app.routes) for m in r.methods}


def flat(routes):
    """The routes of routers within routers, none of which adds a beginning."""
    for route in routes:
        if isinstance(route, Route):
            yield route
        else:
            yield from flat(route.original_router.routes)


def test_every_route_is_described_with_its_answers(served, openapi):
    """Each route of the code stands in the description, and no other; each good answer of JSON has a schema of ours."""
    app, routes = routes_of(served.service)
    told = {(method, path) for path, one in openapi["paths"].items() for method in one}
    assert told == routes
    assert len(told) > 15
    assert described(app)["paths"] == openapi["paths"]
    for path, one in openapi["paths"].items():
        for method, operation in one.items():
            for status, answer in operation["responses"].items():
                kinds = answer["content"]
                if int(status) >= 400 and status != "503":
                    assert list(kinds) == ["application/problem+json"], (method, path, status)
                for kind, body in kinds.items():
                    if kind.endswith("json") and "ndjson" not in kind:
                        assert "#/components/schemas/" in json.dumps(body), (method, path, status)
            assert operation["summary"]


def test_schemas_are_sound_and_used(openapi):
    """Each is a JSON Schema, refers to what there is, and is referred to."""
    every = json.dumps(openapi)
    used = set(re.findall(r'"#/components/schemas/([\w-]+)"', every))
    assert used == set(schemas())
    for name in schemas():
        text = (DOCS / "schemas" / f"{name}.json").read_text("utf-8")
        Draft202012Validator.check_schema(json.loads(text))


def commands():
    """The commands of the page that ask the service, each in one line."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith(("curl ", "printf "))]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("command", commands(), ids=lambda c: re.sub(r".*\$SERVICE/?", "", c)[:40])
def test_the_commands_of_the_page_work(command, served, tmp_path):
    """Each is answered as it stands, with the address and token of a service here."""
    environment = {**os.environ, "SERVICE": served.address, "TOKEN": served.token}
    assert command.count("curl -sf") == 1, "a command that is refused must fail"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    if "openapi" not in command:
        assert done.stdout.strip()


def test_the_page_tells_every_limit():
    """The figures of the page are those of the code."""
    from mlcap.service import limits
    from mlcap.web.limits import Limits

    page = PAGE.read_text("utf-8").replace(",", "")
    for figure in (
        limits.MOST_CAPTIONS,
        limits.MOST_LINES,
        limits.LARGEST >> 20,
        f"{limits.SECONDS:g}",
        limits.MOST_QUERIES,
        limits.MOST_DOCUMENTS,
        limits.MOST_CONCEPTS,
        limits.LONGEST_EXPLAINED,
        Limits().at_once,
        f"{Limits().seconds:g}",
        Limits().held >> 20,
    ):
        assert re.search(rf"\b{figure}\b", page), figure


def test_the_page_tells_every_path(openapi):
    """No path of the service is left out of the page."""
    page = PAGE.read_text("utf-8").replace("projects/event", "projects/{project}").replace("crew_role", "{project}")
    for path in openapi["paths"]:
        assert path.rstrip("/") in page or path.rpartition("/")[0] in page, path
