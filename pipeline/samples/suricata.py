"""Suricata's EVE JSON at the uplink: a flow per connection, and alerts.

What belongs here: the look of the log, which connections get into it, which of them its rules match. What does not:
what is measured.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from pipeline.samples.activity import Activity, Entry, json_line
from pipeline.samples.connections import UNANSWERED, Connection
from pipeline.samples.draws import between
from pipeline.samples.site import is_private

ONE_IN = 12  # the sensor samples
MOST_PLANTED = 400
OTHER_NAMES = {"ssl": "tls", "": "failed"}  # of services, where Suricata's word is not Zeek's
PING = {"icmp_type": 8, "icmp_code": 0}


class Rule(NamedTuple):
    """A rule of the sensor.

    Attributes:
        sid: its number.
        signature: what it says.
        category: its class.
        severity: 1 is the worst.
        one_in: one in so many connections sets it off, since it counts, or its list is incomplete.
    """

    sid: int
    signature: str
    category: str
    severity: int
    one_in: int


LISTED = Rule(2403388, "ET CINS Active Threat Intelligence Poor Reputation IP group 89", "Misc Attack", 2, 9)
RULES = {
    "vertical_port_scan": Rule(2009582, "ET SCAN NMAP -sS window 1024", "Attempted Information Leak", 2, 20),
    "horizontal_port_scan": Rule(2002911, "ET SCAN Potential Network Sweep", "Attempted Information Leak", 2, 10),
    "ssh_brute_force": Rule(2001219, "ET SCAN Potential SSH Scan", "Attempted Information Leak", 2, 15),
    "distributed_flood": Rule(2402000, "ET DROP Dshield Block Listed Source group 1", "Misc Attack", 2, 15),
}


def entries(activity: Activity) -> Iterator[Entry]:
    """A flow at the end of each connection that crosses the uplink, and an alert at the start of some."""
    records = activity.connections.records
    crossing = activity.connections.take(np.flatnonzero(~(is_private(records.source) & is_private(records.dest))))
    seen = crossing.thinned(ONE_IN, activity.night.grown(MOST_PLANTED))
    identifiers = between(activity.night.rng("suricata"), 10**14, 2 * 10**15, len(seen)).tolist()
    matched: Counter[Rule] = Counter()
    for one, identifier in zip(seen.each(), identifiers, strict=True):
        name = activity.name_of(one.planted)
        rule = RULES.get(name) if name or one.is_answered else LISTED
        is_alert = rule is not None and matched[rule] % rule.one_in == 0
        if rule:
            matched[rule] += 1
        ends = _ends(one, identifier)
        if rule and is_alert:
            yield Entry(one.start, _line(activity, one.start, ends, "alert", alert=_alert(rule)), name)
        flow = _flow(activity, one, is_alert=is_alert)
        yield Entry(one.end, _line(activity, one.end, ends, "flow", flow=flow), name)


def _line(activity: Activity, time: int, ends: dict[str, Any], kind: str, **facts: Any) -> str:
    record = {"timestamp": _moment(activity, time), "event_type": kind, "in_iface": "uplink0", **ends, **facts}
    return json_line(record)


def _ends(one: Connection, identifier: int) -> dict[str, Any]:
    has_ports = one.transport != "icmp"
    service = OTHER_NAMES.get(one.service, one.service)
    return {
        "flow_id": identifier,
        "src_ip": one.source,
        **({"src_port": one.source_port} if has_ports else {}),
        "dest_ip": one.dest,
        **({"dest_port": one.dest_port} if has_ports else PING),
        "proto": one.transport.upper(),
        **({"app_proto": service} if one.is_answered and has_ports else {}),
    }


def _flow(activity: Activity, one: Connection, *, is_alert: bool) -> dict[str, Any]:
    return {
        "pkts_toserver": one.packets_out,
        "pkts_toclient": one.packets_in,
        "bytes_toserver": one.wire_out,
        "bytes_toclient": one.wire_in,
        "start": _moment(activity, one.start),
        "end": _moment(activity, one.end),
        "age": (one.end - one.start) // 1000,
        "state": "new" if one.ending == UNANSWERED else "closed" if one.transport == "tcp" else "established",
        "reason": "timeout",
        "alerted": is_alert,
    }


def _alert(rule: Rule) -> dict[str, Any]:
    return {
        "action": "allowed",
        "gid": 1,
        "signature_id": rule.sid,
        "rev": 8,
        "signature": rule.signature,
        "category": rule.category,
        "severity": rule.severity,
    }


def _moment(activity: Activity, milliseconds: int) -> str:
    return activity.moment(milliseconds).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")
