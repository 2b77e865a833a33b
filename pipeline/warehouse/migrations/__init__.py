"""What changed in the tables, a module per version, oldest first; the last one is the version of this Shoal.

A module is needed only where adding a column without values is not enough. It has a `MIGRATION` of two parts, which run
inside the transaction of the upgrade on a warehouse of the version before: `reshape` renames or takes apart, then the
columns and tables that are still missing are added by themselves (upgrades), then `fill` gives them values. The engine
takes no change of a table's shape after one of its rows.
"""

from pipeline.warehouse.migrations import v1, v2
from pipeline.warehouse.migrations.migration import Migration

MIGRATIONS: tuple[Migration, ...] = (v1.MIGRATION, v2.MIGRATION)
CURRENT = len(MIGRATIONS)
