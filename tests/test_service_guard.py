"""Who is let in to the service: no request without a token, from a foreign page or under a foreign name."""

from __future__ import annotations

import random
import socket

import pytest
from services import CAPTION, NDJSON, serving

#: What programs may ask for, with a body that would be answered.
ASKED = [
    ("POST", "/v1/tag", {"json": {"text": CAPTION}}),
    ("POST", "/v1/tag", {"content": b'{"text": "A crane."}\n', "headers": {"content-type": NDJSON}}),
    ("POST", "/v1/explain", {"json": {"text": CAPTION}}),
    ("POST", "/v1/feedback", {"json": {"text": CAPTION, "labels": {"event": "training"}}}),
    ("GET", "/v1/facets", {}),
    ("GET", "/openapi.json", {}),
    ("GET", "/annif/v1/projects", {}),
    ("POST", "/annif/v1/projects/event/suggest", {"data": {"text": CAPTION}}),
    ("POST", "/annif/v1/projects/event/suggest-batch", {"json": {"documents": [{"text": CAPTION}]}}),
]
#: The same of the interface that pages of any site may ask with a token.
OPEN = [
    ("GET", "/reconcile", {}),
    ("POST", "/reconcile", {"data": {"queries": '{"q": {"query": "A crane."}}'}}),
    ("GET", "/reconcile/preview?id=urn:mlcap:event:launch", {}),
    ("GET", "/reconcile/suggest/entity?prefix=l", {}),
    ("GET", "/reconcile/flyout/entity?id=urn:mlcap:event:launch", {}),
]
CORS = ("access-control-allow-origin", "access-control-allow-methods", "access-control-allow-credentials")


@pytest.fixture(scope="module")
def served(small, tmp_path_factory):
    """A service that all tests here ask."""
    with serving(tmp_path_factory.mktemp("service"), small / "models") as found:
        yield found


def sent(client, one, **headers):
    """Send one of the requests with further headers."""
    method, path, more = one
    return client.request(method, path, **{**more, "headers": {**more.get("headers", {}), **headers}})


def test_every_request_would_be_answered(served):
    """With a token all of them are: what the others lack is what is refused."""
    with served.client() as client:
        for one in ASKED + OPEN:
            assert sent(client, one).status_code in (200, 201), one


def test_a_whole_address_in_a_request_is_read_by_its_path(served):
    """As a proxy is sent it: refused as a program is, answered with a token, and its name is the one that counts."""
    host = served.address.removeprefix("http://")
    own = f"authorization: Bearer {served.token}\r\n"
    for name, more, status in ((host, "", 401), (host, own, 200), ("evil.invalid", own, 421)):
        with socket.create_connection(tuple(host.split(":")), 5) as one:
            head = f"GET http://{name}/v1/facets HTTP/1.1\r\nhost: {host}\r\n{more}connection: close\r\n\r\n"
            one.sendall(head.encode())
            answer = b"".join(iter(lambda one=one: one.recv(65536), b""))
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert (b"application/problem+json" in answer) == (status != 200)


def test_a_thousand_hostile_requests_are_not_let_in(served):
    """Without a token, with a wrong one, from foreign pages and under foreign names nothing is answered or recorded."""
    rng = random.Random(8)
    host = served.address.removeprefix("http://")
    origins = ["http://evil.invalid", "null", f"https://{host}", "http://127.0.0.1:10", f"http://{host}.evil.invalid"]
    hosts = ["evil.invalid", "127.0.0.1", "127.0.0.1:10", f"{host}.evil.invalid", f"user@{host}", "x"]
    tokens = [
        "",
        "Bearer",
        "Bearer x",
        f"Bearer {served.token[:-1]}",
        f"Bearer {served.token} ",
        "Basic eDp5",
        "' OR 1=1",
    ]
    before = served.desk.store.one("SELECT count(*) FROM feedback")
    counts = dict.fromkeys((401, 403, 421), 0)
    with served.client() as known, served.client("") as stranger:
        for turn in range(1000):
            kind = turn % 5
            if kind == 0:
                answer, status = sent(stranger, rng.choice(ASKED + OPEN)), 401
            elif kind == 1:
                token = rng.choice([t for t in tokens if t.strip() != f"Bearer {served.token}"])
                answer, status = sent(stranger, rng.choice(ASKED + OPEN), authorization=token), 401
            elif kind == 2:
                answer, status = sent(known, rng.choice(ASKED), origin=rng.choice(origins)), 403
            elif kind == 3:
                site = rng.choice(["cross-site", "same-site", ""])
                answer, status = sent(known, rng.choice(ASKED), **{"sec-fetch-site": site}), 403
            else:
                answer, status = sent(known, rng.choice(ASKED + OPEN), host=rng.choice(hosts)), 421
            assert answer.status_code == status, (turn, answer.status_code, answer.text[:200])
            assert "training" not in answer.text
            counts[status] += 1
    assert counts == {401: 400, 403: 400, 421: 200}
    assert served.desk.store.one("SELECT count(*) FROM feedback") == before


def test_other_methods_are_refused(served):
    """Nothing but GET, HEAD and POST; OPTIONS where pages of other sites may read."""
    with served.client() as client:
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
            answer = client.request(method, "/v1/tag")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, POST")
        for method in ("PUT", "DELETE", "PATCH", "TRACE"):
            assert client.request(method, "/reconcile").status_code == 405


def test_pages_of_other_sites_may_read_the_reconciliation_interface_alone(served):
    """CORS is where its specification demands it: on every answer there, never with cookies, and on none elsewhere."""
    far = {"origin": "https://refine.invalid", "sec-fetch-site": "cross-site"}
    with served.client() as client:
        for one in OPEN:
            answer = sent(client, one, **far)
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers
            assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
            assert "frame-ancestors" not in answer.headers["content-security-policy"]
        asked = client.options("/reconcile", headers={**far, "access-control-request-method": "POST"})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-methods"] == "GET, POST"
        for one in [*ASKED, ("GET", "/card", {}), ("GET", "/health/live", {})]:
            found = [sent(client, one), sent(client, one, **far)]
            assert not any(name in answer.headers for answer in found for name in CORS), one
            assert all("frame-ancestors 'none'" in answer.headers["content-security-policy"] for answer in found)


def test_a_page_of_another_site_cannot_use_the_desk(served):
    """The reconciliation interface opens no way to the desk's pages: changes there are taken from them alone."""
    with served.client() as client:
        assert client.post("/decide", data={}).status_code == 403
        assert client.post("/reconcile/../decide", data={}).status_code in (403, 404, 405)
        assert client.get("/card").status_code == 401
