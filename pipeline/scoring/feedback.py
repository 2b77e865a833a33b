"""Which entities of a feature table people judged, and how: for fits that keep out what was malicious, and for labels.

What does not belong here: what a fit or the evaluation makes of it, how judgements are written (people).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import ibis
from ibis import _

from pipeline.features.tables import FeatureTable
from pipeline.models.base import NOISE
from pipeline.people.coverage import any_of, covers
from pipeline.people.editing import entries
from pipeline.people.entries import entry_of
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_nights
from schemas.raw import CONNECTIONS, SECURITY_EVENTS
from schemas.report import FEEDBACK, FINDING_HISTORY, SUPPRESSED_CLUSTERS, SUSPICIOUS_CLUSTERS
from schemas.report.findings import GONE

BENIGN, MALICIOUS, PATTERN = "benign", "malicious", "pattern"
RESOLUTION = timedelta(microseconds=1)
Row = Mapping[str, Any]
# what a record calls the entity of a table that has no records of its own
ENTITY_NAMES = {"users": "user", "source_ips": "source_ip", "destination_ips": "dest_ip"}
RECORDS = {"events": (SECURITY_EVENTS, "event_id"), "connections": (CONNECTIONS, "connection_id")}


def feedback(warehouse: Warehouse) -> list[Row]:
    """All judgements, the oldest first; without any there is nothing to ask below."""
    return list(entries(warehouse, FEEDBACK))


def judged(table: FeatureTable, said: Sequence[Row], first: date, last: date) -> ibis.Table:
    """The judged entities of the nights from first to last, once each: entity_id, log_date, verdict.

    Events and connections are covered by their addresses and ports, users by their name, addresses by themselves and
    their networks, and entities of every table by a finding that held their pattern in that night. Where judgements
    contradict each other, malicious counts. A judgement is about its own nights, and none from its expiry on.

    Args:
        table: any feature table.
        said: rows of `report.feedback`.
        first: first night that is asked for.
        last: last one.
    """
    covered = _by_records(table, said, first, last).union(_by_patterns(table, said, first, last))
    # in the alphabet malicious comes last
    return covered.group_by("entity_id", "log_date").agg(verdict=_.verdict.max())


def _by_records(table: FeatureTable, said: Sequence[Row], first: date, last: date) -> ibis.Table:
    rows = _records(table, first, last)
    return _with_verdict(rows, said, lambda row: covers(entry_of(row), rows))[["entity_id", "log_date", "verdict"]]


def _records(table: FeatureTable, first: date, last: date) -> ibis.Table:
    """The entities with what entries can cover them by."""
    if table.name in RECORDS:
        spec, key = RECORDS[table.name]
        return of_nights(spec, first, last).select("log_date", "source_ip", "dest_ip", "dest_port", entity_id=_[key])
    entities = of_nights(table.entities, first, last).select("log_date", "entity_id")
    name = ENTITY_NAMES.get(table.name)
    return entities.mutate(**{name: _.entity_id}) if name else entities


def _by_patterns(table: FeatureTable, said: Sequence[Row], first: date, last: date) -> ibis.Table:
    """The entities whose pattern a judged finding held: in any of its clusters, or among its most frequent ones."""
    judgements = [row for row in said if row["kind"] == PATTERN]
    groups = of_nights(FINDING_HISTORY, first, last).filter(_.feature_table == table.name, _.state != GONE)
    remembered = groups.select("finding_id", "log_date", pattern_id=_.patterns.unnest())
    held = _in_clusters(table, first, last).union(remembered)
    named = _with_verdict(held, judgements, lambda row: held.finding_id == row["value"])
    entities = of_nights(table.entities, first, last)[["log_date", "pattern_id", "entity_id"]]
    return entities.inner_join(named, ["log_date", "pattern_id"])[["entity_id", "log_date", "verdict"]]


def _in_clusters(table: FeatureTable, first: date, last: date) -> ibis.Table:
    """The patterns of each finding's clusters; of noise only a part belongs to a finding, so it is left out."""
    lists, keys = ["feature_tables", "algorithms", "cluster_ids"], ["log_date", "algorithm", "cluster_id"]
    shown, hidden = (
        of_nights(spec, first, last)[["finding_id", "log_date", *lists]]
        for spec in (SUSPICIOUS_CLUSTERS, SUPPRESSED_CLUSTERS)
    )
    findings = shown.union(hidden)
    each = findings.select("finding_id", "log_date", cluster=_.feature_tables.zip(_.algorithms, _.cluster_ids).unnest())
    clusters = each.select(
        "finding_id", "log_date", feature_table=_.cluster.f1, algorithm=_.cluster.f2, cluster_id=_.cluster.f3
    ).filter(_.feature_table == table.name, _.cluster_id != NOISE)
    scores = of_nights(table.pattern_scores, first, last)[[*keys, "pattern_id"]]
    return clusters.inner_join(scores, keys)[["finding_id", "log_date", "pattern_id"]]


def _with_verdict(rows: ibis.Table, said: Sequence[Row], covered: Callable[[Row], ibis.Value]) -> ibis.Table:
    """The rows that a judgement covers, with its verdict; malicious first."""
    tests = {
        verdict: any_of(covered(row) & _in_time(row, rows) for row in said if row["verdict"] == verdict)
        for verdict in (MALICIOUS, BENIGN)
    }
    return rows.mutate(verdict=ibis.cases(*((test, verdict) for verdict, test in tests.items()))).drop_null("verdict")


def _in_time(row: Row, rows: ibis.Table) -> ibis.Value:
    """Whether rows are of the nights that a judgement is about; one that has begun by its expiry is the last."""
    expiry = row["expires_at"]
    ends = [end for end in (row["last_night"], expiry and (expiry - RESOLUTION).date()) if end]
    began = rows.log_date >= row["first_night"]
    return began & (rows.log_date <= min(ends)) if ends else began
