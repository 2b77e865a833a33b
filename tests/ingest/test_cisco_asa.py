"""Cisco ASA syslog: hand-made messages of every kind, and the real log of a class-room incident."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from syslog_helpers import DATA, only, records

REAL = DATA / "firewall" / "cisco_asa_firewall.log"
ENDS = ("source_ip", "source_port", "dest_ip", "dest_port")
A, B = "203.0.113.9", "198.51.100.20"


def told(folder: Path, *messages: str, **source: Any) -> list[dict[str, Any]]:
    lines = [f"Jan 05 2026 03:12:09: %ASA-6-{message}" for message in messages]
    return records(folder, lines, format="cisco_asa", **source)


def meaning(folder: Path, message: str) -> tuple[Any, ...]:
    (row,) = told(folder, message)
    assert row["fault"] is None
    assert row["target"] == "security_events"
    return only(row, "action", "protocol", *ENDS)


@pytest.mark.parametrize(
    "head",
    [
        "Jan 05 2026 03:12:09: %ASA-6-106015: ",
        "Jan 05 2026 03:12:09 fw1 : %ASA-6-106015: ",
        "Jan 05 2026 03:12:09 fw1: %FTD-6-106015: ",
        "Jan 05 2026 03:12:09 fw1 %ASA-session-6-106015: ",
        "Jan 05 2026 03:12:09 : %PIX-6-106015 ",
        "<166>:Jan 05 2026 06:12:09 MSK: %ASA-6-106015: ",
        "<166>Jan 05 2026 06:12:09 MSK fw1 : %ASA-6-106015: ",
        "<166>2026-01-05T03:12:09Z fw1 : %ASA-6-106015: ",
        "<166>2026-01-05T03:12:09Z: %ASA-6-106015: ",
        "<166>1 2026-01-05T03:12:09Z fw1 - - - %ASA-6-106015: ",
        "Jan  5 03:12:09 relay Jan 05 2026 04:12:09: %ASA-6-106015: ",
        "Jan  5 03:12:09 relay : Jan  5 03:12:09 EST: %FWSM-6-106015: ",
    ],
)
def test_every_form_of_line_is_read(tmp_path: Path, head: str) -> None:
    line = f"{head}Deny TCP (no connection) from {A}/443 to {B}/5000 flags RST  on interface outside"
    (row,) = records(tmp_path, line, format="cisco_asa")
    assert only(row, "fault", "timestamp") == (None, datetime(2026, 1, 5, 3, 12, 9, tzinfo=UTC))
    assert only(row, "action", "protocol", *ENDS) == ("denied (no connection)", "tcp", A, 443, B, 5000)


@pytest.mark.parametrize("line", ["Jan 05 2026 03:12:09 fw1 : last message repeated 2 times", "%ASA-6-1: x", "-"])
def test_what_is_no_message_of_a_firewall_is_rejected(tmp_path: Path, line: str) -> None:
    (row,) = records(tmp_path, line, format="cisco_asa")
    assert only(row, "fault", "raw_data") == ("no Cisco ASA message", line)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            f"106100: access-list in denied tcp inside/{A}(1024) -> outside/{B}(80) hit-cnt 7 first hit [0x1, 0x0]",
            ("denied", "tcp", A, 1024, B, 80),
        ),
        (
            f"106100: access-list in est-allowed udp inside/{A}(53)(LOCAL\\a b) -> outside/{B}(80) hit-cnt 1 first hit",
            ("est-allowed", "udp", A, 53, B, 80),
        ),
        (
            f'106023: Deny tcp src outside:{A}/1024 dst dmz:{B}/80 by access-group "out" [0x0, 0x0]',
            ("denied (access group)", "tcp", A, 1024, B, 80),
        ),
        (
            f'106023: Deny tcp src outside:{A}/1024(LOCAL\\a b) dst dmz.2:{B}/80(name) by access-group "out"',
            ("denied (access group)", "tcp", A, 1024, B, 80),
        ),
        (
            f'106023: Deny protocol 47 src outside:{A} dst dmz:{B} by access-group "out"',
            ("denied (access group)", "47", A, None, B, None),
        ),
        (
            '106023: Deny udp src out:2001:db8::1/53 dst in:2001:db8::2/80 by access-group "out"',
            ("denied (access group)", "udp", "2001:db8::1", 53, "2001:db8::2", 80),
        ),
        (
            f"106001: Inbound TCP connection denied from {A}/1024 to {B}/80 flags SYN  on interface outside",
            ("denied (inbound)", "tcp", A, 1024, B, 80),
        ),
        (
            f"106006: Deny inbound UDP from {A}/53 to {B}/1024 on interface outside",
            ("denied (inbound)", "udp", A, 53, B, 1024),
        ),
        (
            f"106007: Deny inbound UDP from {A}/53 to {B}/1024 due to DNS Response",
            ("denied (inbound)", "udp", A, 53, B, 1024),
        ),
        (
            f"106010: Deny inbound protocol 103 src inside:{A} dst inside:{B}",
            ("denied (inbound)", "103", A, None, B, None),
        ),
        (
            "106015: Deny TCP (no connection) from 2001:db8::1/443 to 2001:db8::2/80 flags RST  on interface outside",
            ("denied (no connection)", "tcp", "2001:db8::1", 443, "2001:db8::2", 80),
        ),
        (f"106016: Deny IP spoof from ({A}) to {B} on interface out", ("denied (spoofed)", None, A, None, B, None)),
        (
            f"106021: Deny UDP reverse path check from {A} to {B} on interface outside",
            ("denied (reverse path)", "udp", A, None, B, None),
        ),
        (
            f"302013: Built inbound TCP connection 7 for outside:{A}/1024 ({A}/1024)(LOCAL\\a b) to dmz:{B}/80 "
            "(192.0.2.1/80) (a b)",
            ("permitted (built)", "tcp", A, 1024, B, 80),
        ),
        (
            f"302015: Built outbound UDP connection 7 for outside:{A}/53 ({A}/53) to inside:{B}/1024 ({B}/1024)",
            ("permitted (built)", "udp", B, 1024, A, 53),
        ),
        (
            f"305011: Built dynamic TCP translation from inside:{A}/1024 to outside:{B}/2048",
            ("ASA 305011", "tcp", A, 1024, B, 2048),
        ),
        (
            f'605005: Login permitted from {A}/50000 to inside:{B}/ssh for user "admin"',
            ("permitted (login)", None, A, 50000, B, None),
        ),
        (f"710003: TCP access denied by ACL from {A}/1024 to dmz:{B}/80", ("denied (access)", "tcp", A, 1024, B, 80)),
        (f"710005: UDP request discarded from {A}/68 to in:{B}/67", ("denied (discarded)", "udp", A, 68, B, 67)),
        ("411001: Line protocol on Interface Ethernet0/6, changed state to up", ("ASA 411001", *[None] * 5)),
        (
            f"302013: Built inbound TCP connection 7 for out:{A}/1024 ({A}/1024) to dmz:Web_Server/80 (Web_Server/80)",
            ("permitted (built)", "tcp", A, 1024, None, 80),
        ),
        (f"111010: User 'x from {A} to {B}', running 'CLI', executed 'permit'", ("ASA 111010", *[None] * 5)),
    ],
)
def test_a_message_says_what_was_done_between_whom(tmp_path: Path, message: str, expected: tuple[Any, ...]) -> None:
    assert meaning(tmp_path, message) == expected


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (f"106100: access-list in permitted icmp outside/{A}(8) -> dmz/{B}(3) hit-cnt 1 first hit [0x1, 0x0]", (8, 3)),
        (f"106014: Deny inbound icmp src outside:{A} dst dmz:{B} (type 8, code 0)", (8, 0)),
        (f'106023: Deny icmp src outside:{A} dst dmz:{B} (type 3, code 13) by access-group "out" [0x0, 0x0]', (3, 13)),
        (f"302020: Built inbound ICMP connection for faddr {A}/512 gaddr {B}/0 laddr {B}/0 type 8 code 0", (8, 0)),
        (f"302021: Teardown ICMP connection for faddr {A}/512 gaddr {B}/0 laddr {B}/0", (None, None)),
        (f"313001: Denied ICMP type=5, code=1 from {A} on interface outside", (5, 1)),
        (
            f"313005: No matching connection for ICMP error message: icmp src out:{A} dst in:{B} (type 3, code 2) "
            "on out interface.  Original IP payload: udp src 192.0.2.1/53 dst 192.0.2.2/80.",
            (3, 2),
        ),
    ],
)
def test_types_of_icmp_are_no_ports(tmp_path: Path, message: str, kind: tuple[int | None, int | None]) -> None:
    (row,) = told(tmp_path, message)
    assert only(row, "icmp_type", "icmp_code") == kind
    assert only(row, "source_ip", "source_port", "dest_port") == (A, None, None)


def test_a_rule_is_kept_with_its_hits(tmp_path: Path) -> None:
    rule = f"106100: access-list in denied tcp inside/{A}(1) -> outside/{B}(80) hit-cnt 144 300-second interval [0x1]"
    (row,) = told(tmp_path, rule)
    assert json.loads(row["details"]) == {"access_list": "in", "hits": 144}


def test_the_end_of_a_connection_is_the_connection(tmp_path: Path) -> None:
    end = f"Teardown TCP connection 71 for outside:{A}/443 to inside:{B}/40112"
    tcp, old, udp = told(
        tmp_path,
        f"302014: {end} duration 26:00:09 bytes 5120 TCP Reset-I from inside (a b)",
        f"302014: Teardown TCP connection 7 for outside:{A}/51000(LOCAL\\a b) to dmz:{B}/22 duration 0:00:09 bytes 0",
        f"302016: Teardown UDP connection 7 for outside:{A}/53 user1 to dmz:{B}/53 user2 duration 0:02:01 bytes 140",
    )
    assert {row["target"] for row in (tcp, old, udp)} == {"connections"}
    # who had the higher port called
    assert only(tcp, "protocol", *ENDS) == ("tcp", B, 40112, A, 443)
    assert only(tcp, "duration", "state") == (26 * 3600 + 9, "TCP Reset-I")
    # it began so much before the message
    assert tcp["timestamp"] == datetime(2026, 1, 4, 1, 12, tzinfo=UTC)
    # the firewall does not say which way they went
    assert only(tcp, "bytes_out", "bytes_in") == (None, None)
    assert json.loads(tcp["details"]) == {"bytes": 5120}
    assert only(old, *ENDS, "duration", "state") == (A, 51000, B, 22, 9, None)
    assert only(udp, "protocol", *ENDS, "duration") == ("udp", A, 53, B, 53, 121)


def test_the_beginning_of_a_connection_heeds_the_zone_of_the_line(tmp_path: Path) -> None:
    end = f"%ASA-6-302014: Teardown TCP connection 7 for out:{A}/51000 to in:{B}/22 duration 0:00:09 bytes 0 TCP FINs"
    lines = [f"2026-01-05T03:12:09-06:00 fw1 : {end}", f"Jan 05 2026 10:12:09 fw1 : {end}"]
    first, second = records(tmp_path, lines, format="cisco_asa", timezone="Europe/Berlin")
    assert first["timestamp"] == datetime(2026, 1, 5, 9, 12, tzinfo=UTC)
    assert second["timestamp"] == datetime(2026, 1, 5, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (f"113004: AAA user authentication Successful : server =  {B} : user = joe", ("joe", None, True)),
        ("113012: AAA user authentication Successful : local database : user = a b", ("a b", None, True)),
        (
            f"113005: AAA user authentication Rejected : reason = AAA failure : server = x : user = j : user IP = {A}",
            ("j", A, False),
        ),
        (
            f"113015: AAA user authentication Rejected : reason = Invalid password : local database : user = joe "
            f": user IP = {B} : user IP = {A}",
            (f"joe : user IP = {B}", A, False),
        ),
        (f"113005: AAA user authentication Rejected: reason = x: server = {B} , User = j", ("j", None, False)),
    ],
)
def test_what_aaa_says_is_the_login(tmp_path: Path, message: str, expected: tuple[Any, ...]) -> None:
    (row,) = told(tmp_path, message)
    assert only(row, "target", "service") == ("logins", "aaa")
    assert only(row, "user", "source_ip", "success") == expected


@pytest.mark.parametrize(
    ("message", "action"),
    [
        ("113004: AAA user authorization Successful : server = 192.0.2.1 : user = joe", "ASA 113004"),
        (f"611101: User authentication succeeded: IP address: {A}, Uname: admin", "permitted (login)"),
        (f'605004: Login denied from {A}/5000 to inside:{B}/ssh for user "root"', "denied (login)"),
        ("611103: User logged out: Uname: admin", "logoff"),
    ],
)
def test_other_words_about_a_login_are_events(tmp_path: Path, message: str, action: str) -> None:
    (row,) = told(tmp_path, message)
    assert only(row, "target", "action") == ("security_events", action)


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")
def test_the_real_log_is_read_to_the_line(tmp_path: Path) -> None:
    rows = records(tmp_path, REAL.read_text(encoding="utf-8"), format="cisco_asa")
    # wc -l; all but `last message repeated 2 times` hold %ASA-
    assert len(rows) == 6556
    assert [(row["line_number"], row["fault"]) for row in rows if row["fault"]] == [(6375, "no Cisco ASA message")]
    found = Counter(row["action"] for row in rows if not row["fault"])
    # grep -c with `106100.* permitted`, `106100.* denied`, and the other numbers
    assert found == {
        "permitted": 4512,
        "denied": 1991,
        "denied (access group)": 30,
        "denied (access)": 8,
        "ASA 733100": 6,
        "ASA 411001": 4,
        "ASA 411002": 4,
    }
    traffic = [row for row in rows if not row["action"].startswith("ASA")]
    assert all(row["source_ip"] and row["dest_ip"] for row in traffic)
    # grep -c ' icmp '
    assert sum(row["protocol"] == "icmp" for row in traffic) == 1
    # the first line says 18:47:57 six hours west of Greenwich
    assert rows[0]["timestamp"] == datetime(2011, 4, 27, 0, 47, 57, tzinfo=UTC)
