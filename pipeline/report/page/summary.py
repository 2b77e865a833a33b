"""What happened in a night, in words: a headline, and a summary for Dagster's UI."""

from typing import Any

import pandas as pd

from pipeline.report.markdown import markdown_text
from pipeline.report.page.content import NightPage

LEVELS = ("critical", "high", "medium", "low")


def headline(page: NightPage) -> str:
    """What happened, in a sentence."""
    events, patterns = page.summary.get("events", 0), page.summary.get("patterns", 0)
    if not events and not page.tables:
        return "No events were read for this night."
    seen = f"{events:,} events in {patterns:,} distinct patterns"
    hidden = page.summary.get("suppressed") or 0
    more = f" {hidden:,} more suppressed." if hidden else ""
    if page.findings.empty:
        return f"No suspicious cluster tonight, in {seen}.{more}"
    counts = ", ".join(f"{count} {level}" for level, count in levels(page.findings).items() if count)
    number = len(page.findings)
    return f"{number} suspicious cluster{'s' * (number > 1)} in {seen}: {counts}.{more}"


def summary_markdown(page: NightPage) -> str:
    """The summary as Markdown in which nothing from a log acts: no markup, no links, no images."""
    lines = [headline(page), "", "| # | severity | size | what |", "| --: | :-- | --: | :-- |"]
    for row in records(page.findings.sort_values("rank")):
        severity = f"{markdown_text(row['severity_level'])} {row['severity']:.0f}"
        lines.append(f"| {row['rank']} | {severity} | {row['size']:,} | {markdown_text(row['explanation'])} |")
    return "\n".join(lines[:1] if page.findings.empty else lines)


def levels(findings: pd.DataFrame) -> dict[str, int]:
    """Findings by severity, the most severe first."""
    found = findings["severity_level"].value_counts()
    return {level: int(found.get(level, 0)) for level in LEVELS}


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values in which missing ones are None."""
    plain = frame.astype(object)
    rows = plain.where(plain.notna(), None).to_dict("records")
    return [{str(key): value for key, value in row.items()} for row in rows]
