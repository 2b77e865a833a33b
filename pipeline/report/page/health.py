"""Whether the night's data are what is expected: the expectations that the asset checks state, as sentences.

The facts are at hand from what the page shows anyway; only files and lines are asked for. Which are expected stands in
`pipeline.scoring.expectations`.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from pipeline.features.tables import EVENT_TABLE
from pipeline.models.base import NOISE
from pipeline.report.page.content import TableNight
from pipeline.report.page.questions import answer
from pipeline.scoring import expectations
from pipeline.scoring.expectations import Verdict
from pipeline.warehouse.engine import Warehouse

FILES = """
    with own as (
        select file_id from raw.security_events where log_date = $night
        union select file_id from raw.connections where log_date = $night
        union select file_id from raw.logins where log_date = $night
    )
    select path, lines, rejected, accepted + duplicates as known, reason, file_id in (select file_id from own) as own
    from raw.files where own or (accepted + duplicates = 0 and (reason is not null or rejected > 0))
    order by path
"""


def health(
    warehouse: Warehouse,
    night: date,
    summary: dict[str, Any],
    tables: Sequence[TableNight],
    nights: pd.DataFrame,
    window_days: int,
) -> list[Verdict]:
    """What is expected of the night's data, what does not hold first."""
    files = answer(warehouse, FILES, night=night).to_pylist()
    own = [file for file in files if file["own"]]
    unread = [file for file in files if file["reason"] is not None or not file["known"]]
    faults = {file["path"]: file["reason"] or "every line was rejected" for file in unread}
    before = nights["log_date"].between(night - timedelta(days=window_days), night - timedelta(days=1))
    usual = [int(events) for events in nights["events"][before] if events]
    found = [
        expectations.few_rejected(sum(file["lines"] for file in own), sum(file["rejected"] for file in own)),
        expectations.files_read(faults),
        expectations.volume_as_usual(summary.get("events", 0), usual),
        *_of_events(tables),
    ]
    return sorted(found, key=lambda verdict: verdict.holds)


def _of_events(tables: Sequence[TableNight]) -> list[Verdict]:
    """What the scores of the events are expected to be."""
    found = []
    for table in tables:
        if table.name == EVENT_TABLE.name:
            of_all, expected = table.counts["entities"], max(density.expected for density in table.densities.values())
            found.append(expectations.flagged_as_expected(table.counts["anomalies"], of_all, expected))
            noise = [row["size"] for rows in table.clusters.values() for row in rows if row["cluster_id"] == NOISE]
            found.append(expectations.little_noise(max(noise, default=0), of_all))
    return found
