"""Questions to the published copy, answered as a table, CSV or JSON.

A question only reads: one SELECT, on a read-only connection that reaches no file but the published ones.
"""

import csv
import io
import json
import math
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Column, Table

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.report.terminal import safe_text, visible_text
from pipeline.warehouse.published import connect

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
UNLIMITED = 100_000  # characters of a line when nothing bounds it
EXAMPLE = "select * from report.nights"
WRONG_QUESTION = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)
Rows = list[tuple[Any, ...]]


def ask(settings: Settings, sql: str) -> tuple[list[str], Rows]:
    """Column names and rows of a query to the published copy, which nothing can change.

    Raises:
        NothingPublishedError: no night has been published yet.
        UsageError: the query is wrong or is no single SELECT.
    """
    with connect(settings.published_folder) as connection:
        _shut_in(connection, settings.published_folder)
        try:
            cursor = connection.execute(_question(connection, sql))
            return [column[0] for column in cursor.description or []], cursor.fetchall()
        except duckdb.PermissionException as fault:
            message = f"a query reads the published tables and nothing else: {fault}"
            raise UsageError(message.partition("\n\nLINE ")[0]) from fault
        except WRONG_QUESTION as fault:
            # what follows repeats the query with a pointer into it
            raise UsageError(str(fault).partition("\n\nLINE ")[0]) from fault


def _shut_in(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Leave the connection no file but those of the folder, and no way back."""
    connection.execute("set allowed_directories = $folders", {"folders": [str(folder)]})
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _question(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """The only statement, which must be a SELECT: COPY and EXPORT write also where nothing else may."""
    statements = connection.extract_statements(sql)
    if not statements:
        message = f"the query is empty; ask something such as: {EXAMPLE}"
        raise UsageError(message)
    if len(statements) > 1 or statements[0].type != duckdb.StatementType.SELECT:
        kinds = " and ".join(statement.type.name for statement in statements)
        message = f"a query only reads, and this is {kinds}; ask one SELECT such as: {EXAMPLE}"
        raise UsageError(message)
    return statements[0]


def show(console: Console, names: list[str], rows: Rows) -> None:
    """Print rows as a table, or each as a list where a table would cut words; log content cannot steer the terminal."""
    heads = [safe_text(name) for name in names]
    cells = [[safe_text("" if value is None else value) for value in row] for row in rows]
    table = Table(*heads)
    for row in cells:
        table.add_row(*row)
    if console.measure(table, options=console.options.update(max_width=UNLIMITED)).minimum <= console.width:
        console.print(table)
        return
    for row in cells:
        record = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 2, 0, 0))
        for head, cell in zip(heads, row, strict=True):
            record.add_row(head, cell)
        console.print(record, "")


def as_csv(names: list[str], rows: Rows, *, to_terminal: bool = False) -> str:
    """Rows as CSV; cells that a spreadsheet would run as formulas are defused with an apostrophe.

    On a terminal, control characters appear as Python writes them; in a file the data stays what it is.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_defused(value) for value in row] for row in [names, *rows])
    content = text.getvalue()
    return "\n".join(visible_text(line, limit=len(line)) for line in content.split("\n")) if to_terminal else content


def as_json(names: list[str], rows: Rows) -> str:
    """Rows as JSON lines, one object per row; times are ISO 8601, NaN and infinity null.

    Columns of one name are told apart by a number, since an object keeps only one of them.
    """
    keys = _told_apart(names)
    lines = (dict(zip(keys, map(_plain, row), strict=True)) for row in rows)
    return "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)


def _defused(value: Any) -> Any:
    if not isinstance(value, str | list | dict):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _told_apart(names: Sequence[str]) -> list[str]:
    keys: list[str] = []
    for name in names:
        free = (key for number in range(len(names)) if (key := f"{name}_{number}" if number else name) not in keys)
        keys.append(next(free))
    return keys


def _plain(value: Any) -> Any:
    """The value in the types of JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return float(value) if math.isfinite(value) else None
        case dict():
            return {key if isinstance(key, str) else str(_plain(key)): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
