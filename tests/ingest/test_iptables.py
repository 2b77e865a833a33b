"""Packets that the Linux kernel logs for iptables, nftables, ufw and EdgeOS."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from syslog_helpers import DATA, only, records

from pipeline.config import Verdicts
from pipeline.ingest.verdicts import verdict

REAL = DATA / "firewall" / "format_samples" / "iptables-scan-multi-port.log"
PACKET = (
    "SRC=203.0.113.9 DST=198.51.100.20 LEN=44 TOS=0x00 PREC=0x00 TTL=43 ID=1 DF PROTO=TCP SPT=50930 DPT=22 SYN URGP=0"
)
MAC = "MAC=de:1c:88:64:10:19:5e:e1:a4:3b:cf:f0:08:00"


def told(folder: Path, *lines: str) -> list[dict[str, Any]]:
    return records(folder, list(lines), format="iptables")


@pytest.mark.parametrize(
    ("before", "action", "meaning"),
    [
        ("gw kernel: [19955.516358] ", None, "other"),
        ("gw kernel: [  307.757925] [UFW BLOCK] ", "BLOCK (UFW)", "blocked"),
        ("gw kernel: [UFW LIMIT BLOCK] ", "LIMIT BLOCK (UFW)", "blocked"),
        ("gw kernel: [19955.516358] [UFW ALLOW] ", "ALLOW (UFW)", "allowed"),
        ("gw kernel: [UFW AUDIT] ", "AUDIT (UFW)", "other"),
        ("gw kernel: iptables denied: ", "iptables denied", "blocked"),
        ("gw kernel: iptables DROP_INPUT: ", "iptables DROP_INPUT", "blocked"),
        ("gw kernel: [WAN_OUT-2000-A]", "accept (WAN_OUT-2000-A)", "allowed"),
        ("gw kernel: [wan-lan-default-D]", "drop (wan-lan-default-D)", "blocked"),
        ("gw [fw-1234-R] ", "reject (fw-1234-R)", "blocked"),
        ("DENY: ", "DENY", "blocked"),
        ("gw kern.warn kernel: Shorewall:net-fw:DROP:", "Shorewall:net-fw:DROP", "blocked"),
    ],
)
def test_the_prefix_of_a_rule_is_its_action(tmp_path: Path, before: str, action: str | None, meaning: str) -> None:
    (row,) = told(tmp_path, f"<4>Jan  5 03:12:09 {before}IN=eth0 OUT= {MAC} {PACKET}")
    assert only(row, "fault", "action") == (None, action)
    assert verdict(action or "", Verdicts()) == meaning
    assert row["timestamp"] == datetime(2026, 1, 5, 3, 12, 9, tzinfo=UTC)
    assert only(row, "source_ip", "source_port", "dest_ip", "dest_port", "protocol", "bytes") == (
        *("203.0.113.9", 50930, "198.51.100.20", 22, "TCP", 44),
    )
    assert json.loads(row["details"]) == {"in": "eth0"}


def test_rfc_5424_is_read_too(tmp_path: Path) -> None:
    (row,) = told(tmp_path, f"<4>1 2026-01-05T03:12:09Z gw kernel - - - [5.5] [UFW BLOCK] IN=eth0 OUT=br0 {PACKET}")
    assert only(row, "action", "dest_port") == ("BLOCK (UFW)", 22)
    assert json.loads(row["details"]) == {"in": "eth0", "out": "br0"}


def test_an_icmp_error_is_told_by_the_outer_packet(tmp_path: Path) -> None:
    error = (
        "SRC=192.0.2.71 DST=192.0.2.83 LEN=88 TOS=0x00 PREC=0x00 TTL=118 ID=21684 PROTO=ICMP TYPE=3 CODE=1 "
        "[SRC=192.0.2.83 DST=198.51.100.1 LEN=60 TOS=0x00 PREC=0x00 TTL=54 ID=0 DF PROTO=UDP SPT=2145 DPT=629 LEN=40 ]"
    )
    (row,) = told(tmp_path, f"Jan  5 03:12:09 gw kernel: DROP: IN=br0 OUT=br0 PHYSIN=a PHYSOUT=b {MAC} {error}")
    assert only(row, "source_ip", "dest_ip", "protocol", "bytes") == ("192.0.2.71", "192.0.2.83", "ICMP", 88)
    assert only(row, "icmp_type", "icmp_code", "source_port", "dest_port") == (3, 1, None, None)


def test_ipv6_and_protocols_without_ports(tmp_path: Path) -> None:
    head = "Jan  5 03:12:09 gw kernel: IN=eth0 OUT= "
    icmp, esp = told(
        tmp_path,
        f"{head}SRC=fe80:0000:0000:0000:0084:88ff:feae:790a DST=ff02::16 LEN=96 TC=0 HOPLIMIT=1 FLOWLBL=0 "
        "PROTO=ICMPv6 TYPE=143 CODE=0 MARK=0xd4",
        f"{head}{MAC} SRC=192.0.2.1 DST=192.0.2.2 LEN=120 TOS=0x00 PREC=0x00 TTL=55 ID=0 DF PROTO=ESP SPI=0xcb886522",
    )
    assert only(icmp, "source_ip", "icmp_type", "icmp_code") == ("fe80::84:88ff:feae:790a", 143, 0)
    assert only(esp, "protocol", "source_port", "icmp_type", "bytes") == ("ESP", None, None, 120)


@pytest.mark.parametrize(
    "message",
    ["[1.5] usb 1-1: new device", "TTL=126 ID=15317 DF PROTO=TCP SPT=59344 DPT=443", "IN=eth0 OUT= ARP HTYPE=1"],
)
def test_what_is_no_packet_is_rejected(tmp_path: Path, message: str) -> None:
    (row,) = told(tmp_path, f"Jan  5 03:12:09 gw kernel: {message}")
    assert row["fault"] == "no packet logged by iptables"


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")
def test_the_real_lines_are_read(tmp_path: Path) -> None:
    rows = records(tmp_path, REAL.read_text(encoding="utf-8"), format="iptables")
    # wc -l, and grep -c for each prefix
    assert Counter((row["action"], row["fault"]) for row in rows) == {
        (None, None): 17,
        ("AUDIT (UFW)", None): 16,
        ("BLOCK (UFW)", None): 16,
    }
    # cut -d= -f2 on the DPT= of the lines without a prefix
    assert [row["dest_port"] for row in rows[:5]] == [80, 8080, 25, 21, 22]
    assert Counter(row["bytes"] for row in rows) == {44: 17, 104: 32}
    assert {row["timestamp"].strftime("%Y-%m-%d %H:%M:%S") for row in rows} == {
        "2025-09-30 10:09:23",
        "2025-10-30 10:09:23",
    }
