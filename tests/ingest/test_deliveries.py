"""Files that come again, grow, change, move, overlap or vanish."""

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from ingest_helpers import Landing, event, events

from pipeline.ingest.landing import StillBeingWrittenError, observed
from pipeline.ingest.run import ingest
from pipeline.scoring.facts import unread_files

PORTS = "select dest_port from raw.security_events order by 1"
OWNERS = "select dest_port, source_file from raw.security_events order by 1"
FILES = "select parse_filename(path), accepted, duplicates from raw.files order by path"
NIGHTS = "select log_date, events, revision from raw.nights order by 1"
EVERYTHING = (
    "select * from raw.security_events order by event_id",
    "select * from raw.files order by file_id",
    "select * from raw.deliveries order by path",
    "select * from raw.nights order by log_date",
    "select * from raw.duplicate_events order by all",
    "select * from raw.rejected_lines order by all",
)
FIRST, SECOND = date(2026, 1, 5), date(2026, 1, 6)


def everything(landing: Landing) -> list[list[tuple[object, ...]]]:
    return [landing.rows(query) for query in EVERYTHING]


def test_reading_again_changes_no_table(flat: Landing) -> None:
    flat.put("a.json", [*events(1, 2), event(3, source_ip="nowhere")])
    flat.put("b.json", events(2, 4))
    assert flat.state() == ["new", "new"]
    before = everything(flat)
    assert flat.state() == ["unchanged", "unchanged"]
    assert everything(flat) == before


def test_a_file_that_was_only_touched_changes_nothing_but_its_time(flat: Landing) -> None:
    path = flat.put("a.json", events(1, 2))
    flat.read()
    os.utime(path, (1, 1))
    before = flat.rows(NIGHTS)
    assert flat.state() == ["unchanged"]
    assert flat.rows(NIGHTS) == before == [(FIRST, 2, 1)]
    assert flat.column("select modified_ns from raw.deliveries") == [1_000_000_000]


def test_the_same_content_under_another_name_is_one_more_delivery(flat: Landing) -> None:
    flat.put("a.json", events(1, 2))
    flat.read()
    flat.put("b.json", events(1, 2))
    assert flat.state() == ["unchanged", "moved"]
    assert flat.rows(FILES) == [("a.json", 2, 0)]
    assert len(flat.rows("select * from raw.deliveries")) == 2
    assert flat.rows(NIGHTS) == [(FIRST, 2, 1)]


def test_a_grown_file_replaces_its_own_rows_and_keeps_the_ids(flat: Landing) -> None:
    flat.put("a.json", events(1, 2))
    flat.read()
    ids = flat.rows("select event_id, dest_port from raw.security_events order by 2")
    flat.put("a.json", events(1, 2, 3))
    assert flat.state() == ["changed"]
    assert flat.rows(FILES) == [("a.json", 3, 0)]
    assert flat.rows("select event_id, dest_port from raw.security_events order by 2")[:2] == ids
    assert flat.rows(NIGHTS) == [(FIRST, 3, 2)]


def test_growth_touches_only_the_nights_it_adds_to(flat: Landing) -> None:
    flat.put("a.json", events(1, 2))
    flat.read()
    flat.put("a.json", events(1, 2, 86_400))
    (report,) = flat.read()
    assert report.nights == (SECOND,)
    assert flat.rows(NIGHTS) == [(FIRST, 2, 1), (SECOND, 1, 1)]


def test_what_a_changed_file_no_longer_holds_is_gone(flat: Landing) -> None:
    flat.put("a.json", [*events(1, 2), event(3, source_ip="nowhere")])
    flat.read()
    flat.put("a.json", events(2, 4))
    (report,) = flat.read()
    assert flat.column(PORTS) == [2, 4]
    assert report.nights == (FIRST,)
    assert flat.rows("select * from raw.rejected_lines") == []


def test_a_night_that_loses_all_its_events_stays_with_none(flat: Landing) -> None:
    flat.put("a.json", events(1, 86_400))
    flat.read()
    flat.put("a.json", events(1))
    (report,) = flat.read()
    assert report.nights == (SECOND,)
    assert flat.rows(NIGHTS) == [(FIRST, 1, 1), (SECOND, 0, 2)]


def test_a_name_that_is_used_again_replaces_nothing(flat: Landing) -> None:
    flat.put("a.json", events(1, 2))
    flat.read()
    flat.put("a.json", events(3))
    assert flat.state() == ["new"]
    assert flat.column(PORTS) == [1, 2, 3]


def test_files_that_held_no_event_are_replaced(flat: Landing) -> None:
    for name, content in (("a.json", ""), ("b.json", "[]\n"), ("c.json", "no record at all\n")):
        flat.put(name, content)
    flat.read()
    for number, name in enumerate(("a.json", "b.json", "c.json")):
        flat.put(name, events(number))
    assert flat.state() == ["changed"] * 3
    assert flat.rows(FILES) == [("a.json", 1, 0), ("b.json", 1, 0), ("c.json", 1, 0)]
    assert flat.rows("select * from raw.rejected_lines") == []


