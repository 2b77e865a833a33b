"""Counts what the groups of a night are made of, in the engine: who met whom, how often, when and how it went.

The records behind a group are added up to cells once; every count comes from these. All that is asked is an expression
that is made once, since making it costs more than the answer. A *view* is what one device saw of
a group: several devices that see the same traffic are not added up. What does not belong here: what counts mean.
"""

from functools import cache

import ibis
from ibis import _

from pipeline.features.binning import bounded
from pipeline.features.outcomes import failed
from pipeline.features.ports import REMOTE_PORTS
from pipeline.ingest.addresses import is_private

GROUP = ("group",)
VIEW = ("group", "source", "raw_table")
KEYS = (
    *VIEW, "source_ip", "dest_ip", "dest_port", "protocol", "service", "country", "user", "action", "verdict",
    "hour_of_day",
)  # fmt: skip
NIGHT_HOURS_END = 5
LOOPBACK = r"^(127\.|::1$)"
LOGIN_PORTS = (*REMOTE_PORTS, 21, 445)
MOST_BYTES = 1 << 61
KEPT = 21  # most frequent values of a column; so many that fewer are all there are
TOP_COLUMNS = {
    "top_sources": "source_ip",
    "top_targets": "dest_ip",
    "top_ports": "dest_port",
    "protocols": "protocol",
    "services": "service",
    "actions": "action",
    "countries": "country",
    "verdicts": "verdict",
    "users": "user",
    "hours": "hour_of_day",
}
# what most records of a view share: of what, told apart by which columns, how many
MEASURES: dict[str, tuple[tuple[str, ...], ibis.Deferred]] = {
    "ports_per_pair": (("source_ip", "dest_ip"), _.dest_port.nunique()),
    "targets_per_source": (("source_ip", "dest_port"), _.dest_ip.nunique()),
    "sources_per_target": (("dest_ip", "dest_port"), _.source_ip.nunique()),
    "calls_per_pair": (("source_ip", "dest_ip", "dest_port"), _.records.sum()),
    "records_per_service": (("dest_ip", "dest_port"), _.records.sum()),
    "records_per_service_hour": (("dest_ip", "dest_port", "hour_of_day"), _.records.sum()),
}
FAILURES: dict[str, tuple[tuple[str, ...], ibis.Deferred]] = {
    "users_per_place": (("place",), _.user.nunique()),
    "failures_per_user": (("place", "user"), _.records.sum()),
    "failures_per_account": (("dest_ip", "user"), _.records.sum()),
}


@cache
def cells_of(members: ibis.Table) -> ibis.Table:
    """Records of each group that agree in all of `KEYS`, as one row with their number, bytes and times."""
    cells = members.group_by(list(KEYS)).agg(
        records=_.count(),
        bytes=bounded(_.bytes.sum(), MOST_BYTES),
        bytes_out=bounded(_.bytes_out.sum(), MOST_BYTES),
        bytes_in=bounded(_.bytes_in.sum(), MOST_BYTES),
        first_seen=_.timestamp.min(),
        last_seen=_.timestamp.max(),
    )
    is_failed = failed(cells.action)
    # from a host to itself says nothing of where somebody is
    origin = cells.source_ip.re_search(LOOPBACK).ifelse(None, cells.source_ip)
    said = ibis.cases((is_failed, "failed"), (~is_failed, "answered"), else_="other")
    return cells.mutate(
        verdict=ibis.coalesce(cells.verdict, said),
        origin=origin,
        place=ibis.coalesce(origin, cells.dest_ip),
        from_private=is_private(cells.source_ip),
        to_private=is_private(cells.dest_ip),
    )


