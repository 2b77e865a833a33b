"""Delimited text: headers, quotes, widths, line numbers."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_helpers import Landing, staged

from pipeline.config import Source
from pipeline.ingest import csv_batches, csv_rows
from pipeline.ingest.contract import TOO_LONG
from pipeline.ingest.csv_quoted import OPEN_QUOTE
from pipeline.ingest.logstream import LogStream

HEADER = "timestamp,source_ip,dest_port,action\n"
TIME = "2026-01-05 00:00:00"


def read(tmp_path: Path, text: str | bytes, **source: Any) -> list[dict[str, Any]]:
    return staged(tmp_path, text, **({"format": "csv"} | source))


def test_rows_are_read_by_their_header(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "\ufeffaction, dest_port ,timestamp,other\ndrop,22,2026-01-05 00:00:00,x\n")
    assert (row["fault"], row["action"], row["dest_port"], row["source_ip"], row["line_number"]) == (
        None,
        "drop",
        22,
        None,
        2,
    )


def test_a_source_maps_columns_and_names_the_delimiter(tmp_path: Path) -> None:
    columns = {"timestamp": "date.time", "action": "act"}
    (row,) = read(tmp_path, f"date.time;act;dest_port\n{TIME};drop, and more;22\n", columns=columns, delimiter=";")
    assert (row["action"], row["dest_port"]) == ("drop, and more", 22)


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_header_may_hold_names_beyond_all_measure(tmp_path: Path, quote: str) -> None:
    name = f"{quote}{'x' * 200_000}{quote}"
    (row,) = read(tmp_path, f"timestamp,{name},dest_port\n{TIME},y,22\n")
    assert (row["fault"], row["dest_port"]) == (None, 22)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_blank_lines_do_not_matter(tmp_path: Path, end: str) -> None:
    text = end.join(["timestamp,dest_port", f"{TIME},1", "", f"{TIME},2", "  ", f"{TIME},3"])
    rows = read(tmp_path, text)
    assert [(row["line_number"], row["dest_port"]) for row in rows] == [(2, 1), (4, 2), (6, 3)]
    assert len({row["event_id"] for row in rows}) == 3


def test_rows_of_another_width_are_set_aside(tmp_path: Path) -> None:
    rows = read(tmp_path, f"{HEADER}{TIME},198.51.100.1,1,a\n{TIME},x,198.51.100.1,1,a\n2026\n{TIME},198.51.100.1,2,b")
    assert [(row["line_number"], row["fault"]) for row in rows if row["fault"]] == [
        (3, "expected 4 columns, found 5"),
        (4, "expected 4 columns, found 1"),
    ]
    assert [row["raw_data"] for row in rows if row["fault"]] == [f"{TIME},x,198.51.100.1,1,a", "2026"]
    assert [row["dest_port"] for row in rows if not row["fault"]] == [1, 2]


def test_a_header_without_the_timestamp_rejects_every_row(tmp_path: Path) -> None:
    rows = read(tmp_path, 'time,action\n2026,drop\n2027,"drop"\n')
    assert [(row["line_number"], row["fault"]) for row in rows] == [
        (2, "the header has no column timestamp"),
        (3, "the header has no column timestamp"),
    ]


def test_a_header_without_a_mapped_column_rejects_every_row(tmp_path: Path) -> None:
    columns = {"action": "verdict", "dest_port": "port", "label": "class"}
    rows = read(tmp_path, f"timestamp,port\n{TIME},22\n{TIME},23\n", columns=columns)
    assert {row["fault"] for row in rows} == {"the header has no column verdict and no column class"}
    assert len(rows) == 2


def test_a_header_at_fault_is_shown_on_the_file(landing: Callable[..., Landing]) -> None:
    site = landing(format="csv", columns={"action": "verdict"})
    site.put("one.csv", f"{HEADER}{TIME},198.51.100.1,1,a\n")
    site.put("two.csv", "timestamp\n")
    one, two = site.read()
    assert one.reason == two.reason == "the header has no column verdict"
    assert (one.accepted, one.rejected, two.lines) == (0, 1, 0)


def test_rows_fill_the_table_that_the_source_names(tmp_path: Path) -> None:
    text = f"when,client,out,seconds,class,user\n{TIME},2001:db8::1,10,1.5,botnet,ann\n{TIME},x,-1,a,,\n"
    columns = {"timestamp": "when", "source_ip": "client", "bytes_out": "out", "duration": "seconds", "label": "class"}
    good, bad = read(tmp_path, text, table="connections", columns=columns)
    assert (good["fault"], good["target"], good["label"]) == (None, "connections", "botnet")
    assert (good["source_ip"], good["bytes_out"], good["duration"]) == ("2001:db8::1", 10, 1.5)
    assert bad["fault"] == "source_ip is no address; bytes_out is no size; duration is no number of seconds"
    login, _ = read(tmp_path, text, table="logins", columns={"timestamp": "when", "session_minutes": "seconds"})
    assert (login["target"], login["user"], login["session_minutes"]) == ("logins", "ann", 1.5)


def test_generic_rows_land_in_their_tables(landing: Callable[..., Landing]) -> None:
    for table, count in (("connections", 2), ("logins", 1)):
        site = landing(table, format="csv", table=table)
        site.put("a.csv", "timestamp,user,duration,label\n" + f"{TIME},ann,1,bad\n" * count)
        (report,) = site.read()
        assert (report.accepted, report.rejected) == (count, 0)
        assert site.column(f"select label from raw.{table}") == ["bad"] * count


VALUES = st.sampled_from(["", "a", "1", ",", '"', '""', "\n", " ", "é", '"a"', '"a,b"', '"a""b"', '"a\nb"', "x,y"])


@given(st.lists(VALUES, max_size=12).map("".join))
def test_both_parsers_of_quoted_rows_find_the_same(text: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        path.write_text(f'timestamp,action\n{text}\n"",\n', encoding="utf-8")

        def rows() -> list[dict[str, Any]]:
            source = Source(name="edge", format="csv", path="*")
            batches = csv_rows.records(LogStream(path), source)
            found = [row for batch in batches for row in batch.to_pylist()]
            return sorted(found, key=lambda row: row["line_number"])

        with mock.patch.object(csv_batches, "_are_whole", return_value=False):
            one_by_one = rows()
        assert rows() == one_by_one


def test_rows_that_are_quoted_throughout_are_found_at_once(tmp_path: Path) -> None:
    rows = f'"{TIME}","198.51.100.1","1","a, ""b"""\n"{TIME}","x"\n\n"{TIME}","","2",c\n'
    with mock.patch.object(csv_batches, "_one_by_one", wraps=csv_batches._one_by_one) as one_by_one:
        found = read(tmp_path, HEADER + rows)
    assert [(row["line_number"], row["fault"]) for row in found] == [
        (2, None),
        (5, None),
        (3, "expected 4 columns, found 2"),
    ]
    assert [row["action"] for row in found[:2]] == ['a, "b"', "c"]
    # only what is left open at the end, which is nothing
    assert one_by_one.call_count == 1


