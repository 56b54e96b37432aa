"""The service's own interface: what `mlcap tag` and `explain` give, over HTTP, with refusals that say what is wrong."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from conftest import corpus_records, mlcap
from services import CAPTION, NDJSON, check, serving

from mlcap.errors import DeskError, OutputError, RegistryError
from mlcap.explanation import explain
from mlcap.explanation.data import as_data
from mlcap.model.registry import Registry
from mlcap.review.programs import add_program, programs, revoke
from mlcap.service import api
from mlcap.service.current import CurrentTagger
from mlcap.service.limits import LARGEST, MOST_CAPTIONS, MOST_LINES
from mlcap.web.forms import FORM
from mlcap.web.limits import Limits

ODD = [
    {"id": 7, "Photo caption": CAPTION, "title": "Pool", "keywords": ["water", "suit"]},
    {"id": "none"},
    {"text": "x" * 100_001},
    {"text": "\ud800 half a crane \x1b[31m", "event": "mine", "model": None},
    {"text": ""},
    {"text": "Le commandant et le pilote attendent devant la fusée avant le lancement de demain."},
]


@pytest.fixture(scope="module")
def served(small, tmp_path_factory):
    """A service that all tests here ask."""
    with serving(tmp_path_factory.mktemp("service"), small / "models", log_captions=False) as found:
        yield found


@pytest.fixture
def client(served):
    """A program with a token for everything."""
    with served.client() as found:
        yield found


def refused(answer, status, words=""):
    """Hold an answer to a refusal with these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    data = answer.json()
    check("problem", data)
    assert data["status"] == status
    assert words in data["detail"]
    return data["detail"]


def test_what_is_tagged_is_what_the_command_gives(served, client, tmp_path, small):
    """Many captions, good and odd, over HTTP as a list and line by line give the records that `mlcap tag` gives."""
    records = [{"id": r["id"], "text": r["text"]} for r in corpus_records()[::40]] + ODD
    path = tmp_path / "captions.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records) + "no json\n", "utf-8")
    done = mlcap("tag", path, "--to", "jsonl", "--models", small / "models", cwd=tmp_path, check=3)
    wanted = [json.loads(line) for line in done.out.splitlines()]
    listed = client.post("/v1/tag", content=json.dumps(records), headers={"content-type": "application/json"})
    lines = client.post("/v1/tag", content=path.read_bytes(), headers={"content-type": NDJSON})
    check("tagged-many", listed.json())
    by_line = [json.loads(line) for line in lines.text.splitlines()]

    def plain(rows):
        return [{k: v for k, v in row.items() if k != "position"} for row in rows]

    assert plain(by_line) == plain(wanted)
    assert plain(listed.json()["results"]) == plain(wanted[:-1])
    assert by_line[-1]["position"] == f"request: line {len(wanted)}"
    version = served.service.current.version
    assert {listed.headers["mlcap-model"], lines.headers["mlcap-model"], listed.json()["model"]} == {version}


def test_one_caption_is_one_record(client, tagger):
    """An object gives the record with its tags; nothing of it is lost."""
    found = client.post("/v1/tag", json=ODD[0]).json()
    check("tagged", found)
    assert found.items() >= ODD[0].items()
    tagged = tagger.tag_one(CAPTION, {"nasa_id": "", "title": "Pool", "keywords": "water; suit"})
    assert (found["event"], found["people"][0]["name"]) == (tagged.event, tagged.people[0].name)
    assert client.post("/v1/tag", json=[]).json()["results"] == []
    library = {"collection": {"items": [{"data": [{"nasa_id": "a", "description": CAPTION}]}]}}
    assert client.post("/v1/tag", json=library).json()["results"][0]["nasa_id"] == "a"


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        (b'{"id": 1}', "application/json", 422, "has no caption; name its field text or caption or description"),
        (b'{"text": "%s"}' % (b"x" * 100_001), "application/json", 422, "longer than 100000 characters"),
        (b'{"text": ', "application/json", 400, "is no JSON"),
        (b"", "application/json", 400, "is no JSON"),
        (b'"text"', "application/json", 400, "no object and no list"),
        (b'{"text": "\xff"}', "application/json", 400, "no UTF-8"),
        (b"[" * 200 + b"]" * 200, "application/json", 413, "nested more than"),
        (b'{"text": "x"}', "text/plain", 415, "the content type is text/plain; send application/json or"),
        (b'{"text": "x"}', "", 415, "missing"),
        (json.dumps([{"text": "x"}] * (MOST_CAPTIONS + 1)).encode(), "application/json", 413, "send it in parts"),
        (b'{"text":"x"}\n' * (MOST_LINES + 1), NDJSON, 413, "lines"),
        (b"x" * (LARGEST + 1), "application/json", 413, f"longer than {LARGEST} bytes"),
    ],
)
def test_what_cannot_be_used_is_refused_in_the_librarys_words(client, body, kind, status, words):
    """Each refusal says what is wrong, and is one line."""
    detail = refused(client.post("/v1/tag", content=body, headers={"content-type": kind}), status, words)
    assert "\n" not in detail
    assert "Traceback" not in detail


