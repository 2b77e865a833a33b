"""Timestamps in every form that logs use, in the zone of their source."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import staged

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def moments(tmp_path: Path, *texts: object, **source: Any) -> list[datetime | None]:
    rows = staged(tmp_path, "\n".join(json.dumps({"timestamp": text}) for text in texts), **source)
    return [row["timestamp"] for row in rows]


def test_iso_8601_with_a_zone(tmp_path: Path) -> None:
    texts = (
        "2026-01-05T12:00:00Z",
        "2026-01-05 12:00:00+00:00",
        "2026-01-05T12:00:00.000+0000",
        "2026-01-05T13:00:00+01",
        "2026-01-05T06:30:00-05:30",
        "2026-01-05T12:00Z",
        "2026-01-05T13:00+01:00",
        "2026-01-05t12:00:00z",
        "2026-01-05T12:00:00,000Z",
        "2026-01-05T13:00:00 +01:00",
        "2026-01-05 12:00:00 UTC",
        "2026/01/05 12:00:00",
        " 2026-01-05T12:00:00Z ",
    )
    assert moments(tmp_path, *texts) == [NOON] * len(texts)
    assert moments(tmp_path, *texts[:11], timezone="Asia/Tokyo") == [NOON] * 11


def test_fractions_are_kept_to_the_microsecond(tmp_path: Path) -> None:
    assert moments(tmp_path, "2026-01-05T12:00:00.123456789Z", "2026-01-05T12:00:00.1Z") == [
        NOON + timedelta(microseconds=123456),
        NOON + timedelta(microseconds=100000),
    ]


def test_numbers_are_times_since_1970_whatever_their_unit(tmp_path: Path) -> None:
    seconds = 1_767_614_400
    units = (seconds, seconds * 1_000, seconds * 1_000_000, seconds * 1_000_000_000, str(seconds), f"{seconds}.000")
    assert moments(tmp_path, *units) == [NOON] * len(units)
    assert moments(tmp_path, f"{seconds}.25", seconds * 1_000 + 250) == [NOON + timedelta(milliseconds=250)] * 2


def test_what_names_no_zone_is_in_that_of_the_source(tmp_path: Path) -> None:
    texts = ("2026-01-05T12:00:00", "2026-01-05 12:00:00.000", "2026-01-05 12:00", "2026/01/05 12:00:00")
    assert moments(tmp_path, *texts) == [NOON] * 4
    assert moments(tmp_path, *texts, timezone="Europe/Berlin") == [NOON - timedelta(hours=1)] * 4
    assert moments(tmp_path, "2026-07-05T12:00:00", timezone="America/New_York") == [
        datetime(2026, 7, 5, 16, tzinfo=UTC)
    ]


def test_a_zone_that_a_row_names_is_its_own(tmp_path: Path) -> None:
    """The engine keeps a zone that has a name for texts after it that name none."""
    texts = ("2026-01-05 21:00:00 Asia/Tokyo", "2026-01-05 12:00:00", "2026-01-05  12:00:00", "2026/01/05 12:00:00")
    assert moments(tmp_path, *texts) == [NOON] * 4
    local = (texts[0], *(text.replace("12:", "13:") for text in texts[1:]))
    assert moments(tmp_path, *local, timezone="Europe/Berlin") == [NOON] * 4


def test_a_year_beyond_the_engines_calendar_costs_its_own_row(tmp_path: Path) -> None:
    for zone in ("UTC", "America/New_York", "Asia/Tokyo"):
        for text in ("294247-01-10", "0001-01-01", "9999-12-31 23:59:59"):
            assert moments(tmp_path, text, "2026-01-05T12:00:00Z", timezone=zone)[1] == NOON


def test_changes_of_clocks(tmp_path: Path) -> None:
    """Half past two does not exist in spring, and exists twice in autumn."""
    texts = (
        "2026-03-29T01:59:59",
        "2026-03-29T02:30:00",
        "2026-03-29T03:00:00",
        "2025-10-26T02:30:00",
        "2025-10-26T03:00:00",
    )
    assert moments(tmp_path, *texts, timezone="Europe/Berlin") == [
        datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2025, 10, 26, 1, 30, tzinfo=UTC),
        datetime(2025, 10, 26, 2, 0, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("pattern", "text", "zone"),
    [
        ("%m/%d/%y %H:%M", "1/5/26 12:00", "UTC"),
        ("%m/%d/%y %H:%M", "1/5/26 13:00", "Europe/Berlin"),
        ("%d/%b/%Y:%H:%M:%S %z", "05/Jan/2026:13:00:00 +0100", "Asia/Tokyo"),
        ("it's %Y-%j at %H", "it's 2026-005 at 12", "UTC"),
    ],
)
def test_a_source_may_name_its_format(tmp_path: Path, pattern: str, text: str, zone: str) -> None:
    found = moments(tmp_path, text, "2026-01-05T12:00:00Z", timestamp_format=pattern, timezone=zone)
    assert found == [NOON, None]


def test_the_night_is_the_utc_day(tmp_path: Path) -> None:
    rows = staged(tmp_path, '{"timestamp": "2026-01-05T00:30:00"}\n', timezone="Europe/Berlin")
    assert rows[0]["log_date"].isoformat() == "2026-01-04"


def test_what_is_no_time_is_rejected(tmp_path: Path) -> None:
    soon, later = (datetime.now(UTC) + timedelta(hours=hours) for hours in (23, 25))
    texts: dict[object, str | None] = {
        None: "timestamp is missing",
        "": "timestamp is missing",
        "-": "timestamp is missing",
        "yesterday": "timestamp cannot be read",
        "2026-13-45T00:00:00Z": "timestamp cannot be read",
        "12345678": "timestamp cannot be read",
        "99999999999999999999": "timestamp cannot be read",
        "1989-12-31T23:59:59Z": "timestamp is before 1990",
        "3/3/13 21:53": "timestamp is before 1990",
        "epoch": "timestamp is before 1990",
        "-infinity": "timestamp is before 1990",
        "infinity": "timestamp is in the future",
        "9999999999": "timestamp is in the future",
        "9999999999999999999": "timestamp is in the future",
        later.isoformat(): "timestamp is in the future",
        soon.isoformat(): None,
        "1990-01-01T00:00:00Z": None,
    }
    rows = staged(tmp_path, "\n".join(json.dumps({"timestamp": text}) for text in texts))
    assert {text: row["fault"] for text, row in zip(texts, rows, strict=True)} == texts
