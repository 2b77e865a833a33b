"""Which nights a transaction changes, and their revisions.

A night changes when an event comes, goes or has another content; that an event now stands in another file or on
another line changes nothing for those who build on it.
"""

from datetime import date

from duckdb import DuckDBPyConnection

# what an event says, without where it was found
STATES = """
create or replace temp view states as
select event_id, log_date, file_id,
    hash(timestamp, source_ip, source_port, dest_ip, dest_port, action, protocol, bytes, country, verdict, label)
    as said
from raw.security_events
"""
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
REVISE = """
merge into raw.nights using (
    select nights.log_date, count(events.log_date) as events
    from (select unnest($nights::date[]) as log_date) nights
    left join raw.security_events events on events.log_date = nights.log_date
    group by nights.log_date
) counted on counted.log_date = nights.log_date
when matched then update set events = counted.events, revision = nights.revision + 1
when not matched then insert (log_date, events, revision) values (counted.log_date, counted.events, 1)
"""


def remember(connection: DuckDBPyConnection) -> None:
    """Keep the state of the events of the contents in `retiring`."""
    connection.execute(STATES)
    connection.execute(BEFORE)


def revise(connection: DuckDBPyConnection, file_id: str, *, only_added: bool) -> tuple[date, ...]:
    """Give each night that has changed a new revision and its number of events.

    Args:
        connection: in the transaction that changed them.
        file_id: content that was posted.
        only_added: whether nothing was taken back, so that nothing was remembered.

    Returns:
        The nights, in order.
    """
    if not only_added:
        connection.execute(AFTER, {"file_id": file_id})
    nights = tuple(night for (night,) in connection.execute(ADDED if only_added else CHANGED).fetchall())
    if nights:
        connection.execute(REVISE, {"nights": list(nights)})
    return nights
