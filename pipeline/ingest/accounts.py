"""The accounts that must balance: every record read is accepted, a duplicate, or rejected, for every file."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

SPAN = """
select min(first_event)::date, max(last_event)::date from raw.files where list_contains($file_ids, file_id)
"""
WRONG = """
with files as (
    select * from raw.files where list_contains($file_ids, file_id)
), events as (
    select file_id, count(*) as accepted from raw.security_events
    where log_date between $first and $last and list_contains($file_ids, file_id) group by file_id
), repeats as (
    select file_id, count(*) as duplicates from raw.duplicate_events
    where list_contains($file_ids, file_id) group by file_id
), faults as (
    select file_id, count(*) as rejected from raw.rejected_lines
    where list_contains($file_ids, file_id) group by file_id
)
select path
from files left join events using (file_id) left join repeats using (file_id) left join faults using (file_id)
where files.lines <> files.accepted + files.duplicates + files.rejected
    or files.accepted <> coalesce(events.accepted, 0)
    or files.duplicates <> coalesce(repeats.duplicates, 0)
    or files.rejected <> coalesce(faults.rejected, 0)
order by path
"""


class AccountingError(RuntimeError):
    """The rows of a file are not the records that were read from it; its transaction must not land."""


def check(connection: DuckDBPyConnection, file_ids: Sequence[str]) -> None:
    """Raise unless the tables hold exactly the rows that raw.files counts for these contents.

    Raises:
        AccountingError: naming the first file whose account does not balance.
    """
    files = {"file_ids": list(file_ids)}
    first, last = connection.execute(SPAN, files).fetchall()[0]
    if wrong := connection.execute(WRONG, files | {"first": first, "last": last}).fetchall():
        message = f"{wrong[0][0]}: accepted, duplicate and rejected records do not add up to the lines read"
        raise AccountingError(message)
