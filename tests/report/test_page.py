"""The night's page and the index: everything is there, nothing from a log acts, nothing is loaded from elsewhere."""

import base64
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from markdown_it import MarkdownIt

from pipeline.report.miniature import summary_plot_svg
from pipeline.report.page import (
    NightReport,
    headline,
    summary_markdown,
    write_index,
    write_page,
)
from schemas.base import TableSpec
from schemas.models import FITS, SELECTION
from schemas.report import NIGHTS, SUSPICIOUS_CLUSTERS

NIGHT = date(2026, 1, 12)
HOSTILE = "\"'><script>alert(1)</script></script><img src=x onerror=alert(2)>\x1b[31m\x00\u202egnp\u2028{{ 7*7 }}"
LONG = "n" * 10_000
PARTS = {"isolation": 30.0, "novelty": 20.0, "size": 14.5, "agreement": 10.0, "rules": 9.0}
ATTACKS = (
    ("203.0.113.77", "192.0.2.10", "tcp", 22, 2, "brute force on port 22 from 48 sources"),
    ("198.51.100.9", "192.0.2.0", "tcp", 443, 3, "one source tries 1,800 ports of one host"),
    ("10.1.4.23", "203.0.113.200", "tcp", 8443, 1, "large transfers in the night"),
    ("198.51.100.44", "192.0.2.12", "udp", 53, 14, "flood from 310 sources on one server"),
    ("203.0.113.5", "192.0.2.40", "icmp", None, 20, "sweep over 200 addresses"),
    ("10.1.7.80", "203.0.113.31", "tcp", 6379, 11, "a new application"),
)


