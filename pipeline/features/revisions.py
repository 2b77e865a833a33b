"""Which revision of the logs the features of a night rest on: what tells whether they are out of date.

A night's revision counts the ingestions that changed it, so it never falls and no night ever vanishes. What looks back
rests on all nights of its window: their sum changes whenever one of them does.
"""

from functools import reduce
from operator import add

import ibis
from ibis import _

from pipeline.features.tables import FeatureTable
from pipeline.ingest.targets import TARGETS
from schemas.raw import NIGHTS


def revisions(table: FeatureTable, window_days: int) -> ibis.Table:
    """Per night that has logs, or rows of an added table: how many `rows`, and the `revision` of features built now.

    Args:
        table: the feature table.
        window_days: nights that features may look back on.
    """
    if table.nights:
        return table.nights.unbound()[["log_date", "revision", "rows"]]
    nights = NIGHTS.unbound()
    counts = (nights[TARGETS[spec.table].count] for spec in table.raw)
    own = nights.select("log_date", "revision", rows=reduce(add, counts))
    if not table.looks_back:
        return own
    seen = nights.select(day=_.log_date, then=_.revision)
    first = own.log_date - ibis.interval(days=window_days)
    window = own.inner_join(seen, [seen.day >= first, seen.day <= own.log_date])
    return window.group_by("log_date", "rows").agg(revision=_.then.sum().cast("int64"))
