"""Questions to the published copy, and their answers as tables on a terminal; CSV and JSON belong to feeds.

A question only reads: one SELECT, on a read-only connection that reaches no file but the published ones.
"""

from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Column, Table

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.feeds.rows import Rows
from pipeline.report.terminal import safe_text
from pipeline.warehouse.published import connect

UNLIMITED = 100_000  # characters of a line when nothing bounds it
EXAMPLE = "select * from report.nights"
WRONG_QUESTION = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)


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
