"""What the ends of a connection do besides it: in the last hundred connections and in the hour, as KDD Cup 1999 does.

Counts are of one device's records (`source`), see `connections`.
"""

import ibis
from ibis import _

from pipeline.features.binning import log2_bin, share_bin
from pipeline.features.engine_functions import row_hash

HUNDRED = 100
SOURCE = ("source", "hour_of_day", "source_ip")
TARGET = ("source", "hour_of_day", "dest_ip", "dest_port")


def of_last_hundred(rows: ibis.Table) -> ibis.Table:
    """Add how many of the device's last hundred connections, this one included, have the same source or destination."""
    in_order = ibis.window(group_by="source", order_by=["timestamp", "connection_id"])
    rows = rows.mutate(position=ibis.row_number().over(in_order))

    def same(end: str) -> ibis.Value:
        last = ibis.range_window(group_by=["source", end], order_by="position", preceding=HUNDRED - 1, following=0)
        return log2_bin(rows.position.count().over(last), 2)

    return rows.mutate(source_last_hundred_log2=same("source_ip"), target_last_hundred_log2=same("dest_ip"))


def of_hour(rows: ibis.Table) -> ibis.Table:
    """Add how busy the source, and the destination with its port, are in that hour."""
    keyed = rows.mutate(
        source_key=row_hash(*(rows[name] for name in SOURCE)), target_key=row_hash(*(rows[name] for name in TARGET))
    )
    by_source = keyed.group_by("source_key").agg(
        source_connections_log2=log2_bin(_.count(), 2),
        source_targets_log2=log2_bin(_.dest_ip.nunique(), 2),
        source_ports_log2=log2_bin(_.dest_port.nunique(), 2),
        source_failed_share=share_bin(_.is_failed.count(where=_.is_failed), _.is_failed.count()),
    )
    by_target = keyed.group_by("target_key").agg(
        target_sources_log2=log2_bin(_.source_ip.nunique(), 2), target_connections_log2=log2_bin(_.count(), 2)
    )
    return keyed.inner_join(by_source, "source_key").inner_join(by_target, "target_key")
