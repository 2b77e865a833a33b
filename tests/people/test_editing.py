"""Tables that people edit: written while runs come and go, and shown to readers at once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console.querying import ask
from pipeline.people.editing import entries, nights_of, remove, write
from pipeline.warehouse.engine import Warehouse, WarehouseBusyError
from pipeline.warehouse.published import connect, publish
from schemas.report import SUPPRESSIONS
from schemas.validation import SchemaBreachError

NIGHT = date(2026, 1, 5)
Put = Callable[[str, list[dict[str, Any]]], None]


def row(name: str, **more: Any) -> dict[str, Any]:
    own = {"suppression_id": name, "kind": "port", "value": "22", "side": None, "owner": "ops", "reason": "why"}
    return own | {"created_at": datetime(2026, 1, 5, tzinfo=UTC), "expires_at": None} | more


def published(settings: Settings) -> list[tuple[str, str]]:
    with connect(settings.published_folder) as reader:
        return reader.execute("select suppression_id, owner from report.suppressions order by 1").fetchall()


def test_readers_see_an_edit_at_once_and_no_night_that_is_half_done(
    settings: Settings, warehouse: Warehouse, put: Put
) -> None:
    with warehouse.connect():
        put("report.suspicious_events", [{"event_id": "e1", "log_date": NIGHT}])
        publish(warehouse, settings.published_folder, NIGHT, {})
        put("raw.nights", [{"log_date": NIGHT, "revision": 1}])
        put("features.event_patterns", [{"log_date": NIGHT, "pattern_id": 1, "revision": 1}])
        write(settings, SUPPRESSIONS, row("a"))
        write(settings, SUPPRESSIONS, row("b"))
        write(settings, SUPPRESSIONS, row("a", owner="soc"))
        assert published(settings) == [("a", "soc"), ("b", "ops")]
        assert [found["suppression_id"] for found in entries(warehouse, SUPPRESSIONS)] == ["a", "b"]
        remove(settings, SUPPRESSIONS, "a")
        assert published(settings) == [("b", "ops")]
        with pytest.raises(UsageError, match="no entry 'a'") as fault:
            remove(settings, SUPPRESSIONS, "a")
        (_, query, _) = str(fault.value).split('"')
        names, (entry,) = ask(settings, query)
        assert entry[names.index("suppression_id")] == "b"
    with connect(settings.published_folder) as reader:
        assert reader.execute("select event_id from report.suspicious_events").fetchall() == [("e1",)]
        assert reader.execute("from raw.nights").fetchall() == []
        assert reader.execute("from features.event_patterns").fetchall() == []


def test_a_run_publishes_what_was_edited(settings: Settings, warehouse: Warehouse, put: Put) -> None:
    with warehouse.connect():
        publish(warehouse, settings.published_folder, NIGHT, {})
        put("report.suppressions", [row("a")])
        publish(warehouse, settings.published_folder, NIGHT, {})
        assert published(settings) == [("a", "ops")]
        files = set((settings.published_folder / "report" / "suppressions").iterdir())
        publish(warehouse, settings.published_folder, NIGHT, {})
        assert set((settings.published_folder / "report" / "suppressions").iterdir()) < files, "it is written once"


def test_what_breaks_a_rule_is_not_written(settings: Settings, warehouse: Warehouse) -> None:
    with warehouse.connect():
        with pytest.raises(SchemaBreachError):
            write(settings, SUPPRESSIONS, row("a", kind="host"))
        assert entries(warehouse, SUPPRESSIONS) == []


def test_an_edit_waits_for_a_run_and_says_who_holds_the_warehouse(
    settings: Settings, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(*_: object, **__: object) -> None:
        message = 'Could not set lock on file "warehouse.duckdb"'
        raise duckdb.IOException(message)

    monkeypatch.setattr(duckdb, "connect", held)
    engine = settings.engine.model_copy(update={"lock_timeout_seconds": 0.05})
    with pytest.raises(WarehouseBusyError, match="wait for its run to end"):
        write(settings.model_copy(update={"engine": engine}), SUPPRESSIONS, row("a"))


def test_a_finding_is_known_by_its_id_whether_it_is_shown_or_not(
    settings: Settings, warehouse: Warehouse, put: Put
) -> None:
    with warehouse.connect():
        put("report.suspicious_clusters", [{"finding_id": "f1", "log_date": date(2026, 1, day)} for day in (6, 5)])
        put("report.suppressed_clusters", [{"finding_id": "f1", "log_date": date(2026, 1, 7)}])
        assert nights_of(settings, "f1") == [date(2026, 1, day) for day in (5, 6, 7)]
        with pytest.raises(UsageError, match="no finding 'f2'"):
            nights_of(settings, "f2")
