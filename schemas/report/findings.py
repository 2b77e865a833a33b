"""What a night says: its suspicious clusters, the events to look at, and which groups last from night to night."""

from schemas.base import Date, Flag, Float, Int64, Ints, Table, TableSpec, Text, Texts, Timestamp, column

LEVELS = ("low", "medium", "high", "critical")
GONE = "gone"
STATES = ("new", "growing", "steady", "shrinking", "back", GONE)
RAW_TABLES = ("security_events", "connections", "logins")
FINDING_ID = "the group, which keeps it from night to night; with the night it identifies the finding"


class SuspiciousClusters(Table):
    """One row per finding of a night: a suspicious cluster, its witnesses, reasons and evidence."""

    finding_id: Text = column(FINDING_ID)
    log_date: Date = column("the night")
    rank: Int64 = column("1 is to be looked at first", ge=1)
    severity: Float = column("0 to 100, what the rank follows", ge=0, le=100)
    severity_level: Text = column("severity in words", isin=LEVELS)
    severity_parts: Text = column("JSON: what each part added to the severity")
    feature_table: Text = column("feature table whose cluster shows it most clearly")
    algorithm: Text = column("algorithm that shows it most clearly")
    cluster_id: Int64 = column("cluster of that night and algorithm, -1 for noise", ge=-1)
    feature_tables: Texts = column(
        "feature tables of all clusters that show the group, one for each; the clearest is the first"
    )
    algorithms: Texts = column("their algorithms, in the same order")
    cluster_ids: Ints = column("their cluster ids, in the same order; of noise only what belongs to the group")
    size: Int64 = column("entities of the clearest cluster", ge=1)
    share: Float = column("of the night's entities of that feature table", ge=0, le=1)
    records: Int64 = column("raw rows behind the clearest cluster; 0 where its feature table has none", ge=0)
    first_seen: Timestamp = column("earliest of these rows, UTC; without any, the night's beginning")
    last_seen: Timestamp = column("latest of these rows, UTC; without any, the night's end")
    is_new: Flag = column("the baseline knows no such cluster")
    state: Text = column("beside the nights before: new, growing, steady, shrinking or back", isin=STATES)
    first_night: Date = column("first night of the window in which the group was found")
    nights: Int64 = column("nights of the window in which it was found, this one included", ge=1)
    score: Float = column("mean score of its entities, 0 to 1", ge=0, le=1)
    reasons: Texts = column("sentences with numbers, that of the attack pattern first, then the strongest")
    attack_pattern: Text = column("named pattern where the evidence supports one, else unnamed")
    technique_id: Text = column("MITRE ATT&CK technique", nullable=True)
    explanation: Text = column("one plain sentence")
    evidence: Text = column(
        "JSON: entities, top sources, targets, ports, protocols, actions, countries, users, hours; unusual features; "
        "exemplars, boundary; example events with file and line"
    )


class SuspiciousEvents(Table):
    """One row per event worth showing, at most `max_alerts_per_night` a night."""

    event_id: Text = column("the row of the raw table: event_id, connection_id or login_id", unique=True)
    raw_table: Text = column("raw table that it stands in", isin=RAW_TABLES)
    log_date: Date = column("the night")
    finding_id: Text = column("finding of that night that it belongs to")
    score: Float = column("score of its entity by the algorithm of the finding", ge=0, le=1)
    reasons: Texts = column("reasons of the finding")


class FindingHistory(Table):
    """One row per night and group that was found in it, shown or not, or that is gone since the night before."""

    log_date: Date = column("the night")
    finding_id: Text = column(FINDING_ID)
    state: Text = column("new, growing, steady, shrinking, back, or gone", isin=STATES)
    rank: Int64 = column("rank in the night's report; null if it is not shown, or gone", nullable=True)
    severity: Float = column("0 to 100; 0 if it is gone", ge=0, le=100)
    size: Int64 = column("entities; 0 if it is gone", ge=0)
    records: Int64 = column("raw rows behind it; 0 if it is gone", ge=0)
    attack_pattern: Text = column("named pattern, else unnamed")
    feature_table: Text = column("feature table whose cluster shows it most clearly")
    first_night: Date = column("first night of the window in which the group was found")
    nights: Int64 = column("nights of the window in which it was found, this one included", ge=0)
    sources: Texts = column("source addresses, where they are few")
    targets: Texts = column("targets, where they are few")
    accounts: Texts = column("users, where they are few")
    ports: Ints = column("target ports, where they are few")
    patterns: Ints = column("its most frequent feature rows")


SUSPICIOUS_CLUSTERS = TableSpec("report.suspicious_clusters", SuspiciousClusters, ("log_date", "finding_id"))
SUSPICIOUS_EVENTS = TableSpec("report.suspicious_events", SuspiciousEvents, ("event_id",))
FINDING_HISTORY = TableSpec("report.finding_history", FindingHistory, ("log_date", "finding_id"))

TABLES = (SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS, FINDING_HISTORY)