def test_empty_and_double_column_names_do_no_harm(tmp_path: Path) -> None:
    (row,) = read(tmp_path, f"timestamp,action,action,,\n{TIME},first,second,,x\n")
    assert (row["fault"], row["action"]) == (None, "first")


def test_a_file_without_rows_has_none(tmp_path: Path) -> None:
    assert read(tmp_path, "") == read(tmp_path, HEADER) == read(tmp_path, "\n\n" + HEADER) == []


def test_quoted_values_may_hold_anything(tmp_path: Path) -> None:
    text = f'{HEADER}{TIME},198.51.100.1,1,"a, ""b"" and\nc"\n"{TIME}",198.51.100.2,2,d\n{TIME},198.51.100.3,3,e"f\n'
    rows = read(tmp_path, text, keep_raw=True)
    assert [(row["line_number"], row["action"]) for row in rows] == [(2, 'a, "b" and\nc'), (4, "d"), (5, 'e"f')]
    assert rows[0]["raw_data"] == f'{TIME},198.51.100.1,1,"a, ""b"" and\nc"'


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    filler = "".join(f"{TIME},198.51.100.1,{number % 1000},x\n" for number in range(30_000))
    rows = read(tmp_path, f'{HEADER}{TIME},198.51.100.1,1,"open\n{filler}')
    assert [(row["line_number"], row["fault"]) for row in rows if row["fault"]] == [(2, OPEN_QUOTE)]
    assert len(rows) == 30_001


def test_text_behind_a_closing_quote_is_a_fault(tmp_path: Path) -> None:
    rows = read(tmp_path, f'{HEADER}{TIME},198.51.100.1,1,"a"b\n{TIME},198.51.100.1,2,c\n')
    assert [bool(row["fault"]) for row in rows] == [True, False]


def test_lines_that_are_too_long_are_set_aside(tmp_path: Path) -> None:
    long = f"{TIME},198.51.100.1,2,{'x' * (6 << 20)}\n"
    rows = read(tmp_path, f"{HEADER}{TIME},198.51.100.1,1,a\n{long}{TIME},198.51.100.1,3,a\n{long.strip()}")
    assert [(row["line_number"], row["fault"]) for row in rows] == [(2, None), (3, TOO_LONG), (4, None), (5, TOO_LONG)]
    assert len(rows[1]["raw_data"]) == 65_536


def test_repeated_rows_have_ids_of_their_own(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER + f"{TIME},198.51.100.1,1,a\n" * 3)
    assert len({row["event_id"] for row in rows}) == 3


def test_nul_and_control_characters_are_text(tmp_path: Path) -> None:
    rows = read(tmp_path, f'{HEADER}{TIME},198.51.100.1,1,a\x00\x1bb\n{TIME},198.51.100.1,1,"a\x00b"\n')
    assert [(row["fault"], row["action"]) for row in rows] == [(None, "a\x00\x1bb"), (None, "a\x00b")]


def test_a_line_too_long_before_the_header_costs_no_row(tmp_path: Path) -> None:
    rows = read(tmp_path, "x" * (2 << 20) + f"\n{HEADER}{TIME},198.51.100.1,1,a\n{TIME},198.51.100.1,2,b\n")
    assert [row["fault"] for row in rows] == [TOO_LONG, None, None]
    assert [row["dest_port"] for row in rows if not row["fault"]] == [1, 2]
