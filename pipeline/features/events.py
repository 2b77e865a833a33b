"""Features of events: when, between what kinds of address, how much, and how busy source and target are in that hour.

All of it is Ibis expressions: rows never leave the engine. What enters a pattern is binned (watches of three hours,
factors of e in size, powers of four in counts), so that events alike become one pattern.
"""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.engine_functions import at_zone, row_hash
from pipeline.ingest.addresses import is_private
from schemas.features import EVENTS, EventFeatures

WEB_PORTS = (80, 443, 8080, 8443)
MAIL_PORTS = (25, 110, 143, 465, 587, 993, 995)
DATABASE_PORTS = (1433, 3306, 5432, 6379, 9200, 27017)
LARGE_TRANSFER_BYTES = 1_000_000
SATURDAY = 5
WATCH_HOURS = 3
UNKNOWN = "unknown"
# A packet that two rules log is one packet; all counts of behaviour are counts of packets.
HOUR = ("log_date", "hour_of_day")
SOURCE = (*HOUR, "source_ip")
TARGET = (*HOUR, "dest_ip", "dest_port")
PACKET = ("timestamp", "source_ip", "source_port", "dest_ip", "dest_port", "protocol")
FEATURES = tuple(EventFeatures.to_schema().columns)


def build(security_events: ibis.Table, site: Site) -> ibis.Table:
    """Rows of `features.events`, but for their revision, for rows of `raw.security_events` (of whole nights)."""
    events = _with_clock(security_events, site)
    packets = events[[*HOUR, *PACKET]].distinct()
    features = _with_context(events, packets)
    features = _with_time(features, site)
    features = _with_network(features)
    features = features.mutate(entity_id=_.event_id, pattern_id=row_hash(*(features[name] for name in FEATURES)))
    columns = {name: kind for name, kind in EVENTS.schema().items() if name != "revision"}
    return features[list(columns)].cast(columns)


def _with_clock(events: ibis.Table, site: Site) -> ibis.Table:
    """Add the site's hour and weekday."""
    local = events.timestamp if site.timezone == "UTC" else at_zone(site.timezone, events.timestamp)
    return events.mutate(
        hour_of_day=local.hour().cast("int16"),
        day_of_week=local.day_of_week.index().cast("int16"),
    )


def _with_context(events: ibis.Table, packets: ibis.Table) -> ibis.Table:
    """Add how busy the source, and the target with its port, are in that hour; columns end in `_log2`."""
    # one hashed key a side: with the hour as a column of both keys the planner may join sources to targets first,
    # which is every source with every target of the hour
    by_source = packets.group_by(source_key=row_hash(*(packets[name] for name in SOURCE))).agg(
        source_events_log2=_log2(_.count()),
        source_ports_log2=_log2(_.dest_port.nunique()),
        source_targets_log2=_log2(_.dest_ip.nunique()),
    )
    by_target = packets.group_by(target_key=row_hash(*(packets[name] for name in TARGET))).agg(
        target_sources_log2=_log2(_.source_ip.nunique()), target_events_log2=_log2(_.count())
    )
    keyed = events.mutate(
        source_key=row_hash(*(events[name] for name in SOURCE)), target_key=row_hash(*(events[name] for name in TARGET))
    )
    return keyed.inner_join(by_source, "source_key").inner_join(by_target, "target_key")


def _log2(count: ibis.Value) -> ibis.Value:
    # the half keeps powers of two clear of rounding: log2(16) must not come out as 3.999...
    return ((ibis.greatest(count, 1) + 0.5).log2() / 2).floor() * 2


def _with_time(events: ibis.Table, site: Site) -> ibis.Table:
    first, end = site.business_hours
    watch = (events.hour_of_day.cast("float64") / WATCH_HOURS).floor() * WATCH_HOURS
    angle = (watch + WATCH_HOURS / 2) * (2 * ibis.pi / 24)
    return events.mutate(
        watch=watch,
        hour_sin=angle.sin().round(6),
        hour_cos=angle.cos().round(6),
        is_weekend=_.day_of_week >= SATURDAY,
        is_business_hours=(_.hour_of_day >= first) & (_.hour_of_day < end) & (_.day_of_week < SATURDAY),
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
        bytes_log=(_.bytes + 1).ln().round(),
        large_transfer=(_.bytes > LARGE_TRANSFER_BYTES).fill_null(False),
        protocol=_.protocol.fill_null(UNKNOWN),
        country=_.country.fill_null(UNKNOWN),
    )


def _port_in(ports: tuple[int, ...]) -> ibis.Value:
    return _.dest_port.isin(ports).fill_null(False)
