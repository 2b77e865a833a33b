"""Sources that leave the format to each file."""

import gzip
import random
from collections.abc import Callable
from datetime import date

import pytest
from ingest_helpers import Landing, event, events

from pipeline.ingest.unrecognised import UNRECOGNISED
from pipeline.scoring.facts import unread_files

CSV = "timestamp,source_ip,dest_port\n2026-01-05T00:00:07Z,198.51.100.7,7\n"
FORMATS = "select parse_filename(path), format, accepted from raw.files order by path"
REJECTED = "select line_number, reason, raw_data from raw.rejected_lines order by line_number"
DAMAGED = "archive damaged: it ends too early"
NIGHT = date(2026, 1, 5)


@pytest.fixture
def mixed(landing: Callable[..., Landing]) -> Landing:
    return landing(format="auto")


def test_each_file_is_read_as_what_it_is(mixed: Landing) -> None:
    mixed.put("a", events(1, 2))
    mixed.put("b", CSV)
    assert [(report.format, report.state) for report in mixed.read()] == [("flat_json", "new"), ("csv", "new")]
    assert mixed.rows(FORMATS) == [("a", "flat_json", 2), ("b", "csv", 1)]
    assert mixed.state() == ["unchanged", "unchanged"]
    assert [report.format for report in mixed.read()] == ["flat_json", "csv"]


def test_text_that_no_format_recognises_is_rejected_line_by_line_until_it_is_something_else(mixed: Landing) -> None:
    mixed.put("a", "# Notes\n\n \t\r\nThis is no log.\rcaf\u00e9")
    mixed.put("b", events(1))
    unknown, known = mixed.read()
    assert (unknown.state, unknown.format, unknown.reason) == ("new", "auto", UNRECOGNISED)
    assert (unknown.lines, unknown.rejected, known.state) == (3, 3, "new")
    assert mixed.rows(FORMATS) == [("a", "auto", 0), ("b", "flat_json", 1)]
    assert mixed.rows(REJECTED) == [
        (1, UNRECOGNISED, "# Notes"),
        (4, UNRECOGNISED, "This is no log."),
        (5, UNRECOGNISED, "caf\u00e9"),
    ]
    assert f"a: {UNRECOGNISED}" in unread_files(mixed.warehouse, mixed.settings, NIGHT).sentence
    assert mixed.state() == ["unchanged", "unchanged"]
    mixed.put("a", events(2))
    assert mixed.state() == ["changed", "unchanged"]
    assert mixed.rows(FORMATS) == [("a", "flat_json", 1), ("b", "flat_json", 1)]
    assert mixed.rows(REJECTED) == []
    assert unread_files(mixed.warehouse, mixed.settings, NIGHT).holds


def test_naming_the_format_reads_again_what_none_recognised(mixed: Landing) -> None:
    mixed.put("a", "when,source_ip\n2026-01-05T00:00:07Z,198.51.100.7\n")
    assert [(report.lines, report.rejected) for report in mixed.read()] == [(2, 2)]
    mixed.change(format="csv", columns={"timestamp": "when"})
    assert mixed.state() == ["reread"]
    assert mixed.rows(FORMATS) == [("a", "csv", 1)]
    assert mixed.rows(REJECTED) == []


def test_a_damaged_archive_that_no_format_recognises_keeps_its_readable_lines(mixed: Landing) -> None:
    # of the 100 lines the last ones stand in what was cut off
    mixed.put("a.gz", gzip.compress(random.Random(1).randbytes(5000).hex("\n", 50).encode())[:-500])
    (report,) = mixed.read()
    assert (report.format, report.reason) == ("auto", DAMAGED)
    assert 50 < report.lines == report.rejected < 100
    *readable, last = mixed.rows(REJECTED)
    assert [(number, reason) for number, reason, _ in readable] == [
        (number, UNRECOGNISED) for number in range(1, report.lines)
    ]
    assert last[:2] == (report.lines, DAMAGED)


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (b" \r\n", "empty"), (b"\0\1" * 99, "binary data")])
def test_what_is_no_text_is_one_unreadable_file(mixed: Landing, content: bytes, reason: str) -> None:
    mixed.put("a", content)
    (report,) = mixed.read()
    assert (report.state, report.lines, report.reason) == ("unreadable", 0, reason)
    assert mixed.rows(REJECTED) == []


def test_a_file_may_grow_move_and_change_its_format(mixed: Landing) -> None:
    mixed.put("a", events(1))
    mixed.read()
    mixed.put("a", events(1, 7))
    mixed.put("b", events(1, 7))
    assert mixed.state() == ["changed", "moved"]
    (mixed.folder / "b").unlink()
    mixed.put("a", CSV)
    # another record in another format: the name is used again
    assert mixed.state() == ["new"]
    assert mixed.rows("select format, accepted from raw.files order by 1") == [("csv", 1), ("flat_json", 2)]


def test_a_file_of_a_named_format_does_not_have_to_be_recognised(landing: Callable[..., Landing]) -> None:
    site = landing(columns={"timestamp": "when"})
    site.put("a", [{"when": event(1)["timestamp"], "x": 1}])
    (report,) = site.read()
    assert (report.format, report.accepted) == ("flat_json", 1)