@cache
def counts(cells: ibis.Table, by: tuple[str, ...], suspicious_countries: tuple[str, ...]) -> ibis.Table:
    """One row per group, or per view: numbers of records of each kind, of distinct values, bytes and times."""
    country = _.country.isin(list(suspicious_countries)) if suspicious_countries else ibis.literal(value=False)
    refused = _.verdict.isin(("blocked", "failed"))
    found = cells.group_by(list(by)).agg(
        records=_.records.sum(),
        first_seen=_.first_seen.min(),
        last_seen=_.last_seen.max(),
        bytes=_total("bytes"),
        bytes_out=_total("bytes_out"),
        bytes_in=_total("bytes_in"),
        distinct_sources=_.source_ip.nunique(),
        distinct_targets=_.dest_ip.nunique(),
        distinct_ports=_.dest_port.nunique(),
        distinct_users=_.user.nunique(),
        refused=_some(refused),
        judged=_some(_.verdict != "other"),
        at_night=_some(_.hour_of_day < NIGHT_HOURS_END),
        from_countries=_some(country),
        outward=_some(_.from_private & ~_.to_private),
        internal=_some(_.from_private & _.to_private),
        from_outside=_some(~_.from_private),
        login_ports=_some(_.dest_port.isin(LOGIN_PORTS)),
        remote_ports=_some(_.dest_port.isin(REMOTE_PORTS)),
    )
    return found.order_by(list(by))


@cache
def histograms(cells: ibis.Table) -> ibis.Table:
    """For each view and measure, how many records have which value: columns of `VIEW`, measure, value, records."""
    refused = cells.filter(_.raw_table == "logins", _.verdict == "blocked")
    parts = [_histogram(cells, name, *how) for name, how in MEASURES.items()]
    parts += [_histogram(refused, name, *how) for name, how in FAILURES.items()]
    return ibis.union(*parts).order_by([*VIEW, "measure", "value"])


def _histogram(cells: ibis.Table, measure: str, by: tuple[str, ...], value: ibis.Deferred) -> ibis.Table:
    found = cells.group_by([*VIEW, *by]).agg(value=value.cast("int64"), records=_.records.sum())
    histogram = found.group_by([*VIEW, "value"]).agg(records=_.records.sum().cast("int64"))
    return histogram.select(*VIEW, "value", "records", measure=ibis.literal(measure))


@cache
def busiest_pairs(cells: ibis.Table) -> ibis.Table:
    """Per view, the source of the site and the target outside that most bytes went between: sent, and received back."""
    outward = cells.filter(cells.from_private & ~cells.to_private)
    sent = ibis.coalesce(outward.bytes_out, outward.bytes)
    pairs = outward.mutate(sent=sent).filter(_.sent.notnull()).group_by([*VIEW, "source_ip", "dest_ip"])
    found = pairs.agg(
        sent=bounded(_.sent.sum(), MOST_BYTES).cast("int64"),
        received=bounded(_.bytes_in.sum(), MOST_BYTES).cast("int64"),
    )
    order = ibis.window(group_by=list(VIEW), order_by=[ibis.desc("sent"), ibis.asc("source_ip"), ibis.asc("dest_ip")])
    first = found.mutate(place=ibis.row_number().over(order)).filter(_.place == 0).drop("place")
    return first.order_by(list(VIEW))


@cache
def tops(cells: ibis.Table) -> ibis.Table:
    """The most frequent values of every evidence column, per group; of the hours, all: group, name, value, records."""
    parts = [
        cells.filter(cells[column].notnull())
        .group_by(group=_.group, name=ibis.literal(name), value=cells[column].cast("string"))
        .agg(records=_.records.sum().cast("int64"))
        for name, column in TOP_COLUMNS.items()
    ]
    order = ibis.window(group_by=["group", "name"], order_by=[ibis.desc("records"), ibis.asc("value")])
    ranked = ibis.union(*parts).mutate(place=ibis.row_number().over(order))
    kept = ranked.filter((_.place < KEPT) | (_.name == "hours"))
    return kept.order_by(["group", "name", "place"])


def _some(condition: ibis.Deferred) -> ibis.Deferred:
    return _.records.sum(where=condition).fill_null(0).cast("int64")


def _total(name: str) -> ibis.Deferred:
    return bounded(_[name].sum(), MOST_BYTES).cast("int64")
