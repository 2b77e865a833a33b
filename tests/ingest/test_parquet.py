"""Parquet: columns of any type by name, paths, the three tables, damage."""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest_helpers import START, Landing, staged

from pipeline.ingest import parquet
from pipeline.ingest.contract import TOO_LONG, Head


def packed(columns: dict[str, Any], **options: Any) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, **options)
    return file.getvalue()


def read(tmp_path: Path, rows: dict[str, Any], **source: Any) -> list[dict[str, Any]]:
    return staged(tmp_path, packed(rows), **({"format": "parquet"} | source))


def test_columns_are_read_by_name(tmp_path: Path) -> None:
    columns = {"timestamp": [START], "dest_port": [22], "source_ip": ["2001:DB8::1"], "other": [1], "label": ["scan"]}
    (row,) = read(tmp_path, columns, keep_raw=True)
    assert (row["fault"], row["timestamp"], row["line_number"]) == (None, START, 1)
    assert (row["dest_port"], row["source_ip"], row["label"]) == (22, "2001:db8::1", "scan")
    assert row["raw_data"].startswith('{"timestamp":"2026-01-05 00:00:00+00","dest_port":22,')


@pytest.mark.parametrize(
    "times",
    [
        pa.array([START.replace(tzinfo=None)], pa.timestamp("ns")),
        pa.array([START], pa.timestamp("ms", "America/New_York")),
        pa.array([START], pa.timestamp("us", "+09:00")),
        pa.array([date(2026, 1, 5)]),
        pa.array([int(START.timestamp())]),
        pa.array([START.timestamp() * 1000]),
        pa.array(["2026-01-05T01:00:00+01:00"], pa.large_string()),
        pa.array(["2026-01-05"]).dictionary_encode(),
    ],
    ids=["ns", "zone", "offset", "date", "seconds", "milliseconds", "text", "dictionary"],
)
def test_times_of_any_type_are_moments(tmp_path: Path, times: pa.Array) -> None:
    (row,) = read(tmp_path, {"timestamp": times})
    assert (row["fault"], row["timestamp"]) == (None, START)


def test_times_without_a_zone_are_in_that_of_the_source(tmp_path: Path) -> None:
    columns = {"timestamp": pa.array([datetime(2026, 1, 5, 1)], pa.timestamp("us"))}  # noqa: DTZ001 - that is the point
    (row,) = read(tmp_path, columns, timezone="Europe/Berlin")
    assert row["timestamp"] == START


def test_numbers_of_any_type_are_numbers(tmp_path: Path) -> None:
    numbers = [pa.array([443.0]), pa.array([443], pa.uint16()), pa.array([Decimal("443.00")]), pa.array(["443"])]
    for ports in numbers:
        (row,) = read(tmp_path, {"timestamp": [START], "dest_port": ports, "bytes": [2**53 + 1]})
        assert (row["fault"], row["dest_port"]) == (None, 443)


def test_what_a_data_frame_does_not_know_is_null(tmp_path: Path) -> None:
    unknown = {"dest_port": [float("nan"), 22.0], "bytes": pa.nulls(2), "action": [None, "drop"]}
    rows = read(tmp_path, {"timestamp": [START] * 2} | unknown)
    assert [(row["fault"], row["dest_port"], row["action"]) for row in rows] == [(None, None, None), (None, 22, "drop")]


def test_nested_values_have_paths(tmp_path: Path) -> None:
    rows = {"at": [START], "client": [{"ip": "198.51.100.1", "geo": {"name": "Brazil"}}], "facts": [{"a": [1, 2]}]}
    columns = {"timestamp": "at", "source_ip": "client.ip", "country": "client.geo.name", "details": "facts"}
    (row,) = read(tmp_path, rows, columns=columns)
    assert (row["fault"], row["source_ip"], row["country"]) == (None, "198.51.100.1", "Brazil")
    assert row["details"] == '{"a":[1,2]}'


def test_rows_fill_the_table_that_the_source_names(tmp_path: Path) -> None:
    columns = {"timestamp": [START], "user": ["ann"], "ok": [False], "minutes": [12.5], "source_ip": ["198.51.100.1"]}
    mapping = {"success": "ok", "session_minutes": "minutes"}
    (row,) = read(tmp_path, columns, table="logins", columns=mapping)
    assert (row["target"], row["user"], row["success"], row["session_minutes"]) == ("logins", "ann", False, 12.5)


