"""Behind a proxy that ends TLS: people decide, the manifest names the public address, and the guard stays as strict."""

from __future__ import annotations

import re
import socket

import pytest
from conftest import mlcap
from desks import captions, make_desk, want_all
from services import serving

from mlcap.errors import DeskError, InputError
from mlcap.review.addresses import OPEN, SERVE, ServedAt, keep_address, kept_addresses, served_at
from mlcap.review.outcomes import outcomes
from mlcap.review.people import invite
from mlcap.web.serving import allowed_hosts, public_address

PUBLIC = "https://tags.example.org"
HOST = {"host": "tags.example.org"}
OURS = {**HOST, "origin": PUBLIC, "sec-fetch-site": "same-origin"}


@pytest.fixture
def served(small, tmp_path, tagger):
    """A service behind a proxy, with a desk on which captions wait."""
    want_all(make_desk(tmp_path, tagger, captions(6))).store.close()
    with serving(tmp_path, small / "models", public=PUBLIC) as found:
        yield found


def test_people_decide_by_the_public_address(served):
    """The cookie is for https alone, and a form from a page of the public address is taken, whatever the proxy speaks here."""
    token = invite(served.desk.store, "Ada")
    with served.client("", headers=HOST) as ada:
        entered = ada.get(f"/enter?token={token}")
        assert "; Secure" in entered.headers["set-cookie"]
        cookie = entered.headers["set-cookie"].partition(";")[0]
        page = ada.get("/card", headers={"cookie": cookie}).text
        form = {"nonce": re.search(r'name="nonce" value="([^"]+)"', page)[1], "f.event": "launch"}
        for origin in (
            "http://tags.example.org",
            served.address,
            "https://evil.invalid",
            "https://tags.example.org:8443",
        ):
            assert ada.post("/decide", data=form, headers={"cookie": cookie, "origin": origin}).status_code == 403
        assert ada.post("/decide", data=form, headers={"cookie": cookie}).status_code == 403
        assert ada.post("/decide", data=form, headers={**OURS, "cookie": cookie}).status_code == 303
    assert len(list(outcomes(served.desk.store))) == 1


def test_the_manifest_names_the_address_by_which_it_was_asked(served):
    """OpenRefine is sent to the public address by it, and to this machine's where it asked there."""
    for headers, address in ((HOST, PUBLIC), ({}, served.address)):
        with served.client("", headers=headers) as client:
            manifest = client.get(f"/reconcile/{served.token}").json()
        assert manifest["view"]["url"].startswith(f"{address}/reconcile/")
        assert manifest["suggest"]["entity"]["service_url"].startswith(f"{address}/reconcile/")


def test_other_names_are_served_no_more_than_before(served):
    """Neither another port nor what only begins so, and no word of a proxy's about host or scheme, is believed."""
    with served.client() as client:
        for host in ("tags.example.org:8443", "tags.example.org.evil.invalid", "www.tags.example.org", "evil.invalid"):
            assert client.get("/v1/facets", headers={"host": host}).status_code == 421
        assert client.get("/v1/facets", headers={"host": "tags.example.org:443"}).status_code == 200
        told = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.invalid", "forwarded": "host=evil.invalid"}
        manifest = client.get(f"/reconcile/{served.token}", headers=told).json()
        assert manifest["view"]["url"].startswith(served.address)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://Tags.Example.org/", "https://tags.example.org"),
        ("https://tags.example.org:443", "https://tags.example.org"),
        ("https://tags.example.org:8443", "https://tags.example.org:8443"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_a_public_address_is_a_scheme_and_a_name(given, kept):
    """It is kept as browsers name the origin of a page."""
    assert public_address(given) == kept
    assert allowed_hosts("127.0.0.1", 1, (), kept)[kept.partition("://")[2]] == kept


@pytest.mark.parametrize(
    "given",
    [
        "tags.example.org",
        "ftp://x",
        "https://",
        "https://x/desk",
        "https://u:p@x",
        "https://x?a=1",
        "https://x:y",
        "https://[",
    ],
)
def test_what_is_no_public_address_is_refused(given):
    """In a line that says how one looks."""
    with pytest.raises(InputError, match=r"is no public address; give scheme and name.*https://tags"):
        public_address(given)


def test_the_desk_and_the_service_are_remembered_apart(tmp_path, tagger):
    """Each has its own address; people are invited to the one that answers, of two the latest."""
    with make_desk(tmp_path, tagger, captions(2)) as desk, socket.socket() as taken:
        with pytest.raises(DeskError, match="was not opened yet"):
            served_at(desk.store)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        keep_address(desk.store, OPEN, ServedAt("http://127.0.0.1:1", "127.0.0.1", port))
        keep_address(desk.store, SERVE, ServedAt(PUBLIC, "127.0.0.1", 1))
        assert {by: one.port for by, one in kept_addresses(desk.store).items()} == {OPEN: port, SERVE: 1}
        assert served_at(desk.store).address == "http://127.0.0.1:1"
        taken.close()
        assert served_at(desk.store).address == PUBLIC
        done = mlcap("review", "invite", desk.store.folder, "Bo", cwd=tmp_path, check=0)
        assert done.out.startswith(f"Bo: {PUBLIC}/enter?token=")
        assert "nobody answers there now" in done.err
