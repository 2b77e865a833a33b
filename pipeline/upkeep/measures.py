"""What a run took and left: rows of the night by table, stale nights, bytes on disk."""

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from stat import S_ISREG

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


def bytes_of(place: Path) -> int:
    """Bytes of a file, or of the files below a folder; those that are taken away meanwhile count as nothing."""
    inside = (Path(folder, name) for folder, _, names in os.walk(place) for name in names)
    return sum(map(_size, (place, *inside)))


def _size(path: Path) -> int:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0
    return found.st_size if S_ISREG(found.st_mode) else 0
