"""The events worth showing: those of the findings, within the alert budget."""

import ibis
import pandas as pd
from ibis import _

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


def suspicious_events(members: ibis.Table, findings: ibis.Table, allowed: dict[str, int]) -> ibis.Table:
    """Rows of `report.suspicious_events`: per finding what it may show, spread over its patterns, farthest first.

    Args:
        members: events of the candidate clusters.
        findings: the findings of the night.
        allowed: events that each finding may show.
    """
    keys = ["algorithm", "cluster_id"]
    named = members.inner_join(findings[["finding_id", "rank", *keys, "reasons"]], keys)
    # an event of two findings is shown with the one that ranks higher
    first = ibis.window(group_by="event_id", order_by=ibis.asc("rank"))
    named = named.mutate(turn=ibis.row_number().over(first)).filter(_.turn == 0)
    in_time = [ibis.asc("timestamp"), ibis.asc("event_id")]
    in_pattern = ibis.window(group_by=["finding_id", "pattern_id"], order_by=in_time)
    named = named.mutate(turn=ibis.row_number().over(in_pattern))
    in_finding = ibis.window(group_by="finding_id", order_by=[ibis.asc("turn"), ibis.desc("large_distance"), *in_time])
    placed = named.mutate(place=ibis.row_number().over(in_finding))
    limit = ibis.cases(*((placed.finding_id == name, count) for name, count in allowed.items()), (True, 0))
    return placed.filter(placed.place < limit)[["event_id", "log_date", "finding_id", "score", "reasons"]]
