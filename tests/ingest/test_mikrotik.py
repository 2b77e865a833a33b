"""Logs of MikroTik RouterOS: its firewall, its own logins, and everything else it logs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing
from syslog_helpers import DATA, only, records

REAL = DATA / "firewall" / "format_samples" / "mikrotik-scan-multi_ports.log"
HEAD = "2026-01-05T03:12:09+00:00 router"
ENDS = ("source_ip", "source_port", "dest_ip", "dest_port")


def told(folder: Path, *messages: str) -> list[dict[str, Any]]:
    return records(folder, [f"{HEAD} {message}" for message in messages], format="mikrotik")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "firewall,info drop-tcp input: in:ether1-WAN out:(unknown 0), connection-state:new "
            "src-mac 00:17:10:88:bc:02, proto TCP (SYN), 203.0.113.9:50930->198.51.100.20:22, len 40",
            ("drop-tcp", "TCP", "203.0.113.9", 50930, "198.51.100.20", 22, 40),
        ),
        (
            "firewall,info forward: in:bridge out:ether1, src-mac 00:17:10:88:bc:02, proto UDP, "
            "192.0.2.1:5353->192.0.2.2:53, NAT (192.0.2.1:5353->192.0.2.9:5353)->192.0.2.2:53, len 60",
            (None, "UDP", "192.0.2.1", 5353, "192.0.2.2", 53, 60),
        ),
        (
            "firewall,info DROP: all of it: forward: in:a out:b, proto TCP (SYN), "
            "[2001:db8::1]:443->[2001:db8::2]:55, len 60",
            ("DROP: all of it:", "TCP", "2001:db8::1", 443, "2001:db8::2", 55, 60),
        ),
        (
            "firewall,info drop output: in:(unknown 0) out:ether1, proto 47, 192.0.2.1->192.0.2.2, len 60",
            ("drop", "47", "192.0.2.1", None, "192.0.2.2", None, 60),
        ),
    ],
)
def test_packets_of_the_firewall(tmp_path: Path, message: str, expected: tuple[Any, ...]) -> None:
    (row,) = told(tmp_path, message)
    assert only(row, "fault", "target") == (None, "security_events")
    assert only(row, "action", "protocol", *ENDS, "bytes") == expected


def test_icmp_and_what_the_rule_knows(tmp_path: Path) -> None:
    (row,) = told(
        tmp_path,
        "firewall,info drop input: in:ether1 out:(unknown 0), proto ICMP (type 3, code 4), 192.0.2.1->192.0.2.2, len 8",
    )
    assert only(row, "icmp_type", "icmp_code", "source_port", "dest_port") == (3, 4, None, None)
    assert json.loads(row["details"]) == {"chain": "input", "in": "ether1"}


@pytest.mark.parametrize(
    "head", ["jan/05 03:12:09", "Jan  5 03:12:09", "2026-01-05 03:12:09", "<30>Jan  5 03:12:09 router"]
)
def test_lines_of_the_router_itself_have_no_host(tmp_path: Path, head: str) -> None:
    (row,) = records(tmp_path, f"{head} dhcp,info lan assigned 192.0.2.7 to host", format="mikrotik")
    assert only(row, "fault", "action") == (None, "dhcp,info")
    assert row["timestamp"] == datetime(2026, 1, 5, 3, 12, 9, tzinfo=UTC)
    assert json.loads(row["details"]) == {"message": "lan assigned 192.0.2.7 to host"}


def test_logins_have_the_last_address_of_a_line(tmp_path: Path) -> None:
    failed, worked, local, out = told(
        tmp_path,
        "system,error,critical login failure for user x from 192.0.2.66 via ssh from 203.0.113.9 via ssh",
        "system,info,account user admin logged in from 203.0.113.9 via winbox",
        "system,info,account user admin logged in via local",
        "system,info,account user admin logged out from 203.0.113.9 via winbox",
    )
    fields = ("target", "user", "source_ip", "service", "success", "host")
    assert only(failed, *fields) == ("logins", "x from 192.0.2.66 via ssh", "203.0.113.9", "ssh", False, "router")
    assert only(worked, *fields) == ("logins", "admin", "203.0.113.9", "winbox", True, "router")
    assert only(local, *fields[:5]) == ("logins", "admin", None, "local", True)
    assert only(out, "target", "action") == ("security_events", "logoff")


def test_a_logoff_ends_its_session(landing: Callable[..., Landing]) -> None:
    site = landing(format="mikrotik")
    site.put(
        "router.log",
        "2026-01-05T03:12:09Z router system,info,account user admin logged in from 203.0.113.9 via winbox\n"
        "2026-01-05T03:20:09Z router system,info,account user other logged out from 203.0.113.9 via winbox\n"
        "2026-01-05T03:42:09Z router system,info,account user admin logged out from 203.0.113.9 via winbox\n",
    )
    assert site.state() == ["new"]
    assert site.column("select session_minutes from raw.logins") == [30.0]


@pytest.mark.parametrize("message", ["no topics here", "kernel: usb 1-1: new device", ""])
def test_lines_without_topics_are_rejected(tmp_path: Path, message: str) -> None:
    (row,) = told(tmp_path, message)
    assert row["fault"] == "no RouterOS topics"


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")
def test_the_real_lines_are_read(tmp_path: Path) -> None:
    rows = records(tmp_path, REAL.read_text(encoding="utf-8"), format="mikrotik")
    assert {only(row, "fault", "action", "protocol", "source_ip", "source_port", "bytes") for row in rows} == {
        (None, "drop-tcp", "TCP", "36.97.161.219", 59388, 40)
    }
    # wc -l; the ports as they stand before `, len`
    assert [row["dest_port"] for row in rows] == [*range(23, 36), 36, 36, 36, 37, 38, 39]
    # 20:36:59 an hour east of Greenwich
    assert rows[0]["timestamp"] == datetime(2023, 3, 18, 19, 36, 59, 594792, tzinfo=UTC)