def test_an_explanation_is_the_librarys(client, tagger):
    """The data of `mlcap explain --json`, with as many contributions as are asked for."""
    found = client.post("/v1/explain?most=3", json={"id": "a", "text": CAPTION}).json()
    check("explanation", found)
    wanted = json.loads(json.dumps(as_data(explain(tagger, CAPTION), 3)))
    assert {k: v for k, v in found.items() if k not in ("id", "model")} == wanted
    assert (found["id"], found["model"]) == ("a", tagger.version)
    refused(client.post("/v1/explain?most=-1", json={"text": CAPTION}), 400, "most")
    refused(client.post("/v1/explain", json=[{"text": CAPTION}]), 400, "no object")
    refused(client.post("/v1/explain", json={"text": ""}), 422, "is empty")
    refused(client.post("/v1/explain", json={"text": "x" * 20_001}), 413, "20001 characters, and may have 20000")


def test_facets_have_their_iris(client, tagger):
    """The values by which captions are tagged, each with its IRI."""
    found = client.get("/v1/facets").json()
    check("facets", found)
    assert found["model"] == tagger.version
    for facet, told in zip(tagger.facets, found["facets"], strict=True):
        assert [(v["name"], v["iri"]) for v in told["values"]] == list(facet.iris.items())


def test_health_needs_no_token(served):
    """Whoever watches learns that it answers, and with which version; nothing else."""
    with served.client("") as stranger:
        for path, status in (("/health/live", "live"), ("/health/ready", "ready")):
            found = stranger.get(path)
            check("health", found.json())
            assert (found.status_code, found.json()["status"]) == (200, status)
            assert found.headers["mlcap-model"] == served.service.current.version


def test_tokens_are_for_what_they_were_given_for(served, client):
    """A token for tags takes no feedback, one for feedback tags nothing, none of them opens the desk; both ways to send one."""
    store = served.desk.store
    tag, feedback = add_program(store, "tagger", ("tag",)), add_program(store, "critic", ("feedback",))
    said = {"text": CAPTION, "labels": {"event": "training"}}
    with served.client(tag) as tags, served.client(feedback) as says:
        assert tags.post("/v1/tag", json={"text": CAPTION}).status_code == 200
        refused(tags.post("/v1/feedback", json=said), 403, "this token is not for feedback; it is for tag")
        assert says.post("/v1/feedback", json=said).status_code == 201
        for path in ("/v1/tag", "/v1/explain"):
            refused(says.post(path, json={"text": CAPTION}), 403, "not for tag")
        assert tags.get("/card").status_code == 401
    with served.client("") as stranger:
        assert stranger.get("/v1/facets", auth=("anybody", tag)).status_code == 200
        odd = base64.b64encode(b"\xff\xfe").decode()
        for header in (
            "",
            "Bearer",
            f"Bearer {tag}x",
            f"Token {tag}",
            "Basic !!",
            f"Basic {odd}",
            f"Bearer {'x' * 500}",
        ):
            answer = stranger.get("/v1/facets", headers={"authorization": header})
            refused(answer, 401, "token")
            assert answer.headers["www-authenticate"].startswith("Bearer")
    revoke(store, "tagger")
    with served.client(tag) as late:
        refused(late.get("/v1/facets"), 401)
    with pytest.raises(DeskError, match="no program is called 'tagger'; there are critic, everything"):
        revoke(store, "tagger")
    assert [p.name for p in programs(store)] == ["critic", "everything"]


