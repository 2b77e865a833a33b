"""The night's HTML page, the index of all nights, and the same summary for Dagster's UI.

What belongs here: what a page shows of the night's tables, and how its files come to lie on disk. What does not:
how it looks (templates), what is drawn (plots), what is suspicious (findings); nothing is recomputed here.
"""

import json
import os
import re
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.report import plots
from pipeline.report.templates.environment import render
from pipeline.report.terminal import visible_text

LEVELS = ("critical", "high", "medium", "low")
SHARED = (
    ("plotly", "package_data/plotly.min.js"),
    ("pipeline.report", "templates/report.js"),
    ("pipeline.report", "templates/report.css"),
)


@dataclass(frozen=True)
class NightReport:
    """All that the page of one night shows; a table without rows keeps its columns.

    Attributes:
        night: the UTC day.
        summary: events, patterns, rejected, anomalies, alerts, budget, findings, sources (counts), baseline_from and
            baseline_to (dates or None), bootstrap (bool).
        findings: rows of `report.suspicious_clusters`.
        events: suspicious events with their details and `finding_id`, within the budget.
        patterns: one row per algorithm and pattern of the night: x and y in the plane of the PCA, cluster_id, is_new,
            status, score, finding_id, weight, and the features watch, protocol and verdict.
        explained_variance: share per component, all components.
        centers: algorithm, cluster_id, x, y of the baseline's centres in the same plane.
        clusters: algorithm, cluster_id, size, is_new, mean_score, finding_id.
        selection: rows of `models.selection`.
        fits: rows of `models.fits`.
        hours: hour, verdict, events of the whole night.
        finding_hours: finding_id, hour, events.
    """

    night: date
    summary: dict[str, Any]
    findings: pd.DataFrame
    events: pd.DataFrame
    patterns: pd.DataFrame
    explained_variance: list[float]
    centers: pd.DataFrame
    clusters: pd.DataFrame
    selection: pd.DataFrame
    fits: pd.DataFrame
    hours: pd.DataFrame
    finding_hours: pd.DataFrame


def write_page(reports: Path, report: NightReport) -> Path:
    """Write `<reports>/<night>/index.html` and what pages share; an earlier page is replaced as a whole.

    Returns:
        the path of the page. The same report gives the same bytes.
    """
    _write_shared(reports / "shared")
    html = render("night.html", _night(report))
    return _write(reports / report.night.isoformat() / "index.html", html.encode())


def write_index(reports: Path, nights: pd.DataFrame) -> Path:
    """Write `<reports>/index.html`, which links the nights' pages, the latest first.

    Args:
        reports: folder of the pages.
        nights: rows of `report.nights`, with the `explanation` of the first finding, or null.
    """
    _write_shared(reports / "shared")
    rows = records(nights.sort_values("log_date", ascending=False))
    for row in rows:
        row["page"] = f"{row['log_date']:%Y-%m-%d}/index.html"
        row["exists"] = (reports / row["page"]).is_file()
    html = render("index.html", {"nights": rows})
    return _write(reports / "index.html", html.encode())


def summary_markdown(report: NightReport) -> str:
    """The summary as Markdown in which nothing from a log acts: no markup, no links, no images."""
    levels = [f"{count} {level}" for level, count in _levels(report.findings).items() if count]
    lines = [headline(report), "", "| # | severity | events | what |", "| --: | :-- | --: | :-- |"]
    for row in records(report.findings.sort_values("rank")):
        severity = f"{_markdown(row['severity_level'])} {row['severity']:.0f}"
        lines.append(f"| {row['rank']} | {severity} | {row['size']:,} | {_markdown(row['explanation'])} |")
    return "\n".join(lines if levels else lines[:1])


def headline(report: NightReport) -> str:
    """What happened, in a sentence."""
    events, patterns = report.summary.get("events", 0), report.summary.get("patterns", 0)
    if not events:
        return "No events were read for this night."
    seen = f"{events:,} events in {patterns:,} distinct patterns"
    hidden = report.summary.get("suppressed", 0)
    more = f" {hidden:,} more suppressed." if hidden else ""
    if report.findings.empty:
        return f"No suspicious cluster tonight, in {seen}.{more}"
    levels = ", ".join(f"{count} {level}" for level, count in _levels(report.findings).items() if count)
    number = len(report.findings)
    return f"{number} suspicious cluster{'s' * (number > 1)} in {seen}: {levels}.{more}"


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values in which missing ones are None."""
    plain = frame.astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]


def _night(report: NightReport) -> dict[str, Any]:
    """What the template of a night's page needs."""
    figures, events = _figures(report), records(report.events)
    findings = [_finding(row, events) for row in records(report.findings.sort_values("rank"))]
    ranks = {finding["finding_id"]: finding["rank"] for finding in findings}
    return {
        "night": report.night,
        "summary": report.summary,
        "headline": headline(report),
        "levels": _levels(report.findings),
        "findings": findings,
        "ranks": ranks,
        "other_events": [event for event in events if event["finding_id"] not in ranks],
        "figures": figures,
        "drawn": [vars(figure) for figure in figures],
        "clusters": records(report.clusters),
        "fits": [_parsed(row, "parameters", "metrics") for row in records(report.fits)],
    }


def _finding(row: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    own = [event for event in events if event["finding_id"] == row["finding_id"]]
    return _parsed(row, "evidence", "severity_parts") | {"events": own}


def _parsed(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return row | {name: json.loads(row[name] or "{}") for name in names}


def _levels(findings: pd.DataFrame) -> dict[str, int]:
    found = findings["severity_level"].value_counts()
    return {level: int(found.get(level, 0)) for level in LEVELS}


def _figures(report: NightReport) -> list[plots.Figure]:
    """The night's plots in the order of the page; what has no data has no plot."""
    findings = report.findings
    figures = [plots.scatter(rows, report.centers, findings) for rows in plots.by_algorithm(report.patterns)]
    figures += [plots.sizes(rows, findings) for rows in plots.by_algorithm(report.clusters)]
    figures += [plots.selection(rows) for rows in plots.by_algorithm(report.selection, "parameter")]
    if report.explained_variance:
        figures.append(plots.variance(report.explained_variance))
    if len(report.hours):
        figures.append(plots.hours(report.hours))
    if len(findings) and len(report.finding_hours):
        figures.append(plots.finding_hours(report.finding_hours, findings))
    return figures


def _markdown(value: object) -> str:
    """Text with every character that Markdown reads escaped, and addresses broken so that none becomes a link."""
    text = re.sub(r"://", "[:]//", visible_text(value))
    text = re.sub(r"(?i)www\.", "www[.]", text).replace("@", "[at]")
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~&$^:=])", r"\\\1", text)


def _write_shared(folder: Path) -> None:
    for package, name in SHARED:
        content = files(package).joinpath(name).read_bytes()
        target = folder / Path(name).name
        if not target.is_file() or target.read_bytes() != content:
            _write(target, content)


def _write(path: Path, content: bytes) -> Path:
    """Write through a file beside it, so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)
    return path
