"""Scored tables: how far each entity of a night is from what the baseline knows, on one scale for all algorithms."""

import ibis

from schemas.base import Date, Flag, Float, Floats, Int64, Table, TableSpec, Text, Texts, column

CONSENSUS = "consensus"
STATUSES = ("normal", "borderline", "anomaly")


class Scores(Table):
    """What a score says, whatever it is a score of."""

    log_date: Date = column("the night")
    algorithm: Text = column("kmeans, dbscan, ..., or consensus: all of them together")
    model_id: Text = column("model that gave the score")
    cluster_id: Int64 = column(
        "the baseline's stable id, from 1,000,000 on a group that the baseline does not know, or -1 for noise; null "
        "for the consensus, whose members have clusters of their own and share none",
        nullable=True,
        ge=-1,
    )
    is_new: Flag = column("the baseline knows no such cluster; false for the consensus")
    distance: Float = column(
        "to the nearest cluster of the baseline, in scaled units; for the consensus as large_distance", ge=0
    )
    large_distance: Float = column(
        "to the nearest large cluster of the baseline, in scaled units; for the consensus what its "
        "members agree on, by logarithms of distances in widths of the baseline",
        ge=0,
    )
    density_rank: Float = column(
        "share of the cluster's rows that are no nearer to its centre; null where an algorithm knows no densities",
        nullable=True,
        ge=0,
        le=1,
    )
    score: Float = column(
        "position of large_distance in the baseline's own distribution; 1 is farther than all of it",
        ge=0,
        le=1,
    )
    threshold: Float = column("score above which an entity is an anomaly", ge=0)
    top_features: Texts = column("features that add most to large_distance, the strongest first")
    top_values: Texts = column("their values")
    usual_values: Texts = column("what the baseline has instead")
    contributions: Floats = column(
        "what they add to large_distance, negative where the value is below the usual; with all other features, the "
        "absolute values add up to it"
    )
    explanation: Text = column("what is unusual, in words; empty where nothing is")
    status: Text = column("normal, borderline or anomaly", isin=STATUSES)


def of_clusters(rows: ibis.Table) -> ibis.Table:
    """The rows of a score or model table that are about clusters: those of the algorithms, not of the consensus."""
    return rows.filter(rows.algorithm != CONSENSUS)


def score_tables(entities: str, entity: str, entity_id: str, key: tuple[str, ...]) -> tuple[TableSpec, TableSpec]:
    """The table of pattern scores and the view of entity scores of a feature table.

    Args:
        entities: name of the feature table, such as source_ips.
        entity: what a row of it describes, as the pattern tables are named: source_ip.
        entity_id: what identifies it, described.
        key: columns that identify an entity, by its feature table.
    """
    words = entities.replace("_", " ").replace("ips", "addresses")
    weight = f"{words} of the night that share it"
    pattern_scores = type(
        "PatternScores",
        (Scores,),
        {
            "__doc__": f"One row per pattern of {words}, night and algorithm.",
            "__annotations__": {"pattern_id": Int64, "weight": Int64},
            "pattern_id": column("the pattern"),
            "weight": column(weight, ge=1),
        },
    )
    entity_scores = type(
        "EntityScores",
        (Scores,),
        {
            "__doc__": f"{words.capitalize()} by night and algorithm: a view, since equal patterns have equal scores.",
            "__annotations__": {"entity_id": Text},
            "entity_id": column(entity_id),
        },
    )
    return (
        TableSpec(f"scores.{entity}_patterns", pattern_scores, ("log_date", "algorithm", "pattern_id")),
        TableSpec(f"scores.{entities}", entity_scores, (*key, "algorithm"), is_view=True),
    )


PER_NIGHT = ("log_date", "entity_id")
EVENT_PATTERNS, EVENTS = score_tables("events", "event", "the event_id", ("entity_id",))
USER_PATTERNS, USERS = score_tables("users", "user", "the user", PER_NIGHT)
SOURCE_IP_PATTERNS, SOURCE_IPS = score_tables("source_ips", "source_ip", "the address", PER_NIGHT)
DESTINATION_IP_PATTERNS, DESTINATION_IPS = score_tables("destination_ips", "destination_ip", "the address", PER_NIGHT)
CONNECTION_PATTERNS, CONNECTIONS = score_tables("connections", "connection", "the connection_id", ("entity_id",))

TABLES = (
    EVENT_PATTERNS,
    EVENTS,
    USER_PATTERNS,
    USERS,
    SOURCE_IP_PATTERNS,
    SOURCE_IPS,
    DESTINATION_IP_PATTERNS,
    DESTINATION_IPS,
    CONNECTION_PATTERNS,
    CONNECTIONS,
)
