"""Packets logged by pf: filterlog of pfSense and OPNsense, and what tcpdump prints of pflog."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from syslog_helpers import DATA, only, records

REAL = DATA / "firewall" / "format_samples" / "pf-scan-multi-port.log"
A, B = "203.0.113.9", "198.51.100.20"
FIELDS = ("action", "protocol", "source_ip", "source_port", "dest_ip", "dest_port", "bytes")
FIFTH = datetime(2026, 1, 5, 3, 12, 9, tzinfo=UTC)


def told(folder: Path, *lines: str) -> list[dict[str, Any]]:
    return records(folder, list(lines), format="pf")


TCP = f"53,,,1000102631,em0,match,block,in,4,0x0,,64,892,0,none,6,tcp,44,{A},{B},59576,22,0,S,17536001,,65535,,mss"


@pytest.mark.parametrize(
    "head",
    [
        "Jan  5 03:12:09 pfSense filterlog: ",
        "<134>Jan 5 03:12:09 filterlog[72237]: ",
        "<134>1 2026-01-04T21:12:09-06:00 OPNsense.example.com filterlog 76404 - - ",
        '<134>1 2026-01-05T03:12:09+00:00 OPNsense filterlog 76404 - [meta sequenceId="1"] ',
    ],
)
def test_every_form_of_line_is_read(tmp_path: Path, head: str) -> None:
    (row,) = told(tmp_path, head + TCP)
    assert only(row, "fault", "timestamp", *FIELDS) == (None, FIFTH, "block", "tcp", A, 59576, B, 22, 44)
    assert json.loads(row["details"]) == {
        "rule": "1000102631",
        "interface": "em0",
        "direction": "in",
        "reason": "match",
    }


@pytest.mark.parametrize(
    ("values", "expected", "icmp"),
    [
        (
            f"176,,,fae559338f65e11c,igb1.27,match,pass,out,4,0xb8,,64,58355,0,none,17,udp,76,{A},{B},123,124,56",
            ("pass", "udp", A, 123, B, 124, 76),
            (None, None),
        ),
        (
            "6,,,1000000105,igb1.27,match,block,in,6,0x00,0xf6279,1,UDP,17,32,fe80::208:9bff:fef3:652b,ff02::1:2,546,547,32",
            ("block", "udp", "fe80::208:9bff:fef3:652b", 546, "ff02::1:2", 547, 32),
            (None, None),
        ),
        (
            "6,,,1000000105,igb1,match,block,in,6,0x00,0x0,1,TCP,6,40,2001:db8::1,2001:db8::2,546,443,0,S,1,,65535,,",
            ("block", "tcp", "2001:db8::1", 546, "2001:db8::2", 443, 40),
            (None, None),
        ),
        (
            "6,,,1000000105,igb1,match,block,in,6,0x00,0x0,255,ICMPv6,58,32,fe80::1,ff02::2,",
            ("block", "icmpv6", "fe80::1", None, "ff02::2", None, 32),
            (None, None),
        ),
        (
            f"176,,,1520797901,igb1,match,pass,in,4,0x0,,64,62096,0,DF,1,icmp,84,{A},{B},request,37728,164",
            ("pass", "icmp", A, None, B, None, 84),
            (8, 0),
        ),
        (
            f"176,,,1520797901,igb1,match,pass,in,4,0x0,,64,1,0,DF,1,icmp,84,{A},{B},unreachport,1,17,53",
            ("pass", "icmp", A, None, B, None, 84),
            (3, 3),
        ),
        (
            f"199,,,1557957510,igb1,match,pass,in,4,0xc0,,1,0,0,DF,2,igmp,32,{A},239.255.255.250,datalength=8",
            ("pass", "igmp", A, None, "239.255.255.250", None, 32),
            (None, None),
        ),
    ],
)
def test_values_stand_where_the_version_of_ip_says(
    tmp_path: Path, values: str, expected: tuple[Any, ...], icmp: tuple[int | None, int | None]
) -> None:
    (row,) = told(tmp_path, f"Jan  5 03:12:09 fw filterlog[1]: {values}")
    assert only(row, "fault", *FIELDS) == (None, *expected)
    assert only(row, "icmp_type", "icmp_code") == icmp


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (
            f"rule 53/0(match): block in on em0: {A}.59576 > {B}.22: Flags [S], seq 1, win 1024, length 0",
            ("block", "tcp", A, 59576, B, 22, None),
        ),
        (
            f"rule 3/(match) pass out on em0: {A}.59576 > {B}.22: S 1:1(0) win 65535 (DF)",
            ("pass", "tcp", A, 59576, B, 22, None),
        ),
        (
            "rule 53..16777216/0(match) [uid 0, pid 5] block in on vlan2: "
            f"(tos 0x0, ttl 64, id 892, offset 0, flags [DF], proto UDP (17), length 76) {A}.53 > {B}.99: 1+ A? a.",
            ("block", "UDP", A, 53, B, 99, 76),
        ),
        (
            "rule 2/0(match): block in on em0: IP6 fe80::1.546 > ff02::1:2.547: UDP, length 48",
            ("block", "udp", "fe80::1", 546, "ff02::1:2", 547, None),
        ),
        (
            f"rule 2/0(match): pass in on em0: {A} > {B}: ICMP echo request, id 1, seq 1, length 64",
            ("pass", "icmp", A, None, B, None, None),
        ),
        (
            "rule 2/0(match): pass in on em0: fe80::1 > ff02::1: icmp6: neighbor sol",
            ("pass", "ipv6-icmp", "fe80::1", None, "ff02::1", None, None),
        ),
    ],
)
@pytest.mark.parametrize("head", ["Jan  5 03:12:09.000000 ", "2026-01-05 03:12:09.000000 ", "Jan  5 03:12:09 fw pf: "])
def test_what_tcpdump_prints_is_read(tmp_path: Path, head: str, printed: str, expected: tuple[Any, ...]) -> None:
    (row,) = told(tmp_path, head + printed)
    assert only(row, "fault", "timestamp", *FIELDS) == (None, FIFTH, *expected)
    assert only(row, "icmp_type", "icmp_code") == ((8, 0) if "echo" in printed else (None, None))


@pytest.mark.parametrize(
    "message",
    [
        "dhcpd[40152]: DHCPDISCOVER from 4c:55:41:a0:fa:99 via eth0.60",
        "filterlog: 53,,,1000102631,em0,match,block",
        "filterlog: 53,,,1000102631,em0,match,block,in,5,0x0,,64",
        "pf: rule 3/0(match): cut",
    ],
)
def test_what_is_no_packet_is_rejected(tmp_path: Path, message: str) -> None:
    (row,) = told(tmp_path, f"Jan  5 03:12:09 fw {message}")
    assert row["fault"] == "no packet logged by pf"


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")
def test_the_real_lines_are_read_and_the_blank_one_is_not(tmp_path: Path) -> None:
    rows = records(tmp_path, REAL.read_text(encoding="utf-8"), format="pf")
    # wc -l says 17, the last one is blank
    assert [row["line_number"] for row in rows] == list(range(1, 17))
    assert {only(row, "fault", *FIELDS[:5], "bytes") for row in rows} == {
        (None, "block", "tcp", "10.0.2.2", 59576, "10.0.2.15", 44)
    }
    # the 22nd value: cut -d, -f22
    assert [row["dest_port"] for row in rows[:4]] == [22, 2222, 21, 23]
