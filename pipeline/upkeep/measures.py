"""What a run took and left: rows of the night by table, stale nights, bytes on disk."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import duckdb

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.report.states import night_states
from pipeline.warehouse.queries import compile_sql
from schemas.base import TableSpec

COUNT = "select '{name}' as name, count(*) as rows from {name} where {night} = $night"
STALE = "select log_date || ': ' || why from ({states}) where state = 'stale' order by log_date"


def rows_by_table(connection: duckdb.DuckDBPyConnection, tables: Iterable[TableSpec], night: date) -> dict[str, int]:
    """Rows of the night in every stored table that has some."""
    counts = (COUNT.format(name=spec.name, night=spec.night) for spec in tables if spec.night and not spec.is_view)
    counted = connection.execute(" union all ".join(counts), {"night": night}).fetchall()
    return {name: rows for name, rows in sorted(counted) if rows}


def stale_query(settings: Settings) -> str:
    """SQL for the stale nights with why, in order."""
    states = night_states(settings.training.window_days, feature_tables(settings))
    return STALE.format(states=compile_sql(states))


def bytes_of(folder: Path) -> int:
    """Bytes of the files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
