"""Questions to the published copy, answered as a table, CSV or JSON."""

import csv
import io
import json
from typing import Any

from rich.console import Console
from rich.table import Table

from pipeline.config import Settings
from pipeline.config_errors import ConfigError
from pipeline.report.terminal import safe_text
from pipeline.warehouse.published import connect

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Rows = list[tuple[Any, ...]]


def ask(settings: Settings, sql: str) -> tuple[list[str], Rows]:
    """Column names and rows of a query to the published copy, which nothing can change.

    Raises:
        NothingPublishedError: no night has been published yet.
        duckdb.Error: the query is wrong.
    """
    if not sql.strip():
        message = "the query is empty; ask something such as: select * from report.nights"
        raise ConfigError(message)
    with connect(settings.published_folder) as connection:
        cursor = connection.execute(sql)
        return [column[0] for column in cursor.description or []], cursor.fetchall()


def show(console: Console, names: list[str], rows: Rows) -> None:
    """Print rows as a table; log content cannot steer the terminal."""
    table = Table(*(safe_text(name) for name in names))
    for row in rows:
        table.add_row(*(safe_text("" if value is None else str(value)) for value in row))
    console.print(table)


def as_csv(names: list[str], rows: Rows) -> str:
    """Rows as CSV; cells that a spreadsheet would run as formulas are defused with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_defused(value) for value in row] for row in rows)
    return text.getvalue()


def as_json(names: list[str], rows: Rows) -> str:
    """Rows as JSON lines, one object per row; times are ISO 8601."""
    return "".join(json.dumps(dict(zip(names, row, strict=True)), default=_plain) + "\n" for row in rows)


def _defused(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
