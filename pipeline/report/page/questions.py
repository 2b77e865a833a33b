"""What a page asks the warehouse about a feature table: few questions, each with a bounded number of rows in answer.

They are SQL, not expressions: a page asks some thirty small questions, and building the expressions took longer than
all the answers. Names in the SQL come from schemas; values are parameters.
"""

from datetime import date
from typing import Any

import pyarrow as pa

from pipeline.features.tables import FeatureTable
from pipeline.warehouse.engine import Warehouse
from schemas.scores import CONSENSUS

MOST_SUSPICIOUS, HEAVIEST, DRAWN = 800, 800, 2_400  # patterns that means and densities are taken from
MARKS = (200, 100, 100)  # of each that are drawn

PATTERNS = """
    with found as (
        select pattern_id, min(rank) as finding
        from (
            select f.rank, unnest(h.patterns) as pattern_id
            from report.finding_history as h join report.suspicious_clusters as f using (log_date, finding_id)
            where log_date = $night and f.feature_table = $feature_table
        ) group by pattern_id
    ), scored as (
        select pattern_id, max(weight) as weight, max(score) as score,
               bool_or(status = 'anomaly' and algorithm <> $consensus) as anomaly
        from {scores} where log_date = $night group by pattern_id
    ), ranked as (
        select *, row_number() over (order by anomaly desc, score desc, pattern_id) as by_score,
               row_number() over (order by weight desc, pattern_id) as by_weight,
               row_number() over (order by pattern_id) as by_draw,
               finding is not null and row_number() over (partition by finding order by weight desc, pattern_id) = 1
                   as is_named,
               sum(weight) over () as entities, count(*) over () as patterns,
               coalesce(sum(weight) filter (where anomaly) over (), 0) as anomalies
        from scored left join found using (pattern_id)
    )
    select r.is_named or r.by_score <= $suspicious or r.by_weight <= $heaviest as kept,
           r.is_named or r.by_score <= $mark_suspicious or r.by_weight <= $mark_heaviest or r.by_draw <= $mark_drawn
               as drawn,
           r.finding, r.entities::bigint as entities, r.patterns, r.anomalies::bigint as anomalies, features.*
    from ranked as r join {patterns} as features using (pattern_id)
    where features.log_date = $night
      and (r.is_named or r.by_score <= $suspicious or r.by_weight <= $heaviest or r.by_draw <= $drawn)
    order by features.pattern_id
"""
# those of the answer that are no features
OWN_COLUMNS = ("kept", "drawn", "finding", "entities", "patterns", "anomalies")
SCORED = """
    select algorithm, pattern_id, cluster_id, is_new, status, score, threshold, large_distance,
           if(status = 'normal', '', explanation) as explanation
    from {scores} join (select unnest($chosen) as pattern_id) using (pattern_id)
    where log_date = $night order by algorithm, pattern_id
"""
CLUSTERS = """
    select algorithm, cluster_id, sum(weight)::bigint as size, count(*) as patterns, bool_or(is_new) as is_new,
           sum(score * weight) / sum(weight) as mean_score
    from {scores} where log_date = $night and algorithm <> $consensus
    group by algorithm, cluster_id order by algorithm, size desc, cluster_id
"""
HOURS = """
    with counted as (
        select pattern_id, hour_of_day as hour, count(*) as entities
        from {entities} where log_date = $night group by pattern_id, hour_of_day
    )
    select algorithm, cluster_id, hour, sum(entities)::bigint as entities
    from counted join {scores} as s using (pattern_id)
    where s.log_date = $night and algorithm <> $consensus
    group by algorithm, cluster_id, hour order by algorithm, cluster_id, hour
"""
EXAMPLES = """
    select pattern_id, min(entity_id) as entity
    from {entities} join (select unnest($chosen) as pattern_id) using (pattern_id)
    where log_date = $night group by pattern_id
"""
ENDS = """
    select pattern_id,
           coalesce(r.source_ip, '?') || ' → ' || coalesce(r.dest_ip, '?') || coalesce(':' || r.dest_port, '') as entity
    from ({examples}) as e join {raw} as r on r.{key} = e.entity and r.log_date = $night
"""
OCTETS = """
    with flagged as (
        select pattern_id, bool_or(status = 'anomaly' and algorithm <> $consensus) as anomaly
        from {scores} where log_date = $night group by pattern_id
    ), parts as (
        select unnest([1, 2, 3, 4]) as octet, unnest([octet_1, octet_2, octet_3, octet_4]) as value,
               coalesce(anomaly, false) as anomaly
        from {entities} as e left join flagged using (pattern_id)
        where e.log_date = $night and e.octet_1 is not null
    )
    select octet, value::integer as value, count(*) as addresses, count(*) filter (where anomaly) as anomalies
    from parts group by all order by octet, value
"""


def answer(warehouse: Warehouse, sql: str, **values: Any) -> pa.Table:
    """The rows that the engine answers with; of the values it gets those that the question names."""
    named = {name: value for name, value in values.items() if f"${name}" in sql}
    with warehouse.connect() as connection:
        return connection.execute(sql, named).to_arrow_table()


def ask(warehouse: Warehouse, table: FeatureTable, question: str, **values: Any) -> pa.Table:
    """The answer to a question about a feature table."""
    sql = question.format(scores=table.pattern_scores.name, patterns=table.patterns.name, entities=table.entities.name)
    return answer(warehouse, sql, consensus=CONSENSUS, **values)


def night_patterns(warehouse: Warehouse, table: FeatureTable, night: date) -> pa.Table:
    """The night's patterns that stand for all: the most suspicious, the heaviest, and a draw, by their hashed ids.

    The heaviest pattern of each finding is always one of them.
    """
    limits = {"suspicious": MOST_SUSPICIOUS, "heaviest": HEAVIEST, "drawn": DRAWN}
    marks = dict(zip(("mark_suspicious", "mark_heaviest", "mark_drawn"), MARKS, strict=True))
    return ask(warehouse, table, PATTERNS, night=night, feature_table=table.name, **limits, **marks)
