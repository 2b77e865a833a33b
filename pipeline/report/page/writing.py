"""The files of the report: a page per night, the index of all nights, and beside them once what all pages share."""

import json
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.report.page.content import NightPage, Rows
from pipeline.report.page.courses import by_finding, gone
from pipeline.report.page.sections import Section, section
from pipeline.report.page.summary import LEVELS, headline, levels, records
from pipeline.report.plots.figure import plain
from pipeline.report.templates.environment import render
from pipeline.whole_files import replace_file

OWN = ("theme.js", "drawing.js", "maps.js", "charts.js", "report.js", "report.css", "plots.css")
SHARED = (("plotly", "package_data/plotly.min.js"), *(("pipeline.report", f"templates/{name}") for name in OWN))
PARSED = ("evidence", "severity_parts")


def write_page(reports: Path, page: NightPage) -> Path:
    """Write `<reports>/<night>/index.html` and what pages share; an earlier page is replaced as a whole.

    Returns:
        the path of the page. The same content gives the same bytes.
    """
    _write_shared(reports / "shared")
    html = render("night.html", _night(reports, page))
    return _write(reports / page.night.isoformat() / "index.html", html.encode())


def write_index(reports: Path, nights: pd.DataFrame) -> Path:
    """Write `<reports>/index.html`, which links the nights' pages, the latest first.

    Args:
        reports: folder of the pages.
        nights: every finished night, see `gathering.all_nights`.
    """
    _write_shared(reports / "shared")
    rows = _linked(reports, nights.sort_values("log_date", ascending=False), "")
    return _write(reports / "index.html", render("index.html", {"nights": rows, "levels": LEVELS}).encode())


def _night(reports: Path, page: NightPage) -> dict[str, Any]:
    """What the template of a night's page needs."""
    events = records(page.events)
    courses = by_finding(page.history)
    findings = [_finding(row, events, courses.get(row["finding_id"], [])) for row in records(page.findings)]
    ranks = {finding["finding_id"]: finding["rank"] for finding in findings}
    sections = [section(table) for table in page.tables]
    return {
        "night": page.night,
        "summary": page.summary,
        "headline": headline(page),
        "levels": levels(page.findings),
        "findings": findings,
        "gone": gone(page.history),
        "ranks": ranks,
        "other_events": [event for event in events if event["finding_id"] not in ranks],
        "trend": _linked(reports, page.trend, "../", page.night),
        "health": page.health,
        "sections": sections,
        "first_open": _first_open(sections, findings),
        "fits": {one.name: [_parsed(row, ("parameters", "metrics")) for row in one.fits] for one in sections},
        "topics": page.topics,
        "shown": {finding["rank"]: _said(finding) for finding in findings},
    }


def _finding(row: dict[str, Any], events: list[dict[str, Any]], history: Rows) -> dict[str, Any]:
    own = [event for event in events if event["finding_id"] == row["finding_id"]]
    return _parsed(row, PARSED) | {"events": own, "history": history}


def _said(finding: dict[str, Any]) -> dict[str, str]:
    """What the scripts know of a finding."""
    return {"id": finding["finding_id"], "text": plain(finding["explanation"])}


def _parsed(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return row | {name: json.loads(row[name] or "{}") for name in names}


def _first_open(sections: list[Section], findings: list[dict[str, Any]]) -> str | None:
    """The section that is open at first: the one that shows the first finding most clearly, or the first of all."""
    names = [one.name for one in sections]
    clearest = [finding["feature_table"] for finding in findings if finding["feature_table"] in names]
    return next(iter([*clearest, *names]), None)


def _linked(reports: Path, nights: pd.DataFrame, up: str, this: date | None = None) -> list[dict[str, Any]]:
    """Nights with the address of their page, if they have one; that of the page being written counts as there."""
    rows = records(nights)
    for row in rows:
        place = f"{row['log_date']:%Y-%m-%d}/index.html"
        exists = row["log_date"] == this or (reports / place).is_file()
        row["page"] = f"{up}{place}" if exists else None
    return rows


def _write_shared(folder: Path) -> None:
    for package, name in SHARED:
        content = files(package).joinpath(name).read_bytes()
        target = folder / Path(name).name
        if not target.is_file() or target.read_bytes() != content:
            _write(target, content)


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return replace_file(path, content)
