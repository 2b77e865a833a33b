"""The page in a real Chromium, opened from disk: it draws, filters and expands, loads nothing, and is accessible."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_helpers import LONG, a_hostile_night, a_night, nights
from playwright.sync_api import Browser, Page, Position, sync_playwright

from pipeline.report.page.content import NightPage
from pipeline.report.page.writing import write_index, write_page

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
DRAWN = "figure .plot .main-svg"
NOTHING_EMPTY = """() => [...document.querySelectorAll("figure .plot")].every(
    (plot) => !plot.checkVisibility() || plot.querySelector(".main-svg")
)"""
Scheme: TypeAlias = Literal["light", "dark"]
PATIENCE = 60_000  # milliseconds, on a machine that does much else

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install Debian's, or name one in CHROMIUM"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of one usual and one hostile night, with few alerts, and all algorithms of one table only."""
    made = tmp_path_factory.mktemp("reports")
    write_page(made / "usual", slim(a_night()))
    write_index(made / "usual", nights())
    hostile = slim(a_hostile_night())
    write_page(made / "hostile", replace(hostile, tables=hostile.tables[1:]))
    return made


def slim(night: NightPage) -> NightPage:
    first, *others = night.tables
    tables = [first, *(replace(one, scored={"kmeans": one.scored["kmeans"]}) for one in others)]
    return replace(night, tables=tables, events=night.events.groupby("finding_id").head(3))


class Opened:
    """A page with what went wrong on it."""

    def __init__(self, browser: Browser, file: Path, width: int = 1280, *, plots: bool = True) -> None:
        self.page: Page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme="light")
        if not plots:  # reading the library costs more than all the rest
            self.page.route("**/plotly.min.js", lambda route: route.abort())
        self.page.set_default_timeout(PATIENCE)
        self.width = width
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(file.as_uri())

    def draw_all(self) -> None:
        """Open every table and choose every algorithm, in a window so high that all comes into view."""
        self.page.set_viewport_size({"width": self.width, "height": 30_000})
        self.page.evaluate("document.querySelectorAll('details.table').forEach((one) => { one.open = true; })")
        for place in range(self.page.locator("[role=tab]").count()):
            self.page.evaluate(f"document.querySelectorAll('[role=tab]')[{place}].click()")
            self.page.wait_for_function(NOTHING_EMPTY)


@pytest.fixture
def usual(browser: Browser, folder: Path) -> Iterator[Opened]:
    opened = Opened(browser, folder / "usual" / "2026-01-12" / "index.html")
    yield opened
    opened.page.close()


@pytest.fixture
def undrawn(browser: Browser, folder: Path) -> Iterator[Opened]:
    """The usual night without its plots."""
    opened = Opened(browser, folder / "usual" / "2026-01-12" / "index.html", plots=False)
    yield opened
    opened.page.close()


@pytest.fixture(scope="module")
def drawn(browser: Browser, folder: Path) -> Iterator[Opened]:
    """The usual night, all of it drawn."""
    opened = Opened(browser, folder / "usual" / "2026-01-12" / "index.html")
    opened.draw_all()
    yield opened
    opened.page.close()


def test_a_page_from_disk_draws_every_plot_without_an_error_or_a_request(drawn: Opened) -> None:
    assert drawn.complaints == []
    assert {url.split(":")[0] for url in drawn.asked} <= {"file", "data"}
    assert drawn.page.evaluate("document.documentElement.scrollWidth") <= 1280


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(drawn: Opened, scheme: Scheme) -> None:
    drawn.page.emulate_media(color_scheme=scheme)
    assert violations(drawn.page, scheme) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_on_the_index(browser: Browser, folder: Path, scheme: Scheme) -> None:
    opened = Opened(browser, folder / "usual" / "index.html")
    opened.page.emulate_media(color_scheme=scheme)
    assert violations(opened.page, scheme) == []
    assert opened.complaints == []
    opened.page.close()


def violations(page: Page, scheme: Scheme) -> list[tuple[str, str]]:
    """Violations of whatever weight; in the dark only colours are different ones."""
    # what Plotly draws is hidden from screen readers; style sheets from disk cannot be read again
    options = {"preload": False} | ({"runOnly": ["color-contrast"]} if scheme == "dark" else {})
    found = Axe().run(page, context={"exclude": [".main-svg"]}, options=options).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def test_only_what_comes_into_view_is_drawn(usual: Opened) -> None:
    usual.page.locator("#table-events").scroll_into_view_if_needed()
    usual.page.locator(DRAWN).first.wait_for()
    assert usual.page.locator("#table-users .main-svg").count() == 0
    usual.page.locator("#table-users > summary").click()
    usual.page.locator("#table-users .main-svg").first.wait_for()


def test_findings_filter_and_expand(undrawn: Opened) -> None:
    page, shown = undrawn.page, undrawn.page.locator("details.finding:visible")
    assert shown.count() == 6
    page.fill("#filter-text", "203.0.113.200")
    assert shown.count() == 1
    assert page.locator("#filter-count").inner_text() == "1 of 6"
    page.fill("#filter-text", "nowhere")
    assert page.locator("#none-match").is_visible()
    page.fill("#filter-text", "")
    page.uncheck("[name=level][value=low]")
    assert shown.count() == 5
    page.select_option("#filter-table", "users")
    assert shown.count() == 1
    page.click("#toggle")
    assert page.locator("details.finding[open]:visible").count() == 1
    assert page.locator("details.finding:visible .body").is_visible()


def test_a_link_opens_a_finding_that_the_filter_hides(undrawn: Opened) -> None:
    undrawn.page.fill("#filter-text", "nowhere")
    undrawn.page.click(".ranking a >> nth=2")
    assert undrawn.page.locator("#finding-20260112-00000003 .body").is_visible()


