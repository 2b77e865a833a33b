"""The night's page as HTML: everything is there, nothing from a log acts, nothing is loaded from elsewhere."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from page_helpers import HOSTILE, NIGHT, Page, a_hostile_night, a_night, an_empty_night, nights

from pipeline.report.page.content import NightPage
from pipeline.report.page.writing import OWN, write_index, write_page


def written(reports: Path, night: NightPage) -> Page:
    return Page(write_page(reports, night).read_text("utf-8"))


@pytest.fixture(scope="module")
def night() -> NightPage:
    return a_night()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pages are written that a test only reads."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def usual(reports: Path, night: NightPage) -> Page:
    return written(reports, night)


@pytest.fixture(scope="module")
def empty(reports: Path) -> Page:
    return written(reports, an_empty_night())


@pytest.fixture(scope="module")
def hostile(reports: Path) -> Page:
    return written(reports, a_hostile_night())


def test_a_page_lies_in_the_folder_of_its_night_beside_what_pages_share(tmp_path: Path, night: NightPage) -> None:
    page = write_page(tmp_path, night)
    assert page == tmp_path / "2026-01-12" / "index.html"
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {"2026-01-12/index.html", "shared/plotly.min.js", *(f"shared/{name}" for name in OWN)}


def test_the_same_night_gives_the_same_bytes_and_leaves_shared_files_alone(tmp_path: Path, night: NightPage) -> None:
    first = write_page(tmp_path, night).read_bytes()
    library = tmp_path / "shared" / "plotly.min.js"
    seen = library.stat().st_mtime_ns
    assert write_page(tmp_path, a_night()).read_bytes() == first
    assert library.stat().st_mtime_ns == seen


def test_a_damaged_shared_file_is_replaced(tmp_path: Path, night: NightPage) -> None:
    write_page(tmp_path, night)
    library = tmp_path / "shared" / "plotly.min.js"
    size = library.stat().st_size
    library.write_text("cut")
    write_page(tmp_path, night)
    assert library.stat().st_size == size > 1_000_000


def test_findings_stand_in_order_of_rank_and_the_first_is_open(usual: Page) -> None:
    details = [element for element in usual.named("details") if element.get("class") == "finding"]
    assert [element["id"] for element in details] == [f"finding-20260112-{rank:08x}" for rank in range(1, 7)]
    assert ["open" in element for element in details] == [True, False, False, False, False, False]


def test_findings_say_what_the_filter_asks_for(usual: Page) -> None:
    found = [element for element in usual.named("div") if element.get("class") == "found"]
    assert [element["data-level"] for element in found][:3] == ["critical", "high", "high"]
    assert [element["data-table"] for element in found] == [*["events"] * 4, "users", "events"]
    assert [element["value"] for element in usual.named("option")] == ["", "events", "users"]
    boxes = [element["value"] for element in usual.named("input") if element.get("type") == "checkbox"]
    assert boxes == ["critical", "high", "medium", "low"]


def test_the_summary_says_what_happened_and_what_was_left_out(usual: Page) -> None:
    text = usual.text()
    assert (
        "6 suspicious clusters in 60,000 events in 1,022 distinct patterns: 1 critical, 2 high, 2 medium, 1 low."
        in text
    )
    assert "Alerts against budget 198 of 200 3,204 events above a threshold" in text
    assert "usually 0 findings a night; 2026-01-11 had 0" in text
    assert "not as expected: 12 of 900 lines rejected (1.3%) as expected: every file was read to its end" in text
    assert "baseline 2026-01-05 to 2026-01-11" in text


def test_models_that_were_kept_from_before_show_in_the_health(tmp_path: Path, night: NightPage, usual: Page) -> None:
    page = written(tmp_path, replace(night, summary=night.summary | {"models_kept": 2}))
    assert "baseline 2026-01-05 to 2026-01-11; 2 models kept from before 1 check as expected" in page.text()
    assert "baseline 2026-01-05 to 2026-01-11 2 checks as expected" in usual.text()
    assert "kept from before" not in usual.text()


def test_the_trend_is_a_bar_per_night_and_severity(usual: Page) -> None:
    labels = [element.get("aria-label") for element in usual.named("svg")]
    assert "Findings by night: 2026-01-11 0; 2026-01-12 6;" in labels
    bars = [element["class"] for element in usual.named("rect") if element["class"] in {"low", "medium", "critical"}]
    assert bars == ["low", "medium", "critical"]


def test_a_finding_shows_reasons_severity_parts_evidence_and_places(usual: Page) -> None:
    text = usual.text()
    assert "256 or more distinct ports per source and hour, usually 1 to 7" in text
    assert "Severity 83.5 of 100 isolation 30.0 novelty 20.0 size 14.5 agreement 10.0 rules 9.0" in text
    assert "Sources first 5 of 48" in text
    assert "data_log_firewall_2026-01-12.json:1217" in text
    assert "33 alerts of this finding within the night's budget" in text
    assert "seen by k-means, DBSCAN" in text
    assert "4,000 of the night's events (6.67 %)" in text
    assert "k-means cluster 3 of the events (4,000)" in text


def test_a_finding_names_feature_tables_and_new_clusters_as_the_plots_do(tmp_path: Path, night: NightPage) -> None:
    changed = {"feature_table": "destination_ips", "cluster_id": 1_000_002, "share": 0.996}
    findings = night.findings.head(1).assign(**changed)
    text = written(tmp_path, replace(night, findings=findings, tables=[])).text()
    assert "of the night's destination addresses (99.6 %)" in text
    assert "k-means, new cluster 3 of the destination addresses, mean score" in text
    assert "destination ips" not in text


def test_a_finding_that_lasts_shows_its_nights(usual: Page) -> None:
    text = usual.text()
    assert text.count("Its nights") == 1
    nights = "2026-01-10 new - 21 not shown 2026-01-11 gone - - - 2026-01-12 growing 2,000 60 2"
    assert f"Its nights night state records severity rank {nights} " in text


def test_what_is_gone_is_told_in_the_summary_and_listed_if_it_was_shown(usual: Page, empty: Page) -> None:
    text = usual.text()
    assert "1 of 2026-01-11 is gone" in text
    assert "1 finding of 2026-01-11 is gone rank then what 3 a scan that ended" in text
    assert "#gone" in [element.get("href") for element in usual.named("a")]
    assert "gone" not in empty.text()


def test_each_feature_table_has_a_section_that_says_what_it_holds(usual: Page) -> None:
    sections = [element for element in usual.named("details") if element.get("class") == "table"]
    assert [element["id"] for element in sections] == ["table-events", "table-users", "table-source_ips"]
    assert ["open" in element for element in sections] == [True, False, False]
    assert "60,000 source addresses · 1,022 distinct patterns · 3,204 above a threshold" in usual.text()


def test_each_section_links_the_findings_that_show_in_it(tmp_path: Path, night: NightPage) -> None:
    events, users, source_ips = night.tables
    touched = replace(source_ips, findings=[2, 6])
    page = written(tmp_path, replace(night, tables=[events, users, touched]))
    links = [element for element in page.named("a") if (element.get("aria-label") or "").startswith("Finding ")]
    ranks = [1, 2, 5, 2, 6]
    assert [element["href"] for element in links] == [f"#finding-20260112-{rank:08x}" for rank in ranks]
    assert [element["aria-label"] for element in links] == [f"Finding {rank}" for rank in ranks]


def test_the_section_of_the_first_finding_is_open(tmp_path: Path, night: NightPage) -> None:
    tables = [replace(table, findings=[1, 2]) for table in night.tables[::-1]]
    page = written(tmp_path, replace(night, tables=tables))
    sections = [element for element in page.named("details") if element.get("class") == "table"]
    assert ["open" in element for element in sections] == [False, False, True]


def test_models_show_their_parameters_and_metrics(usual: Page) -> None:
    assert "k-means 2026-01-05 to 2026-01-11 412,331 1,702 n_clusters 9 random_state 42" in usual.text()
    assert "inertia 1,300 silhouette 0.62 note sampled" in usual.text()
    assert "eps 1.33 min_samples 5" in usual.text()


def test_further_tables_show_titles_rows_and_how_many_more(usual: Page) -> None:
    assert "Drift What changed. feature psi bytes 0.4123 hour - 3 further rows in report.drift." in usual.text()
    assert "#drift" in [element.get("href") for element in usual.named("a")]


def test_missing_values_are_dashes_and_ports_stay_whole_numbers(usual: Page, night: NightPage) -> None:
    assert night.events["dest_port"].dtype == float  # as a column with gaps comes from the engine
    text = usual.text()
    assert "203.0.113.5 192.0.2.40 chs dropped input icmp" in text
    assert "203.0.113.77 port 40000 192.0.2.10 port 22" in text
    assert "tcp - Netherlands" in text
    assert not re.search(r"\b(nan|None|NaT|22\.0)\b", text)


def test_evidence_may_be_incomplete(tmp_path: Path, night: NightPage) -> None:
    text = written(tmp_path, replace(night, findings=night.findings.assign(evidence="{}"))).text()
    assert "Why it is here" in text
    assert "Example events" not in text
    assert "Events by hour" not in text


def test_events_of_no_shown_finding_are_not_dropped(tmp_path: Path, night: NightPage) -> None:
    tables = [table for table in night.tables if table.name == "source_ips"]
    text = written(tmp_path, replace(night, findings=night.findings.head(5), tables=tables)).text()
    assert "Suspicious events outside the findings" in text


def test_every_plot_has_a_place_a_heading_a_caption_and_its_data(usual: Page) -> None:
    figures = [(one, figure) for one in usual.drawn() for figure in one["figures"]]
    places = [element["data-key"] for element in usual.named("figure") if "data-key" in element]
    assert places == [figure["key"] for _, figure in figures]
    known = {element.get("id") for _, element in usual.elements}
    named = [element for element in usual.named("figure") if "data-key" in element]
    assert {element[by] for element in named for by in ("aria-labelledby", "aria-describedby")} <= known
    assert all(figure["title"] in usual.text() and figure["caption"] in usual.text() for _, figure in figures)
    assert all(one["views"][figure["algorithm"]] for one, figure in figures if figure["algorithm"])


def test_log_content_appears_only_as_text(hostile: Page) -> None:
    sources = [element.get("src") or element["type"] for element in hostile.named("script")]
    assert {source for source in sources if source != "application/json"} == {
        f"../shared/{name}" for name in ("plotly.min.js", *OWN) if name.endswith(".js")
    }
    assert not hostile.named("img")
    assert not [name for _, attributes in hostile.elements for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in hostile.text()
    assert "{{ 7*7 }}" in hostile.text()


def test_nothing_hidden_from_a_log_reaches_the_page(hostile: Page) -> None:
    assert not [char for char in hostile.html if not char.isprintable() and char != "\n"]
    assert "\\x1b[31m\\x00\\u202egnp\\u2028" in hostile.text()
    assert "n" * 500 not in hostile.html
    assert "(10,085 characters)" in hostile.text()


@pytest.mark.parametrize("name", ["usual", "empty", "hostile"])
def test_nothing_is_loaded_from_elsewhere(request: pytest.FixtureRequest, reports: Path, name: str) -> None:
    page: Page = request.getfixturevalue(name)
    own = [(reports / "shared" / file).read_text("utf-8") for file in OWN]
    assert not [text for text in (page.html, *own) if re.search(r"https?://|url\(|@import", text)]
    values = [value for _, found in page.elements for key, value in found.items() if key in {"src", "href"}]
    allowed = r"\.\./(shared/|index\.html$|\d{4}-\d\d-\d\d/index\.html$)|#|data:,$"
    assert not [value for value in values if not re.match(allowed, value or "")]


def test_the_policy_lets_only_the_shared_scripts_run(usual: Page) -> None:
    metas = [meta for meta in usual.named("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    policy = metas[0]["content"] or ""
    assert policy.startswith("default-src 'none'; script-src 'self' file:; style-src 'self' file: 'unsafe-inline'; ")
    assert "unsafe-eval" not in policy


def test_plots_cannot_be_uploaded(reports: Path, usual: Page) -> None:
    script = (reports / "shared" / "report.js").read_text("utf-8")
    assert "showSendToCloud: false" in script
    assert 'plotlyServerURL: ""' in script


def test_tables_name_their_headers_and_regions_that_scroll_their_content(usual: Page) -> None:
    assert {element.get("scope") for element in usual.named("th")} == {"col", "row"}
    labels = [element.get("aria-label") for element in usual.named("div") if element.get("role") == "region"]
    assert len(labels) == len(set(labels)) > 6
    assert len(usual.named("h1")) == len(usual.named("main")) == len(usual.named("header")) == 1


def test_a_night_without_data_has_a_page(empty: Page) -> None:
    assert "No events were read for this night." in empty.text()
    assert "No suspicious cluster tonight." in empty.text()
    assert "There is nothing to draw: no model has scored this night." in empty.text()
    assert empty.drawn() == []


def test_a_night_without_findings_says_so_and_still_draws(tmp_path: Path, night: NightPage) -> None:
    tables = [replace(table, findings=[], clusters={}, profiles={}, hours={}) for table in night.tables]
    quiet = replace(night, findings=night.findings.head(0), events=night.events.head(0), tables=tables)
    page = written(tmp_path, quiet)
    assert "No suspicious cluster tonight, in 60,000 events in 1,022 distinct patterns." in page.text()
    assert "3,204 events lay above a threshold, but in no group that stands out." in page.text()
    assert "pca-kmeans" in [figure["key"] for figure in page.drawn()[0]["figures"]]
    assert "sizes-kmeans" not in [figure["key"] for figure in page.drawn()[0]["figures"]]


def test_the_first_night_says_that_it_has_no_baseline(tmp_path: Path, night: NightPage) -> None:
    first: dict[str, Any] = {"bootstrap": True, "baseline_from": NIGHT, "baseline_to": NIGHT}
    text = written(tmp_path, replace(night, summary={**night.summary, **first}, trend=night.trend.tail(1))).text()
    assert "First night: no baseline yet." in text
    assert "no baseline: first night" in text
    assert "no night before this one" in text


def test_the_index_links_the_nights_that_have_a_page_the_latest_first(tmp_path: Path, night: NightPage) -> None:
    write_page(tmp_path, night)
    index = write_index(tmp_path, nights())
    page = Page(index.read_text("utf-8"))
    assert index == tmp_path / "index.html"
    assert [element["href"] for element in page.named("a")] == ["#main", "2026-01-12/index.html"]
    assert page.text().index("2026-01-12 Mon") < page.text().index("2026-01-11 Sun")
    assert "no suspicious cluster" in page.text()
    assert "1 critical 2 high 2 medium 1 low " in [element.get("aria-label") for element in page.named("svg")]
    assert [element["href"] for element in page.named("link")] == ["data:,", "shared/report.css"]


def test_the_index_shows_hostile_text_as_text(tmp_path: Path) -> None:
    page = Page(write_index(tmp_path, nights()).read_text("utf-8"))
    assert [element["src"] for element in page.named("script")] == ["shared/theme.js"]
    assert not page.named("img")
    assert HOSTILE.split("\x1b")[0] in page.text()


def test_the_index_without_nights(tmp_path: Path) -> None:
    assert "No night has been reported yet." in Page(write_index(tmp_path, nights().head(0)).read_text("utf-8")).text()
