"""The raw rows of a night in one shape, whichever raw table holds them, and those behind clusters of entities.

What belongs here: what a record is called, and which records an entity stands for. What does not: counting them.
"""

from collections.abc import Sequence
from datetime import date
from functools import cache

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.binning import bounded
from pipeline.features.clock import with_clock
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.warehouse.queries import NIGHT
from schemas.base import TableSpec, of_night
from schemas.raw import CONNECTIONS, LOGINS, SECURITY_EVENTS

# by feature table, what of a record names the entity; tables that a team adds say of no record whom it is about
LINKS = {
    "events": "event_id",
    "connections": "event_id",
    "users": "user",
    "source_ips": "source_ip",
    "destination_ips": "dest_ip",
}
RECORD_TABLES = ("events", "connections")  # their entities are the records themselves
ADDRESS_TABLES = ("source_ips", "destination_ips")  # an entity of theirs may stand for most of a night
MOST_BYTES = 1 << 50  # of one record; more is no size
NO_TEXT, NO_COUNT, NO_PORT = (ibis.literal(None, kind) for kind in ("string", "int64", "int32"))
SHARED = (
    "timestamp", "hour_of_day", "source_ip", "source_port", "dest_ip", "dest_port", "protocol", "country", "source",
    "source_file", "line_number",
)  # fmt: skip
# in order: a union takes them by position
COLUMNS = (
    *SHARED, "event_id", "raw_table", "action", "verdict", "user", "service", "bytes", "bytes_out", "bytes_in",
)  # fmt: skip


def records_of(
    night: date, site: Site, raw: Sequence[TableSpec] = (SECURITY_EVENTS, CONNECTIONS, LOGINS)
) -> ibis.Table:
    """The night's rows of the given raw tables as records.

    Columns: those of `SHARED`, where `dest_ip` of a login is the host; `event_id` and `raw_table`; `action` in the
    log's own words (of a connection its state), `verdict` (null for connections, whose states say it), `user`,
    `service`, and `bytes`, of connections `bytes_out` and `bytes_in` besides.
    """
    readers = {SECURITY_EVENTS: _events, CONNECTIONS: _connections, LOGINS: _logins}
    return ibis.union(*(readers[spec](with_clock(of_night(spec, night), site)) for spec in raw))


@cache
def members(chosen: ibis.Table, site: Site) -> list[ibis.Table]:
    """The records of `NIGHT` behind chosen patterns, with the group of each, by feature table.

    Args:
        chosen: rows with `group`, `feature_table` and `pattern_id`; of tables that `LINKS` does not know nothing is
            found.
        site: whose clock the hours are of.
    """
    columns = ["group", "pattern_id", *COLUMNS]
    return [_of_table(FEATURE_TABLES[name], link, chosen, site)[columns] for name, link in LINKS.items()]


def _of_table(table: FeatureTable, link: str, chosen: ibis.Table, site: Site) -> ibis.Table:
    own = chosen.filter(chosen.feature_table == table.name)
    wanted = of_night(table.entities, NIGHT).select("pattern_id", member=_.entity_id).inner_join(own, "pattern_id")
    records = records_of(NIGHT, site, table.raw)
    return wanted.inner_join(records, wanted.member == records[link])


def _events(rows: ibis.Table) -> ibis.Table:
    size = bounded(rows.bytes, MOST_BYTES)
    return rows.select(
        *SHARED, "event_id", "action", "verdict", raw_table=ibis.literal("security_events"), user=NO_TEXT,
        service=NO_TEXT, bytes=size, bytes_out=NO_COUNT, bytes_in=NO_COUNT,
    )[list(COLUMNS)]  # fmt: skip


def _connections(rows: ibis.Table) -> ibis.Table:
    sent, received = (bounded(rows[name], MOST_BYTES) for name in ("bytes_out", "bytes_in"))
    return rows.select(
        *SHARED, "service", event_id=_.connection_id, action=_.state, verdict=NO_TEXT, user=NO_TEXT,
        raw_table=ibis.literal("connections"), bytes=ibis.coalesce(sent + received, sent, received), bytes_out=sent,
        bytes_in=received,
    )[list(COLUMNS)]  # fmt: skip


def _logins(rows: ibis.Table) -> ibis.Table:
    verdict = ibis.cases((rows.success, "allowed"), (~rows.success, "blocked"), else_="other")
    action = ibis.cases((rows.success, "login succeeded"), (~rows.success, "login failed"), else_="login")
    named = rows.mutate(source_port=NO_PORT, dest_ip=rows.host, dest_port=NO_PORT, protocol=NO_TEXT)
    return named.select(
        *SHARED, "user", "service", event_id=_.login_id, action=action, verdict=verdict,
        raw_table=ibis.literal("logins"), bytes=NO_COUNT, bytes_out=NO_COUNT, bytes_in=NO_COUNT,
    )[list(COLUMNS)]  # fmt: skip