def test_a_link_of_the_summary_opens_what_is_gone(undrawn: Opened) -> None:
    assert not undrawn.page.locator("#gone table").is_visible()
    undrawn.page.click(".tiles a[href='#gone']")
    assert undrawn.page.locator("#gone table").is_visible()


def test_a_click_on_a_mark_leads_to_its_finding_and_pointing_at_it_tells_why(usual: Opened) -> None:
    figure = usual.page.locator("#figure-events-sizes-kmeans")
    figure.scroll_into_view_if_needed()
    figure.locator(".main-svg").first.wait_for()
    bar = figure.locator(".barlayer .trace").first.locator(".point").first
    top: Position = {"x": 20, "y": 20}  # the axis is logarithmic: a bar has no lower end
    bar.hover(force=True, position=top)
    figure.locator(".hoverlayer .hovertext").first.wait_for()
    bar.click(force=True, position=top)
    usual.page.wait_for_function("() => location.hash === '#finding-20260112-00000001'")
    told = usual.page.evaluate(
        """() => {
            const traces = document.querySelector('#figure-events-pca-kmeans .plot').data;
            return traces.flatMap((trace) => trace.hovertext ?? []).filter((text) => text.includes('unusual'));
        }"""
    )
    assert told
    assert all("<b>10.0.0." in text and "anomaly, score 0." in text for text in told)


def test_algorithms_are_tabs_that_the_keyboard_reaches(undrawn: Opened) -> None:
    tabs = undrawn.page.locator("#table-events [role=tab]")
    assert tabs.all_inner_texts() == ["k-means", "DBSCAN", "consensus"]
    tabs.first.focus()
    undrawn.page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert undrawn.page.locator("#panel-events-dbscan").is_visible()
    assert not undrawn.page.locator("#panel-events-kmeans").is_visible()


def test_every_plot_has_its_numbers_as_a_table(undrawn: Opened) -> None:
    figures = undrawn.page.locator("#panel-events-kmeans figure, #table-events > .content > .plots figure")
    for figure in figures.all():
        figure.locator(".numbers summary").click()
        figure.locator(".numbers td").first.wait_for()
    sizes = undrawn.page.locator("#figure-events-sizes-kmeans .numbers tr").nth(1).all_inner_texts()
    assert sizes == ["0\t1000\t40\tknown to the baseline\t0.9\t-"]


def test_the_theme_switches_and_lasts(undrawn: Opened) -> None:
    page = undrawn.page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.click("#theme")
    page.click("#theme")
    assert page.locator("#theme").inner_text() == "Theme: dark"
    assert page.evaluate(background) != light
    page.reload()
    assert page.locator("#theme").inner_text() == "Theme: dark"


def test_a_narrow_index_shows_all_of_a_night_and_the_trend(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder / "usual" / "index.html", width=390)
    opened.page.evaluate("document.querySelector('.what').textContent += ' word'.repeat(200)")
    assert too_wide(opened.page, ".scroll") <= 0
    heads = "[...document.querySelector('tbody tr').cells].map((one) => getComputedStyle(one, '::after').content)"
    assert '" findings"' in opened.page.evaluate(heads)
    boxes = [bar.bounding_box() for bar in opened.page.locator(".stack svg").all()]
    assert [box and box["width"] > 300 for box in boxes] == [True, True]
    opened.page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_the_data_health_counts_alike_on_every_screen(browser: Browser, folder: Path, width: int) -> None:
    opened = Opened(browser, folder / "usual" / "2026-01-12" / "index.html", width, plots=False)
    told = [line.inner_text().split("\n")[-1] for line in opened.page.locator(".health li:visible").all()]
    wide = ["every file was read to its end", "baseline 2026-01-05 to 2026-01-11"]
    assert told[1:] == (wide if width == 1280 else ["2 checks as expected"])
    opened.page.close()


def too_wide(page: Page, selector: str = "html") -> int:
    """Pixels by which what an element holds is wider than the element."""
    found: int = page.locator(selector).evaluate("(one) => one.scrollWidth - one.clientWidth")
    return found


@pytest.mark.parametrize("night", ["usual", "hostile"])
def test_nothing_widens_a_narrow_page_however_much_is_open(browser: Browser, folder: Path, night: str) -> None:
    opened = Opened(browser, folder / night / "2026-01-12" / "index.html", width=390, plots=False)
    opened.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert opened.page.locator(".nested .features:visible").count() > 6
    assert too_wide(opened.page) <= 0
    opened.page.close()


def test_a_hostile_log_shows_as_text(browser: Browser, folder: Path) -> None:
    opened = Opened(browser, folder / "hostile" / "2026-01-12" / "index.html", width=390)
    opened.draw_all()
    page = opened.page
    page.evaluate("document.querySelectorAll('.numbers').forEach((one) => { one.open = true; })")
    assert opened.complaints == []
    assert page.locator("main img, main script:not([type='application/json'])").count() == 0
    assert "<script>alert(1)</script>" in page.locator("h3").first.inner_text()
    text = page.evaluate("document.body.textContent")
    assert LONG[:500] not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    # nothing widens the page, neither a long name nor one without spaces
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.close()


def test_on_paper_everything_is_open_and_light(browser: Browser, folder: Path, tmp_path: Path) -> None:
    opened = Opened(browser, folder / "usual" / "2026-01-12" / "index.html")
    paper = tmp_path / "page.pdf"
    opened.page.pdf(path=paper, format="A4")
    opened.page.emulate_media(media="print")
    assert paper.stat().st_size > 50_000
    assert opened.page.locator("#filter").is_hidden()
    assert opened.complaints == []
    opened.page.close()
