"""The recipes: each tags what is in a small stand-in for the system that it is for, with a service on loopback."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from conftest import ROOT, corpus_records
from services import serving

RECIPES = ROOT / "examples" / "recipes"
KEY = "secret-key"
#: Captions: one that is tagged by itself (`_automatic`), one for a person, and none.
TEXTS = {"101": "", "102": "A crane.", "103": ""}
#: What the first is tagged with.
VALUES: list[tuple[str, str]] = []


@pytest.fixture(scope="module")
def served(small, tmp_path_factory):
    """A service that all recipes ask."""
    with serving(tmp_path_factory.mktemp("service"), small / "models") as found:
        yield found


@pytest.fixture(scope="module", autouse=True)
def _automatic(tagger):
    """The first caption is one with an event and roles that needs no review; the second does."""
    for record in corpus_records():
        tagged = tagger.tag_one(record["text"])
        if not tagged.needs_review and tagged.event != "other" and tagged.crew_role:
            break
    TEXTS["101"] = record["text"]
    VALUES[:] = [("event", tagged.event), *(("crew_role", role) for role in tagged.crew_role)]
    assert not tagged.needs_review
    assert tagger.tag_one(TEXTS["102"]).needs_review


def names():
    """The same as recipes write them."""
    return [f"{facet}/{name}" for facet, name in VALUES]


@contextmanager
def stand_in(answer):
    """A server that answers by (method, path, query, body, headers) -> (status, data); its address."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            address = urlsplit(self.path)
            status, data = answer(self.command, address.path, dict(parse_qsl(address.query)), body, self.headers)
            content = data.encode() if isinstance(data, str) else json.dumps(data).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _any  # noqa: N815 (the server's names)

        def log_message(self, *_):
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def recipe(name, served, *args, **environment):
    """Run a recipe."""
    known = {"SERVICE": served.address, "TOKEN": served.token, **environment}
    command = [sys.executable, RECIPES / name, *args]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **known}, check=False)


def lines_of(done):
    """What a recipe printed; it ended well."""
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


class ResourceSpace:
    """ResourceSpace's API, as far as the recipe goes: what is not signed by the key is refused."""

    def __init__(self):
        self.fields = {int(n): {8: text, 92: "Kept, Other"} for n, text in TEXTS.items()}
        self.updates = []

    def __call__(self, method, path, query, body, headers):
        """One call."""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        signed = hashlib.sha256((KEY + form["query"]).encode()).hexdigest()
        asked = dict(parse_qsl(form["query"], keep_blank_values=True))
        if (path, method, form["sign"], asked["user"]) != ("/api/", "POST", signed, "mlcap"):
            return 401, "Invalid signature"
        number = int(asked["param1"])
        if asked["function"] == "get_resource_field_data":
            return 200, [{"ref": str(ref), "value": value} for ref, value in self.fields[number].items()]
        assert asked["function"] == "update_field"
        self.updates.append(number)
        self.fields[number][int(asked["param2"])] = asked["param3"]
        return 200, True


@pytest.mark.parametrize(
    ("name", "args", "missing"),
    [
        ("annif_vocabulary.py", ["event"], "TOKEN"),
        ("immich.py", ["1"], "IMMICH"),
        ("omeka_s.py", ["1"], "TOKEN"),
        ("resourcespace.py", ["--caption", "8", "--tags", "92", "1"], "RESOURCESPACE_USER"),
        ("islandora.py", ["--from", "http://x/", "--secret", "s" * 20], "TOKEN"),
    ],
)
def test_what_is_not_set_is_told(served, name, args, missing):
    """A recipe that lacks a variable of the environment says which, in a line."""
    done = recipe(name, served, *args, TOKEN="")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{missing} is not set")
    assert done.stderr.count("\n") == 1


def test_resourcespace(served):
    """Tags come to those that are there, by signed calls; what a person should look at is told and left, and twice is once."""
    system = ResourceSpace()
    with stand_in(system) as address:
        environment = {"RESOURCESPACE": f"{address}/api/", "RESOURCESPACE_USER": "mlcap", "RESOURCESPACE_KEY": KEY}
        args = ("--caption", "8", "--tags", "92", *TEXTS)
        told = lines_of(recipe("resourcespace.py", served, *args, **environment))
        again = lines_of(recipe("resourcespace.py", served, *args, **environment))
        bad = recipe("resourcespace.py", served, *args, **{**environment, "RESOURCESPACE_KEY": "other"})
    assert system.fields[101][92] == ",".join(["Kept", "Other", *names()])
    assert {n: f[92] for n, f in system.fields.items() if n != 101} == {102: "Kept, Other", 103: "Kept, Other"}
    assert system.updates == [101]
    assert told == again
    assert told[0] == f"101: {', '.join(names())}"
    assert [line.partition(" (")[0] for line in told[1:]] == ["102: for a person", "103: for a person"]
    assert "the caption is empty" in told[2]
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "401 Invalid signature" in bad.stderr
    assert KEY not in bad.stderr


