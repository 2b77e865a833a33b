"""Who met whom in a night, of all raw tables that name addresses: what the two tables of addresses count.

One row per address, peer, port and hour. Where several devices see the same traffic, the one that saw most of it
counts, so that another sensor does not double a site's bytes.
"""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.binning import bounded
from pipeline.features.clock import with_clock
from pipeline.features.outcomes import failed
from pipeline.features.raw_night import RawNight
from schemas.base import TableSpec
from schemas.raw import CONNECTIONS, LOGINS, SECURITY_EVENTS

MEETING = ("log_date", "address", "peer", "port", "protocol", "hour_of_day", "is_business_hours")
COUNTS = ("records", "judged", "blocked", "answers", "failures", "bytes", "bytes_out", "bytes_in")
WHEN = ("log_date", "timestamp", "hour_of_day", "is_business_hours", "source")
# a packet that two rules log is one packet
PACKET = (*WHEN, "source_port", "address", "peer", "port", "protocol")
OTHER_END = {"source_ip": "dest_ip", "dest_ip": "source_ip"}
JUDGED = ("allowed", "blocked")
MOST_BYTES = 1 << 50  # of one record; more is no size
NO_COUNT = ibis.literal(None, "int64")


def contacts(night: RawNight, site: Site, end: str, raw: tuple[TableSpec, ...]) -> ibis.Table:
    """What each address did, or had done to it, by peer, port and hour.

    Args:
        night: the raw rows.
        site: whose clock the hours are of.
        end: column that names the address: source_ip or dest_ip.
        raw: tables to look into.
    """
    readers = {SECURITY_EVENTS: _of_events, CONNECTIONS: _of_connections, LOGINS: _of_logins}
    records = ibis.union(*(readers[spec](_by_end(with_clock(night.rows(spec), site), end)) for spec in raw))
    by_device = records.group_by(*MEETING, "source").agg(**{name: _[name].sum() for name in COUNTS})
    return by_device.group_by(*MEETING).agg(**{name: _[name].max() for name in COUNTS})


def earlier_addresses(night: RawNight, end: str, raw: tuple[TableSpec, ...]) -> ibis.Table:
    """On which nights of the window before each address was seen."""
    tables = (night.earlier(spec) for spec in raw)
    seen = ibis.union(*(rows.select(address=rows[end], log_date=rows.log_date).distinct() for rows in tables))
    return seen.filter(_.address.notnull())


def _by_end(rows: ibis.Table, end: str) -> ibis.Table:
    """Rows that name the address, as its own; a table without the other end's column knows no peers."""
    other = OTHER_END[end]
    peer = rows[other] if other in rows.columns else ibis.literal(None, "string")
    return rows.mutate(address=rows[end], peer=peer).filter(_.address.notnull())


def _of_events(events: ibis.Table) -> ibis.Table:
    packets = (
        events.mutate(port=events.dest_port)
        .group_by(*PACKET)
        .agg(
            judged=_.verdict.isin(JUDGED).any().cast("int64"),
            blocked=(_.verdict == "blocked").any().cast("int64"),
            bytes=bounded(_.bytes.max(), MOST_BYTES),
        )
    )
    return _counted(packets, judged=_.judged, blocked=_.blocked, bytes=_.bytes)


def _of_connections(connections: ibis.Table) -> ibis.Table:
    is_failed = failed(connections.state)
    sent, received = (bounded(connections[name], MOST_BYTES) for name in ("bytes_out", "bytes_in"))
    return _counted(
        connections.mutate(port=connections.dest_port),
        answers=is_failed.notnull().cast("int64"),
        failures=is_failed.cast("int64"),
        bytes=ibis.coalesce(sent + received, sent, received),
        bytes_out=sent,
        bytes_in=received,
    )


def _of_logins(logins: ibis.Table) -> ibis.Table:
    nothing = ibis.literal(None, "string")
    return _counted(logins.mutate(port=ibis.literal(None, "int32"), protocol=nothing))


def _counted(rows: ibis.Table, **counts: ibis.Value) -> ibis.Table:
    """The columns that all tables share; what a table does not count is null."""
    given = dict.fromkeys(COUNTS, NO_COUNT) | {"records": ibis.literal(1, "int64")} | counts
    return rows.select(*MEETING, "source", **given)