def test_tokens_end_and_are_kept_as_hashes(served):
    """A token for so many days holds no longer, and stands nowhere as it was given."""
    store = served.desk.store
    token = add_program(store, "brief", ("tag",), days=1e-9)
    with served.client(token) as client:
        refused(client.get("/v1/facets"), 401)
    assert store.one("SELECT count(*) FROM tokens WHERE bearer = 'brief'") == 1
    content = b"".join(p.read_bytes() for p in store.folder.iterdir())
    assert token.encode() not in content
    assert served.token.encode() not in content
    with pytest.raises(DeskError, match="has a token already"):
        add_program(store, "brief", ("tag",))


def test_a_session_of_the_desk_is_no_token(served):
    """What a browser sends by itself opens nothing for programs, and a person's session named as a token neither."""
    from mlcap.review.people import begin_session, invite

    session, _ = begin_session(served.desk.store, invite(served.desk.store, "Ada"))
    with served.client(session) as client:
        client.cookies.set(f"mlcap-{served.desk.store.setting('desk')}", session)
        refused(client.get("/v1/facets"), 401)
        assert client.get("/queues").status_code == 200


def test_no_caption_is_logged_unless_asked_for(served, client, small, tmp_path):
    """A line for each request tells who asked for what, with neither caption nor token; on demand the captions."""
    served.log.clear()
    client.post("/v1/tag", json={"text": CAPTION})
    client.get(f"/reconcile/{served.token}/suggest/entity?prefix={CAPTION}")
    assert "pool" not in "".join(served.log)
    assert served.token not in "".join(served.log)
    line = json.loads(served.log[0])
    assert (line["caller"], line["route"], line["status"], line["captions"]) == ("everything", "/v1/tag", 200, 1)
    with serving(tmp_path, small / "models", log_captions=True) as other, other.client() as asking:
        asking.post("/v1/tag", json={"text": CAPTION})
        assert json.loads(other.log[-1])["texts"] == [CAPTION]


