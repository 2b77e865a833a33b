"""Findings and events as documents of the Elastic Common Schema, which Elastic indexes as they are.

A field that ECS does not have stands under `shoal`. Source: the ECS field reference, version 8.17.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pipeline.feeds.night import NightFindings, Row, is_address, only, top
from pipeline.feeds.techniques import Technique, technique_of

VERSION = "8.17.0"
PRODUCT = "shoal"
CATEGORIES = {"event": "network", "connection": "network", "login": "authentication"}
TYPES = {"allowed": "allowed", "blocked": "denied"}
OWN = (
    "rank", "severity_level", "severity_parts", "feature_table", "algorithm", "cluster_id", "size", "records",
    "share", "is_new", "score", "reasons", "attack_pattern",
)  # fmt: skip
Document = dict[str, Any]


def findings(night: NightFindings) -> Iterator[Document]:
    """One alert per finding, by rank."""
    return (_filled(_finding(row, night)) for row in night.findings)


def events(night: NightFindings) -> Iterator[Document]:
    """One document per record to look at, those of the first finding first."""
    return (_filled(_event(row, night)) for rows in night.events.values() for row in rows)


def iso(moment: datetime | None) -> str | None:
    """A moment as ECS writes it: UTC, in milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None


def _finding(row: Row, night: NightFindings) -> Document:
    technique = technique_of(row["technique_id"])
    return {
        "@timestamp": iso(row["last_seen"]),
        "ecs": {"version": VERSION},
        "message": row["explanation"],
        "event": {
            "kind": "alert",
            "id": f"{row['finding_id']}-{night.night:%Y%m%d}",
            "category": ["intrusion_detection"],
            "type": ["info"],
            "action": row["attack_pattern"],
            "reason": "; ".join(row["reasons"]),
            "severity": round(row["severity"]),
            "risk_score": row["severity"],
            "start": iso(row["first_seen"]),
            "end": iso(row["last_seen"]),
            "created": iso(night.end),
            "module": PRODUCT,
            "dataset": f"{PRODUCT}.findings",
            "provider": PRODUCT,
        },
        "rule": {"id": row["finding_id"], "name": row["attack_pattern"], "category": row["feature_table"]},
        "threat": _threat(technique),
        "source": _end(only(row, "top_sources", "distinct_sources")),
        "destination": {
            **_end(only(row, "top_targets", "distinct_targets")),
            "port": _number(only(row, "top_ports", "distinct_ports")),
        },
        "user": {"name": only(row, "users", "distinct_users")},
        "related": _related(row),
        PRODUCT: {
            "finding_id": row["finding_id"],
            **{name: row[name] for name in OWN},
            "algorithms": sorted(set(row["algorithms"])),
        },
    }


def _event(row: Row, night: NightFindings) -> Document:
    ends = {name for name in (row["source_ip"], row["dest_ip"]) if name}
    return {
        "@timestamp": iso(row["timestamp"] or night.end),
        "ecs": {"version": VERSION},
        "event": {
            "kind": "event",
            "id": row["event_id"],
            "category": [CATEGORIES.get(row["record"] or "", "network")],
            "type": [TYPES.get(row["verdict"] or "", "info")],
            "action": row["action"],
            "outcome": _outcome(row["success"]),
            "risk_score": round(100 * row["score"], 2),
            "reason": "; ".join(row["reasons"]),
            "created": iso(night.end),
            "duration": None if row["duration"] is None else round(row["duration"] * 1e9),
            "module": PRODUCT,
            "dataset": f"{PRODUCT}.events",
            "provider": row["source"],
        },
        "source": {
            "ip": row["source_ip"],
            "port": row["source_port"],
            "bytes": row["bytes_out"],
            "packets": row["packets_out"],
            "geo": {"country_name": row["country"]},
        },
        "destination": {
            "ip": row["dest_ip"],
            "port": row["dest_port"],
            "bytes": row["bytes_in"],
            "packets": row["packets_in"],
        },
        "network": {"transport": row["protocol"], "protocol": row["service"], "bytes": row["bytes"]},
        "user": {"name": row["user"]},
        "host": {"name": row["host"]},
        "log": {"file": {"path": row["source_file"]}},
        "related": {"ip": sorted(ends), "user": [row["user"]] if row["user"] else []},
        PRODUCT: {"finding_id": row["finding_id"], "score": row["score"], "line_number": row["line_number"]},
    }


def _end(text: str | None) -> Document:
    """An end of a finding; Elastic takes no document with a name in a field of addresses."""
    return {"ip" if is_address(text) else "domain": text} if text else {}


def _related(row: Row) -> Document:
    ends = sorted({*top(row, "top_sources"), *top(row, "top_targets")})
    return {
        "ip": [end for end in ends if is_address(end)],
        "hosts": [end for end in ends if not is_address(end)],
        "user": sorted(top(row, "users")),
    }


def _threat(technique: Technique | None) -> Document:
    if technique is None:
        return {}
    above = technique.parent or technique
    below = technique if technique.parent else None
    return {
        "framework": "MITRE ATT&CK",
        "tactic": {"id": [technique.tactic.uid], "name": [technique.tactic.name]} if technique.tactic else {},
        "technique": {
            "id": [above.uid],
            "name": [above.name],
            "reference": [above.url],
            "subtechnique": {"id": [below.uid], "name": [below.name], "reference": [below.url]} if below else {},
        },
    }


def _outcome(success: bool | None) -> str | None:
    return None if success is None else "success" if success else "failure"


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _filled(document: Document) -> Document:
    """The document without fields that hold nothing."""
    parts = ((name, _filled(value) if isinstance(value, dict) else value) for name, value in document.items())
    return {name: value for name, value in parts if value not in (None, {}, [])}