def test_immich(served):
    """Tags are made where they are new and put on the assets together."""
    tags, tagged = {}, {}

    def answer(method, path, query, body, headers):
        if headers["x-api-key"] != KEY:
            return 401, {"message": "Invalid API key"}
        if method == "GET":
            return 200, {"id": path.split("/")[-1], "exifInfo": {"description": TEXTS[path.split("/")[-1]] or None}}
        if path == "/api/tags":
            for name in json.loads(body)["tags"]:
                tags.setdefault(name, f"id-{len(tags)}")
            return 200, [{"id": i, "name": n.split("/")[-1], "value": n} for n, i in tags.items()]
        tagged.setdefault(path.split("/")[3], []).extend(json.loads(body)["ids"])
        return 200, [{"id": one, "success": True} for one in json.loads(body)["ids"]]

    with stand_in(answer) as address:
        told = lines_of(recipe("immich.py", served, *TEXTS, IMMICH=address, IMMICH_KEY=KEY))
        bad = recipe("immich.py", served, "101", IMMICH=address, IMMICH_KEY="other")
    assert {name: tagged[number] for name, number in tags.items()} == {f"mlcap/{name}": ["101"] for name in names()}
    assert told[0] == f"101: {', '.join(names())}"
    assert told[1].startswith("102: for a person (")
    assert "401" in bad.stderr


def test_omeka_s(served):
    """Subjects with their IRIs come to those that are there, and the rest of the item stays as it is."""
    literal = {"type": "literal", "property_id": 3, "@value": "Water"}
    items = {
        n: {
            "@type": "o:Item",
            "o:id": int(n),
            "o:is_public": True,
            "dcterms:title": [{"type": "literal", "@value": f"Item {n}"}],
            "dcterms:description": [{"type": "literal", "@value": text}] if text else [],
            "dcterms:subject": [literal],
        }
        for n, text in TEXTS.items()
    }
    before, puts = json.loads(json.dumps(items)), []

    def answer(method, path, query, body, headers):
        if (query["key_identity"], query["key_credential"]) != ("me", KEY):
            return 403, {"errors": "no"}
        if path == "/api/properties":
            return 200, [{"o:id": 3, "o:term": query["term"]}]
        number = path.rsplit("/", 1)[1]
        if method == "PUT":
            puts.append(number)
            items[number] = json.loads(body)
        return 200, items[number]

    environment = {"OMEKA_IDENTITY": "me", "OMEKA_CREDENTIAL": KEY}
    with stand_in(answer) as address:
        told = lines_of(recipe("omeka_s.py", served, *TEXTS, OMEKA=address, **environment))
        lines_of(recipe("omeka_s.py", served, *TEXTS, OMEKA=address, **environment))
    assert puts == ["101"]
    added = [(f"urn:mlcap:{facet}:{name}", name) for facet, name in VALUES]
    subjects = items["101"].pop("dcterms:subject")
    assert subjects == [literal, *({"type": "uri", "property_id": 3, "@id": i, "o:label": n} for i, n in added)]
    before["101"].pop("dcterms:subject")
    assert items == before
    assert told[0] == f"101: {', '.join(names())}"


def test_islandora(served):
    """The queue's call is answered with the tags of the caption at the address it names, and no other address is read."""
    asked = []

    def answer(method, path, query, body, headers):
        asked.append((path, headers["authorization"]))
        if path == "/files/away":
            return 302, ""
        return (200, TEXTS[path.rsplit("/", 1)[1]]) if path.rsplit("/", 1)[1] in TEXTS else (404, "no")

    with stand_in(answer) as address:
        command = [
            sys.executable,
            RECIPES / "islandora.py",
            "--from",
            f"{address}/files",
            "--secret",
            "s",
            "--port",
            "0",
        ]
        environment = {**os.environ, "SERVICE": served.address, "TOKEN": served.token}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            own = process.stdout.readline().strip()

            def call(source, path=""):
                headers = {"authorization": "Bearer jwt", "apix-ldp-resource": source, "accept": "application/json"}
                return httpx.get(f"{own}{path}", headers=headers, timeout=30)

            good = call(f"{address}/files/101")
            empty = call(f"{address}/files/103")
            statuses = [call(f"{address}{path}").status_code for path in ("/files/104", "/files/away")]
            elsewhere = [
                call(source).status_code
                for source in (
                    f"{address}/other/101",
                    f"{address}/files/../other/101",
                    "file:///etc/passwd",
                    "",
                    "http://x",
                )
            ]
            assert call(f"{address}/files/101", "x").status_code == 404
        finally:
            process.terminate()
            process.communicate(timeout=20)
    assert (good.status_code, good.json()["event"], good.json()["id"]) == (200, VALUES[0][1], f"{address}/files/101")
    assert (empty.status_code, empty.json()["error"]) == (422, "the caption is empty (text)")
    assert statuses == [502, 502]
    assert elsewhere == [403] * 5
    assert set(asked) == {(f"/files/{n}", "Bearer jwt") for n in ("101", "103", "104", "away")}


def test_a_busy_service_is_asked_again_and_a_missing_one_told(served):
    """A recipe waits where it is told to, and says in a line that the service cannot be reached or refuses."""
    seen = []

    def busy(method, path, query, body, headers):
        seen.append(path)
        return (503, {"detail": "busy"}) if len(seen) < 3 else (200, {"facets": []})

    with stand_in(busy) as address:
        done = recipe("annif_vocabulary.py", served, "event", SERVICE=address)
    assert len(seen) == 3
    assert "there is no facet 'event'" in done.stderr
    gone = recipe("annif_vocabulary.py", served, "event", SERVICE="http://127.0.0.1:9")
    assert "cannot be reached" in gone.stderr
    refused = recipe("annif_vocabulary.py", served, "event", TOKEN="x")  # noqa: S106
    assert "401 this token is not known here" in refused.stderr
    assert not any("Traceback" in one.stderr for one in (done, gone, refused))


def test_the_vocabulary_for_annif(served, tagger):
    """A line for each value, with its IRI."""
    lines = lines_of(recipe("annif_vocabulary.py", served, "crew_role"))
    assert lines == [f"<{iri}>\t{name}" for name, iri in tagger.facets[1].iris.items()]
