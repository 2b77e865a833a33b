"""The row of a finished night in `report.nights`: what its tables hold, and what its results rest on."""

from collections.abc import Sequence
from datetime import date
from functools import reduce

import ibis
from ibis import _

from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.report.history import fingerprint, followed_by
from pipeline.scoring.facts import files_of
from schemas.base import of_night
from schemas.models import FITS
from schemas.raw import NIGHTS as RAW_NIGHTS
from schemas.report import DRIFT, NIGHTS, SUPPRESSED_CLUSTERS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report.drift import LEVELS as DRIFT_LEVELS
from schemas.scores import of_clusters


def night_row(table: FeatureTable, night: date, window_days: int, added: Sequence[FeatureTable] = ()) -> ibis.Table:
    """The row of `report.nights`.

    Args:
        table: the feature table of events.
        night: the night.
        window_days: nights before it that identities of findings rest on.
        added: feature tables from files, whose revision is part of the night's.
    """
    events = of_night(table.raw[0], night)
    flagged = (
        of_clusters(of_night(table.pattern_scores, night))
        .group_by("pattern_id")
        .agg(weight=_.weight.max(), anomaly=(_.status == "anomaly").any())
    )
    parts = [
        events.agg(events=_.count()),
        of_night(table.patterns, night).agg(patterns=_.count()),
        _revision([table, *added], night),
        _others(night),
        files_of(night).agg(
            rejected=_.rejected.sum().fill_null(0), rejected_share=_.rejected.sum() / _.lines.sum().nullif(0)
        ),
        flagged.agg(anomalies=_.weight.sum(where=_.anomaly).fill_null(0)),
        of_night(SUSPICIOUS_EVENTS, night).agg(alerts=_.count()),
        of_night(SUSPICIOUS_CLUSTERS, night).agg(findings=_.count()),
        of_night(SUPPRESSED_CLUSTERS, night).agg(suppressed=_.count()),
        of_night(FITS, night).agg(
            models_accepted=_.accepted.sum().fill_null(0), models_kept=(~_.accepted).sum().fill_null(0)
        ),
        _drift(night),
        fingerprint(night),
        followed_by(night, window_days),
    ]
    row = reduce(lambda joined, part: joined.cross_join(part), parts).mutate(log_date=ibis.literal(night))
    return row[list(NIGHTS.schema())].cast(NIGHTS.schema())


def _others(night: date) -> ibis.Table:
    """One row: the connections and logins of the night, as the books of the raw tables count them."""
    books = RAW_NIGHTS.unbound().filter(_.log_date == night)
    return books.agg(connections=_.connections.sum().fill_null(0), logins=_.logins.sum().fill_null(0))


def _drift(night: date) -> ibis.Table:
    """One row: the worst level of drift. Tables that a team adds are measured apart, and may fail."""
    rows = of_night(DRIFT, night).filter(_.feature_table.isin(list(FEATURE_TABLES)))
    worst = ((((rows.level == level).any()).fill_null(False), level) for level in reversed(DRIFT_LEVELS))
    return rows.agg(drift=ibis.cases(*worst))


def _revision(tables: Sequence[FeatureTable], night: date) -> ibis.Table:
    """One row: the sum of the revisions of what the tables were built from; 0 for a night without rows.

    Logs without events leave no patterns of events, so that they are there is all that can be told.
    """
    built = [of_night(table.patterns, night).agg(revision=_.revision.max().fill_null(0)) for table in tables]
    without_events = RAW_NIGHTS.unbound().filter(_.log_date == night, _.events == 0)
    return ibis.union(*built, without_events.agg(revision=_.revision.max().fill_null(0))).agg(revision=_.revision.sum())
