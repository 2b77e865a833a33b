"""Findings as rows of `report.suspicious_clusters`, and what is said of them in a sentence."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd

from pipeline.report.findings import Finding, Identity
from pipeline.report.suspicion import level

ENDINGS = {"security_events": "event", "connections": "connection", "logins": "login"}


def row(finding: Finding, identity: Identity, rank: int, night: date, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `report.suspicious_clusters`.

    Args:
        finding: the finding.
        identity: which group it is.
        rank: its place.
        night: the night.
        facts: its evidence.
    """
    shown = dict(facts)
    first, last = shown.pop("first_seen", None), shown.pop("last_seen", None)
    if first is None or last is None:
        first, last = span(night)
    return {
        "finding_id": identity.finding_id,
        "log_date": night,
        "rank": rank,
        "severity": finding.severity,
        "severity_level": level(finding.severity),
        "severity_parts": json.dumps(finding.parts),
        **_clusters(finding),
        "records": facts["records"],
        "first_seen": first,
        "last_seen": last,
        "state": identity.state,
        "first_night": identity.first_night,
        "nights": identity.nights,
        "reasons": reasons(finding, facts),
        "attack_pattern": finding.attack_pattern,
        "technique_id": finding.named.technique_id if finding.named else None,
        "explanation": explain(finding, facts, first, last),
        "evidence": json.dumps(shown, allow_nan=False),
    }


def _clusters(finding: Finding) -> dict[str, Any]:
    """What the row says of the clearest cluster, and which others bear witness."""
    candidate = finding.leader.candidate
    return {
        "feature_table": candidate.cluster.feature_table,
        "algorithm": candidate.cluster.algorithm,
        "cluster_id": candidate.cluster.cluster_id,
        "feature_tables": [cluster.feature_table for cluster in finding.clusters],
        "algorithms": [cluster.algorithm for cluster in finding.clusters],
        "cluster_ids": [cluster.cluster_id for cluster in finding.clusters],
        "size": candidate.size,
        "share": candidate.share,
        "is_new": candidate.is_new,
        "score": round(candidate.score, 6),
    }


def reasons(finding: Finding, facts: Mapping[str, Any]) -> list[str]:
    """The attack pattern's sentence, what is unusual, then the other rules."""
    named = finding.reasons[: 1 if finding.named else 0]
    return [*named, *(each["sentence"] for each in facts["unusual"]), *finding.reasons[len(named) :]]


def span(night: date) -> tuple[datetime, datetime]:
    """First and last moment of a night, in UTC."""
    first = datetime.combine(night, time(), UTC)
    return first, first + timedelta(days=1, microseconds=-1)


def explain(finding: Finding, facts: Mapping[str, Any], first: pd.Timestamp, last: pd.Timestamp) -> str:
    """One plain sentence: the attack pattern, how much, from where, to where, when, and what says so."""
    name = f"{finding.attack_pattern.replace('_', ' ').capitalize()}: " if finding.named else ""
    why = reasons(finding, facts)
    what = _what(finding, facts)
    return f"{name}{what}, {first:%H:%M} to {last:%H:%M} UTC{f': {why[0]}' if why else ''}"


def _what(finding: Finding, facts: Mapping[str, Any]) -> str:
    if not facts["records"]:
        candidate = finding.leader.candidate
        return f"{candidate.size:,} entities of {candidate.cluster.feature_table}"
    tables = {view.raw_table for view in finding.leader.views}
    kind = ENDINGS[next(iter(tables))] if len(tables) == 1 else "record"
    verdicts = facts.get("verdicts") or []
    said = f"{verdicts[0][0]} " if len(verdicts) == 1 and verdicts[0][0] != "other" else ""
    users = _named(facts, "users", "distinct_users", "user")
    source = _named(facts, "top_sources", "distinct_sources", "source")
    target = _named(facts, "top_targets", "distinct_targets", "target")
    port = _named(facts, "top_ports", "distinct_ports", "port")
    number = facts["records"]
    ends = [f" of {users}" * bool(users), f" from {source}" * bool(source), f" to {target}" * bool(target)]
    return f"{number:,} {said}{kind}{'s' * (number > 1)}{''.join(ends)}{f', {port}' * bool(port)}"


def _named(facts: Mapping[str, Any], top: str, distinct: str, noun: str) -> str:
    """The one value by its name, several by their number; nothing where there is none."""
    count, values = facts[distinct], facts.get(top) or []
    if not values:
        return ""
    if count > 1:
        return f"{count:,} {noun}s"
    return f"{noun} {values[0][0]}" if noun in ("port", "user") else str(values[0][0])