def test_a_column_that_is_not_there_rejects_every_row(landing: Callable[..., Landing]) -> None:
    site = landing(format="parquet", columns={"source_ip": "client.address"})
    site.put("rows.parquet", packed({"timestamp": [START] * 2, "client": [{"ip": "198.51.100.1"}] * 2}))
    (report,) = site.read()
    assert (report.accepted, report.rejected) == (0, 2)
    assert report.reason == "the header has no column client.address"


def test_a_damaged_file_is_unreadable_and_says_why(landing: Callable[..., Landing]) -> None:
    whole = packed({"timestamp": [START] * 1000, "action": [str(number) for number in range(1000)]})
    site = landing(format="parquet")
    site.put("cut.parquet", whole[:-100])
    site.put("spoilt.parquet", whole[:4] + bytes(2000) + whole[2004:])
    site.put("text.parquet", "timestamp,action\n")
    site.put("whole.parquet", whole)
    cut, spoilt, text, good = site.read()
    assert [report.state for report in (cut, spoilt, text, good)] == ["unreadable"] * 3 + ["new"]
    assert all(report.reason and not report.lines for report in (cut, spoilt, text))
    assert "not a parquet file" in str(cut.reason)
    assert all(str(report.reason).startswith("Parquet cannot be read: ") for report in (cut, spoilt, text))
    assert good.accepted == 1000
    assert site.column("select count(*) from raw.files where reason is not null") == [3]


def test_names_that_are_no_text_make_a_file_unreadable(tmp_path: Path) -> None:
    content = packed({"timestamp": [START], "label": ["a"]}).replace(b"label", b"la\x88el")
    with pytest.raises(OSError, match="Parquet cannot be read: 'utf-8' codec can't decode"):
        staged(tmp_path, content, format="parquet")


def test_types_that_the_engine_does_not_know_make_a_file_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "AS_JSON", "select no_such_function(rows) from rows")
    with pytest.raises(OSError, match="no_such_function"):
        read(tmp_path, {"timestamp": [START]})


def test_an_empty_table_has_no_records(tmp_path: Path) -> None:
    assert read(tmp_path, {"timestamp": pa.array([], pa.timestamp("us"))}) == []


def test_rows_that_are_too_long_are_set_aside(tmp_path: Path) -> None:
    rows = read(tmp_path, {"timestamp": [START] * 3, "action": ["a", "x" * (2 << 20), "b"]})
    assert [row["fault"] for row in rows] == [None, TOO_LONG, None]
    assert len(rows[1]["raw_data"]) == 65_536


def test_rows_of_many_groups_are_numbered_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "BATCH", 7)
    content = packed({"timestamp": [START] * 50, "dest_port": list(range(50))}, row_group_size=20)
    rows = staged(tmp_path, content, format="parquet")
    assert [(row["line_number"], row["dest_port"]) for row in rows] == [(number + 1, number) for number in range(50)]


def test_files_that_the_engine_writes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "written.parquet"
    with duckdb.connect() as engine:
        engine.execute("set timezone = 'UTC'")
        engine.execute(
            "copy (select timestamptz '2026-01-05 00:00:00+00' + to_seconds(n) as timestamp, n::uhugeint as bytes, "
            f"enum_last(null::enum('a', 'b')) as action, uuid() as id from range(3) t(n)) to '{path}'"
        )
    rows = staged(tmp_path, path.read_bytes(), format="parquet")
    assert [(row["timestamp"] - START, row["bytes"], row["action"]) for row in rows] == [
        (timedelta(seconds=number), number, "b") for number in range(3)
    ]


def test_the_same_rows_are_the_same_events_as_in_json(tmp_path: Path) -> None:
    columns = {"timestamp": ["2026-01-05 00:00:00"], "source_ip": ["198.51.100.1"], "dest_port": [22]}
    (row,) = read(tmp_path, columns)
    (line,) = staged(tmp_path, '{"timestamp":"2026-01-05 00:00:00","source_ip":"198.51.100.1","dest_port":22}\n')
    assert row == line


def test_the_first_bytes_tell() -> None:
    answer = parquet.recognise(Head("rows", packed({"a": [1]}), ()))
    assert answer is not None
    assert answer.confidence == 1
    assert parquet.recognise(Head("rows.parquet", b"a,b\n", ("a,b",))) is None
