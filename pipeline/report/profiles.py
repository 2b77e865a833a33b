"""What the clusters of a night are made of: sizes, times, shares and top values, counted in the engine.

Only clusters that could be suspicious are profiled: those the baseline does not know, its small ones, and those whose
events lie far out. Which of them are findings is decided in suspicion.
"""

import json
from typing import Any

import ibis
import pandas as pd
from ibis import _

NIGHT_HOURS_END = 5
MOSTLY = 0.5
TOP = 5
EXAMPLES = 5
CLUSTER = ["algorithm", "cluster_id"]
EVIDENCE_COLUMNS = {
    "top_sources": "source_ip",
    "top_targets": "dest_ip",
    "top_ports": "dest_port",
    "protocols": "protocol",
    "actions": "action",
    "countries": "country",
    "verdicts": "verdict",
    "hours": "hour_of_day",
}
EXAMPLE_COLUMNS = [
    "timestamp", "source_ip", "source_port", "dest_ip", "dest_port", "action", "protocol", "bytes", "country",
    "source_file", "line_number",
]  # fmt: skip


def candidates(pattern_scores: ibis.Table, components: ibis.Table) -> ibis.Table:
    """Patterns of the clusters worth a profile: new ones, small ones, and those whose mean score is an anomaly's."""
    large = components.filter(components.is_large & (components.point == 0))[["model_id", "stable_id"]]
    clusters = pattern_scores.group_by([*CLUSTER, "model_id"]).agg(
        is_new=_.is_new.any(),
        mean_score=((_.score * _.weight).sum() / _.weight.sum()).round(9),
        threshold=_.threshold.max(),
    )
    known_large = clusters.semi_join(large, [("model_id", "model_id"), ("cluster_id", "stable_id")])
    dull = known_large.filter(~known_large.is_new & (known_large.mean_score <= known_large.threshold))
    return pattern_scores.anti_join(dull, CLUSTER)


def members(
    candidate_patterns: ibis.Table, features: ibis.Table, events: ibis.Table, known_patterns: ibis.Table
) -> ibis.Table:
    """One row per event, algorithm and candidate cluster, with what the log says of the event.

    An event is new if no cluster of the baseline holds it and its pattern is not among `known_patterns` either: a rare
    habit may be too rare for a cluster, and is known all the same.
    """
    known = known_patterns.select(known_id=_.pattern_id).distinct()
    scored = candidate_patterns[["log_date", "pattern_id", *CLUSTER, "is_new", "score", "distance", "large_distance"]]
    scored = scored.left_join(known, scored.pattern_id == known.known_id)
    scored = scored.mutate(is_new=_.is_new & _.known_id.isnull()).drop("known_id")
    named = features.select("log_date", "pattern_id", "hour_of_day", event_id=_.entity_id)
    logged = events.drop("log_date")
    return named.inner_join(scored, ["log_date", "pattern_id"]).inner_join(logged, "event_id")


def counts(rows: ibis.Table, suspicious_countries: list[str]) -> pd.DataFrame:
    """One row per cluster of `rows` (bound to an engine): sizes, times, shares, distinct addresses and ports."""
    clusters = _counts(rows, suspicious_countries).execute()
    busiest = _busiest_target(rows).execute()
    return clusters.merge(busiest, on=CLUSTER, how="left").sort_values(CLUSTER, ignore_index=True)


def evidence(rows: ibis.Table, clusters: pd.DataFrame) -> dict[tuple[str, int], dict[str, Any]]:
    """What there is to show of each cluster of `rows`: counts, top values and example events, ready for JSON.

    Args:
        rows: members of the clusters, bound to an engine.
        clusters: their counts.
    """
    shown: dict[tuple[str, int], dict[str, Any]] = {
        (row.algorithm, row.cluster_id): {
            "first_seen": row.first_seen,
            "last_seen": row.last_seen,
            "distinct_sources": int(row.distinct_sources),
            "distinct_targets": int(row.distinct_targets),
            "distinct_ports": int(row.distinct_ports),
            "bytes": None if pd.isna(row.bytes) else int(row.bytes),
        }
        for row in clusters.itertuples()
    }
    ordered = _top(rows).execute()
    for (name, *cluster), top in ordered.groupby(["name", *CLUSTER], sort=False):
        shown[tuple(cluster)][name] = [list(pair) for pair in zip(top["value"], top["events"].tolist(), strict=True)]
    for cluster, examples in _examples(rows).execute().groupby(CLUSTER, sort=False):
        shown[cluster]["examples"] = json.loads(examples[EXAMPLE_COLUMNS].to_json(orient="records", date_format="iso"))
    return shown


def _counts(rows: ibis.Table, suspicious_countries: list[str]) -> ibis.Table:
    return rows.group_by(CLUSTER).agg(
        size=_.count(),
        first_seen=_.timestamp.min(),
        last_seen=_.timestamp.max(),
        is_new=_.is_new.mean() > MOSTLY,
        score=_.score.mean(),
        distance=_.large_distance.mean(),
        blocked_share=(_.verdict == "blocked").mean(),
        night_share=(_.hour_of_day < NIGHT_HOURS_END).mean(),
        country_share=_from(suspicious_countries).mean(),
        distinct_sources=_.source_ip.nunique(),
        distinct_targets=_.dest_ip.nunique(),
        distinct_ports=_.dest_port.nunique(),
        bytes=_.bytes.sum(),
    )


def _from(countries: list[str]) -> ibis.Value:
    """Whether an event comes from one of the countries; Ibis has no `in` of nothing."""
    return _.country.isin(countries).fill_null(False) if countries else ibis.literal(False) & _.is_new


def _busiest_target(rows: ibis.Table) -> ibis.Table:
    """Distinct sources of the destination that most sources reach, per cluster."""
    by_target = rows.group_by([*CLUSTER, "dest_ip"]).agg(sources=_.source_ip.nunique())
    return by_target.group_by(CLUSTER).agg(sources_of_busiest_target=_.sources.max())


def _top(rows: ibis.Table) -> ibis.Table:
    """The most frequent values of every evidence column, per cluster; of the hours, all."""
    columns = {name: rows[column].cast("string") for name, column in EVIDENCE_COLUMNS.items()}
    values = rows.select(*CLUSTER, **columns).pivot_longer(list(columns), names_to="name", values_to="value")
    counted = values.drop_null("value").group_by(["name", *CLUSTER, "value"]).agg(events=_.count())
    order = ibis.window(group_by=["name", *CLUSTER], order_by=[ibis.desc("events"), ibis.asc("value")])
    ranked = counted.mutate(place=ibis.row_number().over(order))
    return ranked.filter((_.place < TOP) | (_.name == "hours")).order_by(["name", *CLUSTER, "place"])


def _examples(rows: ibis.Table) -> ibis.Table:
    order = ibis.window(
        group_by=CLUSTER, order_by=[ibis.desc("large_distance"), ibis.asc("timestamp"), ibis.asc("event_id")]
    )
    ranked = rows.mutate(place=ibis.row_number().over(order)).filter(_.place < EXAMPLES)
    return ranked[[*CLUSTER, "place", *EXAMPLE_COLUMNS]].order_by([*CLUSTER, "place"])
