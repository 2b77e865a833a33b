"""How many threads the engine has: no more than find something to do, for the others make small questions slower.

A table is read by one thread for each group of its rows, so with a single group a second thread only gets in the way.
A number of threads in the configuration is always kept to.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from pipeline.config import Engine

ROW_GROUP = 122_880  # rows, of the engine's storage
LARGE_BYTES = 4_000_000  # of files, from which on several threads read them


def as_many_as_useful(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    """Leave the connection about as many threads as the largest table has groups of rows."""
    if engine.threads:
        return
    connection.execute("reset threads")
    query = "select current_setting('threads'), coalesce(max(estimated_size), 0) from duckdb_tables()"
    available, rows = connection.execute(query).fetchall()[0]
    if (useful := max(1, -(-rows // ROW_GROUP))) < available:
        connection.execute(f"set threads = {useful:d}")


@contextmanager
def as_many_as_there_are(connection: duckdb.DuckDBPyConnection, engine: Engine, content: int) -> Iterator[None]:
    """Use all threads for a while if files of so many bytes are to be read."""
    if engine.threads or content < LARGE_BYTES:
        yield
        return
    connection.execute("reset threads")
    try:
        yield
    finally:
        as_many_as_useful(connection, engine)
