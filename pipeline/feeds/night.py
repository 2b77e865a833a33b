"""What a night says, read from the published copy: its findings, and the records to look at, as plain rows.

What does not belong here: what a feed makes of it.
"""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.config_errors import UsageError
from pipeline.ingest.addresses import canonical_spelling
from pipeline.report.tables import is_published
from pipeline.warehouse.published import connect

Row = dict[str, Any]
JSON_COLUMNS = ("severity_parts", "evidence")
QUERIES = {
    "findings": "select * from report.suspicious_clusters where log_date = $night order by rank, finding_id",
    # a record to look at is an event, a connection or a login; one that the logs have taken back has its id alone
    "events": """
        with records as (
            select event_id, 'event' as record, * exclude (event_id, log_date, file_id, raw_data)
            from raw.security_events where log_date = $night
            union all by name
            select connection_id as event_id, 'connection' as record, * exclude (connection_id, log_date, file_id)
            from raw.connections where log_date = $night
            union all by name
            select login_id as event_id, 'login' as record, * exclude (login_id, log_date, file_id)
            from raw.logins where log_date = $night
        )
        select s.log_date, s.finding_id, c.rank, s.event_id, s.score, s.reasons, r.* exclude (event_id)
        from report.suspicious_events s
        left join report.suspicious_clusters c using (log_date, finding_id)
        left join records r using (event_id)
        where s.log_date = $night
        order by c.rank, s.finding_id, s.score desc, r.timestamp, s.event_id
    """,
}
EARLIER = "select distinct finding_id from report.suspicious_clusters where log_date < $night"


@dataclass(frozen=True)
class NightFindings:
    """The findings of a night and what belongs to them.

    Attributes:
        night: the UTC day.
        findings: rows of `report.suspicious_clusters` by rank; their JSON is read.
        events: records to look at by finding_id, each a row with `record`: event, connection or login.
        earlier: ids of findings that an earlier night had, too.
    """

    night: date
    findings: tuple[Row, ...]
    events: dict[str, list[Row]]
    earlier: frozenset[str]

    @property
    def end(self) -> datetime:
        """The moment that what is said of the night dates from, whenever it is said."""
        return datetime.combine(self.night + timedelta(days=1), time(), UTC)


def read(folder: Path, night: date) -> NightFindings:
    """The findings of a night with their records.

    Args:
        folder: the published copy.
        night: the night.

    Raises:
        NothingPublishedError: no night has been published yet.
        UsageError: this one has not.
    """
    check_published(folder, night)
    with connect(folder) as connection:
        findings = _rows(connection, "findings", night).to_pylist()
        records = _rows(connection, "events", night).to_pylist()
        earlier = connection.execute(EARLIER, {"night": night}).fetchall()
    events: dict[str, list[Row]] = {row["finding_id"]: [] for row in findings}
    for record in records:
        events.setdefault(record["finding_id"], []).append(record)
    parsed = (row | {name: json.loads(row[name]) for name in JSON_COLUMNS} for row in findings)
    return NightFindings(night, tuple(parsed), events, frozenset(name for (name,) in earlier))


def table(folder: Path, night: date, what: str) -> pa.Table:
    """The findings or the events of a night as a table.

    Raises:
        NothingPublishedError: no night has been published yet.
        UsageError: this one has not.
    """
    check_published(folder, night)
    with connect(folder) as connection:
        return _rows(connection, what, night)


def check_published(folder: Path, night: date) -> None:
    """Raise unless the night has been published."""
    if not is_published(folder, night):
        message = f"night {night} has no report; run it with `shoal run --date {night}`"
        raise UsageError(message)


def records_of(finding: Row) -> int:
    """Records of a finding; its entities where the feature table has no records."""
    return int(finding["records"] or finding["size"])


def top(finding: Row, name: str) -> list[str]:
    """The most frequent values of one kind in a finding's evidence, the most frequent first."""
    return [str(value) for value, *_ in finding["evidence"].get(name) or []]


def only(finding: Row, name: str, distinct: str) -> str | None:
    """The value of one kind if a finding has no other."""
    values = top(finding, name)
    return values[0] if values and finding["evidence"].get(distinct) == 1 else None


def is_address(text: str) -> bool:
    """Whether an end of a finding is an address; for logins it may be a host by its name."""
    return canonical_spelling(text) is not None


def _rows(connection: duckdb.DuckDBPyConnection, what: str, night: date) -> pa.Table:
    return connection.execute(QUERIES[what], {"night": night}).to_arrow_table()
