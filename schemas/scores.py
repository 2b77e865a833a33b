"""Scored tables: how far each entity of a night is from what the baseline knows, on one scale for all algorithms."""

from schemas.base import Date, Flag, Float, Floats, Int64, Table, TableSpec, Text, Texts, column

STATUSES = ("normal", "borderline", "anomaly")


class Scores(Table):
    """What a score says, whatever it is a score of."""

    log_date: Date = column("the night")
    algorithm: Text = column("kmeans, dbscan, ...")
    model_id: Text = column("model that gave the score")
    cluster_id: Int64 = column(
        "the baseline's stable id, from 1,000,000 on a group that the baseline does not know, or -1 for noise",
        ge=-1,
    )
    is_new: Flag = column("the baseline knows no such cluster")
    distance: Float = column("to the nearest cluster of the baseline, in scaled units", ge=0)
    large_distance: Float = column("to the nearest large cluster of the baseline, in scaled units", ge=0)
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


class EventPatternScores(Scores):
    """One row per pattern of events, night and algorithm."""

    pattern_id: Int64 = column("the pattern")
    weight: Int64 = column("events of the night that share it", ge=1)


class EventScores(Scores):
    """One row per event, night and algorithm: a view, since events that share a pattern share their score."""

    entity_id: Text = column("the event_id")


EVENT_PATTERNS = TableSpec("scores.event_patterns", EventPatternScores, ("log_date", "algorithm", "pattern_id"))
EVENTS = TableSpec("scores.events", EventScores, ("entity_id", "algorithm"), is_view=True)

TABLES = (EVENT_PATTERNS, EVENTS)
