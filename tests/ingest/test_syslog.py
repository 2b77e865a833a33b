"""The header of syslog lines in all its forms, told by a format that takes any message."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingest_helpers import Landing
from syslog_helpers import records

MESSAGE = "pam_unix(login:session): session opened for user root by LOGIN(uid=0)"
FIFTH = datetime(2026, 1, 5, 3, 12, 9, tzinfo=UTC)


def headers(folder: Path, *lines: str, **source: Any) -> list[tuple[Any, ...]]:
    found = records(folder, list(lines), format="auth_log", **source)
    return [(row["timestamp"], row["host"], row["fault"]) for row in found]


@pytest.mark.parametrize(
    "head",
    [
        "Jan  5 03:12:09 bastion login[71]:",
        "Jan 05 03:12:09 bastion login[71]:",
        "Jan 5 03:12:09 bastion login[71]:",
        "<38>Jan  5 03:12:09 bastion login[71]:",
        "<38>:Jan  5 03:12:09 bastion login[71]:",
        "*Jan  5 03:12:09 bastion login[71]:",
        "Jan  5 2026 03:12:09 bastion login[71]:",
        "Jan 05 2026 03:12:09: bastion login[71]:",
        "jan/05/2026 03:12:09 bastion login[71]:",
        "2026-01-05T03:12:09Z bastion login[71]:",
        "2026-01-05T03:12:09+00:00 bastion login[71]:",
        "2026-01-05T04:12:09+0100 bastion login[71]:",
        "2026-01-05 03:12:09 bastion login[71]:",
        "<38>2026-01-04T21:12:09-06:00 bastion login[71]:",
        "<38>1 2026-01-05T03:12:09Z bastion login 71 - -",
        '<38>1 2026-01-05T03:12:09Z bastion login 71 ID47 [a@1 b="\\"\\]" c="d"][e@1]',
    ],
)
def test_every_form_of_header_is_read(tmp_path: Path, head: str) -> None:
    (row,) = records(tmp_path, f"{head} {MESSAGE}", format="auth_log")
    assert (row["timestamp"], row["host"], row["fault"]) == (FIFTH, "bastion", None)
    assert (row["target"], row["user"], row["success"]) == ("logins", "root", True)
    assert "71" in row["session_id"]


def test_fractions_of_seconds_are_kept(tmp_path: Path) -> None:
    lines = [f"{time} bastion su: {MESSAGE}" for time in ("Jan  5 03:12:09.25", "2026-01-05T03:12:09,250000Z")]
    assert {when for when, *_ in headers(tmp_path, *lines)} == {FIFTH.replace(microsecond=250_000)}


def test_a_line_without_a_host_has_none(tmp_path: Path) -> None:
    assert headers(tmp_path, f"Jan  5 03:12:09 login[71]: {MESSAGE}") == [(FIFTH, None, None)]


def test_local_time_is_in_the_zone_of_the_source(tmp_path: Path) -> None:
    line = f"Jan  5 04:12:09 bastion su: {MESSAGE}"
    assert headers(tmp_path, line, timezone="Europe/Berlin") == [(FIFTH, "bastion", None)]


@pytest.mark.parametrize(
    ("zone", "hour"), [("UTC", 3), ("GMT:", 3), ("EST", 8), ("MDT:", 9), ("CEST", 1), ("MSK:", 0), ("AEST", None)]
)
def test_a_zone_after_the_time_counts_more_than_that_of_the_source(tmp_path: Path, zone: str, hour: int | None) -> None:
    line = f"Jan 05 2026 03:12:09 {zone} su: {MESSAGE}"
    moment = FIFTH.replace(hour=hour) if hour is not None else datetime(2026, 1, 4, 17, 12, 9, tzinfo=UTC)
    assert headers(tmp_path, line, timezone="Asia/Tokyo") == [(moment, None, None)]


def test_a_name_of_a_zone_that_the_source_goes_by_means_that_zone(tmp_path: Path) -> None:
    line = f"Jan 05 2026 11:12:09 CST su: {MESSAGE}"
    assert headers(tmp_path, line, timezone="Asia/Shanghai") == [(FIFTH, None, None)]
    assert headers(tmp_path, line, timezone="Asia/Tokyo") == [(FIFTH.replace(hour=17), None, None)]


@pytest.mark.parametrize(
    ("written", "time", "year"),
    [
        ("2026-01-06", "Jan  6 23:59:59", 2026),
        ("2026-01-06", "Jan  7 00:00:00", 2026),
        ("2026-01-06", "Jan  7 00:00:01", 2025),
        ("2026-01-06", "Dec 31 23:59:59", 2025),
        ("2025-12-31", "Jan  1 00:00:00", 2026),
        ("2025-12-31", "Jan  2 00:00:00", 2025),
        ("2026-03-01", "Feb 29 12:00:00", 2024),
        ("2024-02-28", "Feb 29 00:00:00", 2024),
        ("2024-02-27", "Feb 29 12:00:00", 2020),
        ("2026-06-01", "Feb 29 12:00:00", 2024),
    ],
)
def test_a_year_that_is_missing_is_told_by_when_the_file_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, time: str, year: int
) -> None:
    monkeypatch.setattr("syslog_helpers.WRITTEN", datetime.fromisoformat(written).replace(tzinfo=UTC))
    ((when, _, _),) = headers(tmp_path, f"{time} bastion su: {MESSAGE}")
    assert when.year == year


def test_the_date_in_the_name_of_a_file_gives_the_year(landing: Callable[..., Landing]) -> None:
    site = landing(format="auth_log")
    site.put("auth-20240630.log", f"Jun 30 03:12:09 bastion su: {MESSAGE}\nJul  2 03:12:09 bastion su: {MESSAGE}\n")
    assert site.state() == ["new"]
    assert site.column("select log_date::varchar from raw.logins order by line_number") == ["2024-06-30", "2023-07-02"]


def test_the_same_line_of_another_year_is_another_record(landing: Callable[..., Landing]) -> None:
    site = landing(format="auth_log")
    dated = f"2023-12-03T03:12:09Z bastion su: {MESSAGE}\n"
    lines = "".join(f"Dec {day:2} 03:12:09 bastion su: {MESSAGE}\n" for day in (1, 2))
    site.put("auth-20241224.log", lines + dated)
    site.put("auth-20251229.log", dated + lines)
    # what says its year is the same record whenever it is delivered
    assert [(report.accepted, report.duplicates) for report in site.read()] == [(3, 0), (2, 1)]
    nights = ["2023-12-03", "2024-12-01", "2024-12-02", "2025-12-01", "2025-12-02"]
    assert site.column("select log_date::varchar from raw.logins order by 1") == nights
    assert site.rows("select count(distinct login_id) from raw.logins") == [(5,)]


def test_a_mark_of_byte_order_before_the_message_is_no_part_of_it(tmp_path: Path) -> None:
    (row,) = records(tmp_path, f"<38>1 2026-01-05T03:12:09Z bastion login 71 - - \ufeff{MESSAGE}", format="auth_log")
    assert (row["target"], row["user"]) == ("logins", "root")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("no header at all", "no syslog line"),
        ("Xyz  5 03:12:09 bastion su: hello", "timestamp cannot be read"),
        ("Jan 32 03:12:09 bastion su: hello", "timestamp cannot be read"),
        ("2026-13-05T03:12:09Z bastion su: hello", "timestamp cannot be read"),
        ("Jan 05 1989 03:12:09 bastion su: hello", "timestamp is before 1990"),
        ("2099-01-05T03:12:09Z bastion su: hello", "timestamp is in the future"),
    ],
)
def test_what_cannot_be_dated_is_rejected_with_the_reason(tmp_path: Path, line: str, fault: str) -> None:
    (row,) = records(tmp_path, line, format="auth_log")
    assert row["fault"] == fault
    assert row["raw_data"] == line


def test_blank_lines_are_no_records_and_count_as_lines(tmp_path: Path) -> None:
    found = records(tmp_path, f"\n  \nJan  5 03:12:09 bastion su: {MESSAGE}\r\n\r\n", format="auth_log")
    assert [row["line_number"] for row in found] == [3]


TEXT = st.text(st.characters(exclude_characters="\r\n\ufeff", exclude_categories=["Cs"]), min_size=1)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(texts=st.lists(TEXT, min_size=20, max_size=60))
@pytest.mark.parametrize("name", ["auth_log", "cisco_asa", "iptables", "mikrotik", "pf", "cef"])
def test_any_text_is_a_row_or_a_rejection(tmp_path: Path, name: str, texts: list[str]) -> None:
    found = records(tmp_path, [f"Jan  5 03:12:09 host {text}" for text in texts], format=name)
    assert [row["line_number"] for row in found] == list(range(1, len(texts) + 1))
    assert all(row["fault"] or row["timestamp"] for row in found)
