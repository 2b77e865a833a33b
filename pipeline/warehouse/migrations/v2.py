"""Version 2: the consensus follows the one before it, which cleans its baseline."""

import duckdb

from pipeline.warehouse.migrations.migration import Migration

FOLLOW = """
update models.fits set previous_id = followed.previous_id
from (
    select model_id, lag(model_id) over (partition by feature_table order by log_date) as previous_id
    from models.fits where algorithm = 'consensus'
) as followed
where followed.model_id = fits.model_id
"""


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Say so of those that are stored, or else all nights would be stale."""
    connection.execute(FOLLOW)


MIGRATION = Migration(fill=fill)
