"""ArcSight's Common Event Format: header, escapes, keys, and which events are logins."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from syslog_helpers import only, records

A, B = "203.0.113.9", "198.51.100.20"
HEAD = "CEF:0|Vendor|Gateway|1.0|18|Connection refused|5|"
FIFTH = datetime(2026, 1, 5, 3, 12, 9, tzinfo=UTC)


def told(folder: Path, *lines: str, **source: Any) -> list[dict[str, Any]]:
    return records(folder, list(lines), format="cef", **source)


@pytest.mark.parametrize(
    "head",
    [
        "Jan  5 03:12:09 siem ",
        "<134>Jan  5 03:12:09 siem ",
        "<134>1 2026-01-05T03:12:09Z siem app 71 - - ",
        "2026-01-05T03:12:09Z siem ",
        "2026-01-05T03:12:09Z ",
    ],
)
def test_the_header_of_syslog_dates_an_event_that_does_not_itself(tmp_path: Path, head: str) -> None:
    (row,) = told(tmp_path, f"{head}{HEAD}src={A} spt=50930 dst={B} dpt=22 proto=TCP act=blocked in=44 out=6")
    assert only(row, "fault", "timestamp", "action", "protocol") == (None, FIFTH, "blocked", "TCP")
    assert only(row, "source_ip", "source_port", "dest_ip", "dest_port", "bytes") == (A, 50930, B, 22, 50)
    assert json.loads(row["details"]) == {
        "vendor": "Vendor",
        "product": "Gateway",
        "version": "1.0",
        "signature": "18",
        "severity": "5",
        "name": "Connection refused",
        "bytes_in": "44",
        "bytes_out": "6",
    }


@pytest.mark.parametrize(
    "when",
    [
        "rt=1767582729000",
        "rt=Jan 05 2026 03:12:09",
        "rt=Jan 05 2026 03:12:09.000 UTC",
        "rt=Jan 05 2026 04:12:09 CET",
        "rt=Jan 5 03:12:09",
        "start=2026-01-05T03:12:09Z",
        "end=1767582729000",
        "rt=1767582729000 start=1767582000000",
    ],
)
@pytest.mark.parametrize("head", ["", "Jan  5 09:00:00 siem "])
def test_the_time_of_the_device_counts_more(tmp_path: Path, head: str, when: str) -> None:
    (row,) = told(tmp_path, f"{head}{HEAD}{when} src={A}")
    assert only(row, "fault", "timestamp") == (None, FIFTH)


@pytest.mark.parametrize("head", ["rt=Jan 05 2026 11:12:09 CST ", "start=Jan 05 2026 11:12:09.000 CST "])
def test_a_name_of_a_zone_that_the_source_goes_by_means_that_zone(tmp_path: Path, head: str) -> None:
    (row,) = told(tmp_path, f"{HEAD}{head}src={A}", timezone="Asia/Shanghai")
    assert only(row, "fault", "timestamp") == (None, FIFTH)


def test_only_a_time_without_a_year_makes_the_year_part_of_the_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"Jan  5 03:12:09 siem {HEAD}{when}src={A}" for when in ("", "rt=Jan 5 03:12:09 ", "rt=1767582729000 ")]
    later = told(tmp_path, *lines)
    monkeypatch.setattr("syslog_helpers.WRITTEN", datetime(2025, 1, 6, tzinfo=UTC))
    earlier = told(tmp_path, *lines)
    assert [row["timestamp"].year for row in earlier] == [2025, 2025, 2026]
    assert [a["event_id"] == b["event_id"] for a, b in zip(later, earlier, strict=True)] == [False, False, True]


def test_an_event_without_any_time_is_rejected(tmp_path: Path) -> None:
    (row,) = told(tmp_path, f"{HEAD}src={A}")
    assert row["fault"] == "timestamp is missing"


def test_escapes_and_blanks_within_values(tmp_path: Path) -> None:
    (row,) = told(
        tmp_path,
        r"CEF:0|Ven\|dor|Gate\\way|1.0|18|a=b \| c|5|rt=1767582729000 msg=frag\=0x4000 src=192.0.2.66 a\\b "
        rf"request=https://x/?q=1&r=2 act= suser=DOMAIN\\joe src={A} dst={B}   ",
    )
    assert only(row, "fault", "action", "dest_ip") == (None, "a=b | c", B)
    facts = json.loads(row["details"])
    assert (facts["vendor"], facts["product"], facts["name"]) == ("Ven|dor", r"Gate\way", "a=b | c")
    assert (facts["request"], facts["source_user"]) == ("https://x/?q=1&r=2", r"DOMAIN\joe")
    # nothing tells a key within a value that is not escaped; the first one counts, and it is no address
    assert row["source_ip"] is None
    assert facts["message"] == "frag=0x4000"


def test_ipv6_stands_in_custom_fields(tmp_path: Path) -> None:
    (row,) = told(tmp_path, f"{HEAD}rt=1767582729000 c6a2=2001:db8::1 c6a2Label=Source IPv6 c6a3=2001:db8::2 cnt=7")
    assert only(row, "source_ip", "dest_ip") == ("2001:db8::1", "2001:db8::2")
    assert json.loads(row["details"])["count"] == "7"


@pytest.mark.parametrize(
    ("extension", "success"),
    [
        (f"outcome=success src={A} suser=boss duser=joe dhost=db1 app=ssh", True),
        (f"outcome=Failure src={A} duser=joe dhost=db1 app=ssh", False),
    ],
)
def test_a_login_names_a_user_and_says_how_it_went(tmp_path: Path, extension: str, success: bool) -> None:
    (row,) = told(tmp_path, f"CEF:0|V|P|1|7|User Logon|5|rt=1767582729000 {extension}")
    assert row["target"] == "logins"
    assert only(row, "user", "source_ip", "host", "service", "success") == ("joe", A, "db1", "ssh", success)


@pytest.mark.parametrize(
    "event",
    [
        "CEF:0|V|P|1|7|User Logon|5|rt=1767582729000 duser=joe",
        "CEF:0|V|P|1|7|User Logon|5|rt=1767582729000 outcome=success",
        "CEF:0|V|P|1|7|Web request|5|rt=1767582729000 outcome=success duser=joe",
        "CEF:0|V|P|1|7|Logoff|5|rt=1767582729000 duser=joe",
    ],
)
def test_all_else_is_an_event(tmp_path: Path, event: str) -> None:
    (row,) = told(tmp_path, event)
    assert only(row, "fault", "target", "action") == (None, "security_events", event.split("|")[5])


@pytest.mark.parametrize("line", ["Jan  5 03:12:09 siem hello", "CEF:0|only|three|parts", "CEF:7|a|b|c|d|e|5|x=1"])
def test_what_has_no_header_is_rejected(tmp_path: Path, line: str) -> None:
    (row,) = told(tmp_path, line)
    assert row["fault"] == "no CEF header"
