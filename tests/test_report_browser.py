"""The report in a real browser: cells open, the slider forecasts, nothing leaves the page, captions stay text."""

from __future__ import annotations

import pytest
from conftest import corpus_records, mlcap, write_jsonl

pytestmark = pytest.mark.slow

NASTY = (
    'Pilot <script>document.title="owned"</script> Bo Ek \U0001f680 waves <img src="http://example.invalid/x.png" '
    'onerror="document.title=1"> before </script> the launch pad.'
)


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory):
    """A report on two hundred captions, one of them hostile."""
    made = tmp_path_factory.mktemp("browser")
    rows = [
        {"id": f"g{i}", **{k: r[k] for k in ("text", "event", "crew_role")}}
        for i, r in enumerate(corpus_records()[::12])
    ]
    rows[7] = {"id": "<i>nasty</i>", "text": NASTY, "event": "other", "crew_role": []}
    path = write_jsonl(made / "gold.jsonl", rows)
    mlcap("evaluate", "--models", small / "models", path, "--report", made / "r", cwd=made, check=0)
    mlcap_explain = mlcap("explain", "--models", small / "models", path, "--to", "html", cwd=made, check=0)
    (made / "r" / "explain.html").write_text(mlcap_explain.out, "utf-8")
    return made / "r"


@pytest.fixture(params=[(1280, 900), (375, 700)], ids=["desktop", "phone"])
def page(request, browser, folder):
    """The report, open; at the end no script failed and no request left the page."""
    width, height = request.param
    opened = browser.new_page(viewport={"width": width, "height": height})
    errors, requests = [], []
    opened.on("pageerror", lambda e: errors.append(str(e)))
    opened.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    opened.on("request", lambda r: requests.append(r.url))
    opened.goto((folder / "report.html").as_uri())
    yield opened
    opened.close()
    assert errors == []
    assert [u for u in requests if not u.startswith(("file:", "data:"))] == []
    assert len([u for u in requests if u.startswith("file:")]) <= 2


def test_a_cell_without_a_desk_tells_the_command(page):
    """Where no desk was named, a wrong cell says in plain text how its captions are decided, and a right one says nothing."""
    data = page.evaluate("JSON.parse(document.getElementById('data').textContent).cells")
    wrong = next(key for key, cell in data.items() if cell["pair"].startswith("event:"))
    values = data[wrong]["pair"].removeprefix("event:")
    page.locator(f"button[data-cell='{wrong}']").click()
    assert f"mlcap review open DESK CAPTIONS --cell {values}" in page.locator("#opened-event").inner_text()
    assert page.locator("#opened-event a").count() == 0
    right = next(key for key, cell in data.items() if key.startswith("event:") and not cell["pair"])
    page.locator(f"button[data-cell='{right}']").click()
    assert "review desk" not in page.locator("#opened-event").inner_text()


def test_a_click_on_a_cell_lists_its_captions(page):
    """Every cell opens, its heading tells its count, and it lists that many captions or says how many more there are."""
    for button in page.locator("button[data-cell]").all():
        count = int(button.evaluate("b => b.firstChild.textContent"))
        facet = button.get_attribute("data-cell").split(":")[0]
        button.click()
        box = page.locator(f"#opened-{facet}")
        assert f": {count} caption" in box.locator("h3").inner_text()
        shown = box.locator("article").count()
        assert shown == min(count, 20)
        assert (f"{count - shown} more" in box.inner_text()) == (count > shown)
        assert button.get_attribute("aria-pressed") == "true"
    assert page.locator("button[data-cell]").count() > 20
    assert page.locator(".opened mark").count() > 0


def test_cells_open_by_keyboard(page):
    """A cell can be reached and opened with the keyboard alone, and the focus goes to the list."""
    button = page.locator("button[data-cell]").first
    button.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") == "H3"
    page.locator("button[data-cell]").nth(0).focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.cell") == page.locator("button[data-cell]").nth(
        1
    ).get_attribute("data-cell")


def test_the_slider_forecasts_the_workload(page):
    """At 0 nothing is left to review, further on ever more, and the marker moves along."""
    slider, work = page.locator("#threshold"), page.locator("#work-review")
    slider.focus()
    page.keyboard.press("Home")
    assert work.inner_text().startswith("0 of ")
    left = page.evaluate("document.getElementById('at').style.left")
    seen = [0]
    for _ in range(5):
        for _ in range(2):
            page.keyboard.press("PageUp")
        seen.append(int(work.inner_text().split()[0]))
    page.keyboard.press("End")
    seen.append(int(work.inner_text().split()[0]))
    assert seen == sorted(seen)
    assert seen[-1] > seen[0]
    assert page.evaluate("document.getElementById('at').style.left") != left
    assert page.locator("#threshold-value").inner_text() == "1.00"


def test_hostile_captions_stay_text(page):
    """Markup in a caption or id is shown as written, cut at the right characters, and runs nothing."""
    row = page.evaluate(
        """() => {
          const data = JSON.parse(document.getElementById("data").textContent);
          const index = Object.keys(data.captions).find((i) => data.captions[i].id === "<i>nasty</i>");
          return Object.keys(data.cells).find((c) => data.cells[c].captions.includes(Number(index)));
        }"""
    )
    page.locator(f'button[data-cell="{row}"]').click()
    article = page.locator("article", has=page.get_by_role("heading", name="<i>nasty</i>")).first
    text = article.locator(".text").evaluate(
        "box => { const c = box.cloneNode(true); c.querySelectorAll('.zone, .sr').forEach((e) => e.remove()); return c.textContent; }"
    )
    assert text == NASTY
    assert page.locator("article img, article script, article i").count() == 0
    assert page.title().startswith("Report on")


def test_the_page_fits_its_width(page):
    """Nothing but the tables, which scroll by themselves, is wider than the window."""
    page.locator("button[data-cell]").first.click()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_every_picture_is_drawn(page):
    """Each chart is decoded and has a text that stands for it."""
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        assert picture.evaluate("p => p.decode().then(() => p.naturalWidth)") > 100
        assert len(picture.get_attribute("alt")) > 20


def test_print_shows_the_matrices_without_controls(browser, folder):
    """On paper there is no slider and no contents list, and the matrices stay."""
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto((folder / "report.html").as_uri())
    assert not page.locator("#threshold").is_visible()
    assert not page.locator("nav").is_visible()
    assert page.locator("table.matrix").first.is_visible()
    page.close()


def test_explanations_open_without_script_or_network(browser, folder):
    """The page of `mlcap explain` needs no script, sends no request and shows a hostile caption as written."""
    page = browser.new_page(java_script_enabled=False)
    requests = []
    page.on("request", lambda r: requests.append(r.url))
    page.goto((folder / "explain.html").as_uri())
    assert page.locator("article").count() > 100
    assert page.get_by_text("onerror=").count() > 0
    assert [u for u in requests if not u.startswith("file:")] == []
    page.close()
