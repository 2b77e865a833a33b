"""Fetches what is shown of a night's findings: what models say of them, some entities, and the records behind them.

What belongs here: questions to the engine about the few findings that are shown. What does not: what is made of the
answers (evidence, alerts).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, TypeAlias

import ibis
import pyarrow as pa
from ibis import _

from pipeline.config import Site
from pipeline.report.evidence import EXAMPLE_COLUMNS, SHOWN_ENTITIES, Detail, exemplary
from pipeline.report.findings import Finding, Group
from pipeline.report.records import LINKS, RECORD_TABLES, members
from pipeline.report.scored import Scored
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import NIGHT
from schemas.base import TableSpec, of_night

Row: TypeAlias = dict[str, Any]
PATTERNS, RECORDS = "shown_patterns", "shown_records"
ENTITIES = [link for name, link in LINKS.items() if name not in RECORD_TABLES]
IN_TIME = (ibis.asc("timestamp"), ibis.asc("event_id"))
SCHEMA = pa.schema(
    [
        ("finding", pa.int64()), ("group", pa.int64()), ("feature_table", pa.string()), ("algorithm", pa.string()),
        ("pattern_id", pa.int64()), ("score", pa.float64()), ("large_distance", pa.float64()),
        ("is_leader", pa.bool_()), ("is_picked", pa.bool_()), ("link", pa.string()),
    ]
)  # fmt: skip


def details_of(
    warehouse: Warehouse,
    findings: Sequence[Finding],
    scored: Mapping[str, Scored],
    night: date,
    site: Site,
    most_records: int,
) -> list[Detail]:
    """What is shown of each finding.

    Args:
        warehouse: where it is.
        findings: those that are shown, the most severe first.
        scored: the scored patterns of the feature tables that the night has.
        night: the night.
        site: whose clock the hours are of.
        most_records: records of each finding.
    """
    rows = [row for place, finding in enumerate(findings) for row in _rows(place, finding, scored)]
    tables = tuple((name, known.table) for name, known in scored.items())
    scores = tuple((name, table.pattern_scores) for name, table in tables)
    named = tuple((name, table.entities) for name, table in tables)
    with (
        warehouse.materialised(pa.Table.from_pylist(rows, schema=SCHEMA), PATTERNS) as patterns,
        warehouse.materialised(_in_turn(named, patterns, site, most_records), RECORDS, {NIGHT: night}) as in_turn,
    ):
        told, entities, records = (
            _by_finding(warehouse.fetch(question, {NIGHT: night}))
            for question in (_told(scores, patterns), _entities(named, patterns), _first(in_turn, most_records))
        )
    return [
        Detail(
            {row["pattern_id"]: dict(zip(row["features"], row["added"], strict=True)) for row in told[place]},
            {row["pattern_id"]: row["entities"] for row in entities[place]},
            records[place],
        )
        for place in range(len(findings))
    ]


def _by_finding(rows: pa.Table) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows.to_pylist():
        found[row["finding"]].append(row)
    return found


def _rows(place: int, finding: Finding, scored: Mapping[str, Scored]) -> list[dict[str, Any]]:
    """The patterns of a finding's clearest group, and of others that tell which records of its entities to look at.

    An address or user stands for all that it did. Where groups of records bear witness, what they hold of it is shown,
    and nothing that they hold of others: it would contradict what is said of the finding.
    """
    own = finding.leader.candidate.cluster.feature_table
    link = None if own in RECORD_TABLES else LINKS.get(own)
    others = [group for group in finding.groups[1:] if link and group.candidate.cluster.feature_table in RECORD_TABLES]
    found = _of_group(place, finding.leader, scored, None)
    return found + [row for group in others for row in _of_group(place, group, scored, link)]


def _of_group(place: int, group: Group, scored: Mapping[str, Scored], link: str | None) -> list[dict[str, Any]]:
    """The patterns of a group; `link` is what of its records names the entities that the finding is about.

    Without one, the group is the clearest of the finding.
    """
    cluster, known = group.candidate.cluster, scored[group.candidate.cluster.feature_table]
    telling = exemplary(known, group.candidate).values() if link is None else ()
    picked = {pattern for each in telling for pattern in each}
    return [
        {
            "finding": place,
            "group": group.number,
            "feature_table": cluster.feature_table,
            "algorithm": cluster.algorithm,
            "pattern_id": pattern,
            "score": score.score,
            "large_distance": score.large_distance,
            "is_leader": link is None,
            "is_picked": pattern in picked,
            "link": link,
        }
        for pattern, score in known.of(cluster.algorithm, group.candidate.patterns).items()
    ]


@cache
def _told(scores: tuple[tuple[str, TableSpec], ...], patterns: ibis.Table) -> ibis.Table:
    """By finding and pattern of its clearest cluster: features that explain its score, and what each adds."""
    parts = []
    for name, spec in scores:
        asked = patterns.filter(patterns.is_leader, patterns.feature_table == name)
        rows = asked[["finding", "algorithm", "pattern_id"]].inner_join(
            of_night(spec, NIGHT), ["algorithm", "pattern_id"]
        )
        parts.append(rows.select("finding", "pattern_id", features=rows.top_features, added=rows.contributions))
    return ibis.union(*parts).order_by(["finding", "pattern_id"])


@cache
def _entities(named: tuple[tuple[str, TableSpec], ...], patterns: ibis.Table) -> ibis.Table:
    """By finding and telling pattern, its first few entities."""
    parts = []
    for name, spec in named:
        asked = patterns.filter(patterns.is_picked, patterns.feature_table == name)[["finding", "pattern_id"]]
        rows = asked.inner_join(of_night(spec, NIGHT)[["pattern_id", "entity_id"]], "pattern_id")
        parts.append(rows[["finding", "pattern_id", "entity_id"]])
    order = ibis.window(group_by=["finding", "pattern_id"], order_by="entity_id")
    first = ibis.union(*parts).mutate(place=ibis.row_number().over(order)).filter(_.place < SHOWN_ENTITIES)
    found = first.group_by("finding", "pattern_id").agg(entities=_.entity_id.collect(order_by=_.entity_id))
    return found.order_by(["finding", "pattern_id"])


@cache
def _in_turn(named: tuple[tuple[str, TableSpec], ...], patterns: ibis.Table, site: Site, most: int) -> list[ibis.Table]:
    """The first records of each pattern of a finding, by feature table."""
    # groups of a finding may share a pattern: its records come once, with the highest of their scores
    highest = [ibis.desc("score"), ibis.desc("large_distance"), ibis.asc("group")]
    of_pattern = ibis.window(group_by=["finding", "feature_table", "pattern_id"], order_by=highest)
    asked = patterns.mutate(place=ibis.row_number().over(of_pattern)).filter(_.place == 0)
    in_pattern = ibis.window(group_by=["finding", "pattern_id"], order_by=list(IN_TIME))
    told, about = asked[["finding", "group", "pattern_id", "score", "large_distance", "link"]], _about(named, patterns)
    return [
        _told_of(told.inner_join(behind[["group", "pattern_id", *EXAMPLE_COLUMNS]], ["group", "pattern_id"]), about)
        .mutate(turn=ibis.row_number().over(in_pattern))
        .filter(_.turn < most)
        for behind in members(asked[["group", "feature_table", "pattern_id"]], site)
    ]


def _about(named: tuple[tuple[str, TableSpec], ...], patterns: ibis.Table) -> ibis.Table:
    """The addresses or users that each finding is about."""
    parts = []
    # whose entities are records has no others that would be compared with them
    for name, spec in [each for each in named if each[0] not in RECORD_TABLES] or named:
        asked = patterns.filter(patterns.is_leader, patterns.feature_table == name)[["finding", "pattern_id"]]
        entities = of_night(spec, NIGHT)[["pattern_id", "entity_id"]]
        parts.append(asked.inner_join(entities, "pattern_id").select("finding", member=_.entity_id))
    return ibis.union(*parts)


def _told_of(records: ibis.Table, about: ibis.Table) -> ibis.Table:
    """The records of the clearest groups, and those of other groups that are of whom the finding is about."""
    own, others = records.filter(_.link.isnull()), records.filter(_.link.notnull())
    member = ibis.cases(*((others.link == link, others[link]) for link in ENTITIES))
    return own.union(others.mutate(member=member).semi_join(about, ["finding", "member"]).drop("member"))


@cache
def _first(in_turn: ibis.Table, most: int) -> ibis.Table:
    """The records of each finding that come first: spread over its patterns, the farthest first."""
    # what groups of records hold of an address is to be looked at before all that it did
    is_told_by_others = _.link.notnull().any().over(ibis.window(group_by="finding"))
    chosen = in_turn.mutate(is_told_by_others=is_told_by_others).filter(_.link.notnull() == _.is_told_by_others)
    in_finding = ibis.window(group_by="finding", order_by=[ibis.asc("turn"), ibis.desc("large_distance"), *IN_TIME])
    placed = chosen.mutate(place=ibis.row_number().over(in_finding)).filter(_.place < most)
    return placed.select("finding", "score", "place", *EXAMPLE_COLUMNS).order_by(["finding", "place"])
