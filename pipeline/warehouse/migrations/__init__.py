"""What changed in the tables, a module per version, oldest first; the last one is the version of this Shoal.

A module is needed only where adding a column without values is not enough: to fill it, to rename, to take apart. Each
has `migrate(connection)`, which runs inside the transaction of the upgrade on a warehouse of the version before.
Columns that are missing after it are added by themselves (upgrades).
"""

from collections.abc import Callable

import duckdb

from pipeline.warehouse.migrations import v1

MIGRATIONS: tuple[Callable[[duckdb.DuckDBPyConnection], None], ...] = (v1.migrate,)
CURRENT = len(MIGRATIONS)
