"""Version 1: a warehouse says its version, and a night's row counts its connections and logins."""

import duckdb

COLUMNS = ("connections", "logins")
FILL = """
update report.nights set connections = logs.connections, logins = logs.logins
from raw.nights as logs where logs.log_date = nights.log_date
"""


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Count them from the books of the raw tables."""
    for name in COLUMNS:
        connection.execute(f"alter table report.nights add column if not exists {name} bigint default 0")
    connection.execute(FILL)
