"""How nights stand: done, stale because what they rest on has changed, or not run.

A night rests on its own logs, on the logs of its baseline, on the accepted models before it, whose cluster ids live on,
which cleaned its baseline, and which score it where its own are not sound, and on the findings before it, whose
identities live on.
"""

from collections.abc import Mapping
from datetime import date

import ibis
from ibis import _

from pipeline.features.revisions import revisions
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.report.history import followed_now
from schemas.models import FITS
from schemas.raw import NIGHTS as RAW_NIGHTS
from schemas.report import NIGHTS, RETENTION

BEFORE_ALL = date(1, 1, 1)


def night_states(window_days: int, tables: Mapping[str, FeatureTable] = FEATURE_TABLES) -> ibis.Table:
    """One row per night that has logs or a report: `log_date`, `state` (done, stale or not run) and `why` it is stale.

    Args:
        window_days: nights of the baseline window, as configured now.
        tables: the feature tables, as configured now.
    """
    logs = _rows_now(tables)
    reports = NIGHTS.unbound().select(reported=_.log_date, then=_.revision, follows=_.follows)
    both = logs.outer_join(reports, logs.logged == reports.reported)
    nights = both.mutate(log_date=ibis.coalesce(both.logged, both.reported))
    nights = nights.filter(nights.log_date >= _removed_before("report"))
    nights = nights.left_join(_moved_baselines(window_days, tables), "log_date").drop("log_date_right")
    nights = nights.left_join(followed_now(window_days), "log_date")
    is_kept = nights.log_date >= _removed_before("raw")
    # what identities rested on cannot be told any more where some of it has been removed
    is_told = nights.log_date - ibis.interval(days=window_days) >= _removed_before("report")
    why = ibis.cases(
        (nights.then.isnull(), is_kept.ifelse(None, "its logs have been removed")),
        (~is_kept, None),
        (nights.then != nights.now.fill_null(0), "its logs have changed"),
        (nights.baseline_moved.fill_null(False), "its baseline has changed"),
        (nights.model_moved.fill_null(False), "the models before it have changed"),
        ((nights.follows != nights.follows_now) & is_told, "the findings before it have changed"),
    )
    state = ibis.cases((nights.then.isnull(), "not run"), (why.notnull(), "stale"), else_="done")
    return nights.select("log_date", state=state, why=why)


def _rows_now(tables: Mapping[str, FeatureTable]) -> ibis.Table:
    """Per night that has logs or rows of an added table: `logged`, the night, and `now`, the revision of all that."""
    logs = RAW_NIGHTS.unbound()[["log_date", "revision"]]
    added = [
        table.nights.unbound().filter(_.rows > 0)[["log_date", "revision"]] for table in tables.values() if table.nights
    ]
    every = ibis.union(logs, *added)
    return every.group_by(logged=_.log_date).agg(now=_.revision.sum().cast("int64"))


def _removed_before(layer: str) -> ibis.Value:
    """The night before which the retention has removed a layer; a day before all nights if it has not."""
    rows = RETENTION.unbound()
    return rows.filter(rows.layer == layer).agg(night=_.removed_before.max().fill_null(BEFORE_ALL)).as_scalar()


def _moved_baselines(window_days: int, tables: Mapping[str, FeatureTable]) -> ibis.Table:
    """Per night: whether one of its models rests on another baseline, or follows another model, than it would now."""
    fits, logs = FITS.unbound(), _logged(window_days, tables)
    wanted = fits[["feature_table", "log_date"]].distinct()
    first = wanted.log_date - ibis.interval(days=window_days)
    window = wanted.inner_join(logs, ["feature_table", logs.day >= first, logs.day < wanted.log_date])
    before = window.group_by("feature_table", "log_date").agg(baseline_now=_.listed.group_concat(" ", order_by=_.day))
    earlier = ibis.window(group_by=["feature_table", "algorithm"], order_by="log_date", preceding=(None, 1))
    accepted, night = (fits.accepted.ifelse(value, None) for value in (fits.model_id, fits.log_date))
    models = fits.mutate(
        previous_now=accepted.argmax(night).over(earlier), previous_night=night.max().over(earlier)
    ).left_join(before, ["feature_table", "log_date"])
    removed = _removed_before("scores")
    # which model came before the first one that is kept cannot be told any more
    is_told = (removed == BEFORE_ALL) | (models.previous_night >= removed).fill_null(False)
    own = logs.select("feature_table", log_date=logs.day, listed=logs.listed)
    models = (
        models.mutate(is_told=is_told)
        .drop("feature_table_right", "log_date_right")
        .left_join(own, ["feature_table", "log_date"])
    )
    return models.group_by("log_date").agg(
        baseline_moved=(_.baseline != ibis.coalesce(_.baseline_now, _.listed)).any(),
        model_moved=((_.previous_id.fill_null("") != _.previous_now.fill_null("")) & _.is_told).any(),
    )


def _logged(window_days: int, tables: Mapping[str, FeatureTable]) -> ibis.Table:
    """The nights that a model of each feature table would list if it was fitted now."""
    return ibis.union(
        *(
            revisions(table, window_days)
            .filter(_.rows > 0)
            .select(
                feature_table=ibis.literal(name),
                day=_.log_date,
                listed=_.log_date.cast(str) + ":" + _.revision.cast(str),
            )
            for name, table in tables.items()
        )
    )
