"""Version 1: a warehouse says its version, and a night's row counts its connections and logins."""

import duckdb

from pipeline.warehouse.migrations.migration import Migration

COUNT = """
update report.nights set connections = logs.connections, logins = logs.logins
from raw.nights as logs where logs.log_date = nights.log_date
"""


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Count them from the books of the raw tables."""
    connection.execute(COUNT)


MIGRATION = Migration(fill=fill)
