"""Whole copies of a warehouse, and a live file written anew without gaps: both survive being killed at any moment.

A copy is made under another name and gets its own one when it is complete and on disk.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
from sqlglot import exp

LIVE, COPY = "live", "copied"
BLOCKS = "select total_blocks, free_blocks, block_size from pragma_database_size() where database_name = $name"


class Space(NamedTuple):
    """Bytes of a database file, and those among them that hold nothing."""

    total: int
    free: int


def space(connection: duckdb.DuckDBPyConnection) -> Space:
    """What the connection's file takes once everything is written to it."""
    connection.execute("checkpoint")
    name = connection.execute("select current_database()").fetchall()[0][0]
    total, free, block = connection.execute(BLOCKS, {"name": name}).fetchall()[0]
    return Space(total * block, free * block)


def copy_database(connection: duckdb.DuckDBPyConnection, source: str, target: Path) -> None:
    """Copy tables, views and comments of a database to a file, in place of what it was.

    Args:
        connection: outside a transaction.
        source: name of the database in the connection.
        target: appears when it is complete; rows lie in it without gaps.
    """
    unfinished = target.with_name(f".{target.name}.unfinished")
    for leftover in (unfinished, _log_of(unfinished)):
        leftover.unlink(missing_ok=True)
    with _attached(connection, unfinished, COPY):
        connection.execute(f"copy from database {exp.to_identifier(source, quoted=True).sql('duckdb')} to {COPY}")
        connection.execute(f"checkpoint {COPY}")
    os.replace(unfinished, target)  # noqa: PTH105 - told to audit hooks under this name
    _sync_folder(target.parent)


def write_anew(connection: duckdb.DuckDBPyConnection, file: Path) -> bool:
    """Put a copy without gaps in the place of a warehouse file; False if that cannot be done now.

    The file is held for reading all the while, so nobody can write to it. Who waited for it meanwhile must look whether
    it is still the file of that name. Nothing is done while the file has a log of changes that are not in it yet, or if
    the copy would not fit on the disk.

    Args:
        connection: of a database in memory.
        file: the warehouse, which this process has not opened.

    Raises:
        duckdb.IOException: another process holds the file.
    """
    with _attached(connection, file, LIVE, "read_only"):
        if _log_of(file).exists() or shutil.disk_usage(file.parent).free < file.stat().st_size:
            return False
        copy_database(connection, LIVE, file)
        return True


@contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, file: Path, name: str, *options: str) -> Iterator[None]:
    chosen = f" ({', '.join(options)})" if options else ""
    connection.execute(f"attach {exp.Literal.string(str(file)).sql('duckdb')} as {name}{chosen}")
    try:
        yield
    finally:
        connection.execute(f"detach {name}")


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")


def _sync_folder(folder: Path) -> None:
    """Have the new name outlive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
