"""Reads and writes the tables that people edit, in the live warehouse and at once in the published copy.

A run may hold the warehouse; its lock is waited for with the engine's deadline, like by any writer.
"""

from datetime import date
from typing import Any

import pyarrow as pa

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.scoring.views import view_queries
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish
from pipeline.warehouse.storage import replace_rows
from schemas.base import TableSpec
from schemas.report import SUPPRESSED_CLUSTERS, SUSPICIOUS_CLUSTERS

Row = dict[str, Any]


def write(settings: Settings, spec: TableSpec, row: Row) -> None:
    """Put an entry in the place of the one with its id, if there is one.

    Raises:
        WarehouseBusyError: a run held the warehouse for longer than the deadline.
        SchemaBreachError: the row is none of the table.
    """
    warehouse = Warehouse.of(settings)
    with warehouse.connect():
        with warehouse.transaction() as connection:
            rows = pa.Table.from_pylist([row], schema=spec.arrow_schema())
            replace_rows(connection, spec, rows, {name: row[name] for name in spec.key})
        _publish(settings, warehouse, spec)


def remove(settings: Settings, spec: TableSpec, entry_id: str) -> None:
    """Take an entry away.

    Raises:
        UsageError: there is none of that id.
    """
    warehouse, (key,) = Warehouse.of(settings), spec.key
    with warehouse.connect():
        with warehouse.transaction() as connection:
            statement = f"delete from {spec.name} where {key} = $id"  # noqa: S608 - names are ours
            removed = connection.execute(statement, {"id": entry_id}).fetchall()[0][0]
        if not removed:
            message = f'there is no entry {entry_id!r} in {spec.name}; see them with: shoal query "from {spec.name}"'
            raise UsageError(message)
        _publish(settings, warehouse, spec)


def entries(warehouse: Warehouse, spec: TableSpec) -> list[Row]:
    """All entries, the oldest first."""
    rows = spec.unbound()
    return list(warehouse.fetch(rows.order_by(["created_at", *spec.key])).to_pylist())


def nights_of(settings: Settings, finding_id: str) -> list[date]:
    """The nights of a finding, shown or suppressed, in order.

    Raises:
        UsageError: there is no such finding.
    """
    shown, hidden = (spec.unbound() for spec in (SUSPICIOUS_CLUSTERS, SUPPRESSED_CLUSTERS))
    nights = shown.select("finding_id", "log_date").union(hidden.select("finding_id", "log_date"))
    found = Warehouse.of(settings).fetch(nights.filter(nights.finding_id == finding_id).distinct()).to_pylist()
    if not found:
        message = f"there is no finding {finding_id!r}; `shoal report --date DAY` and the page show their ids"
        raise UsageError(message)
    return sorted(row["log_date"] for row in found)


def _publish(settings: Settings, warehouse: Warehouse, spec: TableSpec) -> None:
    """Show the table to readers at once; nothing else of the copy changes, a run may be half way."""
    publish(warehouse, settings.published_folder, None, view_queries(settings), only={spec.name})
