"""Features of events: when, between what kinds of address, how much, and how busy source and target are in that hour.

All of it is Ibis expressions: rows never leave the engine. What enters a pattern is binned (watches of three hours,
factors of e in size, powers of four in counts), so that events alike become one pattern.
"""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.binning import log2_bin, log_bin
from pipeline.features.clock import SATURDAY, with_clock
from pipeline.features.engine_functions import row_hash
from pipeline.features.ports import DATABASE_PORTS, MAIL_PORTS, WEB_PORTS
from pipeline.features.raw_night import RawNight
from pipeline.ingest.addresses import is_private
from pipeline.models.columns import FeatureColumns
from schemas.raw import SECURITY_EVENTS

LARGE_TRANSFER_BYTES = 1_000_000
WATCH_HOURS = 3
STEP = 2  # counts are binned in powers of four
UNKNOWN = "unknown"
# A packet that two rules log is one packet; all counts of behaviour are counts of packets.
HOUR = ("log_date", "hour_of_day")
SOURCE = (*HOUR, "source_ip")
TARGET = (*HOUR, "dest_ip", "dest_port")
PACKET = ("timestamp", "source_ip", "source_port", "dest_ip", "dest_port", "protocol")

COLUMNS = FeatureColumns(
    numeric=(
        "hour_sin",
        "hour_cos",
        "bytes_log",
        "source_events_log2",
        "source_ports_log2",
        "source_targets_log2",
        "target_sources_log2",
        "target_events_log2",
    ),
    flags=(
        "is_weekend",
        "is_business_hours",
        "source_ip_is_private",
        "dest_ip_is_private",
        "is_web_port",
        "is_mail_port",
        "is_database_port",
        "port_missing",
        "bytes_missing",
        "large_transfer",
    ),
    categorical=("protocol", "country", "verdict"),
)
SEED_COLUMNS = FeatureColumns(
    numeric=("bytes_log",),
    flags=(
        "is_weekend",
        "is_business_hours",
        "source_ip_is_private",
        "is_web_port",
        "is_mail_port",
        "is_database_port",
        "large_transfer",
    ),
    categorical=(),
)


def build(night: RawNight, site: Site) -> ibis.Table:
    """Rows of `features.events`, but for pattern and revision."""
    events = with_clock(night.rows(SECURITY_EVENTS), site)
    packets = events[[*HOUR, *PACKET]].distinct()
    features = _with_context(events, packets)
    return _with_network(_with_time(features)).mutate(entity_id=_.event_id)


def _with_context(events: ibis.Table, packets: ibis.Table) -> ibis.Table:
    """Add how busy the source, and the target with its port, are in that hour; columns end in `_log2`."""
    # one hashed key a side: with the hour as a column of both keys the planner may join sources to targets first,
    # which is every source with every target of the hour
    by_source = packets.group_by(source_key=row_hash(*(packets[name] for name in SOURCE))).agg(
        source_events_log2=log2_bin(_.count(), STEP),
        source_ports_log2=log2_bin(_.dest_port.nunique(), STEP),
        source_targets_log2=log2_bin(_.dest_ip.nunique(), STEP),
    )
    by_target = packets.group_by(target_key=row_hash(*(packets[name] for name in TARGET))).agg(
        target_sources_log2=log2_bin(_.source_ip.nunique(), STEP), target_events_log2=log2_bin(_.count(), STEP)
    )
    keyed = events.mutate(
        source_key=row_hash(*(events[name] for name in SOURCE)), target_key=row_hash(*(events[name] for name in TARGET))
    )
    return keyed.inner_join(by_source, "source_key").inner_join(by_target, "target_key")


def _with_time(events: ibis.Table) -> ibis.Table:
    watch = (events.hour_of_day.cast("float64") / WATCH_HOURS).floor() * WATCH_HOURS
    angle = (watch + WATCH_HOURS / 2) * (2 * ibis.pi / 24)
    return events.mutate(
        watch=watch,
        hour_sin=angle.sin().round(6),
        hour_cos=angle.cos().round(6),
        is_weekend=_.day_of_week >= SATURDAY,
    )


def _with_network(events: ibis.Table) -> ibis.Table:
    return events.mutate(
        source_ip_is_private=is_private(events.source_ip).fill_null(False),
        dest_ip_is_private=is_private(events.dest_ip).fill_null(False),
        is_web_port=_port_in(WEB_PORTS),
        is_mail_port=_port_in(MAIL_PORTS),
        is_database_port=_port_in(DATABASE_PORTS),
        port_missing=_.dest_port.isnull(),
        bytes_missing=_.bytes.isnull(),
        bytes_log=log_bin(_.bytes),
        large_transfer=(_.bytes > LARGE_TRANSFER_BYTES).fill_null(False),
        protocol=_.protocol.fill_null(UNKNOWN),
        country=_.country.fill_null(UNKNOWN),
    )


def _port_in(ports: tuple[int, ...]) -> ibis.Value:
    return _.dest_port.isin(ports).fill_null(False)
