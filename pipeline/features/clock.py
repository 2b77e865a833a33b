"""The site's clock: hour and weekday of a row, and whether people work then."""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.engine_functions import at_zone

SATURDAY = 5


def with_clock(rows: ibis.Table, site: Site) -> ibis.Table:
    """Add the site's hour and weekday of the timestamp, and whether it lies in business hours."""
    local = rows.timestamp if site.timezone == "UTC" else at_zone(site.timezone, rows.timestamp)
    first, end = site.business_hours
    return rows.mutate(
        hour_of_day=local.hour().cast("int16"), day_of_week=local.day_of_week.index().cast("int16")
    ).mutate(
        is_business_hours=(_.hour_of_day >= first) & (_.hour_of_day < end) & (_.day_of_week < SATURDAY),
    )
