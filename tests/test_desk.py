"""The desk's application: pages, keys on the disk before the next card, and who is let in."""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
from dataclasses import replace
from urllib.parse import quote

import httpx
import pytest
from conftest import write_jsonl
from desks import SERIES, client_at, make_desk, number_of, served, want_all
from fastapi import APIRouter

from mlcap.desk.session import cookie_name
from mlcap.errors import DeskError
from mlcap.records.photo_names import PHOTOS
from mlcap.review.adding import lacking_photos
from mlcap.review.cards import latest_note, show_card
from mlcap.review.desk import Desk
from mlcap.review.keys import COMMANDS, allotted, choose_keys, keys_of
from mlcap.review.outcomes import outcomes
from mlcap.review.people import invite
from mlcap.review.photos import PhotoIndex, shown_photo
from mlcap.types import Facet, Value
from mlcap.web.application import guarded
from mlcap.web.limits import Buckets, Limits

NASTY = '<script>document.title="owned"</script> Pilot Bo Ek <img src=x onerror=alert(1)> waves "before" </div> launch & {{ 7*7 }}'
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 64


@pytest.fixture
def desk(tmp_path, tagger):
    """A desk on which every caption waits, with a hostile caption and a photograph."""
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "series-0.jpg").write_bytes(JPEG)
    records = [{"id": "<i>nasty</i>", "text": NASTY, "title": "<b>title</b>"}, *SERIES]
    write_jsonl(tmp_path / "captions.jsonl", records)
    with make_desk(tmp_path, tagger, records[:1]) as made:
        made.add(tagger, [str(tmp_path / "captions.jsonl")], photos=[photos])
        write_jsonl(tmp_path / "all.jsonl", records)
        made.add(tagger, [str(tmp_path / "all.jsonl")])
        yield want_all(made)


@pytest.fixture
def address(desk, tagger):
    """Where it is served."""
    with served(desk, tagger) as found:
        yield found


@pytest.fixture
def ada(desk, address):
    """Ada, let in."""
    with client_at(address, desk, "Ada") as client:
        yield client


@pytest.fixture
def stranger(address):
    """Somebody without a session."""
    with client_at(address) as client:
        yield client


def nonce_of(page):
    """The number of the card on a page."""
    return re.search(r'name="nonce" value="([^"]+)"', page.text)[1]


def confirm(client, page, **labels):
    """Decide the card of a page."""
    form = {"nonce": nonce_of(page), "f.event": "landing", "f.crew_role": ["pilot"], **labels}
    return client.post("/decide", data=form)


def test_an_invitation_lets_one_person_in_once(desk, address):
    """The address opens a session by a cookie that no script reads; a second time it opens nothing."""
    token = invite(desk.store, "Ada")
    with client_at(address) as client:
        first = client.get(f"/enter?token={token}")
    assert first.status_code == 200
    cookie = first.headers["set-cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=strict", cookie_name(desk)))
    with client_at(address) as client:
        second = client.get(f"/enter?token={token}")
        last = client.get(second.headers["refresh"].partition("url=")[2])
    assert (second.status_code, last.status_code) == (401, 401)
    assert not any("set-cookie" in answer.headers for answer in (second, last))
    assert "mlcap review invite" in last.text
    assert "refresh" not in last.headers


def test_who_is_let_in_goes_on_from_an_address_that_was_used(desk, ada):
    """A link from elsewhere leads, by a page of our own, to its queue; the cookie is looked at on the second step."""
    first = ada.get("/enter?queue=pair&value=event:launch,other", headers={"cookie": ""})
    assert first.headers["refresh"] == "0; url=/enter?queue=pair&value=event%3Alaunch%2Cother&again=1"
    answer = ada.get(first.headers["refresh"].partition("url=")[2])
    assert answer.headers["location"] == "/card?queue=pair&value=event%3Alaunch%2Cother"


def test_an_invitation_may_lead_to_a_queue(desk, address):
    """The address of a cell of the confusion goes on to its queue, and to nothing else."""
    with client_at(address) as client:
        answer = client.get(f"/enter?token={invite(desk.store, 'Ada')}&queue=pair&value=event:launch,other%0d%0ax")
        assert answer.headers["refresh"] == "0; url=/card?queue=pair&value=event%3Alaunch%2Cother%0D%0Ax"
        assert client.get("/enter?token=x&queue=//evil.invalid").status_code == 404


def test_tokens_are_kept_as_hashes(desk, ada):
    """Neither an invitation nor a session stands on the disk as it was given."""
    given = [invite(desk.store, "Bo"), ada.cookies[cookie_name(desk)]]
    content = b"".join(p.read_bytes() for p in desk.store.folder.iterdir())
    assert not any(token.encode() in content for token in given)


def test_a_card_is_confirmed_and_the_next_comes(desk, ada):
    """A confirmed card is on the disk before the answer, which leads to the next one."""
    first = ada.get("/card")
    answer = confirm(ada, first)
    assert (answer.status_code, answer.headers["location"]) == (303, "/card")
    assert [dict(o.labels) for o in outcomes(desk.store)] == [{"event": "landing", "crew_role": ("pilot",)}]
    assert nonce_of(ada.get("/card")) != nonce_of(first)