def frame(spec: TableSpec, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as they come from the engine."""
    return pa.Table.from_pylist(rows, schema=spec.schema().to_pyarrow()).to_pandas()


def example(attack: tuple[Any, ...], place: int) -> dict[str, Any]:
    source, target, protocol, port, hour, _ = attack
    return {
        "timestamp": f"2026-01-12T{hour:02d}:{place % 60:02d}:31+00:00",
        "source_ip": source,
        "source_port": 40_000 + place if port else None,
        "dest_ip": target,
        "dest_port": port,
        "action": "chs dropped input",
        "protocol": protocol,
        "bytes": None if place == 2 else 60 + place,
        "country": None if source.startswith("10.") else "Netherlands",
        "source_file": "data_log_firewall_2026-01-12.json",
        "line_number": 1_200 + 17 * place,
    }


def evidence(attack: tuple[Any, ...], size: int) -> dict[str, Any]:
    source, target, protocol, port, hour, _ = attack
    network = source.rsplit(".", 1)[0]
    return {
        "top_sources": [[f"{network}.{20 + place}", size // (place + 2)] for place in range(5)],
        "top_targets": [[target, size]],
        "top_ports": [[str(port), size]] if port else [],
        "protocols": [[protocol, size]],
        "actions": [["chs dropped input", size // 2], ["chs add blocker 3", size // 2]],
        "countries": [["Netherlands", size // 2], ["Brazil", size // 3]],
        "verdicts": [["blocked", size]],
        "hours": [[str(hour), 2 * size // 3], [str(hour + 1), size // 3]],
        "distinct_sources": 48,
        "distinct_targets": 1,
        "distinct_ports": 1,
        "bytes": 60 * size,
        "examples": [example(attack, place) for place in range(5)],
        "unusual": [
            {
                "feature": "source_ports_log2",
                "value": 8.69,
                "usual_low": 0.0,
                "usual_high": 1.0,
                "sentence": "about 413 distinct ports per source and hour, usually 1 to 2",
            }
        ],
    }


def finding(rank: int, attack: tuple[Any, ...]) -> dict[str, Any]:
    size, fall = 4_000 // rank, 1 - 0.14 * (rank - 1)
    parts = {part: round(points * fall, 1) for part, points in PARTS.items()}
    severity = sum(parts.values())
    return {
        "finding_id": f"20260112-{rank:08x}",
        "log_date": NIGHT,
        "rank": rank,
        "severity": severity,
        "severity_level": next(
            word for least, word in ((75, "critical"), (50, "high"), (30, "medium"), (0, "low")) if severity >= least
        ),
        "severity_parts": json.dumps(parts),
        "feature_table": "events",
        "algorithm": "kmeans" if rank % 2 else "dbscan",
        "algorithms": ["kmeans", "dbscan"] if rank % 3 else ["dbscan"],
        "feature_tables": ["events"] * (2 if rank % 3 else 1),
        "cluster_id": 20 + rank,
        "cluster_ids": [20 + rank, rank] if rank % 3 else [20 + rank],
        "size": size,
        "records": size,
        "state": "steady" if rank == 2 else "new",
        "first_night": NIGHT - timedelta(days=3) if rank == 2 else NIGHT,
        "nights": 4 if rank == 2 else 1,
        "share": size / 60_000,
        "first_seen": pd.Timestamp(f"2026-01-12T{attack[4]:02d}:00:04", tz="UTC"),
        "last_seen": pd.Timestamp(f"2026-01-12T{attack[4] + 1:02d}:58:59", tz="UTC"),
        "is_new": rank != 6,
        "score": 1 - rank / 100,
        "reasons": [
            "about 413 distinct ports per source and hour, usually 1 to 2",
            f"{size:,} events form a group that the baseline does not know",
            "1.2% of the night's events, 3.4 times as far from the large clusters as 99 % of the baseline",
        ],
        "attack_pattern": "unnamed",
        "technique_id": None,
        "explanation": f"{size:,} blocked events from {attack[0]} to {attack[1]}, {attack[4]:02d}:00 UTC: {attack[5]}",
        "evidence": json.dumps(evidence(attack, size)),
    }


def patterns(findings: pd.DataFrame, number: int = 900) -> pd.DataFrame:
    draw = np.random.default_rng(7)
    frames = []
    for algorithm, clusters in (("kmeans", 9), ("dbscan", 21)):
        cluster = draw.integers(0, clusters, number)
        angle = cluster * 2.4
        frame = pd.DataFrame(
            {
                "algorithm": algorithm,
                "pattern_id": np.arange(number) * 1_000_003,
                "weight": np.ceil(draw.pareto(0.8, number) * 3).clip(1, 9_000).astype(int),
                "x": np.cos(angle) * 4 + draw.normal(0, 0.5, number),
                "y": np.sin(angle) * 2.5 + draw.normal(0, 0.5, number),
                "cluster_id": cluster,
                "is_new": False,
                "status": np.where(draw.random(number) < 0.04, "anomaly", "normal"),
                "score": draw.random(number),
                "finding_id": None,
                "watch": 3 * draw.integers(0, 8, number),
                "protocol": "tcp",
                "verdict": draw.choice(["allowed", "blocked"], number),
            }
        )
        own = findings[findings["algorithm"] == algorithm]
        for place, row in enumerate(own.to_dict("records")):
            spot = slice(place * 12, place * 12 + 11)
            frame.loc[spot, ["cluster_id", "is_new", "status"]] = [row["cluster_id"], row["is_new"], "anomaly"]
            frame.loc[spot, "finding_id"] = row["finding_id"]
            frame.loc[spot, "x"] = 6 + place + draw.normal(0, 0.2, 12)
            frame.loc[spot, "y"] = 4 - 2 * place + draw.normal(0, 0.2, 12)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def selection() -> pd.DataFrame:
    base = {"model_id": "events-kmeans", "log_date": NIGHT, "feature_table": "events", "algorithm": "kmeans"}
    elbow = [
        base | {
            "parameter": "n_clusters", "candidate": float(k), "inertia": 9_000 / k + 300,
            "silhouette": None if k == 14 else 0.62 - abs(k - 9) / 25, "rank": None, "chosen": k == 9,
        }
        for k in range(2, 15)
    ]  # fmt: skip
    knee = [
        base | {
            "algorithm": "dbscan", "parameter": "eps", "candidate": 0.2 + share**12 * 4, "inertia": None,
            "silhouette": None, "rank": share, "chosen": share == 0.9,
        }
        for share in (0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
    ]  # fmt: skip
    return frame(SELECTION, elbow + knee)


def fits() -> pd.DataFrame:
    row = {
        "model_id": "events-kmeans", "log_date": NIGHT, "feature_table": "events", "algorithm": "kmeans",
        "trained_from": date(2026, 1, 5), "trained_to": date(2026, 1, 11), "bootstrap": False, "accepted": True,
        "rows": 412_331, "patterns": 1_702, "parameters": json.dumps({"n_clusters": 9, "random_state": 42}),
        "metrics": json.dumps({"inertia": 1300.123456, "silhouette": 0.62, "note": "sampled"}),
    }  # fmt: skip
    other = {"algorithm": "dbscan", "parameters": json.dumps({"eps": 1.33, "min_samples": 5}), "metrics": "{}"}
    return frame(FITS, [row, row | other])


def a_night(number: int = 900) -> NightReport:
    """A night as it comes from the pipeline: six findings, two algorithms, hours, models."""
    findings = frame(SUSPICIOUS_CLUSTERS, [finding(rank, attack) for rank, attack in enumerate(ATTACKS, start=1)])
    drawn = patterns(findings, number)
    sizes = drawn.groupby(["algorithm", "cluster_id", "is_new"], as_index=False).agg(
        size=("weight", "sum"), mean_score=("score", "mean"), finding_id=("finding_id", "first")
    )
    known = sizes[~sizes["is_new"]]
    events = [
        example(attack, place) | {"finding_id": key, "event_id": f"{rank}-{place}", "score": 0.99 - place / 1_000}
        for rank, (attack, key) in enumerate(zip(ATTACKS, findings["finding_id"], strict=True))
        for place in range(33)
    ]
    hours = [
        {"hour": hour, "verdict": verdict, "events": int(base * (1 + 2 * (8 <= hour <= 18)) + 31 * hour)}
        for hour in range(24)
        for verdict, base in (("allowed", 1_400), ("blocked", 500), ("other", 300))
    ]
    by_hour = [
        {"finding_id": key, "hour": attack[4] + later, "events": 1_000 // (later + 1)}
        for attack, key in zip(ATTACKS, findings["finding_id"], strict=True)
        for later in range(3)
    ]
    return NightReport(
        night=NIGHT,
        summary={
            "events": 60_000, "patterns": 1_022, "rejected": 12, "anomalies": 3_204, "alerts": 198, "budget": 200,
            "findings": 6, "baseline_from": date(2026, 1, 5), "baseline_to": date(2026, 1, 11),
            "bootstrap": False, "sources": 1,
        },
        findings=findings,
        events=pd.DataFrame(events),
        patterns=drawn,
        explained_variance=[0.31, 0.22, 0.14, 0.11, 0.08, 0.06, 0.04, 0.02, 0.01, 0.01],
        centers=known.assign(x=np.cos(known["cluster_id"] * 2.4) * 4, y=np.sin(known["cluster_id"] * 2.4) * 2.5),
        clusters=sizes,
        selection=selection(),
        fits=fits(),
        hours=pd.DataFrame(hours),
        finding_hours=pd.DataFrame(by_hour),
    )  # fmt: skip


def an_empty_night(**summary: Any) -> NightReport:
    """A night that nothing was delivered for: every table has its columns and no rows."""
    night = a_night(60)
    frames = {name: value.head(0) for name, value in vars(night).items() if isinstance(value, pd.DataFrame)}
    nothing = dict.fromkeys(night.summary, 0) | {"baseline_from": None, "baseline_to": None, "bootstrap": False}
    return replace(night, **frames, explained_variance=[], summary=nothing | summary)


def a_hostile_night() -> NightReport:
    """Every text that comes from a log tries to get out of its place."""
    night = a_night(60)
    text = HOSTILE + LONG
    evil = dict.fromkeys(("source_ip", "dest_ip", "action", "protocol", "country", "source_file"), text)
    shown = json.loads(night.findings["evidence"].iloc[0])
    shown["examples"] = [example_event | evil for example_event in shown["examples"]]
    for name in ("top_sources", "top_targets", "protocols", "actions", "countries", "verdicts"):
        shown[name] = [[text, 3]]
    return replace(
        night,
        findings=night.findings.assign(
            explanation=text, evidence=json.dumps(shown), reasons=[[text, HOSTILE]] * len(night.findings)
        ),
        events=night.events.assign(**evil),
        patterns=night.patterns.assign(protocol=text, verdict=text),
        hours=night.hours.assign(verdict=text),
        fits=night.fits.assign(parameters=json.dumps({HOSTILE: text})),
    )


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and the text it shows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append((self.elements[-1][0] if self.elements else "", data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def figures(self) -> list[dict[str, Any]]:
        """The data of the plots, as report.js reads them."""
        return json.loads("".join(data for tag, data in self.texts if tag == "script"))

    def text(self) -> str:
        return " ".join(" ".join(data for tag, data in self.texts if tag != "script").split())


def written(reports: Path, night: NightReport) -> Page:
    return Page(write_page(reports, night).read_text("utf-8"))


@pytest.fixture(scope="module")
def night() -> NightReport:
    return a_night(60)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pages are written that a test only reads."""
    return tmp_path_factory.mktemp("reports")


@pytest.fixture(scope="module")
def usual(reports: Path, night: NightReport) -> Page:
    return written(reports, night)


@pytest.fixture(scope="module")
def empty(reports: Path) -> Page:
    return written(reports, an_empty_night())


@pytest.fixture(scope="module")
def hostile(reports: Path) -> Page:
    return written(reports, a_hostile_night())


def test_a_page_lies_in_the_folder_of_its_night_beside_what_pages_share(tmp_path: Path, night: NightReport) -> None:
    page = write_page(tmp_path, night)
    assert page == tmp_path / "2026-01-12" / "index.html"
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert found == ["2026-01-12/index.html", "shared/plotly.min.js", "shared/report.css", "shared/report.js"]


def test_the_same_night_gives_the_same_bytes_and_leaves_shared_files_alone(tmp_path: Path, night: NightReport) -> None:
    first = write_page(tmp_path, night).read_bytes()
    library = tmp_path / "shared" / "plotly.min.js"
    seen = library.stat().st_mtime_ns
    assert write_page(tmp_path, a_night(60)).read_bytes() == first
    assert library.stat().st_mtime_ns == seen


def test_a_damaged_shared_file_is_replaced(tmp_path: Path, night: NightReport) -> None:
    write_page(tmp_path, night)
    library = tmp_path / "shared" / "plotly.min.js"
    size = library.stat().st_size
    library.write_text("cut")
    write_page(tmp_path, night)
    assert library.stat().st_size == size > 1_000_000


def test_findings_stand_in_order_of_rank_and_the_first_is_open(tmp_path: Path, night: NightReport) -> None:
    page = written(tmp_path, replace(night, findings=night.findings.iloc[::-1]))
    details = [element for element in page.named("details") if element.get("class") == "finding"]
    assert [element["id"] for element in details] == [f"finding-20260112-{rank:08x}" for rank in range(1, 7)]
    assert ["open" in element for element in details] == [True, False, False, False, False, False]


def test_the_summary_says_what_happened_and_what_was_left_out(usual: Page) -> None:
    text = usual.text()
    assert (
        "6 suspicious clusters in 60,000 events in 1,022 distinct patterns: 1 critical, 2 high, 2 medium, 1 low."
        in text
    )
    assert "Alerts shown 198 of 3,204 events above a threshold; budget 200" in text
    assert "Rejected lines 12" in text
    assert "Baseline 2026-01-05 to 2026-01-11" in text


def test_a_finding_shows_reasons_severity_parts_evidence_and_places(usual: Page) -> None:
    text = usual.text()
    assert "about 413 distinct ports per source and hour, usually 1 to 2" in text
    assert "Severity 83.5 of 100 isolation 30.0 novelty 20.0 size 14.5 agreement 10.0 rules 9.0" in text
    assert "Sources first 5 of 48" in text
    assert "data_log_firewall_2026-01-12.json:1217" in text
    assert "33 alerts of this finding within the night's budget" in text
    assert "seen by k-means, DBSCAN" in text


def test_models_show_their_parameters_and_metrics(usual: Page) -> None:
    assert "k-means events 2026-01-05 to 2026-01-11 412,331 1,702 n_clusters 9 random_state 42" in usual.text()
    assert "inertia 1,300 silhouette 0.62 note sampled" in usual.text()
    assert "eps 1.33 min_samples 5" in usual.text()


def test_missing_values_are_dashes_and_ports_stay_whole_numbers(usual: Page, night: NightReport) -> None:
    assert night.events["dest_port"].dtype == float  # as a column with gaps comes from the engine
    text = usual.text()
    assert "203.0.113.5 192.0.2.40 chs dropped input icmp" in text
    assert "203.0.113.77 port 40000 192.0.2.10 port 22" in text
    assert "tcp - Netherlands" in text
    assert not re.search(r"\b(nan|None|NaT|22\.0)\b", text)


def test_evidence_may_be_incomplete(tmp_path: Path, night: NightReport) -> None:
    text = written(tmp_path, replace(night, findings=night.findings.assign(evidence="{}"))).text()
    assert "Why it is here" in text
    assert "Example events" not in text
    assert "Events by hour" not in text


def test_events_of_no_shown_finding_are_not_dropped(tmp_path: Path, night: NightReport) -> None:
    text = written(tmp_path, replace(night, findings=night.findings.head(5))).text()
    assert "Suspicious events outside the findings" in text


def test_the_data_of_the_plots_parses_back(usual: Page) -> None:
    figures = usual.figures()
    assert [figure["key"] for figure in figures] == [
        "scatter-kmeans", "scatter-dbscan", "sizes-kmeans", "sizes-dbscan", "k-kmeans", "eps-dbscan",
        "variance", "hours", "finding-hours",
    ]  # fmt: skip
    assert sum(len(series["x"]) for series in figures[0]["series"] if "weight" in series) == 60


def test_every_plot_has_a_place_a_heading_and_a_caption(usual: Page) -> None:
    places = [element["id"] for element in usual.named("div") if element.get("class") == "plot"]
    assert places == [f"plot-{figure['key']}" for figure in usual.figures()]
    assert all(figure["title"] in usual.text() and figure["caption"] in usual.text() for figure in usual.figures())


def test_log_content_appears_only_as_text(hostile: Page) -> None:
    page = hostile
    sources = [element.get("src") or element["type"] for element in page.named("script")]
    assert sources == ["../shared/plotly.min.js", "../shared/report.js", "application/json"]
    assert not page.named("img")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "<script>alert(1)</script>" in page.text()
    assert "{{ 7*7 }}" in page.text()


def test_nothing_hidden_from_a_log_reaches_the_page(hostile: Page) -> None:
    html = hostile.html
    assert not [char for char in html if not char.isprintable() and char != "\n"]
    assert "\\x1b[31m\\x00\\u202egnp\\u2028" in hostile.text()
    assert "n" * 500 not in html
    assert "(10,085 characters)" in hostile.text()


def test_hover_texts_of_a_hostile_night_hold_no_markup(hostile: Page) -> None:
    scatter = hostile.figures()[0]
    texts = [text for series in scatter["series"] for text in series["text"]]
    assert any("&lt;script&gt;alert(1)" in text for text in texts)
    assert not [text for text in texts if re.search(r"<(?!br>|b>|/b>)", text)]


@pytest.mark.parametrize("name", ["usual", "empty", "hostile"])
def test_nothing_is_loaded_from_elsewhere(request: pytest.FixtureRequest, reports: Path, name: str) -> None:
    page: Page = request.getfixturevalue(name)
    own = [(reports / "shared" / file).read_text("utf-8") for file in ("report.js", "report.css")]
    assert not [text for text in (page.html, *own) if re.search(r"https?://|url\(|@import", text)]
    values = [value for _, found in page.elements for key, value in found.items() if key in {"src", "href"}]
    assert not [value for value in values if not re.match(r"\.\./(shared/|index\.html$)|#|data:,$", value or "")]


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
    assert "There is nothing to draw." in empty.text()
    assert empty.figures() == []


def test_a_night_without_findings_says_so_and_still_draws(tmp_path: Path, night: NightReport) -> None:
    quiet = replace(
        night,
        findings=night.findings.head(0),
        events=night.events.head(0),
        patterns=night.patterns.assign(finding_id=None),
        clusters=night.clusters.assign(finding_id=None),
        finding_hours=night.finding_hours.head(0),
    )
    page = written(tmp_path, quiet)
    assert "No suspicious cluster tonight, in 60,000 events in 1,022 distinct patterns." in page.text()
    assert "3,204 events lay above a threshold, but in no group that stands out." in page.text()
    assert "finding-hours" not in [figure["key"] for figure in page.figures()]


def test_the_first_night_says_that_it_has_no_baseline(tmp_path: Path, night: NightReport) -> None:
    first = replace(night, summary=night.summary | {"bootstrap": True, "baseline_from": NIGHT, "baseline_to": NIGHT})
    text = written(tmp_path, first).text()
    assert "First night: no baseline yet." in text
    assert "Baseline none first night" in text


def nights() -> pd.DataFrame:
    counts = {"revision": 1, "patterns": 1_000, "finished_at": pd.Timestamp("2026-01-13T02:31", tz="UTC")}
    quiet = {
        "log_date": date(2026, 1, 11),
        "events": 51_000,
        "rejected": 0,
        "anomalies": 2_000,
        "alerts": 0,
        "findings": 0,
    }
    busy = {"log_date": NIGHT, "events": 60_000, "rejected": 12, "anomalies": 3_204, "alerts": 198, "findings": 6}
    return frame(NIGHTS, [quiet | counts, busy | counts]).assign(explanation=[None, HOSTILE])


def test_the_index_links_the_nights_that_have_a_page_the_latest_first(tmp_path: Path, night: NightReport) -> None:
    write_page(tmp_path, night)
    index = write_index(tmp_path, nights())
    page = Page(index.read_text("utf-8"))
    assert index == tmp_path / "index.html"
    assert [element["href"] for element in page.named("a")] == ["#main", "2026-01-12/index.html"]
    assert page.text().index("2026-01-12 Mon") < page.text().index("2026-01-11 Sun")
    assert "no suspicious cluster" in page.text()
    assert [element["href"] for element in page.named("link")] == ["data:,", "shared/report.css"]


def test_the_index_shows_hostile_text_as_text(tmp_path: Path) -> None:
    page = Page(write_index(tmp_path, nights()).read_text("utf-8"))
    assert not page.named("script")
    assert not page.named("img")
    assert "<script>alert(1)</script>" in page.text()


def test_the_index_without_nights(tmp_path: Path) -> None:
    assert "No night has been reported yet." in Page(write_index(tmp_path, nights().head(0)).read_text("utf-8")).text()


def rendered(night: NightReport) -> Page:
    return Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(summary_markdown(night)))


