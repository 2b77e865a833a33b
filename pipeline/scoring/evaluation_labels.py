"""Which entities of a night are attacks, and of which type; what nobody knows stays without a label.

Labels come from, the first that has one for an entity counting:

1. analysts' feedback: benign is benign, malicious an attack, of the type that the others know it by;
2. the side file: entities that it names, and those that rows of its attack windows lead to;
3. the label column of the feature table, which holds what sources or a team's own files say;
4. on a night that the side file's windows speak of, everything else in the built-in tables is benign.

A raw row belongs to an attack if its time lies within the window and its source, destination and port are among those
listed, where any are. So ordinary traffic that agrees in all of this, such as a browser on the same connection, counts
as attack too: nothing in a log tells it apart. An event, connection, address or user belongs to an attack if one of its
raw rows does; so do the addresses that were attacked. Rows that name no destination, such as logins and what a server
notes of them, belong to attacks of their source that list no ports, or one that people log in by.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _

from pipeline.features.binning import distinct_texts
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.models.patterns import IntArray
from pipeline.scoring.feedback import MALICIOUS, Row, judged
from pipeline.scoring.truth import ATTACK, BENIGN, HARMLESS, Truth
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import prepared_sql
from schemas.base import TableSpec, of_night
from schemas.raw import CONNECTIONS, LOGINS, SECURITY_EVENTS

NAMED, ATTACKS, LABELLED = "evaluation_named", "evaluation_attacks", "evaluation_labels"
NAMED_COLUMNS = {"feature_table": "string", "entity_id": "string", "label": "string"}
ATTACK_COLUMNS = {
    "name": "string",
    "source_ips": "array<string>",
    "dest_ips": "array<string>",
    "dest_ports": "array<string>",
    "first_event": "timestamp('UTC', 6)",
    "last_event": "timestamp('UTC', 6)",
}
# between devices that log the same attack, and roundings of its first and last moment
CLOCKS_DIFFER = ibis.interval(seconds=1)
# ssh, telnet, kerberos, rpc, netbios, ldap, smb, ldaps, rdp, winrm
LOGIN_PORTS = ("22", "23", "88", "135", "139", "389", "445", "636", "3389", "5985", "5986")
# by feature table: raw table, and column that identifies the entity in it
ENTITIES: dict[str, tuple[tuple[TableSpec, str], ...]] = {
    "events": ((SECURITY_EVENTS, "event_id"),),
    "connections": ((CONNECTIONS, "connection_id"),),
    "users": ((LOGINS, "user"),),
    "source_ips": tuple((spec, "source_ip") for spec in (SECURITY_EVENTS, CONNECTIONS, LOGINS)),
    "destination_ips": tuple((spec, "dest_ip") for spec in (SECURITY_EVENTS, CONNECTIONS)),
}
# texts that say of a row that it is an attack without saying which
UNNAMED = frozenset({"attack", "malicious", "anomaly", "1", "1.0", "true"})
SEPARATOR = ", "
MOST_TYPES = 50


@dataclass(frozen=True, eq=False)
class Labels:
    """Labelled rows of the patterns of a night, counts of shape (n,) in the order of the patterns.

    Attributes:
        attacks: rows that are attacks.
        benign: rows that are none.
        types: rows by type of attack, the most frequent first, at most 50 of them; a row may have several.
    """

    attacks: IntArray
    benign: IntArray
    types: dict[str, IntArray]


@contextmanager
def staged(warehouse: Warehouse, truth: Truth, night: date) -> Iterator[bool]:
    """Lets labels of a night be counted; gives whether what has none is benign in the built-in tables."""
    of_windows = truth.windows.filter(_equal(truth.windows["night"], night))
    attacks = of_windows.filter(_equal(of_windows["kind"], ATTACK)).select([*ATTACK_COLUMNS])
    entities = truth.entities.filter(_equal(truth.entities["log_date"], night)).select([*NAMED_COLUMNS])
    with warehouse.connect() as connection:
        connection.register(NAMED, entities)
        connection.register(ATTACKS, attacks)
        query = prepared_sql(connection, _staged(night) if len(attacks) else _named())
        connection.execute(f"create or replace temp table {LABELLED} as {query}")
        try:
            yield len(of_windows) > 0
        finally:
            connection.execute(f"drop table {LABELLED}")
            connection.unregister(NAMED)
            connection.unregister(ATTACKS)


def label_counts(table: FeatureTable, night: date, said: Sequence[Row], *, rest_is_benign: bool) -> ibis.Table:
    """Rows of a night by pattern_id and label, while labels are staged; the label is null where there is none.

    Args:
        table: any feature table.
        night: the night whose labels are staged.
        said: rows of `report.feedback`.
        rest_is_benign: whether what has no label is none in the built-in tables.
    """
    known = ibis.table(NAMED_COLUMNS, name=LABELLED).filter(_.feature_table == table.name).drop("feature_table")
    entities = of_night(table.entities, night)[["entity_id", "pattern_id", "label"]]
    joined = entities.left_join(known.rename(side="label"), "entity_id")
    otherwise = BENIGN if rest_is_benign and table.name in FEATURE_TABLES else None
    rows = joined.select(
        "entity_id", "pattern_id", label=ibis.coalesce(joined.side, joined.label, ibis.literal(otherwise, "string"))
    )
    if said:
        rows = _overruled(rows, judged(table, said, night, night))
    return rows.group_by("pattern_id", "label").agg(rows=_.count()).order_by("pattern_id", "label")


def by_pattern(counts: pd.DataFrame, pattern_ids: IntArray) -> Labels:
    """Rows of `label_counts` as arrays.

    Args:
        counts: pattern_id, label and rows.
        pattern_ids: of the patterns, ascending.
    """
    known = counts[counts["label"].notna()]
    place, rows = np.searchsorted(pattern_ids, known["pattern_id"]), known["rows"].to_numpy()
    said = [read_label(label) for label in known["label"]]

    def counted(chosen: Sequence[bool]) -> IntArray:
        found = np.bincount(place, weights=np.where(chosen, rows, 0), minlength=len(pattern_ids))
        return found.astype(np.int64)

    names = sorted({name for _, own in said for name in own})
    types = {name: counted([name in own for _, own in said]) for name in names}
    kept = sorted(types, key=lambda name: (-types[name].sum(), name))[:MOST_TYPES]
    return Labels(
        attacks=counted([is_attack for is_attack, _ in said]),
        benign=counted([not is_attack for is_attack, _ in said]),
        types={name: types[name] for name in kept},
    )


def read_label(text: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a label says attack, and the types of attack that it names."""
    harmful = [part for part in text.split(SEPARATOR) if part.strip().lower() not in HARMLESS]
    return bool(harmful), tuple(part for part in harmful if part.strip().lower() not in UNNAMED)