def test_a_form_that_comes_twice_decides_once(desk, ada):
    """The same form once more is taken as done."""
    page = ada.get("/card")
    assert [confirm(ada, page).status_code for _ in range(3)] == [303] * 3
    assert desk.store.one("SELECT count(*) FROM decisions") == 1


def test_what_lacks_is_told_and_what_was_chosen_stays(ada):
    """Without an event the card comes again with the roles that were chosen."""
    page = ada.get("/card")
    again = ada.post("/decide", data={"nonce": nonce_of(page), "f.crew_role": ["backup-crew"]})
    assert again.status_code == 400
    assert "event is not decided yet" in again.text
    assert re.search(r'value="backup-crew" checked', again.text)


def test_undo_shows_the_caption_with_what_was_decided(desk, ada):
    """After an undo the caption is before the eyes again, and redo decides it once more."""
    confirm(ada, ada.get("/card"))
    undone = ada.post("/undo", data={})
    assert undone.headers["location"].startswith("/card/")
    assert list(outcomes(desk.store)) == []
    ada.post("/redo", data={})
    assert len(list(outcomes(desk.store))) == 1
    assert "(undone)" not in ada.get("/history").text


def test_undo_and_redo_say_what_they_did_and_show_it(desk, ada):
    """Both lead to the caption and tell a screen reader what was done; confirming what stands adds no reading."""
    number = confirm(ada, ada.get("/card")).status_code and desk.store.one("SELECT caption FROM decisions")
    for kind, word in (("undo", "undone"), ("redo", "redone")):
        turned = ada.post(f"/{kind}", data={})
        assert turned.headers["location"].startswith(f"/card/{number}?said=turned")
        page = ada.get(turned.headers["location"])
        assert re.search(rf'id="said"[^>]*>{word}: decide of [^<]+ \(landing · pilot\)<', page.text)
    rows = desk.store.one("SELECT count(*) FROM decisions")
    for _ in range(2):
        assert confirm(ada, page, asked="1").headers["location"] == "/card"
    assert desk.store.one("SELECT count(*) FROM decisions") == rows
    assert ada.get("/card").text != page.text


def test_the_undo_of_a_series_says_how_many(desk, ada):
    """In the history its button names the number of captions."""
    numbers = [number_of(desk, r["id"]) for r in SERIES]
    page = ada.get(f"/card/{numbers[0]}")
    form = {"nonce": nonce_of(page), "f.event": "landing", "caption": [str(n) for n in numbers]}
    ada.post("/series/decide", data=form)
    assert "Undo 5<" in ada.get("/history").text
    assert "and 4 more" in ada.get(ada.post("/undo", data={}).headers["location"]).text


@pytest.mark.parametrize("action", ["/decide", "/aside/later", "/aside/skip", "/series", "/undo"])
def test_a_typed_note_is_kept_whatever_is_pressed(desk, ada, action):
    """A note stays that was written before any of a card's buttons, is written once, and one that was only shown is none."""
    number = number_of(desk, "series-1")
    desk.decider("Ada").note(number_of(desk, "series-0"), "elsewhere")
    form = {"f.event": "landing", "caption": number, "note": "ask\r\nKofi", "noted": ""}
    page = ada.get(f"/card/{number}")
    for _ in range(1 if action == "/undo" else 2):  # As by a double click.
        assert ada.post(action, data={**form, "nonce": nonce_of(page)}).status_code < 400
    notes = [
        row["note"]
        for row in desk.store.rows("SELECT note FROM decisions WHERE kind = 'note' AND caption = ?", (number,))
    ]
    assert notes == ["ask\nKofi"]
    page = ada.get(f"/card/{number}")
    assert 'name="noted" value="ask\nKofi"' in page.text
    desk.decider("Bo").note(number, "Kofi says yes")
    ada.post(action, data={**form, "nonce": nonce_of(page), "noted": "ask\r\nKofi"})
    assert latest_note(desk.store, number) == "Kofi says yes"


def test_what_is_not_sent_yet_stays_on_the_card(desk, ada):
    """With nothing to undo or redo, and where a note is kept, the card stays with its choices and says so."""
    number = number_of(desk, "series-1")
    form = {"f.event": "ceremony", "f.crew_role": "backup-crew", "caption": number}
    for action, said in (("/undo", "nothing to undo"), ("/redo", "nothing to redo"), ("/note", "the note is kept")):
        page = ada.post(
            action, data={**form, "nonce": nonce_of(ada.get(f"/card/{number}")), "note": "a" * (action == "/note")}
        )
        assert page.status_code == 200
        assert f'<p class="banner">{said}</p>' in page.text
        assert re.search(r'value="ceremony" checked', page.text)
        assert re.search(r'value="backup-crew" checked', page.text)


def test_an_address_brings_no_words(desk, ada):
    """What a page says as its own is among what the desk says, whatever the address asks for."""
    for path in ("/card/1", "/history", "/keys"):
        for said in ("Call 555 now", "left-x", "left-99999999", "left-²"):
            text = ada.get(path, params={"said": said}).text
            assert said not in text
            assert "left as they are" not in text
    assert "and left as they are: 3 captions" in ada.get("/history?said=left-3").text


