"""Log content made safe to show, and a night's findings as a table for the terminal.

Whoever writes a log line must not be able to draw on the analyst's screen. What belongs here: how text that came
from a log becomes visible text, and the terminal's view of findings. What does not: the page, what a finding is.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from rich.box import HEAVY_HEAD
from rich.table import Table
from rich.text import Text

LIMIT = 400  # characters of one value that are shown; a sentence with numbers is shorter
LEVEL_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "dim"}
SPLIT = "[none][/none]"  # rich markup that shows nothing and ends what stands before it


def visible_text(value: object, limit: int = LIMIT) -> str:
    r"""The value as text in which nothing is hidden and nothing acts.

    Control characters (and with them ANSI escapes), bidirectional controls, zero-width characters, line separators
    and lone surrogates appear as Python writes them, such as `\x1b` and `\u202e`; beyond `limit` characters the text
    is cut and says how long it was.
    """
    text = str(value)
    shown = text[:limit]
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else _escaped(char) for char in shown)
    return shown if len(text) <= limit else f"{shown}… ({len(text):,} characters)"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def safe_text(value: object, limit: int = LIMIT) -> str:
    """Visible text as rich markup that shows exactly itself: no tags, no links, no emoji codes.

    Emoji codes matter: rich reads the middle of the address `2001:db8:a:b` as one.
    """
    text = visible_text(value, limit)
    # an emoji code lies between two colons; which ones, what is split elsewhere decides
    acts = r"\\+|\[|:" if text.count(":") > 1 else r"\\+|\["
    return re.sub(acts, _inert, text)


def _inert(match: re.Match[str]) -> str:
    # a backslash escapes the markup that follows it, so each is doubled before the split
    found = match.group()
    return (found * 2 if found.startswith("\\") else found) + SPLIT


def findings_table(findings: pd.DataFrame, limit: int = 10) -> Table:
    """The `limit` most severe findings: rows of `report.suspicious_clusters`, of one night or of several."""
    shown = findings.sort_values(["severity", "log_date", "rank"], ascending=[False, True, True]).head(limit)
    rest = len(findings) - len(shown)
    caption = f"{rest:,} more in the report" if rest else None
    frame = HEAVY_HEAD if len(shown) else None
    table = Table(title=_title(len(findings)), caption=caption, box=frame, show_header=len(shown) > 0)
    several = len(set(findings["log_date"])) > 1
    if several:
        table.add_column("night", no_wrap=True)
    table.add_column("#", justify="right")
    table.add_column("severity", no_wrap=True)
    # how much, when and between whom is part of the sentence, which needs the width
    table.add_column("what", ratio=1, overflow="fold")
    for row in shown.to_dict("records"):
        night = [Text(f"{row['log_date']:%Y-%m-%d}")] if several else []
        table.add_row(*night, *_cells(row))
    return table


def gone_line(gone: Sequence[tuple[date, int, str | None]]) -> str:
    """What is gone, in a line: how many findings of which night, and the attack patterns among them.

    Args:
        gone: night, rank and attack pattern of each, see `tables.gone_findings`; at least one.
    """
    named = [f"{name.replace('_', ' ')} (rank {rank})" for _, rank, name in gone if name]
    what = f"{len(gone):,} finding{'s' * (len(gone) > 1)} of {gone[0][0]}"
    return f"gone: {what}{', among them ' * bool(named)}{', '.join(named)}"


def _title(findings: int) -> str:
    return "No suspicious cluster" if not findings else f"{findings:,} suspicious cluster{'s' * (findings > 1)}"


def _cells(row: dict[Any, Any]) -> list[Text]:
    level = str(row["severity_level"])
    # its id is what people suppress it and say what it was by
    known_by = f"{visible_text(row['state'])}\n{visible_text(row['finding_id'])}"
    return [
        Text(f"{row['rank']}"),
        Text(f"{visible_text(level)} {row['severity']:.0f}\n", style=LEVEL_STYLES.get(level, "")).append(
            known_by, "dim"
        ),
        Text(visible_text(row["explanation"])),
    ]