def test_markdown_lists_the_findings_by_rank(night: NightReport) -> None:
    page = rendered(night)
    assert page.text().startswith("6 suspicious clusters")
    severities = re.findall(r"(?:critical|high|medium|low) \d+", page.text().split("what", 1)[1])
    assert severities == ["critical 84", "high 72", "high 60", "medium 48", "medium 37", "low 25"]
    assert "from 203.0.113.77 to 192.0.2.10, 02:00 UTC" in page.text()


@pytest.mark.parametrize(
    "text",
    [HOSTILE, "[x](https://evil.example)", "![x](//e)", "a|b\n# c", "`x`", "<b>", "www.evil.example", "*x* _y_ ~z~"],
)
def test_markdown_from_logs_stays_text(night: NightReport, text: str) -> None:
    page = rendered(replace(night, findings=night.findings.assign(explanation=text)))
    assert {tag for tag, _ in page.elements} == {"p", "table", "thead", "tbody", "tr", "th", "td"}
    assert len(page.named("td")) == 4 * 6
    assert "://" not in summary_markdown(replace(night, findings=night.findings.assign(explanation=text)))


def test_markdown_of_a_quiet_night_is_its_headline() -> None:
    assert summary_markdown(an_empty_night()) == headline(an_empty_night()) == "No events were read for this night."


def picture(night: NightReport) -> str:
    return summary_plot_svg(night.night, night.patterns)


def test_the_small_plot_is_an_image_of_bounded_size() -> None:
    uri = picture(a_night(6_000))
    kind, content = uri.split(",")
    image = ET.fromstring(base64.b64decode(content))  # noqa: S314 (our own image)
    assert kind == "data:image/svg+xml;base64"
    assert len(uri) < 60_000
    assert 100 < len(image.findall(".//{http://www.w3.org/2000/svg}circle")) <= 500


def test_the_small_plot_of_an_empty_night_says_so() -> None:
    content = base64.b64decode(picture(an_empty_night()).split(",")[1]).decode()
    assert "There are no patterns to draw." in content
