"""Whole nights for tests: small sample logs, a configuration of their own, checksums of every table."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.samples.generate import write_samples
from pipeline.warehouse.engine import Warehouse
from schemas.registry import TABLES

FIRST = date(2026, 1, 5)
NOT_COMPARED_TABLES = {"report.night_runs"}  # what a run took
NOT_COMPARED = {"ingested_at", "modified_ns", "path"}  # when and where, not what
CONFIG = """\
home = "home"
[[sources]]
name = "edge_firewall"
format = "ecs_json"
path = "{home}/landing/*.json*"
"""


# for what does not depend on which algorithms there are
FEW = """\
[training]
algorithms = ["kmeans", "dbscan"]
"""


def write_config(folder: Path, extra: str = "") -> Path:
    file = folder / "shoal.toml"
    file.write_text(CONFIG + extra, encoding="utf-8")
    return file


def write_logs(folder: Path, nights: int, events: int) -> None:
    home = folder / "home"
    write_samples(
        home / "landing", home / "ground_truth.csv", first_night=FIRST, nights=nights, events_per_night=events
    )


def put_into(warehouse: Warehouse) -> Callable[[str, list[dict[str, Any]]], None]:
    """What inserts rows into a table of a warehouse; columns that a row does not name are null."""

    def insert(table: str, rows: list[dict[str, Any]]) -> None:
        incoming = pa.Table.from_pylist(rows, schema=TABLES[table].arrow_schema())
        with warehouse.transaction() as connection:
            connection.register("incoming", incoming)
            connection.execute(f"insert into {table} by name from incoming")

    return insert


def checksums(home: Path) -> dict[str, tuple[int, int]]:
    """Rows and the sum of their hashes, for every stored table; the order of rows does not matter."""
    return _checksums(home / "warehouse.duckdb")


def published_checksums(home: Path) -> dict[str, tuple[int, int]]:
    """The same of the published copy."""
    return _checksums(home / "published" / "shoal.duckdb")


def _checksums(database: Path) -> dict[str, tuple[int, int]]:
    found = {}
    with duckdb.connect(database, read_only=True) as connection:
        for spec in TABLES.values():
            if not spec.is_view and spec.name not in NOT_COMPARED_TABLES:
                columns = ", ".join(f'"{name}"' for name in spec.schema() if name not in NOT_COMPARED)
                query = f"select count(*), coalesce(sum(hash({columns})::hugeint), 0) from {spec.name}"
                found[spec.name] = connection.execute(query).fetchall()[0]
    return found