def test_a_series_shows_what_changes_and_takes_exceptions(desk, ada):
    """The page lists every caption with what it has now; those that are ticked are decided together."""
    numbers = [number_of(desk, r["id"]) for r in SERIES]
    page = ada.get(f"/card/{numbers[0]}")
    form = {"nonce": nonce_of(page), "f.event": "landing", "f.crew_role": ["pilot"]}
    preview = ada.post("/series", data=form)
    assert all(r["id"] in preview.text for r in SERIES)
    done = ada.post("/series/decide", data={**form, "caption": [str(n) for n in numbers[1:]]})
    assert done.status_code == 303
    assert {o.caption for o in outcomes(desk.store)} == set(numbers[1:])


def test_differences_are_settled_without_names(tmp_path, tagger):
    """Two readings stand side by side without their readers, and one of them is taken."""
    with want_all(make_desk(tmp_path, tagger, SERIES[:1], blind=1.0)) as desk:
        for name, event in (("Ada", "landing"), ("Bo", "launch")):
            card = desk.next_card(name)
            desk.decider(name).decide(card.nonce, {"event": event, "crew_role": []})
        with served(desk, tagger) as address, client_at(address, desk, "Cleo") as client:
            page = client.get(f"/settle/{card.caption.number}")
            client.post(f"/settle/{card.caption.number}", data={"nonce": nonce_of(page), "f.event": "launch"})
        assert "Reading 2" in page.text
        assert not re.search(r"\b(Ada|Bo)\b", page.text)
        assert [o.labels["event"] for o in outcomes(desk.store)] == ["launch"]


def test_an_undone_settlement_leads_back_to_the_difference(tmp_path, tagger):
    """Nobody's own reading is put before who settles; what is settled leads to the next difference, and a caption without one says so."""
    with want_all(make_desk(tmp_path, tagger, SERIES[:2], blind=1.0)) as desk:
        for _ in SERIES[:2]:
            for name, event in (("Ada", "landing"), ("Bo", "launch")):
                card = desk.next_card(name)
                desk.decider(name).decide(card.nonce, {"event": event, "crew_role": []})
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as ada:
            page = ada.get("/settle/1")
            settled = ada.post("/settle/1", data={"nonce": nonce_of(page), "f.event": "launch"})
            assert settled.headers["location"] == "/settle/2"
            assert ada.post("/undo").headers["location"] == "/settle/1"
            assert "the desk holds no caption 99" in ada.get("/settle/99").text


def test_a_blind_card_tells_nothing(tmp_path, tagger):
    """No tag, probability, reason, neighbour or earlier reading stands on the page of a blind reading."""
    with want_all(make_desk(tmp_path, tagger, SERIES[:1], people=("Ada",), blind=1.0)) as desk:
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as client:
            page = client.get("/card").text
        assert "A blind reading" in page
        assert not any(words in page for words in ("<meter", "suggested", "checked", "<mark", "Why it is here"))


def test_no_page_tells_a_blind_reader_of_tags(tmp_path, tagger):
    """Search, series and queues keep back what somebody is still to read blind, and a blind card offers no series."""
    with want_all(make_desk(tmp_path, tagger, SERIES[:3], blind=1.0)) as desk:
        with desk.store.writing() as db:
            db.execute("INSERT OR IGNORE INTO topics SELECT number, 'pair', 'event:fit-check,launch' FROM captions")
        first, second, _ = (number_of(desk, r["id"]) for r in SERIES[:3])
        for number in (first, second):
            card = show_card(desk.store, desk.facets, "Bo", number)
            desk.decider("Bo").decide(card.nonce, {"event": "fit-check", "crew_role": ["backup-crew"]})
        desk.decider("Bo").note(first, "surely a fit-check")
        with desk.store.writing() as db:
            db.execute("UPDATE captions SET blind = 0 WHERE number = ?", (second,))
            db.execute("UPDATE places SET waiting = 0 WHERE caption NOT IN (?)", (first,))
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as client:
            page = client.get(f"/card/{first}")
            assert "A blind reading" in page.text
            assert 'formaction="/series"' not in page.text
            assert "surely" not in page.text
            form = {"nonce": nonce_of(page), "f.event": "landing"}
            for path, more in (("/series", {}), ("/series/decide", {"caption": str(first)})):
                refused = client.post(path, data={**form, **more})
                assert (refused.status_code, "one caption alone" in refused.text) == (400, True)
            assert "fit-check" not in client.get("/queues").text
            assert "Nothing left" in client.get("/card?queue=pair&value=event:fit-check,launch").text
            labels = re.findall(r'class="done">([^<]+)<', client.get("/search?q=Aurora").text)
            assert labels == ["fit-check · backup-crew"]  # Of the one that was not drawn.
            assert client.post("/decide", data=form | {"nonce": nonce_of(client.get(f"/card/{first}"))}).is_redirect
        blind = desk.store.one("SELECT blind FROM decisions WHERE person = 'Ada' AND caption = ?", (first,))
        assert blind == 1


