"""Sources that leave the format to each file."""

from collections.abc import Callable

import pytest
from ingest_helpers import Landing, event, events

CSV = "timestamp,source_ip,dest_port\n2026-01-05T00:00:07Z,198.51.100.7,7\n"
FORMATS = "select parse_filename(path), format, accepted from raw.files order by path"


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


def test_what_no_format_recognises_is_unreadable_until_it_is_something_else(mixed: Landing) -> None:
    mixed.put("a", "# Notes\nThis is no log.\n")
    mixed.put("b", events(1))
    unknown, known = mixed.read()
    assert (unknown.state, unknown.lines, known.state) == ("unreadable", 0, "new")
    assert "recognises" in (unknown.reason or "")
    assert mixed.rows(FORMATS) == [("a", "auto", 0), ("b", "flat_json", 1)]
    assert mixed.state() == ["unreadable", "unchanged"]
    mixed.put("a", events(2))
    assert mixed.state() == ["new", "unchanged"]
    assert mixed.rows(FORMATS) == [("a", "flat_json", 1), ("b", "flat_json", 1)]


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
