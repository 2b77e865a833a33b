"""The accounts that must balance: every record read is accepted, a duplicate, or rejected, for every file."""

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from pipeline.ingest.targets import TARGETS, Target, of_each

SPAN = """
select min(first_event)::date, max(last_event)::date from raw.files where list_contains($file_ids, file_id)
"""
ROWS = """
left join (
    select file_id, count(*) as rows from {table}
    where log_date between $first and $last and list_contains($file_ids, file_id) group by file_id
) as {name} using (file_id)
"""
MISCOUNTED = "or files.{count} <> coalesce({name}.rows, 0) "
WRONG = f"""
select path
from (from raw.files where list_contains($file_ids, file_id)) as files
{{rows}}
left join (
    select file_id, count(*) as duplicates from raw.duplicate_events
    where list_contains($file_ids, file_id) group by file_id
) as repeats using (file_id)
left join (
    select file_id, count(*) as rejected from raw.rejected_lines
    where list_contains($file_ids, file_id) group by file_id
) as faults using (file_id)
where files.lines <> files.accepted + files.duplicates + files.rejected
    or files.accepted <> {of_each(TARGETS.values(), "files.{count}", " + ")}
    or files.removed_before is null and (
        files.duplicates <> coalesce(repeats.duplicates, 0)
        or files.rejected <> coalesce(faults.rejected, 0)
        {{miscounted}}
    )
order by path
"""  # noqa: S608 - names are ours


class AccountingError(RuntimeError):
    """The rows of a file are not the records that were read from it; its transaction must not land."""


def check(connection: DuckDBPyConnection, file_ids: Sequence[str], targets: Sequence[Target]) -> None:
    """Raise unless the tables hold exactly the rows that raw.files counts for these contents.

    Of content of which the retention has removed records, only the counts are compared.

    Args:
        connection: in the transaction that changed them.
        file_ids: the contents.
        targets: tables that the transaction may have changed.

    Raises:
        AccountingError: naming the first file whose account does not balance.
    """
    files = {"file_ids": list(file_ids)}
    first, last = connection.execute(SPAN, files).fetchall()[0]
    query = WRONG.format(rows=of_each(targets, ROWS, ""), miscounted=of_each(targets, MISCOUNTED, ""))
    span = {"first": first, "last": last} if targets else {}
    if wrong := connection.execute(query, files | span).fetchall():
        message = f"{wrong[0][0]}: accepted, duplicate and rejected records do not add up to the lines read"
        raise AccountingError(message)
