"""Takes back the rows of content that newer content replaces.

Events that another file repeats are handed to that file instead of being lost with the one that delivered them first.
The ids of the contents to take back stand in the temporary table `retiring`.
"""

from duckdb import DuckDBPyConnection

from pipeline.ingest import touched
from pipeline.ingest.manifest import FileRow

RETIRING = "create or replace temp table retiring as select unnest($file_ids::varchar[]) as file_id"
SHARED = """
select count(*)
from (select event_id from arrivals union all from recalled)
where event_id in (
    select event_id from raw.security_events where file_id = $old
    union all
    select event_id from raw.duplicate_events where file_id = $old
)
"""
# events that the new content brings itself are not handed over: they are posted again with it
HEIRS = """
create or replace temp table heirs as
select events.event_id, events.timestamp, heir.file_id, heir.line_number, parse_filename(files.path) as source_file
from raw.security_events events
join raw.duplicate_events heir on heir.event_id = events.event_id
join raw.files files on files.file_id = heir.file_id
where events.file_id in (from retiring) and heir.file_id not in (from retiring)
    and events.event_id not in (select event_id from arrivals)
qualify row_number() over (partition by events.event_id order by files.path, heir.line_number) = 1
"""
HAND_OVER = (
    HEIRS,
    """
    update raw.security_events
    set file_id = heirs.file_id, line_number = heirs.line_number, source_file = heirs.source_file
    from heirs where heirs.event_id = raw.security_events.event_id
    """,
    """
    delete from raw.duplicate_events
    using heirs where heirs.event_id = duplicate_events.event_id and heirs.file_id = duplicate_events.file_id
    """,
    """
    update raw.files
    set accepted = accepted + inherited.events, duplicates = duplicates - inherited.events,
        first_event = least(files.first_event, inherited.first_event),
        last_event = greatest(files.last_event, inherited.last_event)
    from (
        select file_id, count(*) as events, min(timestamp) as first_event, max(timestamp) as last_event
        from heirs group by file_id
    ) inherited
    where inherited.file_id = raw.files.file_id
    """,
)
DELETE = (
    "delete from raw.security_events where file_id in (from retiring)",
    "delete from raw.duplicate_events where file_id in (from retiring)",
    "delete from raw.rejected_lines where file_id in (from retiring)",
    "delete from raw.files where file_id in (from retiring)",
)


def replaces(connection: DuckDBPyConnection, old: FileRow) -> bool:
    """Whether what arrives or is recalled is a newer state of old content: that held no event, or one that is in both.

    Otherwise the name was merely used again, as log rotation does, and the old rows stay.
    """
    if old.accepted + old.duplicates == 0:
        return True
    (shared,) = connection.execute(SHARED, {"old": old.file_id}).fetchall()[0]
    return bool(shared)


def retire(connection: DuckDBPyConnection, file_ids: list[str]) -> list[str]:
    """Take back all rows of these contents; gives the files that events were handed to."""
    connection.execute(RETIRING, {"file_ids": file_ids})
    touched.remember(connection)
    for statement in (*HAND_OVER, *DELETE):
        connection.execute(statement)
    return [file_id for (file_id,) in connection.execute("select distinct file_id from heirs").fetchall()]
