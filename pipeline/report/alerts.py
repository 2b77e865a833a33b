"""The events worth showing: those of the findings, within the alert budget."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

LEAST_PER_FINDING = 5


def allocate(findings: pd.DataFrame, budget: int) -> dict[str, int]:
    """Events that each finding may show: a share by severity, never more than it has, in all never over the budget.

    Args:
        findings: finding_id, severity and size, by rank.
        budget: events per night.
    """
    left, total = budget, float(findings["severity"].sum())
    shares: dict[str, int] = {}
    for row in findings.itertuples():
        fair = max(LEAST_PER_FINDING, int(budget * row.severity / total)) if total else LEAST_PER_FINDING
        shares[row.finding_id] = min(fair, row.size, left)
        left -= shares[row.finding_id]
    for row in findings.itertuples():
        more = min(left, row.size - shares[row.finding_id])
        shares[row.finding_id] += more
        left -= more
    return shares


def suspicious_events(
    rows: Sequence[Mapping[str, Any]], records: Sequence[Sequence[Mapping[str, Any]]], budget: int
) -> list[dict[str, Any]]:
    """Rows of `report.suspicious_events`: of each finding the records that come first, within the budget.

    Args:
        rows: the findings of the night by rank, as rows of `report.suspicious_clusters`.
        records: for each of them the records behind it, those that come first at the top.
        budget: events per night.
    """
    # an event of two findings is shown with the one that ranks higher
    taken: set[str] = set()
    own: list[dict[str, Mapping[str, Any]]] = []
    for behind in records:
        own.append({each["event_id"]: each for each in reversed(behind) if each["event_id"] not in taken})
        taken |= own[-1].keys()
    columns = ["finding_id", "severity", "size"]
    sizes = [(row["finding_id"], row["severity"], len(each)) for row, each in zip(rows, own, strict=True)]
    allowed = allocate(pd.DataFrame(sizes, columns=columns), budget)
    return [
        {
            "event_id": event_id,
            "raw_table": record["raw_table"],
            "log_date": row["log_date"],
            "finding_id": row["finding_id"],
            "score": record["score"],
            "reasons": row["reasons"],
        }
        for row, each in zip(rows, own, strict=True)
        for event_id, record in list(reversed(each.items()))[: allowed[row["finding_id"]]]
    ]
