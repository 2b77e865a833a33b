"""The table of users: its two measures, who and when where the table says so, and where it does not."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import START, Landing, staged

from pipeline.ingest import user_csv
from pipeline.ingest.contract import Head

HEADER = "Login Attempts/hr,Avg Session Duration (min)"


def read(tmp_path: Path, text: str, **source: Any) -> list[dict[str, Any]]:
    return staged(tmp_path, text, **({"format": "user_csv"} | source))


def test_a_row_is_a_login_of_its_user(tmp_path: Path) -> None:
    ann, bob = read(
        tmp_path, f"User ID,date,{HEADER},label\nann,2026-01-05,3,42.5,regular\nbob,2026-01-05,180,0.5,bot\n"
    )
    assert (ann["target"], ann["user"], ann["timestamp"], ann["label"]) == ("logins", "ann", START, "regular")
    assert (ann["session_minutes"], ann["success"]) == (42.5, None)
    assert json.loads(ann["details"]) == {"login_attempts_per_hour": 3}
    assert (bob["user"], bob["session_minutes"]) == ("bob", 0.5)


def test_rows_without_a_user_and_a_time_are_named_and_dated_by_their_file(landing: Callable[..., Landing]) -> None:
    site = landing(format="user_csv")
    path = site.put("users.csv", f"{HEADER}\n3,42.5\n3,42.5\n")
    when = datetime(2026, 1, 7, 12, tzinfo=UTC)
    os.utime(path, (when.timestamp(), when.timestamp()))
    (report,) = site.read()
    assert (report.accepted, report.rejected) == (2, 0)
    assert site.rows('select "user", timestamp from raw.logins order by 1') == [("row-1", when), ("row-2", when)]


def test_a_row_without_a_time_is_another_record_in_the_file_of_another_day(landing: Callable[..., Landing]) -> None:
    site = landing(format="user_csv")
    for day in (5, 6):
        site.put(f"users_2026-01-0{day}.csv", f"user,{HEADER}\nann,3,42.5\n")
        site.put(f"dated_2026-01-0{day}.csv", f"user,date,{HEADER}\nbob,2026-01-01,3,42.5\n")
    site.read()
    query = 'select "user", log_date::varchar from raw.logins order by 2'
    assert site.rows(query) == [("bob", "2026-01-01"), ("ann", "2026-01-05"), ("ann", "2026-01-06")]


@pytest.mark.parametrize("form", ["user_csv", "auto"])
def test_content_moves_under_names_of_its_day_only(landing: Callable[..., Landing], form: str) -> None:
    site = landing(format=form)
    path = site.put("users_2026-01-05.csv", f"user,{HEADER}\nann,3,42.5\n")
    assert site.state() == ["new"]
    path = path.rename(path.with_name("again_2026-01-05.csv"))
    assert site.state() == ["moved"]
    path.rename(path.with_name("again_2026-01-06.csv"))
    assert site.state() == ["new"]
    assert site.column("select log_date::varchar from raw.logins order by 1") == ["2026-01-05", "2026-01-06"]


def test_a_file_that_grows_within_its_day_is_not_counted_twice(landing: Callable[..., Landing]) -> None:
    site = landing(format="user_csv")
    text = f"user,{HEADER}\nann,3,42.5\n"
    for hour, content in ((9, text), (10, f"{text}bob,1,2\n")):
        path = site.put("users.csv", content)
        when = datetime(2026, 1, 7, hour, tzinfo=UTC).timestamp()
        os.utime(path, (when, when))
        site.read()
    assert site.column('select "user" from raw.logins order by 1') == ["ann", "bob"]


def test_a_time_that_is_left_blank_is_not_made_up(tmp_path: Path) -> None:
    rows = read(tmp_path, f"user,timestamp,{HEADER}\nann,2026-01-05,1,1\nbob,,1,1\n")
    assert [row["fault"] for row in rows] == [None, "timestamp is missing"]


@pytest.mark.parametrize("attempts", ["many", "-1", "nan", "inf"])
def test_attempts_that_are_no_number_are_rejected(tmp_path: Path, attempts: str) -> None:
    (row,) = read(tmp_path, f"{HEADER}\n{attempts},1\n")
    assert row["fault"] == "login attempts per hour is no number"


def test_minutes_that_are_no_number_are_rejected(tmp_path: Path) -> None:
    rows = read(tmp_path, f"{HEADER}\n1,long\n,\n")
    assert [row["fault"] for row in rows] == ["session_minutes is no number of minutes", None]
    assert (rows[1]["details"], rows[1]["session_minutes"]) == (None, None)


@pytest.mark.parametrize(
    ("header", "absent"),
    [("user,Login Attempts/hr", "Avg Session Duration (min)"), ("user,minutes", "Login Attempts/hr")],
)
def test_a_header_without_a_measure_rejects_every_row(tmp_path: Path, header: str, absent: str) -> None:
    (row,) = read(tmp_path, f"{header}\nann,1\n")
    assert row["fault"] == f"the header has no column {absent}"


def test_names_may_be_written_otherwise(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "login_attempts_per_hour;AVG session duration [min];UserName\n2;3;ann\n", delimiter=";")
    assert (row["fault"], row["user"], row["session_minutes"]) == (None, "ann", 3)


def test_both_measures_tell() -> None:
    answer = user_csv.recognise(Head("users.csv", b"", (f"{HEADER},Cluster", "1,2,3")))
    assert answer is not None
    assert answer.confidence > 0.9
    for header in ("Login Attempts/hr,user", "timestamp,user,session_minutes", ""):
        assert user_csv.recognise(Head("users.csv", b"", (header,))) is None
    assert user_csv.recognise(Head("users.csv", b"", ())) is None