@pytest.fixture
def two_versions(small, tmp_path):
    """A registry with two versions, of which the first is current."""
    models = tmp_path / "models"
    shutil.copytree(small / "models", models)
    registry = Registry(models)
    folder = models / "1"
    registry.publish({p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    return registry


def test_a_promoted_version_is_used_by_the_next_request(two_versions, tmp_path):
    """The answer after a promotion names the new version, in every interface; a rollback is followed as well."""
    first, second = two_versions.identity(1), two_versions.identity(2)
    with serving(tmp_path, two_versions.folder) as served, served.client() as client:
        for number, wanted in ((1, first), (2, second), (1, first)):
            two_versions.make_current(number, "so the test wants")
            answer = client.post("/v1/tag", json={"text": CAPTION})
            assert (answer.json()["model"], answer.headers["mlcap-model"]) == (wanted, wanted)
            assert client.post("/v1/explain", json={"text": CAPTION}).json()["model"] == wanted
            batch = {"queries": json.dumps({"q": {"query": CAPTION}})}
            assert client.post("/reconcile", data=batch).headers["mlcap-model"] == wanted
            assert client.get("/health/ready").json()["model"] == wanted


def test_a_version_that_is_named_stays(two_versions, tmp_path):
    """With a version of its own the service does not follow the registry."""
    with serving(tmp_path, two_versions.folder, model="1") as served, served.client() as client:
        two_versions.make_current(2, "so the test wants")
        assert client.post("/v1/tag", json={"text": CAPTION}).json()["model"] == two_versions.identity(1)


def test_a_damaged_version_does_not_stop_the_service(two_versions, tmp_path):
    """Where the new version cannot be used, the old one tags on, and health tells why; a sound one is taken up again."""
    with serving(tmp_path, two_versions.folder) as served, served.client() as client:
        for path in (two_versions.folder / "2").iterdir():
            if path.name != "manifest.json":
                path.write_bytes(b"damaged")
        two_versions.make_current(2, "so the test wants")
        assert client.post("/v1/tag", json={"text": CAPTION}).json()["model"] == two_versions.identity(1)
        told = client.get("/health/ready").json()
        assert told["fault"].endswith(f"version {two_versions.identity(1)} tags on")
        two_versions.make_current(1, "back")
        assert client.get("/health/ready").json()["fault"] == ""


def test_without_a_version_nothing_is_served(tmp_path):
    """A registry without a current version is refused at the start."""
    with pytest.raises(RegistryError, match="no version is current"):
        CurrentTagger(models=str(tmp_path))


def test_requests_that_wait_are_tagged_together(served):
    """While the thread is busy, what comes waits, and then is tagged in batches; each gets its own records in order."""
    go = Event()
    sizes = []
    real = served.service.work._tagger

    def counted():
        sizes.append(len(served.service.work._waiting))
        return real()

    texts = [r["text"] for r in corpus_records()[:30]]
    with served.client() as client, ThreadPoolExecutor(30) as pool:
        wanted = [r["event"] for r in client.post("/v1/tag", json=[{"text": t} for t in texts]).json()["results"]]
        served.service.work.later(lambda _: go.wait(20))
        served.service.work._tagger = counted
        try:
            asked = [pool.submit(client.post, "/v1/tag", json={"id": n, "text": t}) for n, t in enumerate(texts)]
            while len(served.service.work._waiting) < 30:
                go.wait(0.01)
            go.set()
            found = [one.result().json() for one in asked]
        finally:
            served.service.work._tagger = real
    assert [(r["id"], r["event"]) for r in found] == list(enumerate(wanted))
    assert len(sizes) < 10


def test_large_requests_do_not_make_each_other_late(served, client, monkeypatch):
    """No more than two large requests are tagged in turns, so that the first are done while others wait; small ones get in between."""
    turns = []
    real = served.service.work.tag

    async def noted(records):
        turns.append(records[0].fields["of"])
        return await real(records)

    monkeypatch.setattr(served.service.work, "tag", noted)
    go = Event()
    served.service.work.later(lambda _: go.wait(20))
    bodies = [[{"of": n, "text": "A crane waits."}] * 300 for n in range(5)]
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(client.post, "/v1/tag", json=body) for body in bodies]
        while len(turns) < 2:
            go.wait(0.01)
        small = pool.submit(client.post, "/v1/tag", json={"of": "small", "text": "A crane waits."})
        while "small" not in turns:
            go.wait(0.01)
        go.set()
        assert all(len(one.result().json()["results"]) == 300 for one in asked)
        assert small.result().status_code == 200
    large = [n for n in turns if n != "small"]
    spans = [(large.index(n), len(large) - large[::-1].index(n)) for n in range(5)]
    assert max(sum(first <= at < last for first, last in spans) for at in range(len(large))) == 2


def test_a_request_that_fails_alone_does_not_fail_others(served, client, monkeypatch):
    """Where a batch of several requests fails, each is tried by itself; the thread goes on."""
    from mlcap.service import work

    real = work.output_records

    def failing(tagger, records):
        if any(r.text == "fail" for r in records):
            raise ValueError("made to fail")
        return real(tagger, records)

    monkeypatch.setattr(work, "output_records", failing)
    go = Event()
    served.service.work.later(lambda _: go.wait(20))
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(client.post, "/v1/tag", json={"text": t}) for t in ("fail", CAPTION)]
        while len(served.service.work._waiting) < 2:
            go.wait(0.01)
        go.set()
        bad, good = (one.result() for one in asked)
    assert refused(bad, 500, "internal error (ValueError); please report it")
    assert good.status_code == 200


def test_what_takes_too_long_is_refused(small, tmp_path):
    """A request that is not answered in time is told so, and to come again; within lines each record left says why."""
    with serving(tmp_path, small / "models", seconds=0.2) as served, served.client() as client:
        go = Event()
        served.service.work.later(lambda _: go.wait(20))
        answer = client.post("/v1/tag", json={"text": CAPTION})
        refused(answer, 503, "not answered within 0.2 s")
        assert answer.headers["retry-after"] == "1"
        lines = client.post("/v1/tag", content=b'{"id": 1, "text": "x"}\n' * 70, headers={"content-type": NDJSON})
        go.set()
        rows = [json.loads(line) for line in lines.text.splitlines()]
        assert len(rows) == 70
        assert all(row["id"] == 1 and "not answered within" in row["error"] for row in rows)


