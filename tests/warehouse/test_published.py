from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipeline.config import Settings
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import NothingPublishedError, connect, publish

NIGHT, OTHER = date(2026, 1, 5), date(2026, 1, 6)


def finding(night: date, number: int) -> dict[str, object]:
    shown = {"event_id": f"{night}-{number}", "raw_table": "security_events", "log_date": night}
    return shown | {"finding_id": "f", "score": 1.0, "reasons": ["far"]}


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.published_folder


def events(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [row[0] for row in connection.execute("select event_id from report.suspicious_events order by 1").fetchall()]


def test_nights_add_up_and_a_night_is_replaced(
    warehouse: Warehouse, folder: Path, put: Callable[[str, list[dict[str, object]]], None]
) -> None:
    put("report.suspicious_events", [finding(NIGHT, 1), finding(OTHER, 1)])
    publish(warehouse, folder, NIGHT, {})
    with connect(folder) as reader:
        assert events(reader) == [f"{NIGHT}-1"]
    publish(warehouse, folder, OTHER, {})
    put("report.suspicious_events", [finding(NIGHT, 2)])
    publish(warehouse, folder, NIGHT, {})
    with connect(folder) as reader:
        assert events(reader) == [f"{NIGHT}-1", f"{NIGHT}-2", f"{OTHER}-1"]


def test_a_reader_keeps_what_it_opened_while_a_night_is_published(
    warehouse: Warehouse, folder: Path, put: Callable[[str, list[dict[str, object]]], None]
) -> None:
    put("report.suspicious_events", [finding(NIGHT, 1)])
    publish(warehouse, folder, NIGHT, {})
    with connect(folder) as reader:
        put("report.suspicious_events", [finding(NIGHT, 2)])
        publish(warehouse, folder, NIGHT, {})
        assert events(reader) == [f"{NIGHT}-1"]
    with connect(folder) as reader:
        assert events(reader) == [f"{NIGHT}-1", f"{NIGHT}-2"]


def test_it_can_be_read_while_the_warehouse_is_held(
    warehouse: Warehouse, folder: Path, put: Callable[[str, list[dict[str, object]]], None]
) -> None:
    put("report.suspicious_events", [finding(NIGHT, 1)])
    publish(warehouse, folder, NIGHT, {})
    with warehouse.transaction(), connect(folder) as reader:
        assert events(reader) == [f"{NIGHT}-1"]


def test_old_files_do_not_pile_up(warehouse: Warehouse, folder: Path) -> None:
    for _ in range(4):
        publish(warehouse, folder, NIGHT, {})
    assert len(list((folder / "report" / "suspicious_events").iterdir())) == 2
    assert not list(folder.glob(".*"))


def logged(revision: int) -> dict[str, object]:
    return {"log_date": NIGHT, "events": 1, "revision": revision}


def test_logs_are_published_when_they_change_and_only_then(
    warehouse: Warehouse, folder: Path, put: Callable[[str, list[dict[str, object]]], None]
) -> None:
    put("raw.nights", [logged(revision=1)])
    put("raw.security_events", [{"event_id": "a", "log_date": NIGHT}])
    publish(warehouse, folder, None, {})
    with connect(folder) as reader:
        assert reader.execute("select event_id from raw.security_events").fetchall() == [("a",)]
    first = set((folder / "raw" / "security_events").iterdir())
    publish(warehouse, folder, OTHER, {})
    assert set((folder / "raw" / "security_events").iterdir()) == first
    put("raw.security_events", [{"event_id": "b", "log_date": NIGHT}])
    with warehouse.transaction() as connection:
        connection.execute("update raw.nights set revision = 2")
    publish(warehouse, folder, OTHER, {})
    with connect(folder) as reader:
        assert reader.execute("select count(*) from raw.security_events").fetchall() == [(2,)]


def test_features_that_another_night_built_again_are_published_with_it(
    warehouse: Warehouse, folder: Path, put: Callable[[str, list[dict[str, object]]], None]
) -> None:
    put("features.event_patterns", [{"log_date": NIGHT, "pattern_id": 1, "weight": 1, "revision": 1}])
    publish(warehouse, folder, OTHER, {})
    with connect(folder) as reader:
        assert reader.execute("select weight from features.event_patterns").fetchall() == [(1,)]
    with warehouse.transaction() as connection:
        connection.execute("update features.event_patterns set weight = 5, revision = 2")
    publish(warehouse, folder, OTHER, {})
    with connect(folder) as reader:
        assert reader.execute("select weight from features.event_patterns").fetchall() == [(5,)]
    with warehouse.transaction() as connection:
        connection.execute("delete from features.event_patterns")
        connection.execute("insert into features.event_patterns by name select $night as log_date", {"night": OTHER})
    publish(warehouse, folder, OTHER, {})
    with connect(folder) as reader:
        assert reader.execute("select weight from features.event_patterns").fetchall() == [(None,)]


def test_nothing_stays_published_of_a_warehouse_that_was_made_anew(
    warehouse: Warehouse, folder: Path, put: Callable[[str, list[dict[str, object]]], None]
) -> None:
    put("raw.nights", [logged(revision=1)])
    put("raw.security_events", [{"event_id": "old", "log_date": NIGHT}])
    publish(warehouse, folder, NIGHT, {})
    warehouse.file.unlink()
    put("raw.nights", [logged(revision=1)])
    put("raw.security_events", [{"event_id": "new", "log_date": NIGHT}])
    publish(warehouse, folder, None, {})
    with connect(folder) as reader:
        assert reader.execute("select event_id from raw.security_events").fetchall() == [("new",)]


def test_it_cannot_be_written_to(warehouse: Warehouse, folder: Path) -> None:
    publish(warehouse, folder, NIGHT, {})
    with connect(folder) as reader, pytest.raises(duckdb.Error):
        reader.execute("drop view raw.files")


def test_before_the_first_night_the_remedy_is_named(folder: Path) -> None:
    with pytest.raises(NothingPublishedError, match="shoal run"):
        connect(folder)


def test_a_folder_with_a_quote_in_its_name_is_no_trouble(warehouse: Warehouse, tmp_path: Path) -> None:
    folder = tmp_path / "it's; drop table x --"
    publish(warehouse, folder, NIGHT, {})
    with connect(folder) as reader:
        assert events(reader) == []
