"""The site's clock: hour and weekday of a row, whether people work then, and how long after another one it comes."""

from typing import Any

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.engine_functions import at_zone
from pipeline.ingest.engine_functions import microseconds, milliseconds, since_1970

SATURDAY = 5


def with_clock(rows: ibis.Table, site: Site) -> ibis.Table:
    """Add the site's hour and weekday of the timestamp, and whether it lies in business hours."""
    # of a clock in UTC: the engine's calendar of time zones, which other zones need, takes ten times as long
    utc = since_1970(microseconds(rows.timestamp))
    local = utc if site.timezone == "UTC" else at_zone(site.timezone, rows.timestamp)
    first, end = site.business_hours
    return rows.mutate(
        hour_of_day=local.hour().cast("int16"), day_of_week=local.day_of_week.index().cast("int16")
    ).mutate(
        is_business_hours=(_.hour_of_day >= first) & (_.hour_of_day < end) & (_.day_of_week < SATURDAY),
    )


def since_last(moment: ibis.Value, in_order: Any) -> ibis.Value:
    """Milliseconds since the row before in a window; null for its first row."""
    passed = milliseconds(moment)
    return passed - passed.lag().over(in_order)