def test_so_many_at_once_and_no_more(small, tmp_path):
    """More requests than are answered at once, more bytes than are held, and more than the rate are refused clearly."""
    go = Event()
    limits = Limits(at_once=3, rate=1e6, burst=1e6)
    with serving(tmp_path, small / "models", limits) as served, served.client() as client:
        served.service.work.later(lambda _: go.wait(30))
        with ThreadPoolExecutor(3) as pool:
            asked = [pool.submit(client.post, "/v1/tag", json={"text": CAPTION}) for _ in range(3)]
            while len(served.service.work._waiting) < 3:
                go.wait(0.01)
            busy = client.post("/v1/tag", json={"text": CAPTION})
            go.set()
            assert [one.result().status_code for one in asked] == [200] * 3
        refused(busy, 503, "too many requests are being answered")
        assert busy.headers["retry-after"] == "1"
        assert client.post("/v1/tag", json={"text": CAPTION}).status_code == 200
    with serving(tmp_path / "b", small / "models", Limits(held=1000)) as served, served.client() as client:
        refused(client.post("/v1/tag", json={"text": CAPTION * 20}), 503, "too many")
        assert client.post("/v1/tag", json={"text": CAPTION}).status_code == 200
        assert served.service is not None
    with serving(tmp_path / "c", small / "models", Limits(rate=0.001, burst=3)) as served, served.client() as client:
        statuses = [client.get("/v1/facets").status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        # Who watches over the service is not told that it fails where others ask too often.
        assert [client.get("/health/live").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_token_that_does_not_hold_is_told_as_what_it_is(small, tmp_path):
    """None, one that cannot be read, an unknown one, and a cut-off one in the address of the reconciliation service."""
    with serving(tmp_path, small / "models") as served, served.client("") as client:
        told = {
            "": "a token is needed",
            f"Token {served.token}": "no token can be read here",
            "Basic ???": "no token can be read here",
            f"Bearer {served.token[:-2]}": "this token is not known here",
        }
        for authorization, words in told.items():
            headers = {"authorization": authorization} if authorization else {}
            refused(client.get("/v1/facets", headers=headers), 401, words)
        for path in (served.token[:9], "\u0441" * 43, f"{served.token[:-1]}/preview"):
            refused(client.get(f"/reconcile/{path}"), 401, "this token is not known here")
        assert served.token not in "".join(served.log)


def test_a_compressed_body_is_told(small, tmp_path):
    """Compressed JSON, lines and forms are refused by what they are."""
    with serving(tmp_path, small / "models") as served, served.client() as client:
        for path, kind in (("/v1/tag", "application/json"), ("/v1/tag", NDJSON), ("/reconcile", FORM)):
            headers = {"content-type": kind, "content-encoding": "gzip"}
            answer = client.post(path, content=gzip.compress(b"{}"), headers=headers)
            refused(answer, 415, "the body is compressed (content-encoding: gzip)")


def test_a_desk_of_an_earlier_format_is_brought_forward(tmp_path, tagger):
    """Sessions and decisions of a desk made before the service stay, and feedback has its place."""
    import sqlite3

    from mlcap.review.desk import Desk
    from mlcap.review.people import begin_session, invite, session_of

    with Desk.open(tmp_path / "desk", tagger.facets) as desk:
        session, _ = begin_session(desk.store, invite(desk.store, "Ada"))
    db = sqlite3.connect(tmp_path / "desk" / "desk.sqlite")
    db.executescript(
        "DROP TABLE tags_seen; DROP TABLE feedback_captions; DROP TABLE feedback; ALTER TABLE tokens RENAME TO old;"
        "CREATE TABLE tokens (hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES people (name),"
        " kind TEXT NOT NULL CHECK (kind IN ('invitation', 'session')), scope TEXT NOT NULL, until REAL NOT NULL) WITHOUT ROWID;"
        "INSERT INTO tokens SELECT * FROM old; DROP TABLE old; PRAGMA user_version = 1;"
    )
    db.close()
    with Desk.open(tmp_path / "desk") as desk:
        assert session_of(desk.store, session) == "Ada"
        assert add_program(desk.store, "dam", ("tag",))
        assert not desk.store.faults()
        fresh = tmp_path / "fresh"
        with Desk.open(fresh, tagger.facets) as other:
            names = "SELECT name FROM sqlite_master ORDER BY name"
            assert [r[0] for r in desk.store.rows(names)] == [r[0] for r in other.store.rows(names)]


def test_feedback_of_an_earlier_format_keeps_its_place_among_decisions(tmp_path, tagger):
    """What came before a decision counts as answered, and what came after it does not."""
    import sqlite3

    from mlcap.review.desk import Desk

    with Desk.open(tmp_path / "desk", tagger.facets):
        pass
    db = sqlite3.connect(tmp_path / "desk" / "desk.sqlite")
    said = "INSERT INTO feedback (number, at, sender, key, id, text, fields, labels, model, note) VALUES (?, ?, 'dam', '', '', 'x', '{}', '{}', '', 'n')"
    decided = (
        "INSERT INTO decisions (action, kind, at, person, id, digest, labels, suggested, model, blind, accepted, note, guide,"
        " origin, nonce) VALUES (1, 'decide', '2026-03-02T00:00:00.000+00:00', 'Ada', 'a', 'd', '{}', '{}', '', 0, 0, '', '', '', '')"
    )
    db.execute(said, (1, "2026-03-01T00:00:00.000+00:00"))
    db.execute(decided)
    db.execute(said, (2, "2026-03-03T00:00:00.000+00:00"))
    db.commit()
    db.executescript("DROP TABLE tags_seen; ALTER TABLE feedback DROP COLUMN after; PRAGMA user_version = 2;")
    db.close()
    with Desk.open(tmp_path / "desk") as desk:
        assert [r[0] for r in desk.store.rows("SELECT after FROM feedback ORDER BY number")] == [0, 1]


def test_the_commands_of_tokens(tmp_path, tagger):
    """Tokens are given once, listed without themselves, and revoked; a folder that is no desk is refused."""
    from mlcap.review.desk import Desk

    with Desk.open(tmp_path / "desk", tagger.facets):
        pass
    token = mlcap("tokens", "add", "desk", "dam", "--scope", "tag", "--scope", "feedback", cwd=tmp_path, check=0).out
    listed = mlcap("tokens", "list", "desk", cwd=tmp_path, check=0).out
    assert len(token.strip()) >= 40
    assert listed == "dam\tfeedback tag\tuntil revoked\n"
    assert "has a token already" in mlcap("tokens", "add", "desk", "dam", cwd=tmp_path, check=2).err
    mlcap("tokens", "revoke", "desk", "dam", cwd=tmp_path, check=0)
    assert mlcap("tokens", "list", "desk", cwd=tmp_path, check=0).out == ""
    assert "is no desk" in mlcap("tokens", "add", "nothing", "dam", cwd=tmp_path, check=2).err


def test_who_watches_is_told_that_feedback_is_not_recorded(small, tmp_path, monkeypatch):
    """As on a full disk: the service tags on and is ready, and says so until feedback is recorded again."""

    def full(*_):
        raise OutputError(f"{tmp_path}: cannot be written (No space left on device)")

    said = {"text": CAPTION, "labels": {"event": "training"}}
    with serving(tmp_path, small / "models") as served, served.client() as client:
        with monkeypatch.context() as broken:
            broken.setattr(api, "record_feedback", full)
            assert client.post("/v1/feedback", json=said).status_code == 503
            told = client.get("/health/ready")
            assert (told.status_code, told.json()["status"]) == (200, "ready")
            assert "could not be recorded" in told.json()["fault"]
            assert str(tmp_path) not in told.text
        assert client.post("/v1/feedback", json=said).status_code == 201
        assert client.get("/health/ready").json()["fault"] == ""
