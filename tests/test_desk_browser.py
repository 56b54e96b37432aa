"""The desk in a real browser: the whole way by keyboard, for several people, without script, and for everybody to use."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from browsers import Person, at_desk, free_port, opened
from conftest import corpus_records, mlcap, write_jsonl
from desks import SERIES, make_desk, number_of, want_all

from mlcap.errors import OutputError
from mlcap.review.addresses import OPEN, ServedAt, keep_address
from mlcap.review.outcomes import outcomes
from mlcap.types import Facet, Value

pytestmark = pytest.mark.slow

NASTY = '<script>document.title="owned"</script> Pilot Bo Ek <img src="http://example.invalid/x.png" onerror="document.title=1"> waves.'
#: A photograph of one pixel, as a browser shows it.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


def doubtful(count):
    """Records that the small model tags and a person has to look at, with the tags they bring along."""
    rows = [{"id": f"c{n:03d}", "text": r["text"]} for n, r in enumerate(corpus_records()[3 :: 2 * 7][:count])]
    roles = "commander pilot flight-engineer mission-specialist payload-specialist spaceflight-participant"
    sure = dict.fromkeys(f"{roles} prime-crew backup-crew ground-personnel".split(), 0.1)
    tags = {"event": "other", "event_confidence": 0.5, "crew_role": [], "crew_role_confidence": sure, "model": "9"}
    return [{**row, **tags, "needs_review": True, "review_reasons": ["event uncertain: other 0.50"]} for row in rows]


def test_the_whole_way_by_keyboard_alone_over_a_restart(browser, small, tmp_path):
    """A hundred captions, sixty confirmed, thirty corrected and ten decided as series, take at most 160 keys; undo holds."""
    text = "Teams lower the capsule of Aurora {} onto the deck of the recovery ship while technicians wait with a crane hook. Frame {}."
    plain = doubtful(92)[:90]
    series = [{**plain[0], "id": f"s{n}", "text": text.format(n // 5 + 4, n)} for n in range(10)]
    write_jsonl(tmp_path / "captions.jsonl", [*plain, *series])
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "c000.png").write_bytes(PNG)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with opened(tmp_path, small, port, "Ada") as (link,):
        ada = Person(browser, address, link)
        done = 0
        while "Nothing left" not in ada.page.title():
            if ada.page.get_by_role("button", name="Series of").count():
                ada.go("m")
                ada.go("Enter")
            elif done < 30:
                done += 1
                ada.go("1", "Enter")
            else:
                ada.go("Enter")
        assert ada.keys <= 160
    with opened(tmp_path, small, port, "Ada"):
        ada.page.goto(f"{address}/history")
        for _ in range(3):
            ada.page.goto(f"{address}/history")
            ada.go("z")
        ada.page.goto(f"{address}/history")
        assert ada.page.locator("tr.undone").count() == 3
        ada.go("x")
        ada.page.goto(f"{address}/history")
        assert ada.page.locator("tr.undone").count() == 2
        ada.close()
    status = json.loads(mlcap("review", "status", "desk", "--json", cwd=tmp_path, check=0).out)
    assert 80 < status["progress"]["decided"] < 100
    mlcap("review", "export", "desk", "-o", "my-labels", cwd=tmp_path, check=0)
    events = [
        json.loads(line)["event"]
        for line in (tmp_path / "my-labels" / "captions.jsonl").read_text("utf-8").splitlines()
    ]
    assert events.count("launch") >= 29


@pytest.fixture
def desk(tmp_path, tagger):
    """A desk on which every caption waits, a hostile one and a series among them."""
    records = [{"id": "<i>nasty</i>", "text": NASTY}, *SERIES]
    with want_all(make_desk(tmp_path, tagger, records)) as made:
        yield made


def test_a_series_takes_exceptions_by_keys(browser, desk, tagger):
    """On the page of a series a figure takes a caption out, Enter decides the rest, and one undo takes all back."""
    with at_desk(browser, desk, tagger, "Ada") as ada:
        ada.page.goto(ada.page.url.replace("/card", f"/card/{number_of(desk, 'series-1')}"))
        ada.go("2", "q", "m")
        assert ada.page.locator("tbody tr").count() == 5
        ada.go("3", "Enter")
        decided = {o.caption for o in outcomes(desk.store)}
        assert decided == {number_of(desk, f"series-{n}") for n in (0, 1, 3, 4)}
        assert {o.labels["event"] for o in outcomes(desk.store)} == {"landing"}
        ada.go("z")
        assert list(outcomes(desk.store)) == []


def test_a_cell_of_the_report_leads_to_its_queue(browser, desk, tagger, small, tmp_path):
    """A click on a cell and its link, from a page elsewhere, shows who is let in the captions in doubt between its values."""
    gold = [{**r, "id": f"g{n}"} for n, r in enumerate(corpus_records()[::12])]
    path = write_jsonl(tmp_path / "gold.jsonl", gold)
    with at_desk(browser, desk, tagger, "Ada") as ada:
        keep_address(desk.store, OPEN, ServedAt(ada.page.url.removesuffix("/card"), "127.0.0.1", 1))
        more = ("--report", "r", "--desk", desk.store.folder)
        mlcap("evaluate", "--models", small / "models", path, *more, cwd=tmp_path, check=0)
        report = ada.context.new_page()
        report.goto((tmp_path / "r" / "report.html").as_uri())
        cells = report.evaluate("JSON.parse(document.getElementById('data').textContent).cells")
        waiting = {row[0] for row in desk.store.rows("SELECT value FROM topics WHERE kind = 'pair'")}
        key, pair = next((k, c["pair"]) for k, c in cells.items() if c["pair"] in waiting)
        report.locator(f"button[data-cell='{key}']").click()
        with ada.context.expect_page() as opened:
            report.get_by_role("link", name="review desk").click()
        opened.value.wait_for_url("**/card?queue=pair*")
        assert f"In doubt: {pair}" in opened.value.locator("main").inner_text()


def test_keys_are_dead_in_text_fields(browser, desk, tagger):
    """Letters and figures written in a note decide and undo nothing; Escape leaves the field, and keys work again."""
    with at_desk(browser, desk, tagger, "Ada") as ada:
        before = ada.page.locator("input[name='f.event']:checked").get_attribute("value")
        ada.press("n", *"1z2x cvm", "Escape")
        assert ada.page.locator("#note-text").input_value() == "1z2x cvm"
        assert ada.page.locator("input[name='f.event']:checked").get_attribute("value") == before
        assert desk.store.one("SELECT count(*) FROM decisions") == 0
        ada.press("4")
        assert ada.page.locator("input[name='f.event']:checked").get_attribute("value") == "ceremony"
        ada.go("Enter")
        assert [tuple(row) for row in desk.store.rows("SELECT kind, note FROM decisions ORDER BY number")] == [
            ("note", "1z2x cvm"),
            ("decide", ""),
        ]


def test_what_was_not_sent_survives_a_reload(browser, desk, tagger):
    """Choices and a note are as they were left; once they are sent nothing of them comes back, nor to somebody else."""
    with at_desk(browser, desk, tagger, "Ada") as ada:
        address = ada.page.url
        ada.press("4", "q", "n", *"see the frame before", "Escape")
        roles = ada.page.locator("input[name='f.crew_role']:checked").evaluate_all("all => all.map((e) => e.value)")
        for _ in range(2):
            ada.page.reload()
            assert ada.page.locator("#note-text").input_value() == "see the frame before"
            assert ada.page.locator("input[name='f.event']:checked").get_attribute("value") == "ceremony"
            now = ada.page.locator("input[name='f.crew_role']:checked").evaluate_all("all => all.map((e) => e.value)")
            assert now == roles
        ada.go("Enter")
        ada.go("z")
        assert ada.page.locator("#note-text").input_value() == "see the frame before", "it was kept with the decision"
        assert ada.page.evaluate("Object.keys(sessionStorage).length") == 0
        ada.page.goto(address)
        assert ada.page.locator("input[name='f.event']:checked").get_attribute("value") != "ceremony"


def test_what_was_refused_is_not_lost(browser, desk, tagger, monkeypatch):
    """Where a decision cannot be kept, as on a full disk, the card comes back with what was chosen and written."""
    with at_desk(browser, desk, tagger, "Ada") as ada:
        ada.press("4", "n", *"ask the desk", "Escape")

        def full(*_):
            raise OutputError("desk.sqlite: cannot be written (no space left)")

        with monkeypatch.context() as failing:
            failing.setattr("mlcap.desk.working.keep_note", full)
            ada.go("Enter")
            assert "cannot be written" in ada.page.locator("[role=alert]").inner_text()
            ada.errors.clear()  # The browser notes the refusal, which is what is asked for here.
        ada.go("Enter")
        assert ada.page.locator("#note-text").input_value() == "ask the desk"
        assert ada.page.locator("input[name='f.event']:checked").get_attribute("value") == "ceremony"
        ada.go("Enter")
        assert [row["kind"] for row in desk.store.rows("SELECT kind FROM decisions ORDER BY number")] == [
            "note",
            "decide",
        ]


def test_the_way_back_from_a_series_keeps_what_was_chosen(browser, desk, tagger):
    """Choices and queue are as they were when the series was asked for, with script and without."""
    number = desk.store.one("SELECT number FROM captions WHERE id = 'series-2'")
    with at_desk(browser, desk, tagger, "Ada") as ada:
        ada.page.goto(ada.page.url.replace("/card", f"/card/{number}?queue=series&value={number}"))
        ada.press("4")
        ada.go("m")
        ada.go("Escape")
        assert ada.page.locator("input[name='f.event']:checked").get_attribute("value") == "ceremony"
        assert "One series" in ada.page.locator(".card-head").inner_text()


def test_enter_confirms_after_a_fold_was_opened_by_its_key(browser, desk, tagger):
    """The guide and the words that decided open and close by their keys, and the focus stays where Enter confirms."""
    with at_desk(browser, desk, tagger, "Ada") as ada:
        for key, fold in (("b", "#guide"), (".", "#why")):
            if ada.page.locator(fold).count():
                ada.press(key)
                assert ada.page.locator(fold).get_attribute("open") is not None
                assert ada.page.locator("#said").inner_text().endswith("opened")
        ada.go("Enter")
        assert desk.store.one("SELECT count(*) FROM decisions") == 1


def test_a_key_that_is_held_down_decides_one_card(browser, desk, tagger):
    """The repeats of a held Enter confirm nothing."""
    with at_desk(browser, desk, tagger, "Ada") as ada:
        with ada.page.expect_navigation():
            ada.page.keyboard.down("Enter")
        for _ in range(5):
            ada.page.keyboard.down("Enter")
        ada.page.keyboard.up("Enter")
        ada.page.wait_for_timeout(200)
        assert desk.store.one("SELECT count(*) FROM decisions") == 1


@contextmanager
def read_differently(browser, folder, tagger):
    """A desk on which Bo, who saw no tag, read a caption otherwise than Ada, and Ada before the difference."""
    with (
        want_all(make_desk(folder, tagger, SERIES[:1], blind=1.0)) as desk,
        at_desk(browser, desk, tagger, "Ada", "Bo") as (ada, bo),
    ):
        ada.go("2", "Enter")
        bo.page.reload()
        assert "A blind reading" in bo.page.locator("main").inner_text()
        assert bo.page.locator("meter, mark, input:checked").count() == 0
        bo.go("1", "Enter")
        ada.page.goto(ada.page.url.replace("/card", "/settle"))
        ada.go("Enter")
        yield desk, ada


def test_two_people_read_blind_and_settle(browser, tmp_path, tagger):
    """The second reader sees no tag, both readings stand side by side, and a key settles them."""
    with read_differently(browser, tmp_path, tagger) as (desk, ada):
        assert "Bo" not in ada.page.locator("main").inner_text()
        ada.go("2")
        assert [o.labels["event"] for o in outcomes(desk.store)] == ["launch"]


def test_neither_reading_is_right(browser, tmp_path, tagger):
    """What settles instead of both readings is chosen by the keys of a card, which come before those of the readings."""
    with read_differently(browser, tmp_path, tagger) as (desk, ada):
        # A role has no key before the values are unfolded; then 1 and 3 are events, and take no reading.
        ada.press("e", "3", "1", "3", "w")
        assert "/settle/" in ada.page.url
        assert [one.get_attribute("value") for one in ada.page.locator("input:checked").all()] == ["fit-check", "pilot"]
        ada.go("Enter")
        assert [(o.labels["event"], o.labels["crew_role"]) for o in outcomes(desk.store)] == [("fit-check", ("pilot",))]


def test_thirty_values_are_found_by_their_names(browser, tmp_path, tagger):
    """A facet of thirty values has a search field in place of keys; Enter takes the first that is found."""
    third = Facet("setting", False, "", (Value("indoors", ""), Value("outdoors", "")))
    many = Facet("place", True, "", tuple(Value(f"hall-{n}", "", words=("quayside",) * (n == 9)) for n in range(30)))
    with want_all(make_desk(tmp_path, tagger, SERIES[:1], facets=(*tagger.facets, many, third))) as desk:
        with at_desk(browser, desk, tagger, "Ada") as ada:
            ada.press(";", *"hall-17", "Enter")
            seen = (
                "n => { const b = n.getBoundingClientRect();"
                " return n.contains(document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2)) }"
            )
            assert ada.page.locator("label.choice", has_text="hall-17").evaluate(seen)
            # The field keeps the focus, so letters of the next name are no keys of other values.
            ada.press(*"hall-4", "Enter", "Enter")
            assert ada.page.evaluate("document.activeElement === document.body")
            # A value is found by its words as well, and a search that finds nothing says so.
            ada.press(";", *"quaysidex")
            assert ada.page.locator("[data-facet=place] [data-nothing]").is_visible()
            assert ada.page.locator("#said").inner_text() == "No value is called so."
            ada.press("Backspace", "Enter", "Escape")
            assert not ada.page.locator("[data-facet=place] [data-nothing]").is_visible()
            ada.press("s", "1")
            ada.go("Enter")
        found = [dict(o.labels) for o in outcomes(desk.store)]
        assert [(one["place"], one["setting"]) for one in found] == [(("hall-4", "hall-9", "hall-17"), "outdoors")]


PAGES = ("/card", "/queues", "/search?q=crane", "/history", "/settle", "/progress", "/guide", "/keys")


#: Of what has the focus: how it is called, whether nothing lies over it, and whether it shows that it has it.
FOCUSED = """() => {
  const one = document.activeElement, box = one.getClientRects()[0] ?? one.getBoundingClientRect();
  if (one === document.body) return null;
  const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
  const y = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
  const hit = document.elementFromPoint(x, y), label = one.closest("label");
  const shown = [one, label].some((e) => e && getComputedStyle(e).outlineStyle !== "none");
  return [one.outerHTML.slice(0, 150), !!hit && (one.contains(hit) || !!label?.contains(hit)), shown];
}"""


def hidden_focus(page):
    """What takes the focus by Tab and either lies under something or does not show it."""
    page.evaluate("document.activeElement.blur()")
    bad = []
    for _ in range(250):
        page.keyboard.press("Tab")
        found = page.evaluate(FOCUSED)
        if found is None:
            return bad
        if not (found[1] and found[2]):
            bad.append(found)
    raise AssertionError("the focus does not come to the end of the page")


@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(1280, 900, "light"), (820, 900, "dark"), (640, 450, "light"), (320, 640, "light")],
    ids=["desktop", "tablet", "zoomed", "phone"],
)
def test_everybody_can_use_every_page(browser, tmp_path, tagger, width, height, scheme):
    """Axe finds nothing serious, nothing is wider than the window, and everything that can be focused shows it."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra `browser`").Axe()
    with want_all(make_desk(tmp_path, tagger, audit=0.5, blind=0.3)) as desk:
        with desk.store.writing() as db:  # A blind reading decides no series.
            db.execute("UPDATE captions SET blind = 0 WHERE id = 'series-0'")
        for name, event in (("Ada", "landing"), ("Bo", "launch")):
            for _ in range(12):
                card = desk.next_card(name)
                desk.decider(name).decide(card.nonce, {"event": event, "crew_role": []})
        differing = desk.store.one("SELECT caption FROM places WHERE state = 'differ'")
        series = number_of(desk, "series-0")
        with at_desk(browser, desk, tagger, "Cleo", color_scheme=scheme) as cleo:
            cleo.page.set_viewport_size({"width": width, "height": height})
            base = cleo.page.url.removesuffix("/card")
            for path in (*PAGES, f"/settle/{differing}", f"/card/{series}", "series"):
                if path == "series":
                    cleo.page.goto(f"{base}/card/{series}")
                    cleo.page.get_by_label("landing").first.check()
                    cleo.go("m")
                else:
                    cleo.page.goto(base + path)
                found = axe.run(cleo.page).response["violations"]
                worst = [
                    (v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")
                ]
                assert worst == [], path
                over = cleo.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                assert over <= 0, path
                assert hidden_focus(cleo.page) == [], path


def test_a_number_stays_whole_beside_a_long_name(browser, tmp_path, tagger):
    """On the page of queues the count of a series does not break between its figures."""
    records = [{"id": f"s{n}", "text": SERIES[0]["text"].replace("Frame 0", f"Frame {n}")} for n in range(12)]
    with want_all(make_desk(tmp_path, tagger, records)) as desk, at_desk(browser, desk, tagger, "Ada") as ada:
        ada.page.goto(ada.page.url.replace("/card", "/queues"))
        lines = "n => { const r = document.createRange(); r.selectNodeContents(n); return r.getClientRects().length }"
        number = ada.page.locator("li .n", has_text="12").last
        assert number.evaluate(lines) == 1


def test_everything_works_without_script_except_keys(browser, desk, tagger):
    """With script switched off, cards are confirmed, corrected, put off, undone, noted and decided as a series by clicks."""
    with at_desk(browser, desk, tagger, "Ada", java_script_enabled=False) as ada:
        page, base = ada.page, ada.page.url.removesuffix("/card")
        first = ada.shown()
        page.get_by_label("ceremony").check()
        page.get_by_role("button", name="Confirm").click()
        assert [o.labels["event"] for o in outcomes(desk.store)] == ["ceremony"]
        page.get_by_role("button", name="Undo").click()
        assert ada.shown() == first
        page.get_by_role("button", name="Later").click()
        assert ada.shown() != first
        page.get_by_text("Note").first.click()
        page.locator("#note-text").fill("ask")
        page.get_by_role("button", name="Keep the note").click()
        assert page.locator("#note-text").input_value() == "ask"
        page.goto(base + f"/card/{number_of(desk, 'series-2')}")
        page.get_by_label("landing").check()
        page.get_by_role("button", name="Series of 5").click()
        page.locator("input[name=caption]").first.uncheck()
        page.get_by_role("button", name="Decide the ticked ones").click()
        assert len(list(outcomes(desk.store))) == 4
        page.goto(base + "/search?q=owned")
        page.get_by_role("link", name="<i>nasty</i>").click()
        assert ada.shown() == "<i>nasty</i>"


def test_no_script_of_a_caption_runs(browser, desk, tagger):
    """A hostile caption is shown as written, cut at the right characters, and neither runs nor loads anything."""
    with at_desk(browser, desk, tagger, "Ada") as ada:
        ada.page.goto(ada.page.url.replace("/card", f"/card/{number_of(desk, '<i>nasty</i>')}"))
        assert ada.page.locator(".caption-text").inner_text() == NASTY
        assert ada.page.title().startswith("<i>nasty</i>")
        assert ada.page.locator("main script, main i, .caption-text img").count() == 0
