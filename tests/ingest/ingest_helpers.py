"""A landing folder in which tests put files, the tables that ingestion makes of them, and records to put there."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis

from pipeline.config import Engine, Settings, Source
from pipeline.ingest import staging
from pipeline.ingest.contract import FIELDS
from pipeline.ingest.json_fields import with_fields
from pipeline.ingest.landing import observed
from pipeline.ingest.reports import FileReport
from pipeline.ingest.run import ingest
from pipeline.warehouse.engine import Warehouse, configure

START = datetime(2026, 1, 5, tzinfo=UTC)
BALANCE = """
select path, lines, accepted, events, connections, logins, duplicates, rejected,
    (select count(*) from raw.security_events e where e.file_id = f.file_id) as event_rows,
    (select count(*) from raw.connections c where c.file_id = f.file_id) as connection_rows,
    (select count(*) from raw.logins l where l.file_id = f.file_id) as login_rows,
    (select count(*) from raw.duplicate_events d where d.file_id = f.file_id) as repeats,
    (select count(*) from raw.rejected_lines r where r.file_id = f.file_id) as faults
from raw.files f order by path
"""


@dataclass(frozen=True)
class InMemory(Warehouse):
    """The engine and its tables without a file: opening one takes longer than most of these tests."""

    database: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.database.cursor() as connection:
            configure(connection, self.engine, self.file.parent / "spill")
            yield connection


class Landing:
    """One source and what has been delivered to it."""

    def __init__(self, folder: Path, empty_warehouse: Path, **source: Any) -> None:
        self.folder = folder / "landing"
        self.folder.mkdir(parents=True)
        described = {"name": "edge", "format": "flat_json", "path": "landing/*"} | source
        self.settings = Settings(home=folder / "home", folder=folder, sources=[described], engine={"threads": 1})
        self.warehouse = InMemory(self.settings.warehouse_file, self.settings.engine)
        with self.warehouse.connect() as connection:
            connection.execute(f"attach '{empty_warehouse}' as empty (read_only)")
            connection.execute("copy from database empty to memory")
        self._clock = 1_700_000_000

    def put(self, name: str, content: str | bytes | list[dict[str, Any]]) -> Path:
        """Deliver a file; each delivery has its own modification time."""
        path = self.folder / name
        text = "".join(json.dumps(record) + "\n" for record in content) if isinstance(content, list) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        self._clock += 1
        os.utime(path, (self._clock, self._clock))
        return path

    def read(self) -> list[FileReport]:
        """Ingest; the accounts of all files must balance then."""
        reports = ingest(self.settings, self.warehouse)
        for path, lines, accepted, *counts in self.rows(BALANCE):
            events, connections, logins, duplicates, rejected = counts[:5]
            assert counts[:5] == counts[5:], path
            assert accepted == events + connections + logins, path
            assert lines == accepted + duplicates + rejected, path
        return reports

    def state(self) -> list[str]:
        """The states of an ingestion's reports."""
        return [report.state for report in self.read()]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.warehouse.connect() as connection:
            return connection.execute(query).fetchall()

    def column(self, query: str) -> list[Any]:
        return [row[0] for row in self.rows(query)]

    def change(self, **source: Any) -> None:
        """Give the source other settings."""
        described = self.settings.sources[0].model_dump() | source
        self.settings = self.settings.model_copy(update={"sources": [Source(**described)]})


def event(number: int, **fields: Any) -> dict[str, Any]:
    """A record that differs from those of other numbers."""
    moment = (START + timedelta(seconds=number)).isoformat()
    return {"timestamp": moment, "source_ip": f"198.51.100.{number % 250}", "dest_port": number % 40_000} | fields


def events(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    return [event(number, **fields) for number in numbers]


def of(target: str, number: int, **fields: Any) -> dict[str, Any]:
    """A record that says which table it belongs to, as the fixture `three` reads it."""
    return event(number, target=target, **fields)


def targeted_fields(records: ibis.Table, source: Source) -> ibis.Table:
    """Every field and the target by its own name; what names none is an event."""
    del source
    found = with_fields(records, {name: (name,) for name in (*FIELDS, "target")})
    return found.mutate(target=found.target.fill_null("security_events"))


def staged(folder: Path, content: bytes | str, **source: Any) -> list[dict[str, Any]]:
    """The records that the engine makes of a file, in order, without any warehouse."""
    path = folder / "staged.log"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    described = Source(**({"name": "edge", "format": "flat_json", "path": "*"} | source))
    with duckdb.connect() as connection:
        configure(connection, Engine(threads=1), folder / "spill")
        staging.stage(connection, observed(described, path, {}), datetime.now(UTC))
        rows = connection.execute(
            """
            select * replace (
                case when fault is null then timestamp end as timestamp,
                case when fault is null then log_date end as log_date
            )
            from staged left join (select position, event_id from arrivals) using (position) order by position
            """
        )
        return rows.to_arrow_table().to_pylist()
