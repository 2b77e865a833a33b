"""Which nights a transaction changes, and their revisions.

A night changes when a record comes, goes or has another content; that it now stands in another file or on another line
changes nothing for those who build on it.
"""

from collections.abc import Sequence
from datetime import date

from duckdb import DuckDBPyConnection

from pipeline.ingest.targets import TARGETS, Target, of_each

# what a record says, without where it was found
STATES = "select {key} as event_id, log_date, file_id, hash('{name}', {said}) as said from {table}"
BEFORE = """
create or replace temp table before as
select event_id, log_date, said from states where file_id in (from retiring)
"""
AFTER = """
create or replace temp table after as
select event_id, log_date, said from states
where file_id = $file_id or event_id in (select event_id from before)
"""
CHANGED = """
select distinct log_date from (
    (from before except from after) union all (from after except from before)
) order by log_date
"""
ADDED = """
select distinct log_date from arrivals anti join known on known.event_id = arrivals.event_id order by log_date
"""
NEW = f"""
insert into raw.nights by name
select log_date, {of_each(TARGETS.values(), "0 as {count}", ", ")}, 0 as revision
from (select unnest($nights::date[]) as log_date) anti join raw.nights using (log_date)
"""  # noqa: S608 - names are ours
REVISE = """
update raw.nights set revision = revision + 1{counts} where list_contains($nights::date[], log_date)
"""
COUNT = ", {count} = (select count(*) from {table} as rows where rows.log_date = nights.log_date)"


def remember(connection: DuckDBPyConnection, targets: Sequence[Target]) -> None:
    """Keep the state of the records of the contents in `retiring`.

    Args:
        connection: in the transaction that takes them back.
        targets: tables that the transaction may change.
    """
    connection.execute(f"create or replace temp view states as {of_each(targets, STATES)}")
    connection.execute(BEFORE)


def revise(
    connection: DuckDBPyConnection, file_id: str, targets: Sequence[Target], *, only_added: bool
) -> tuple[date, ...]:
    """Give each night that has changed a new revision and its numbers of rows.

    Args:
        connection: in the transaction that changed them.
        file_id: content that was posted.
        targets: tables that may have changed.
        only_added: whether nothing was taken back, so that nothing was remembered.

    Returns:
        The nights, in order.
    """
    if not only_added:
        connection.execute(AFTER, {"file_id": file_id})
    nights = tuple(night for (night,) in connection.execute(ADDED if only_added else CHANGED).fetchall())
    if nights:
        for statement in (NEW, REVISE.format(counts=of_each(targets, COUNT, ""))):
            connection.execute(statement, {"nights": list(nights)})
    return nights