def test_a_reading_after_labels_were_shown_is_not_blind(tmp_path, tagger):
    """Who was shown a caption's tags, and only then reads it as the second one, gives no blind reading."""
    with want_all(make_desk(tmp_path, tagger, SERIES[:2], blind=1.0)) as desk:
        numbers = [number_of(desk, r["id"]) for r in SERIES[:2]]
        show_card(desk.store, desk.facets, "Ada", numbers[0])  # Open yet, so with its tags.
        for number in numbers:
            card = show_card(desk.store, desk.facets, "Bo", number)
            desk.decider("Bo").decide(card.nonce, {"event": "fit-check", "crew_role": []})
        assert not show_card(desk.store, desk.facets, "Ada", numbers[0]).blind
        card = show_card(desk.store, desk.facets, "Ada", numbers[1])
        assert card.blind
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as client:
            client.get("/export/csv")
        desk.decider("Ada").decide(card.nonce, {"event": "fit-check", "crew_role": []})
        assert desk.store.one("SELECT blind FROM decisions WHERE person = 'Ada'") == 0


def test_captions_are_never_markup(desk, ada):
    """A hostile caption, id and field are shown as written on every page that shows them."""
    number = number_of(desk, "<i>nasty</i>")
    form = {"nonce": nonce_of(ada.get(f"/card/{number}")), "f.event": "launch"}
    pages = [ada.get(f"/card/{number}"), ada.get("/search?q=owned"), ada.get("/queues"), ada.get("/history")]
    pages.append(ada.post("/series", data={**form, "nonce": nonce_of(pages[0])}))
    assert "&lt;i&gt;nasty" in pages[0].text
    for page in pages:
        assert page.status_code == 200
        assert not re.search(r"<script>|<img src=x|<i>|<b>title", page.text.split("<main", 1)[1])
    assert "{{ 7*7 }}" in pages[1].text


def test_every_page_forbids_script_within_it(ada):
    """Pages carry a policy without inline script or style, and hold none."""
    for path in ("/card", "/queues", "/search", "/settle", "/history", "/progress", "/guide", "/keys", "/export/none"):
        page = ada.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        # Within tags: a caption may speak of whatever it likes.
        tags = " ".join(re.findall(r"<[^>]*>", page.text))
        assert not re.search(
            r"<script(?! type=\"module\" src=\"/static/desk.js\">)|\sstyle=|\son\w+=|javascript:", tags
        )
        assert page.headers["cache-control"] == "no-store"


def test_a_thousand_hostile_requests_are_not_let_in(desk, stranger, ada):
    """Without a session, with a foreign host or origin, or with odd methods nothing is answered and nothing changes."""
    rng = random.Random(5)
    host = ada.base_url.netloc.decode()
    card = ada.get("/card")
    form = {"nonce": nonce_of(card), "f.event": "landing"}
    paths = [
        "/",
        "/card",
        "/card/1",
        "/queues",
        "/history",
        "/progress",
        "/export/labels",
        "/photo/1",
        "/keys",
        "/settle/1",
    ]
    changes = [
        "/decide",
        "/undo",
        "/redo",
        "/note",
        "/series",
        "/series/decide",
        "/aside/skip",
        "/settle/1",
        "/keys",
        "/leave",
    ]
    origins = ["http://evil.invalid", "null", f"https://{host}", "http://127.0.0.1:10", f"http://{host}.evil.invalid"]
    hosts = ["evil.invalid", "127.0.0.1", "127.0.0.1:10", f"{host}.evil.invalid", f"user@{host}", "x"]
    tokens = ["", "x", "a" * 300, "' OR 1=1 --", "%00", "../../etc", "\u0142"]
    before = desk.store.rows("SELECT * FROM decisions")
    for turn in range(1000):
        kind = turn % 5
        if kind == 0:
            answer = stranger.get(
                rng.choice(paths), headers={"cookie": f"{cookie_name(desk)}={quote(rng.choice(tokens))}"}
            )
            refused = {401}
        elif kind == 1:
            answer = stranger.post(rng.choice(changes), data=form)
            refused = {401}
        elif kind == 2:
            answer = ada.post(rng.choice(changes), data=form, headers={"origin": rng.choice(origins)})
            refused = {403}
        elif kind == 3:
            site = rng.choice(["cross-site", "same-site", "none", ""])
            answer = ada.post(rng.choice(changes), data=form, headers={"sec-fetch-site": site})
            refused = {403}
        else:
            answer = ada.get(rng.choice(paths), headers={"host": rng.choice(hosts)})
            refused = {421}
        assert answer.status_code in refused, (turn, answer.status_code, answer.text[:100])
        assert "Aurora" not in answer.text
    assert desk.store.rows("SELECT * FROM decisions") == before
    assert confirm(ada, card).status_code == 303


def test_a_change_needs_an_origin(ada):
    """A POST that says neither where it comes from nor its site is refused, as is any other method."""
    del ada.headers["origin"]
    assert ada.post("/undo", data={}).status_code == 403
    assert ada.post("/undo", data={}, headers={"sec-fetch-site": "same-origin"}).status_code == 303
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert ada.request(method, "/card").status_code == 405


