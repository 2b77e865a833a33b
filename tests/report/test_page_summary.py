"""The night in words and in a small picture, for Dagster's UI: nothing from a log acts in it."""

import base64
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt
from page_helpers import HOSTILE, Page, a_night, a_table, an_empty_night

from pipeline.report.miniature import binned, summary_plot_svg
from pipeline.report.page.content import NightPage
from pipeline.report.page.summary import headline, summary_markdown


@pytest.fixture(scope="module")
def night() -> NightPage:
    return a_night()


def rendered(night: NightPage) -> Page:
    return Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(summary_markdown(night)))


def test_markdown_lists_the_findings_by_rank(night: NightPage) -> None:
    page = rendered(replace(night, findings=night.findings.iloc[::-1]))
    assert page.text().startswith("6 suspicious clusters")
    severities = re.findall(r"(?:critical|high|medium|low) \d+", page.text().split("what", 1)[1])
    assert severities == ["critical 84", "high 72", "high 60", "medium 48", "medium 37", "low 25"]
    assert "from 203.0.113.77 to 192.0.2.10, 02:00 UTC" in page.text()


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "[x](https://evil.example)", "![x](//e)", "a|b\n# c", "`x`", "<b>", "www.evil.example", "*x* _y_ ~z~"],
)
def test_markdown_from_logs_stays_text(night: NightPage, text: str) -> None:
    changed = replace(night, findings=night.findings.assign(explanation=text))
    page = rendered(changed)
    assert {tag for tag, _ in page.elements} == {"p", "table", "thead", "tbody", "tr", "th", "td"}
    assert len(page.named("td")) == 4 * 6
    assert "://" not in summary_markdown(changed)


def test_markdown_of_a_quiet_night_is_its_headline() -> None:
    assert summary_markdown(an_empty_night()) == headline(an_empty_night()) == "No events were read for this night."


def test_a_night_of_logins_alone_is_no_night_without_data() -> None:
    night = replace(an_empty_night(), tables=[a_table("users")])
    assert headline(night) == "No suspicious cluster tonight, in 0 events in 0 distinct patterns."


def test_the_small_plot_is_an_image_of_bounded_size(night: NightPage) -> None:
    uri = summary_plot_svg(replace(night, tables=[a_table(number=6_000)]))
    kind, content = uri.split(",")
    image = ET.fromstring(base64.b64decode(content))  # noqa: S314 (our own image)
    assert kind == "data:image/svg+xml;base64"
    assert len(uri) < 60_000
    assert 100 < len(image.findall(".//{http://www.w3.org/2000/svg}circle")) <= 500


def test_the_small_plot_of_an_empty_night_says_so() -> None:
    content = base64.b64decode(summary_plot_svg(an_empty_night()).split(",")[1]).decode()
    assert "There are no patterns to draw." in content


@pytest.mark.parametrize("number", [1, 3, 9_000])
def test_binned_marks_are_few_and_lie_inside_the_image(number: int) -> None:
    table = a_table(number=number)
    found = binned(table)
    assert 1 <= len(found) <= min(number, 484)
    assert all(0 <= mark["x"] <= 1 and 0 <= mark["y"] <= 1 for mark in found)
    assert any(mark["anomaly"] for mark in found) == bool((table.scored["dbscan"].status == 2).any())
