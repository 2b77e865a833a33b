"""What a night says: its suspicious clusters and the events to look at."""

from schemas.base import Date, Flag, Float, Int64, Ints, Table, TableSpec, Text, Texts, Timestamp, column

LEVELS = ("low", "medium", "high", "critical")


class SuspiciousClusters(Table):
    """One row per finding: a suspicious cluster of a night, with reasons and evidence."""

    finding_id: Text = column("identifies the finding; the same night gives the same id", unique=True)
    log_date: Date = column("the night")
    rank: Int64 = column("1 is to be looked at first", ge=1)
    severity: Float = column("0 to 100, what the rank follows", ge=0, le=100)
    severity_level: Text = column("severity in words", isin=LEVELS)
    severity_parts: Text = column("JSON: what each part added to the severity")
    feature_table: Text = column("feature table that was clustered")
    algorithm: Text = column("algorithm that shows it most clearly")
    algorithms: Texts = column("algorithms that show the same entities as a suspicious cluster")
    cluster_id: Int64 = column("cluster of that night and algorithm, -1 for noise", ge=-1)
    cluster_ids: Ints = column("the clusters of `algorithms` that hold these entities, in the same order")
    size: Int64 = column("entities", ge=1)
    share: Float = column("of the night's entities", ge=0, le=1)
    first_seen: Timestamp = column("earliest event, UTC")
    last_seen: Timestamp = column("latest event, UTC")
    is_new: Flag = column("the baseline knows no such cluster")
    score: Float = column("mean score of its entities, 0 to 1", ge=0, le=1)
    reasons: Texts = column("sentences with numbers, the strongest first")
    attack_pattern: Text = column("named pattern where the evidence supports one, else unnamed")
    technique_id: Text = column("MITRE ATT&CK technique", nullable=True)
    explanation: Text = column("one plain sentence")
    evidence: Text = column("JSON: top sources, targets, ports, protocols, actions, countries, hours; example events")


class SuspiciousEvents(Table):
    """One row per event worth showing, at most `max_alerts_per_night` a night."""

    event_id: Text = column("the event", unique=True)
    log_date: Date = column("the night")
    finding_id: Text = column("finding it belongs to")
    score: Float = column("its score by the algorithm of the finding", ge=0, le=1)
    reasons: Texts = column("reasons of the finding")


SUSPICIOUS_CLUSTERS = TableSpec("report.suspicious_clusters", SuspiciousClusters, ("finding_id",))
SUSPICIOUS_EVENTS = TableSpec("report.suspicious_events", SuspiciousEvents, ("event_id",))

TABLES = (SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS)
