"""Findings as events of the Open Cybersecurity Schema Framework: class Detection Finding.

Source: OCSF schema 1.5.0, class_uid 2004. Times are milliseconds since 1970.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pipeline.feeds.night import NightFindings, Row, is_address, records_of, top
from pipeline.feeds.techniques import Technique, technique_of

VERSION = "1.5.0"
ATTACK_VERSION = "17"
CATEGORY, CLASS, CREATE, UPDATE = 2, 2004, 1, 2
ACTIVITIES = {CREATE: "Create", UPDATE: "Update"}
NEW, LEARNING, UNKNOWN_DIRECTION = 1, 4, 0
HOST_NAME, IP_ADDRESS, USER_NAME = 1, 2, 4
SEVERITIES = {"low": (2, "Low"), "medium": (3, "Medium"), "high": (4, "High"), "critical": (5, "Critical")}
OWN = ("rank", "size", "share", "is_new", "score", "reasons", "cluster_id")
NAMESPACE = UUID("6d8f5a3e-0c52-5a0f-9a53-0f6f0b6a2f4e")
Event = dict[str, Any]


def findings(night: NightFindings) -> Iterator[Event]:
    """One Detection Finding per finding, by rank; one that an earlier night had is an update."""
    return (_finding(row, night) for row in night.findings)


def _finding(row: Row, night: NightFindings) -> Event:
    activity = UPDATE if row["finding_id"] in night.earlier else CREATE
    severity_id, severity = SEVERITIES[row["severity_level"]]
    records = night.events.get(row["finding_id"], [])
    event = {
        "activity_id": activity,
        "activity_name": ACTIVITIES[activity],
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + activity,
        "type_name": f"Detection Finding: {ACTIVITIES[activity]}",
        "time": millis(night.end),
        "start_time": millis(row["first_seen"]),
        "end_time": millis(row["last_seen"]),
        "count": records_of(row),
        "severity_id": severity_id,
        "severity": severity,
        "risk_score": round(row["severity"]),
        "status_id": NEW,
        "status": "New",
        "is_alert": True,
        "message": row["explanation"],
        "metadata": _metadata(row, night),
        "finding_info": _info(row, night),
        "evidences": [evidence for record in records if (evidence := _evidence(record))],
        "observables": _observables(row),
        "unmapped": {name: row[name] for name in OWN},
    }
    return {name: value for name, value in event.items() if value != []}


def millis(moment: datetime) -> int:
    """A moment as OCSF writes it."""
    return round(moment.timestamp() * 1_000)


def _metadata(row: Row, night: NightFindings) -> Event:
    return {
        "version": VERSION,
        "uid": str(uuid5(NAMESPACE, f"{row['finding_id']}|{night.night}")),
        "product": {"name": "Shoal", "uid": "shoal", "vendor_name": "Shoal"},
        "log_name": row["feature_table"],
    }


def _info(row: Row, night: NightFindings) -> Event:
    technique = technique_of(row["technique_id"])
    info: Event = {
        "uid": row["finding_id"],
        "title": technique.name if technique else f"Unusual group in {row['feature_table']}",
        "desc": "; ".join([row["explanation"], *row["reasons"]]),
        "types": [row["attack_pattern"]],
        "created_time": millis(night.end),
        "first_seen_time": millis(row["first_seen"]),
        "last_seen_time": millis(row["last_seen"]),
        "analytic": {
            "uid": f"{row['feature_table']}/{row['algorithm']}",
            "name": row["algorithm"],
            "type_id": LEARNING,
            "type": "Learning (ML/DL)",
        },
        "data_sources": [row["feature_table"]],
    }
    return info | ({"attacks": [_attack(technique)]} if technique else {})


def _attack(technique: Technique) -> Event:
    above = technique.parent or technique
    attack: Event = {
        "version": ATTACK_VERSION,
        "technique": {"uid": above.uid, "name": above.name, "src_url": above.url},
    }
    if technique.parent:
        attack["sub_technique"] = {"uid": technique.uid, "name": technique.name, "src_url": technique.url}
    if technique.tactic:
        attack["tactic"] = {"uid": technique.tactic.uid, "name": technique.tactic.name}
    return attack


def _evidence(record: Row) -> Event:
    """What a record shows: its ends, its user and where the logs say so; nothing if it names nobody."""
    source = _endpoint(record["source_ip"], record["source_port"])
    target = _endpoint(record["dest_ip"], record["dest_port"])
    named = {"src_endpoint": source, "dst_endpoint": target, "user": {"name": record["user"]} if record["user"] else {}}
    found = {name: value for name, value in named.items() if value}
    if not found:
        return {}
    if record["protocol"]:
        found["connection_info"] = {"protocol_name": record["protocol"], "direction_id": UNKNOWN_DIRECTION}
    told = {name: record[name] for name in ("timestamp", "action", "source_file", "line_number")}
    data = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}
    return found | {"uid": record["event_id"], "data": data}


def _endpoint(address: str | None, port: int | None) -> Event:
    """An end of a connection; a port without an address names nobody."""
    if not address:
        return {}
    return {"ip": address} | ({} if port is None else {"port": port})


def _observables(row: Row) -> list[Event]:
    ends = (("top_sources", "src_endpoint"), ("top_targets", "dst_endpoint"))
    found = [_end(f"evidences[].{endpoint}", value) for name, endpoint in ends for value in top(row, name)]
    users = (_observable("evidences[].user.name", USER_NAME, "User Name", user) for user in top(row, "users"))
    return [*found, *users]


def _end(path: str, value: str) -> Event:
    if is_address(value):
        return _observable(f"{path}.ip", IP_ADDRESS, "IP Address", value)
    return _observable(f"{path}.hostname", HOST_NAME, "Hostname", value)


def _observable(path: str, type_id: int, kind: str, value: str) -> Event:
    return {"name": path, "type_id": type_id, "type": kind, "value": value}
