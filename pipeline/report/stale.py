"""Which nights are stale, why, and what tells one reason to run a night again from the next.

It asks the published copy. Here: questions and answers. Not here: what makes a night stale (states).
"""

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.ingest.late import fingerprint
from pipeline.report.states import night_states
from pipeline.warehouse.queries import compile_sql

STALE = "select log_date, why from ({states}) where state = 'stale' and log_date >= $since order by log_date"
# what a run of a night leaves counts for later nights, its logs for itself, too
INPUTS = """
select log_date, said, is_made from (
    select log_date, revision::varchar as said, false as is_made from raw.nights
    union all select log_date, model_id, true from models.fits
    union all select log_date, fingerprint::varchar, true from report.nights
) where log_date >= $since order by all
"""


@dataclass(frozen=True)
class StaleNight:
    """A night whose results rest on something that has changed.

    Attributes:
        night: the night.
        why: what has changed.
        inputs: hash of all that the night would rest on if it was run now: the same again until that changes again.
    """

    night: date
    why: str
    inputs: str


def stale_nights(published: duckdb.DuckDBPyConnection, settings: Settings, since: date) -> list[StaleNight]:
    """The stale nights from a night on, in order."""
    window = timedelta(days=settings.training.window_days)
    states = compile_sql(night_states(settings.training.window_days, feature_tables(settings)))
    stale = published.execute(STALE.format(states=states), {"since": since}).fetchall()
    inputs = published.execute(INPUTS, {"since": since - window}).fetchall() if stale else []
    return [
        StaleNight(
            night,
            why,
            fingerprint(
                f"{day}:{said}"
                for day, said, is_made in inputs
                if night - window <= day <= night and not (is_made and day == night)
            ),
        )
        for night, why in stale
    ]