def test_no_path_leads_out_of_the_photographs(tmp_path):
    """Dots, absolute paths, links and odd files are refused, also where a folder on the way is a link."""
    folder = tmp_path / "photos"
    (folder / "in").mkdir(parents=True)
    (tmp_path / "secret.jpg").write_bytes(JPEG)
    (folder / "in" / "good.jpg").write_bytes(JPEG)
    (folder / "text.jpg").write_text("no photograph", "utf-8")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (folder / "out").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.jpg")
    assert shown_photo(folder, "in/good.jpg") == (JPEG, "image/jpeg")
    bad = [
        "../secret.jpg",
        "in/../../secret.jpg",
        str(tmp_path / "secret.jpg"),
        "link.jpg",
        "out/secret.jpg",
        "none.jpg",
    ]
    for path in [*bad, "", ".", "in", "in/good.jpg/x", "pipe.jpg", "text.jpg", "in/good.jpg\0", "..", "//etc/passwd"]:
        with pytest.raises(DeskError):
            shown_photo(folder, path)


def test_a_photograph_that_is_named_and_not_found_is_told(tmp_path, tagger):
    """On the card, and counted; one that lies there, and a field that names none, are not."""
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "series-0.jpg").write_bytes(JPEG)
    (photos / "linked.jpg").symlink_to(photos / "series-0.jpg")
    names = ["series-0.jpg", "gone.jpg", "linked.jpg", ""]
    records = [{**r, "photo": name} for r, name in zip(SERIES, names, strict=False)]
    with make_desk(tmp_path, tagger, records) as desk:
        desk.add(tagger, [], photos=[photos])
        assert list(lacking_photos(desk.store).missing) == ["gone.jpg", "linked.jpg"]
        with served(desk, tagger) as address, client_at(address, desk, "Ada") as client:
            told = ["is in none of the desk" in client.get(f"/card/{n}").text for n in range(1, 5)]
        assert told == [False, True, True, False]


@pytest.mark.parametrize("field", ["Filename", "File", "filename", "Original Filename"])
def test_a_table_finds_its_photographs_however_its_column_is_called(tmp_path, tagger, field):
    """Found in a folder that is named then or later, and told where they are not, beside an id or as the id itself."""
    (tmp_path / "photos" / "day").mkdir(parents=True)
    (tmp_path / "photos" / "day" / "a.jpg").write_bytes(JPEG)
    for place, ids in enumerate(("Asset ID,", "")):
        rows = "".join(f"{'7,' * bool(ids)}{name}.jpg,Divers wait in the pool with {name}.\n" for name in "ab")
        table = tmp_path / f"table{place}.csv"
        table.write_text(f"{ids}{field},Description\n{rows}", "utf-8")
        with Desk.open(tmp_path / f"desk{place}", tagger.facets) as desk:
            desk.add(tagger, [str(table)])
            assert list(lacking_photos(desk.store).missing) == ["a.jpg", "b.jpg"]
            desk.add(tagger, [], photos=[tmp_path / "photos"])
            assert list(lacking_photos(desk.store).missing) == ["b.jpg"]
            card = show_card(desk.store, desk.facets, "Ada", 1)
            assert (card.caption.photo, dict(card.caption.fields)) == (True, {field: "a.jpg"} if ids else {})


def test_photographs_are_shown_by_number_alone(desk, ada):
    """A caption's photograph is sent to somebody with a session; no path from outside has a meaning."""
    number = number_of(desk, "series-0")
    if desk.store.one("SELECT photo FROM captions WHERE number = ?", (number,)):
        answer = ada.get(f"/photo/{number}")
        assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")
    for path in (
        "../desk.sqlite",
        "..%2fdesk.sqlite",
        "%2e%2e/captions.jsonl",
        "series-0.jpg",
        "999",
        "-1",
        "1e3",
        "٣",
    ):
        assert ada.get(f"/photo/{path}").status_code in (400, 404)


def test_records_find_their_photographs(tmp_path):
    """A record's photograph is found by its name or id in the named folders, whatever else its field says."""
    folder = tmp_path / "photos"
    (folder / "day").mkdir(parents=True)
    for name in ("day/jsc1.JPG", "other.png"):
        (folder / name).write_bytes(JPEG)
    index = PhotoIndex({1: folder})
    assert index.find({"nasa_id": "jsc1"}) == (1, "day/jsc1.JPG")
    assert index.find({"photo": "OTHER.png", "id": "jsc1"}) == (1, "other.png")
    assert index.find({"file": str(folder / "day" / "jsc1.JPG")}) == (1, "day/jsc1.JPG")
    assert index.find({"photo": "../../etc/passwd"}) is None
    for field in ("Filename", "File", "FILE NAME", "Original Filename", "Photo", "File_Path"):
        assert index.find({"ID": "x", field: "D:\\scans\\JSC1.jpg"}) == (1, "day/jsc1.JPG"), field
    assert ".png" in PHOTOS