def _overruled(rows: ibis.Table, judgements: ibis.Table) -> ibis.Table:
    """The rows with the labels that people gave; an attack keeps the type that it was known by."""
    known = rows.left_join(judgements.select("entity_id", "verdict"), "entity_id")
    label = ibis.cases(
        (known.verdict == BENIGN, ibis.literal(BENIGN)),
        (known.verdict == MALICIOUS, ibis.coalesce(known.label + SEPARATOR + MALICIOUS, MALICIOUS)),
        else_=known.label,
    )
    return known.mutate(label=label)


def _staged(night: date) -> ibis.Table:
    """Entities with labels from the side file; those that it names itself are as it says."""
    found = {spec: _of_attacks(spec, night) for spec in (SECURITY_EVENTS, CONNECTIONS, LOGINS)}
    leads = [
        found[spec].select(feature_table=ibis.literal(name), entity_id=found[spec][column], label=found[spec].name)
        for name, columns in ENTITIES.items()
        for spec, column in columns
    ]
    keys = ["feature_table", "entity_id"]
    named = _named()
    led_to = ibis.union(*leads).filter(_.entity_id.notnull()).group_by(keys).agg(label=distinct_texts("label"))
    return led_to.anti_join(named, keys).union(named)


def _named() -> ibis.Table:
    named = ibis.table(NAMED_COLUMNS, name=NAMED)
    return named.group_by(["feature_table", "entity_id"]).agg(label=distinct_texts("label"))


def _of_attacks(spec: TableSpec, night: date) -> ibis.Table:
    """The raw rows of a night that belong to attacks, each with the name of one."""
    attacks, rows = ibis.table(ATTACK_COLUMNS, name=ATTACKS), of_night(spec, night)
    by_login = attacks.dest_ports.intersect(list(LOGIN_PORTS)).length() > 0
    belongs = attacks.source_ips.contains(rows.source_ip) & (_any(attacks.dest_ports) | by_login)
    if spec is not LOGINS:
        addressed = [
            _listed(attacks.source_ips, rows.source_ip),
            _listed(attacks.dest_ips, rows.dest_ip),
            _listed(attacks.dest_ports, rows.dest_port.cast("string")),
        ]
        belongs = rows.dest_ip.isnull().ifelse(belongs, ibis.and_(*addressed))
    in_time = [
        rows.timestamp >= attacks.first_event - CLOCKS_DIFFER,
        rows.timestamp <= attacks.last_event + CLOCKS_DIFFER,
    ]
    columns = dict.fromkeys(column for used in ENTITIES.values() for of, column in used if of is spec)
    return rows.inner_join(attacks, [*in_time, belongs])[["name", *columns]]


def _listed(values: ibis.Value, value: ibis.Value) -> ibis.Value:
    return _any(values) | values.contains(value)


def _any(values: ibis.Value) -> ibis.Value:
    return values.length() == 0


def _equal(values: pa.ChunkedArray, value: object) -> pa.ChunkedArray:
    return pc.equal(values, pa.scalar(value, values.type))
