"""Takes back the rows of content that newer content replaces.

Records that another file repeats are handed to that file instead of being lost with the one that delivered them first.
The ids of the contents to take back stand in the temporary table `retiring`.
"""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from pipeline.ingest import touched
from pipeline.ingest.manifest import FileRow
from pipeline.ingest.targets import TARGETS, Target, of_each

RETIRING = "create or replace temp table retiring as select unnest($file_ids::varchar[]) as file_id"
HELD = "select {key} as event_id from {table} where file_id = $old union all "
SHARED = """
select count(*)
from (select event_id from arrivals union all from recalled)
where event_id in ({held} select event_id from raw.duplicate_events where file_id = $old)
"""
RETIRED = """
select {key} as event_id, timestamp, file_id, '{name}' as target from {table} where file_id in (from retiring)
"""
# records that the new content brings itself are not handed over: they are posted again with it
HEIRS = """
create or replace temp table heirs as
select retired.*, heir.file_id as heir_id, heir.line_number, parse_filename(files.path) as source_file
from ({retired}) retired
join raw.duplicate_events heir on heir.event_id = retired.event_id
join raw.files files on files.file_id = heir.file_id
where heir.file_id not in (from retiring) and retired.event_id not in (select event_id from arrivals)
qualify row_number() over (partition by retired.event_id order by files.path, heir.line_number) = 1
"""
HAND_OVER = """
update {table}
set file_id = heirs.heir_id, line_number = heirs.line_number, source_file = heirs.source_file
from heirs where heirs.event_id = {table}.{key}
"""
NO_LONGER_REPEATED = """
delete from raw.duplicate_events
using heirs where heirs.event_id = duplicate_events.event_id and heirs.heir_id = duplicate_events.file_id
"""
INHERITED = "count(*) filter (where target = '{name}') as {count}"
ACCOUNT = "{count} = files.{count} + inherited.{count}"
INHERIT = f"""
update raw.files
set accepted = accepted + inherited.records, duplicates = duplicates - inherited.records,
    {of_each(TARGETS.values(), ACCOUNT, ", ")},
    first_event = least(files.first_event, inherited.first_event),
    last_event = greatest(files.last_event, inherited.last_event)
from (
    select heir_id, count(*) as records, {of_each(TARGETS.values(), INHERITED, ", ")},
        min(timestamp) as first_event, max(timestamp) as last_event
    from heirs group by heir_id
) inherited
where inherited.heir_id = raw.files.file_id
"""  # noqa: S608 - names are ours
DELETE = "delete from {table} where file_id in (from retiring)"
BOOKS = ("raw.duplicate_events", "raw.rejected_lines", "raw.files")


def held_by(files: Sequence[FileRow]) -> tuple[Target, ...]:
    """The tables in which these contents have rows."""
    return tuple(target for target in TARGETS.values() if any(getattr(file, target.count) for file in files))


def replaces(connection: DuckDBPyConnection, old: FileRow) -> bool:
    """Whether what arrives or is recalled is a newer state of old content: that held no record, or one that is in both.

    Otherwise the name was merely used again, as log rotation does, and the old rows stay.
    """
    if old.accepted + old.duplicates == 0:
        return True
    shared = SHARED.format(held=of_each(held_by([old]), HELD, ""))
    (records,) = connection.execute(shared, {"old": old.file_id}).fetchall()[0]
    return bool(records)


def retire(connection: DuckDBPyConnection, files: Sequence[FileRow], targets: Sequence[Target]) -> list[str]:
    """Take back all rows of these contents; gives the files that records were handed to.

    Args:
        connection: in a transaction, with the new content in `arrivals`.
        files: the contents.
        targets: tables that the transaction may change.
    """
    connection.execute(RETIRING, {"file_ids": [file.file_id for file in files]})
    touched.remember(connection, targets)
    held = held_by(files)
    heirs: list[str] = []
    if held:
        connection.execute(HEIRS.format(retired=of_each(held, RETIRED)))
        heirs = [file_id for (file_id,) in connection.execute("select distinct heir_id from heirs").fetchall()]
    if heirs:
        for statement in (*(target.sql(HAND_OVER) for target in held), NO_LONGER_REPEATED, INHERIT):
            connection.execute(statement)
    for table in (*(target.spec.name for target in held), *BOOKS):
        connection.execute(DELETE.format(table=table))
    return heirs
