"""How the groups of a night came along: the nights of each finding, and what is gone since the night before.

What belongs here: the history in the order of the page. What does not: which groups last (identity), how it looks
(templates).
"""

from collections.abc import Mapping
from itertools import groupby

from pipeline.report.page.content import Rows
from schemas.report.findings import GONE


def by_finding(history: Rows) -> Mapping[str, Rows]:
    """The nights of each group, the oldest first.

    Args:
        history: see `NightPage.history`.
    """
    return {name: list(rows) for name, rows in groupby(history, key=lambda row: str(row["finding_id"]))}


def gone(history: Rows) -> Rows:
    """What the report before showed and the night has lost, by its rank then: the row of its last night.

    Args:
        history: see `NightPage.history`.
    """
    lost = [rows for rows in by_finding(history).values() if rows[-1]["state"] == GONE and len(rows) > 1]
    return sorted((rows[-2] for rows in lost if rows[-2]["rank"] is not None), key=lambda row: row["rank"])
