"""From which night on each layer is kept, and what that means for nights that are to be run again.

Nights are counted back from the newest one that was run, never from today: the same nights give the same tables. What
was removed stays removed, so a horizon never moves back. Not here: how rows are removed (removal).
"""

from collections.abc import Mapping
from datetime import date, timedelta

import duckdb

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from schemas.report import LAYERS

RECORDED = "select layer, removed_before from report.retention"
NIGHTS_RUN = "select max(log_date) from report.nights"
OLDEST_MODEL = "select min(log_date) from models.fits"
FORGET = "delete from report.retention"
RECORD = "insert into report.retention by name select $layer as layer, $night as removed_before"
# a table's layer is that of its schema
LAYER_OF = {layer: layer for layer in LAYERS} | {"models": "scores"}

Horizons = Mapping[str, date]


class NightRemovedError(UsageError):
    """A night cannot be built again, since the retention has removed what it rests on."""


def recorded(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """By layer the night before which all has been removed; no entry where nothing has been."""
    return dict(connection.execute(RECORDED).fetchall())


def kept_from(connection: duckdb.DuckDBPyConnection) -> dict[str, date]:
    """By schema of tables the first night that is kept; no entry where nothing has been removed.

    Models of removed nights stay while one of them is in service.
    """
    horizons = recorded(connection)
    oldest = connection.execute(OLDEST_MODEL).fetchall()[0][0]
    return horizons | ({"models": oldest or horizons["scores"]} if "scores" in horizons else {})


def due(connection: duckdb.DuckDBPyConnection, settings: Settings) -> dict[str, date]:
    """By layer the night before which all is to be removed, as the nights that were run and the settings say now."""
    newest = connection.execute(NIGHTS_RUN).fetchall()[0][0]
    horizons = recorded(connection)
    for layer in LAYERS:
        days = getattr(settings.retention, f"{layer}_days")
        if days and newest:
            before = newest - timedelta(days=days - 1)
            horizons[layer] = max(before, horizons.get(layer, before))
    return horizons


def record(connection: duckdb.DuckDBPyConnection, horizons: Horizons) -> None:
    """Note what has been removed, in the transaction that removes it."""
    connection.execute(FORGET)
    for layer, night in sorted(horizons.items()):
        connection.execute(RECORD, {"layer": layer, "night": night})


def check_kept(connection: duckdb.DuckDBPyConnection, night: date, window_days: int) -> None:
    """Raise if logs have been removed that the night, or a night of its baseline, is built from.

    Raises:
        NightRemovedError: naming the night from which on nights can be run.
    """
    before = recorded(connection).get("raw")
    if before is None:
        return
    first = before + timedelta(days=2 * window_days)
    if night < first:
        message = (
            f"night {night} cannot be run again: the retention has removed logs before {before}, which it or its "
            f"baseline rests on; nights from {first} on can be run, and its tables stay as they are"
        )
        raise NightRemovedError(message)
