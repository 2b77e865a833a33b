"""A published night by hand: three findings, one of them hostile, with the records behind them."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

NIGHT, EARLIER = date(2026, 1, 11), date(2026, 1, 10)
HOSTILE = "=cmd|'/c calc'!A1\n<!channel> \x1b]0;pwn\x07 \u202e\"'; @everyone <script>"
Put = Callable[[str, list[dict[str, Any]]], None]


def moment(hour: int, day: date = NIGHT) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def finding(number: int, **more: Any) -> dict[str, Any]:
    """A row of report.suspicious_clusters: the first is the most severe."""
    evidence = {
        "top_sources": [[f"203.0.113.{number}", 9]], "distinct_sources": 1,
        "top_targets": [["10.0.0.1", 5], ["10.0.0.2", 4]], "distinct_targets": 2,
        "top_ports": [["22", 9]], "distinct_ports": 1,
    }  # fmt: skip
    return {
        "finding_id": f"f{number}", "log_date": NIGHT, "rank": number, "severity": 100.0 - 20 * number,
        "severity_level": ("critical", "high", "medium", "low")[number - 1], "severity_parts": '{"size": 5.0}',
        "feature_table": "events", "algorithm": "kmeans", "algorithms": ["kmeans", "dbscan", "kmeans"],
        "cluster_id": number, "cluster_ids": [number, 7, 8], "size": 2, "records": 9, "share": 0.01,
        "first_seen": moment(1), "last_seen": moment(2), "is_new": True, "score": 0.99, "reasons": ["90% blocked"],
        "attack_pattern": "brute_force", "technique_id": "T1110.001", "explanation": f"9 events of finding {number}",
        "evidence": json.dumps(evidence),
    } | more  # fmt: skip


def event(number: int, **more: Any) -> dict[str, Any]:
    """A row of raw.security_events."""
    return {
        "event_id": f"e{number}", "log_date": NIGHT, "timestamp": moment(1), "source_ip": f"203.0.113.{number}",
        "source_port": 40_000, "dest_ip": "10.0.0.1", "dest_port": 22, "protocol": "tcp", "action": "drop",
        "verdict": "blocked", "bytes": 60, "country": "DE", "source": "edge", "source_file": "f.json",
        "line_number": number,
    } | more  # fmt: skip


def alert(number: int, event_id: str | None = None) -> dict[str, Any]:
    """A row of report.suspicious_events."""
    own = {"event_id": event_id or f"e{number}", "finding_id": f"f{number}", "score": 0.9, "reasons": ["90% blocked"]}
    return own | {"log_date": NIGHT}


def night_row(**more: Any) -> dict[str, Any]:
    """A row of report.nights."""
    return {"log_date": NIGHT, "revision": 1, "findings": 3, "suppressed": 0} | more


def put_night(put: Put) -> None:
    """An ongoing brute force, a login of a user with a hostile name, and a finding whose record is gone."""
    hostile = finding(2, technique_id=None, attack_pattern="unnamed", explanation=HOSTILE, reasons=[HOSTILE])
    users = json.dumps({"users": [[HOSTILE, 3]], "distinct_users": 1})
    bare = finding(3, technique_id="T9999.1", evidence=users)
    put("report.suspicious_clusters", [finding(1), hostile, bare, finding(1, log_date=EARLIER)])
    put("report.suspicious_events", [alert(1), alert(2, "l1"), alert(3, "gone")])
    put("raw.security_events", [event(1)])
    login = {"login_id": "l1", "user": HOSTILE, "source_ip": "2001:db8::1", "host": "gate", "success": False}
    put("raw.logins", [login | {"log_date": NIGHT, "timestamp": moment(2), "source": "auth", "line_number": 1}])
    put("raw.nights", [{"log_date": NIGHT, "events": 1, "revision": 1}])
    put("report.nights", [night_row()])