def test_rotated_logs_keep_all_events(flat: Landing) -> None:
    flat.put("app.json", events(1, 2))
    flat.read()
    flat.put("app.json.1", events(1, 2))
    # the new log repeats an event, yet what it held before has moved and lives on
    flat.put("app.json", events(2, 3))
    flat.read()
    assert flat.rows(OWNERS) == [(1, "app.json"), (2, "app.json"), (3, "app.json")]
    assert flat.rows("select accepted, duplicates from raw.files order by all") == [(1, 1), (2, 0)]


def test_overlapping_files_hold_each_event_once(flat: Landing) -> None:
    flat.put("a.json", events(1, 2, 3))
    flat.put("b.json", events(2, 3, 4))
    flat.read()
    assert flat.rows(OWNERS) == [(1, "a.json"), (2, "a.json"), (3, "a.json"), (4, "b.json")]
    assert flat.rows(FILES) == [("a.json", 3, 0), ("b.json", 1, 2)]


def test_a_withdrawn_event_goes_to_the_file_that_repeats_it(flat: Landing) -> None:
    flat.put("a.json", events(1, 2, 3))
    flat.put("b.json", events(9, 2))
    flat.put("c.json", events(2, 8))
    flat.read()
    flat.put("a.json", events(1, 4))
    reports = flat.read()
    assert [(report.accepted, report.duplicates) for report in reports] == [(2, 0), (2, 0), (1, 1)]
    owners = dict(flat.rows("select dest_port, source_file || ':' || line_number from raw.security_events"))
    assert owners == {1: "a.json:1", 4: "a.json:2", 2: "b.json:2", 8: "c.json:2", 9: "b.json:1"}
    assert flat.rows(FILES) == [("a.json", 2, 0), ("b.json", 2, 0), ("c.json", 1, 1)]
    spans = "select count(*) from raw.files f where (first_event, last_event) is distinct from "
    assert flat.column(
        spans + "(select (min(timestamp), max(timestamp)) from raw.security_events e where e.file_id = f.file_id)"
    ) == [0]


def test_content_that_replaces_and_is_known_already_inherits(flat: Landing) -> None:
    flat.put("a.json", events(1))
    flat.put("b.json", events(1, 2))
    flat.read()
    flat.put("a.json", events(1, 2))
    assert flat.state() == ["moved", "unchanged"]
    assert flat.rows(OWNERS) == [(1, "b.json"), (2, "b.json")]
    assert flat.rows(FILES) == [("b.json", 2, 0)]


def test_identical_lines_are_as_many_events(flat: Landing) -> None:
    flat.put("a.json", [event(1), event(2), event(1), event(1)])
    flat.put("b.json", [event(1), event(1), event(1), event(1)])
    flat.read()
    assert flat.column(PORTS) == [1, 1, 1, 1, 2]
    assert flat.column("select count(distinct event_id) from raw.security_events") == [5]
    assert flat.rows(FILES) == [("a.json", 4, 0), ("b.json", 1, 3)]


def test_events_of_other_days_go_to_their_own_nights(flat: Landing) -> None:
    flat.put("a.json", events(1))
    flat.read()
    flat.put("late.json", events(86_399, 86_400, 86_401))
    reports = {Path(report.path).name: report.nights for report in flat.read()}
    assert reports == {"a.json": (), "late.json": (FIRST, SECOND)}
    assert flat.rows(NIGHTS) == [(FIRST, 2, 2), (SECOND, 2, 1)]


def test_a_file_that_only_repeats_touches_no_night(flat: Landing) -> None:
    flat.put("a.json", events(1, 2))
    flat.read()
    flat.put("b.json", events(2))
    assert [report.nights for report in flat.read()] == [(), ()]
    assert flat.rows(NIGHTS) == [(FIRST, 2, 1)]


def test_the_order_of_delivery_does_not_decide_what_is_known(landing: Callable[..., Landing]) -> None:
    contents = {"a.json": events(1, 2), "b.json": events(2, 3, 3), "c.json": events(3)}
    outcomes = []
    for order in ("abc", "cba"):
        site = landing(order)
        for letter in order:
            site.put(f"{letter}.json", contents[f"{letter}.json"])
            site.read()
        outcomes.append(site.rows("select event_id, timestamp, dest_port from raw.security_events order by 1"))
    assert len(outcomes[0]) == 4
    assert outcomes[0] == outcomes[1]


def test_the_same_records_of_two_sources_are_different_events(flat: Landing) -> None:
    one, two = (flat.settings.sources[0].model_copy(update={"name": name}) for name in ("one", "two"))
    flat.settings = flat.settings.model_copy(update={"sources": [one, two]})
    flat.put("a.json", events(1))
    flat.read()
    assert flat.rows("select source, dest_port from raw.security_events order by 1") == [("one", 1), ("two", 1)]


def test_other_settings_read_known_content_again(flat: Landing) -> None:
    flat.put("a.json", [event(1, address="192.0.2.7"), event(2, source_ip="nowhere")])
    flat.read()
    ids = flat.column("select event_id from raw.security_events")
    flat.change(columns={"source_ip": "address"})
    (report,) = flat.read()
    assert (report.state, report.accepted, report.rejected, report.nights) == ("reread", 2, 0, (FIRST,))
    assert flat.rows("select dest_port, source_ip from raw.security_events order by 1") == [(1, "192.0.2.7"), (2, None)]
    assert set(ids) < set(flat.column("select event_id from raw.security_events"))
    assert flat.state() == ["unchanged"]