def test_bodies_and_rates_have_limits(desk, tagger):
    """A long body, a form of another kind and too many requests are refused; a session outlasts a stranger's."""
    tight = Limits(body=2000, refused_rate=0, refused_burst=10)
    with served(desk, tagger, tight) as address, client_at(address, desk, "Ada") as client:
        assert client.post("/note", data={"note": "x" * 3000}).status_code == 413
        assert client.post("/note", files={"file": ("a.jpg", JPEG)}).status_code == 400
        assert client.post("/note", content="a=1", headers={"content-type": "text/plain"}).status_code == 400
        evil = {"origin": "http://evil.invalid"}
        assert [client.post("/undo", data={}, headers=evil).status_code for _ in range(20)][-1] == 429
        assert client.get("/card").status_code == 200


def test_a_bucket_fills_again():
    """So many requests at once, then as many as the rate gives; others are not held to account."""
    bucket = Buckets(rate=1000.0, burst=3.0)
    assert [bucket.take("a") for _ in range(4)] == [True, True, True, False]
    assert bucket.take("b")
    bucket = Buckets(rate=0.0, burst=1.0, most=2)
    assert [bucket.take(a) for a in ("a", "b", "c")] == [True] * 3
    assert len(bucket._left) == 2


def test_leaving_ends_the_session(desk, ada):
    """After leaving, the cookie opens nothing, and what was shown is free for others."""
    number = desk.next_card("Ada").caption.number
    assert ada.post("/leave", data={}).status_code == 200
    assert ada.get("/card").status_code == 401
    assert desk.next_card("Bo").caption.number == number


def test_errors_are_pages_with_a_way_on(desk, ada):
    """What is not there, a number that is none and a decision that came too late are pages with one clear line."""
    assert ada.get("/card/99999").status_code == 404
    assert ada.get("/card/x").status_code == 400
    assert ada.get("/card?queue=odd").status_code == 404
    assert ada.get("/progress?target=nan").status_code == 400
    assert ada.get("/progress?target=90%25").status_code == 200
    page = ada.get("/card")
    number = desk.store.one("SELECT caption FROM cards WHERE person = 'Ada'")
    with desk.store.writing() as db:
        db.execute("UPDATE cards SET until = 0")
    card = desk.next_card("Bo")
    assert card.caption.number == number
    desk.decider("Bo").decide(card.nonce, {"event": "launch", "crew_role": []})
    late = confirm(ada, page)
    assert late.status_code == 409
    assert f'href="/card/{number}"' in late.text


def test_an_address_where_nothing_is_is_a_page(ada, stranger):
    """For people it is a page with a way on, for somebody unknown one without; a method is refused in the same words by all."""
    for client, known in ((ada, True), (stranger, False)):
        page = client.get("/nope")
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "there is nothing at this address" in page.text
        assert ('href="/card"' in page.text) is known
    assert "this method is not allowed" in ada.put("/card").text
    assert "this method is not allowed" in ada.get("/decide").text


@pytest.mark.parametrize(
    ("target", "status"),
    [("", 200), ("0.9", 200), ("95", 200), ("99.5%", 200), ("abc", 400), ("nan", 400), ("0", 400), ("100%", 400)],
)
def test_a_target_is_judged(ada, target, status):
    """What is no share is told with what one is."""
    page = ada.get(f"/progress?target={quote(target)}")
    assert page.status_code == status
    assert ("is no target; give a share between 0 and 1" in page.text) is (status == 400)


