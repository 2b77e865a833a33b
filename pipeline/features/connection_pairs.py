"""How often and how regularly a source calls a port of a destination during a night: what reveals beacons.

Measured for every pair, inbound and internal ones too. One device's records are a series (`source`); a pair that
several devices see has one for each.
"""

import ibis
from ibis import _

from pipeline.features.binning import log2_bin, quantised
from pipeline.features.clock import since_last
from pipeline.features.first_seen import has_history
from pipeline.features.regularity import skew_and_dispersion

HOURS_PER_DAY = 24


def of_pair(connections: ibis.Table, earlier: ibis.Table) -> ibis.Table:
    """Add the measures of the pair; both tables have `pair`."""
    keyed = connections.mutate(series=_.source + " " + _.pair.cast(str))
    by_series = keyed.group_by("series").agg(
        pair_connections_log2=log2_bin(_.count(), 2),
        pair_coverage=quantised(_.hour_of_day.nunique() / HOURS_PER_DAY, 8),
    )
    rows = keyed.inner_join(by_series, "series")
    for measures in _regularity(keyed):
        rows = rows.left_join(measures, "series").drop("series_right")
    return _with_newness(rows, earlier)


def _regularity(keyed: ibis.Table) -> tuple[ibis.Table, ...]:
    """Skew and dispersion of the intervals and of the sizes sent."""
    in_order = ibis.window(group_by="series", order_by="timestamp")
    series = keyed.select("series", interval=since_last(keyed.timestamp, in_order), size=_.bytes_out)
    return tuple(_binned(skew_and_dispersion(series, "series", name, name), name) for name in ("interval", "size"))


def _binned(measures: ibis.Table, name: str) -> ibis.Table:
    """The skew of a few values is noisy, so halves say as much as it does; the dispersion in quarters."""
    skew, dispersion = f"{name}_skew", f"{name}_dispersion"
    return measures.mutate(**{skew: quantised(measures[skew], 2), dispersion: quantised(measures[dispersion])})


def _with_newness(rows: ibis.Table, earlier: ibis.Table) -> ibis.Table:
    """Add whether no connection of the nights before had this source, destination and port; null without such."""
    known = earlier.select("pair").distinct().mutate(is_known=True)
    found = rows.left_join(known, "pair").drop("pair_right").cross_join(has_history(earlier))
    return found.mutate(pair_is_first_seen=found.has_history.ifelse(found.is_known.isnull(), None))