def test_reading_again_with_the_same_outcome_touches_no_night(flat: Landing) -> None:
    flat.put("a.json", events(1, 2))
    flat.read()
    flat.change(keep_raw=True)
    (report,) = flat.read()
    assert (report.state, report.nights) == ("reread", ())
    assert flat.rows(NIGHTS) == [(FIRST, 2, 1)]


def test_a_file_that_cannot_be_read_stops_nothing_and_is_read_later(flat: Landing) -> None:
    link = flat.folder / "a.json"
    link.symlink_to(flat.folder / "not_there")
    flat.put("b.json", events(1))
    assert flat.state() == ["unreadable", "new"]
    assert flat.rows("select path like '%a.json', lines, sha256, reason from raw.files where lines = 0") == [
        (True, 0, None, "No such file or directory")
    ]
    before = everything(flat)
    assert flat.state() == ["unreadable", "unchanged"]
    assert everything(flat) == before
    link.unlink()
    flat.put("a.json", events(2))
    assert flat.state() == ["new", "unchanged"]
    assert flat.rows(FILES) == [("a.json", 1, 0), ("b.json", 1, 0)]


def test_what_is_no_file_is_reported_or_passed_over(flat: Landing) -> None:
    os.mkfifo(flat.folder / "pipe.json")
    (flat.folder / "folder.json").mkdir()
    flat.put(".hidden.json", events(1))
    flat.put("a.json", events(2))
    assert [(Path(report.path).name, report.reason) for report in flat.read()] == [
        ("a.json", None),
        ("pipe.json", "not a regular file"),
    ]


def test_nothing_landed_is_no_error(flat: Landing) -> None:
    assert flat.read() == []


def test_folders_below_are_searched_where_the_source_asks(landing: Callable[..., Landing]) -> None:
    site = landing(path="landing/**/*.json")
    for name in ("b", "a", ".trash"):
        (site.folder / name).mkdir()
        site.put(f"{name}/x.json", events(ord(name[0])))
    site.put("top.json", events(1))
    assert [Path(report.path).relative_to(site.folder).as_posix() for report in site.read()] == [
        "a/x.json",
        "b/x.json",
        "top.json",
    ]


def test_names_may_hold_anything(landing: Callable[..., Landing]) -> None:
    site = landing("it's [a] folder; drop table")
    site.put("x'); drop table raw.files; --.json", events(1))
    (site.folder / os.fsdecode(b"caf\xe9.json")).write_text('{"timestamp": "2026-01-05T00:00:00Z"}')
    assert site.state() == ["new", "new"]
    assert site.state() == ["unchanged", "unchanged"]
    assert site.column("select source_file from raw.security_events order by 1") == [
        "caf\ufffd.json",
        "x'); drop table raw.files; --.json",
    ]


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_time(
    flat: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = flat.put("a.json", events(1))
    delivery = observed(flat.settings.sources[0], path, {})
    flat.put("a.json", events(1, 2))
    with pytest.raises(StillBeingWrittenError):
        delivery.check_unchanged()
    monkeypatch.setattr("pipeline.ingest.run.observed", lambda *_: delivery)
    (report,) = flat.read()
    assert (report.state, report.lines) == ("still being written", 0)
    said = "it changed while it was read; the next ingestion takes it"
    assert flat.rows("select parse_filename(path), lines, reason from raw.files") == [("a.json", 0, said)]
    assert f"a.json: {said}" in unread_files(flat.warehouse, flat.settings, FIRST).sentence
    assert flat.rows("select * from raw.security_events") == []
    monkeypatch.undo()
    assert flat.state() == ["new"]
    assert flat.rows("select parse_filename(path), lines, reason from raw.files") == [("a.json", 2, None)]
    assert unread_files(flat.warehouse, flat.settings, FIRST).holds


def test_progress_is_told_of_every_file(flat: Landing) -> None:
    flat.put("a.json", events(1))
    flat.put("b.json", events(2))
    told: list[object] = []
    assert ingest(flat.settings, flat.warehouse, told.append) == told
    assert len(told) == 2


def test_event_ids_are_hashes_of_source_and_content(flat: Landing) -> None:
    flat.put("a.json", events(1))
    flat.read()
    (found,) = flat.column("select event_id from raw.security_events")
    minified = '{"timestamp":"2026-01-05T00:00:01+00:00","source_ip":"198.51.100.1","dest_port":1}'
    assert found == hashlib.sha256(f"edge\n{minified}".encode()).hexdigest()[:32]


def test_reports_name_when_events_happened(flat: Landing) -> None:
    flat.put("a.json", events(5, 1, 3))
    flat.read()
    start = datetime(2026, 1, 5, tzinfo=UTC)
    assert flat.rows("select first_event, last_event from raw.files") == [
        (start + timedelta(seconds=1), start + timedelta(seconds=5))
    ]