def test_exports_are_files(ada):
    """Each form is sent as a file to keep, once something is decided."""
    assert ada.get("/export/labels").status_code == 404
    confirm(ada, ada.get("/card"))
    answer = ada.get("/export/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="desk-labels.csv"'
    assert "landing" in answer.text


def test_keys_are_alloted_without_doubles():
    """No two values or commands share a key; a facet with more values than its row has keys is searched."""
    many = Facet("place", True, "", tuple(Value(f"p{n}", "") for n in range(30)))
    three = [Facet(f"f{n}", False, "", tuple(Value(f"v{n}{m}", "") for m in range(9))) for n in range(3)]
    keys = allotted([three[0], many, three[1], three[2]], {name: key for name, (key, _) in COMMANDS.items()}, {})
    every = [*keys.commands.values(), *itertools.chain(*(f.keys.values() for f in keys.facets))]
    every += [f.search for f in keys.facets if f.search]
    assert len(every) == len(set(every))
    assert [bool(f.keys) for f in keys.facets] == [True, False, True, True]
    # It takes no row, so the next facet has the keys of the second.
    assert keys.facets[2].keys["v10"] == "q"
    assert keys.facets[1].search == ";"


def test_every_facet_can_be_reached_by_a_key():
    """However many facets there are, and whatever keys commands took, each has keys for its values or one for its search."""
    wide = [
        Facet(f"f{n}", n % 2 == 0, "", tuple(Value(f"v{m}", "") for m in range(30 if n % 3 else 4))) for n in range(7)
    ]
    for commands in (
        {name: key for name, (key, _) in COMMANDS.items()},
        {"confirm": "Enter", "a": "a", "b": "q", "c": "1"},
    ):
        rows = allotted(wide, commands, {}).facets
        assert all(bool(row.keys) != bool(row.search) for row in rows)
        every = [
            *commands.values(),
            *itertools.chain(*(r.keys.values() for r in rows)),
            *(r.search for r in rows if r.search),
        ]
        assert len(every) == len(set(every))


def test_keys_can_be_chosen(desk, ada):
    """A person's own key stands on the buttons; a key that a command takes is not given to a value; doubles are refused."""
    assert ada.post("/keys", data={"k.undo": "1", "k.confirm": "Enter"}).status_code == 303
    assert 'data-key="1"><kbd aria-hidden="true">1</kbd> Undo' in ada.get("/card").text
    assert keys_of(desk.store, desk.facets, "Ada").facets[0].keys["launch"] == "8"
    assert keys_of(desk.store, desk.facets, "Ada").facets[0].keys["landing"] == "2"
    assert keys_of(desk.store, desk.facets, "Bo").commands["undo"] == "z"
    for chosen in ({"undo": "x"}, {"undo": "Tab"}, {"undo": "\x07"}, {"odd": "y"}, {"event=lunch": "y"}):
        with pytest.raises(DeskError):
            choose_keys(desk.store, desk.facets, "Ada", chosen)


def test_a_key_that_is_chosen_moves_no_other(desk, ada):
    """Neither one for a value nor one for a command; only the value whose key it was has another, of its row."""
    before = {value: key for row in keys_of(desk.store, desk.facets, "Ada").facets for value, key in row.keys.items()}
    choose_keys(desk.store, desk.facets, "Ada", {"event=launch": "l", "undo": "r"})
    after = {value: key for row in keys_of(desk.store, desk.facets, "Ada").facets for value, key in row.keys.items()}
    moved = {value for value, key in before.items() if after[value] != key}
    assert moved == {"launch", next(value for value, key in before.items() if key == "r")}


def test_keys_change_places_and_leave_the_others(desk):
    """Step by step as at once; and a facet that fills its row keeps its keys where another's value takes one of them."""
    usual = {name: key for name, (key, _) in COMMANDS.items()}
    facet = Facet("scene", False, "", tuple(Value(f"v{n}", "") for n in range(5)))
    first = allotted([facet], usual, {"scene=v2": "1"}).facets[0].keys
    assert dict(first) == {"v0": "3", "v1": "2", "v2": "1", "v3": "4", "v4": "5"}
    second = allotted([facet], usual, {"scene=v2": "1", "scene=v1": "4"}).facets[0].keys
    assert dict(second) == {"v0": "3", "v1": "4", "v2": "1", "v3": "2", "v4": "5"}
    full = Facet("place", False, "", tuple(Value(f"p{n}", "") for n in range(10)))
    keys = allotted([facet, full], usual, {"scene=v0": "q"}).facets[1].keys
    assert (len(keys), keys["p1"], keys["p0"]) == (10, "w", ";")


def test_a_clash_of_keys_loses_nothing_that_was_typed(ada):
    """The page comes again with every key as it was sent, and says which two share one."""
    again = ada.post("/keys", data={"k.undo": "c", "k.redo": "y", "k.event=launch": "l"})
    assert again.status_code == 400
    assert "would share the key c" in again.text
    for name, key in (("undo", "c"), ("redo", "y"), ("event=launch", "l")):
        assert f'name="k.{name}" value="{key}"' in again.text


def test_a_page_of_somebody_else_in_the_same_browser_keeps_nothing(desk, ada):
    """Neither decision nor note becomes that of whoever was let in since."""
    page = ada.get("/card")
    assert 'name="as" value="Ada"' in page.text
    number = re.search(r'name="caption" value="(\d+)"', page.text)[1]
    sent = {"nonce": nonce_of(page), "caption": number, "as": "Bo", "f.event": "launch", "note": "mine"}
    refused = ada.post("/decide", data=sent)
    assert refused.status_code == 400
    assert "this page was Bo&#39;s" in refused.text
    assert desk.store.one("SELECT count(*) FROM decisions") == 0


def test_what_somebody_decided_meanwhile_is_looked_at_with_the_own_choices(desk, ada):
    """The page that says so leads to the card as it was filled in; nothing is decided by that."""
    page = ada.get("/card")
    number = int(re.search(r'name="caption" value="(\d+)"', page.text)[1])
    other = show_card(desk.store, desk.facets, "Bo", number)
    desk.decider("Bo").decide(other.nonce, {"event": "other", "crew_role": []})
    sent = {"nonce": nonce_of(page), "caption": number, "as": "Ada", "f.event": "training", "f.crew_role": ["pilot"]}
    refused = ada.post("/decide", data=sent)
    assert refused.status_code == 409
    assert ("f.event", "training") in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', refused.text)
    again = ada.post("/card/back", data={"caption": number, "f.event": "training", "f.crew_role": ["pilot"]})
    assert re.search(r'value="training" checked', again.text)
    assert "decided already" in again.text
    assert [len(one.readings) for one in outcomes(desk.store)] == [1]


def test_a_card_that_was_shown_again_keeps_what_was_chosen(desk, ada):
    """As in a second tab: nothing is decided, and the caption comes with the choices that were sent."""
    card = ada.get("/card")
    number = re.search(r'name="caption" value="(\d+)"', card.text)[1]
    ada.get("/card")
    sent = {"nonce": nonce_of(card), "caption": number, "f.event": "training", "f.crew_role": ["pilot"], "note": "ask"}
    again = ada.post("/decide", data=sent)
    assert again.status_code == 400
    assert "no longer known" in again.text
    assert re.search(r'value="training" checked', again.text)
    assert re.search(r'value="pilot" checked', again.text)
    assert not list(outcomes(desk.store))
    assert ada.post("/decide", data={**sent, "nonce": nonce_of(again)}).status_code == 303


def test_the_keys_of_values_can_be_chosen(desk, ada):
    """A value's own key stands on its card, in both facets; the others keep theirs, and no two share one."""
    assert ada.post("/keys", data={"k.event=landing": "h", "k.crew_role=pilot": "1"}).status_code == 303
    page = ada.get("/card").text
    assert re.search(r'value="landing"[^>]* data-key="h"', page)
    assert re.search(r'value="pilot"[^>]* data-key="1"', page)
    event, role = keys_of(desk.store, desk.facets, "Ada").facets
    assert (event.keys["launch"], event.keys["landing"], role.keys["commander"]) == ("2", "h", "q")
    assert len(set(event.keys.values()) | set(role.keys.values())) == len(event.keys) + len(role.keys)
    assert 'name="k.event=landing" value="h"' in ada.get("/keys").text
    assert keys_of(desk.store, desk.facets, "Bo").facets[0].keys["landing"] == "2"
    for chosen in ({"event=landing": "z"}, {"event=landing": "h", "crew_role=pilot": "h"}, {"event=landing": "F5"}):
        assert ada.post("/keys", data={f"k.{name}": key for name, key in chosen.items()}).status_code == 400
    assert keys_of(desk.store, desk.facets, "Ada").facets[0].keys["landing"] == "h"
    assert ada.post("/keys", data={"reset": "1"}).status_code == 303
    assert keys_of(desk.store, desk.facets, "Ada").facets[0].keys["landing"] == "2"


def test_a_value_of_many_can_have_a_key(desk, ada):
    """Of a facet with a search field in place of keys a person gives keys to the values that come often."""
    many = replace(desk.facets[0], values=tuple(Value(f"v{n}", "x") for n in range(30)))
    found = allotted([many], {"undo": "z"}, {"event=v7": "k"}).facets[0]
    assert (dict(found.keys), found.search) == ({"v7": "k"}, "1")


def test_the_guard_stands_before_any_router(desk):
    """A second router in the same application is behind the same guard."""
    other = APIRouter()
    other.get("/v1/echo")(lambda: {"ok": True})
    app = guarded([other], {"here:1": "http://here:1"})

    async def asked(host):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here:1") as client:
            return await client.get("/v1/echo", headers={"host": host})

    assert asyncio.run(asked("here:1")).json() == {"ok": True}
    assert asyncio.run(asked("evil.invalid")).status_code == 421


def test_a_name_that_several_photographs_bear_shows_none(tmp_path):
    """A name of two folders finds no photograph and is told; a path tells them apart, and raw beside developed are one."""
    folder = tmp_path / "photos"
    for name in ("IMG_1.jpg", "sub/IMG_1.jpg", "sub/IMG_2.jpg", "sub/IMG_2.dng"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(JPEG)
    index = PhotoIndex({1: folder, 2: folder / "sub"})
    for name in ("IMG_1.jpg", "img_1", "d:\\elsewhere\\IMG_1.jpg"):
        assert (index.find({"File": name}), index.ambiguous({"File": name})) == (None, name)
    for name in ("sub/IMG_1.jpg", "d:\\old\\sub\\IMG_1.jpg", str(folder / "sub" / "IMG_1.jpg")):
        assert index.find({"File": name}) == (1, "sub/IMG_1.jpg")
    assert index.find({"File": str(folder / "IMG_1.jpg")}) == (1, "IMG_1.jpg")
    assert (index.find({"id": "IMG_2"}) or (0, ""))[1].startswith("sub/IMG_2")
    assert (index.find({"File": "gone.jpg"}), index.ambiguous({"File": "gone.jpg"})) == (None, "")


def test_captions_without_a_photograph_are_told_apart(tmp_path, tagger):
    """What no folder holds is missing, and what two hold is ambiguous."""
    for name in ("a/x.jpg", "b/x.jpg"):
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        (tmp_path / "photos" / name).write_bytes(JPEG)
    records = [{**r, "photo": name} for r, name in zip(SERIES, ("x.jpg", "gone.jpg", "a/x.jpg"), strict=False)]
    with make_desk(tmp_path, tagger, records) as desk:
        desk.add(tagger, [], photos=[tmp_path / "photos"])
        found = lacking_photos(desk.store)
        assert (found.missing, found.ambiguous) == (("gone.jpg",), ("x.jpg",))
