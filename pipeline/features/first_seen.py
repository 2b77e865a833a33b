"""Looking back: since when something is known, as far as the window before the night goes."""

import ibis
from ibis import _


def first_seen(rows: ibis.Table, earlier: ibis.Table, by: str) -> ibis.Table:
    """Add `is_first_seen` and `days_since_first_seen` to rows with `log_date`; both are null without earlier rows.

    Args:
        rows: with a column `by`, null nowhere.
        earlier: rows of earlier nights with the columns `by` and `log_date`.
        by: what is or is not known.
    """
    known = earlier.group_by(by).agg(seen=_.log_date.min())
    found = rows.left_join(known, by).cross_join(has_history(earlier))
    days = found.log_date.delta(found.seen, unit="day").fill_null(0)
    return found.mutate(
        is_first_seen=found.has_history.ifelse(found.seen.isnull(), None),
        days_since_first_seen=found.has_history.ifelse(days, None),
    ).select(*rows.columns, "is_first_seen", "days_since_first_seen")


def has_history(earlier: ibis.Table) -> ibis.Table:
    """One row that says whether there is anything to look back on: without it nothing is new."""
    return earlier.agg(has_history=_.count() > 0)
