"""Reads finished findings from the published copy."""

from datetime import date
from pathlib import Path

import pandas as pd

from pipeline.warehouse.published import connect

BY_SEVERITY = """
    select * from report.suspicious_clusters
    where log_date between $first and $last
    order by severity desc, log_date, rank
"""

GONE = """
    with before as (
        select log_date, finding_id, rank, attack_pattern from report.finding_history
        where log_date < $night
          and finding_id in (select finding_id from report.finding_history where log_date = $night and state = 'gone')
        qualify row_number() over (partition by finding_id order by log_date desc) = 1
    )
    select log_date, rank, nullif(attack_pattern, 'unnamed') from before where rank is not null order by rank
"""


def is_published(folder: Path, night: date) -> bool:
    """Whether the night's report has been published; one without findings has been too."""
    with connect(folder) as connection:
        found = connection.execute("select 1 from report.nights where log_date = $night", {"night": night}).fetchall()
    return bool(found)


def counted(folder: Path, night: date) -> tuple[int, int]:
    """How many findings the night's report shows, and how many suppressions keep out of it."""
    query = "select findings, suppressed from report.nights where log_date = $night"
    with connect(folder) as connection:
        shown, suppressed = connection.execute(query, {"night": night}).fetchall()[0]
    return int(shown), int(suppressed)


def gone_findings(folder: Path, night: date) -> list[tuple[date, int, str | None]]:
    """Night, rank and name, if it has one, of what the report before the night showed and it has lost, by rank."""
    with connect(folder) as connection:
        return connection.execute(GONE, {"night": night}).fetchall()


def published_findings(folder: Path, first: date, last: date) -> pd.DataFrame:
    """Findings of the nights from first to last, the most severe first.

    Raises:
        NothingPublishedError: no night has been published yet.
    """
    with connect(folder) as connection:
        return connection.execute(BY_SEVERITY, {"first": first, "last": last}).to_arrow_table().to_pandas()
