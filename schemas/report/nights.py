"""How a night went: what its tables hold, and what its latest run took."""

from schemas.base import Date, Float, Int64, Table, TableSpec, Text, Texts, Timestamp, column

LAYERS = ("raw", "features", "scores", "report")


class Nights(Table):
    """One row per finished night."""

    log_date: Date = column("the night", unique=True)
    revision: Int64 = column("revision of the raw night that the results rest on; 0 for a night without data", ge=0)
    events: Int64 = column("events of the night", ge=0)
    connections: Int64 = column("connections of the night", ge=0)
    logins: Int64 = column("logins of the night", ge=0)
    patterns: Int64 = column("distinct feature rows of events", ge=0)
    rejected: Int64 = column("rejected lines of the files that hold the night", ge=0)
    rejected_share: Float = column("of the lines of these files; null without any", nullable=True, ge=0, le=1)
    anomalies: Int64 = column(
        "events above the threshold of at least one algorithm: what would be shown without a budget", ge=0
    )
    alerts: Int64 = column("events shown: rows of report.suspicious_events", ge=0)
    findings: Int64 = column("suspicious clusters", ge=0)
    suppressed: Int64 = column("suspicious clusters that a suppression keeps out of the report", ge=0)
    models_accepted: Int64 = column("models of all feature tables that were fitted for the night and score it", ge=0)
    models_kept: Int64 = column(
        "models that were fitted and not accepted: the one before them was kept in service", ge=0
    )
    drift: Text = column(
        "worst level of report.drift in Shoal's own feature tables: none, warning or error; null where not measured",
        nullable=True,
    )
    fingerprint: Int64 = column("hash of which groups were found: what identities in later nights rest on", ge=0)
    follows: Text = column("nights of the window before with their fingerprints: what identities of this one rest on")


class NightRuns(Table):
    """One row per night: what its latest run took. It differs from run to run, so nothing rests on it."""

    log_date: Date = column("the night", unique=True)
    run_id: Text = column("Dagster's id of the run")
    finished_at: Timestamp = column("when the row was written, as one of the last steps of the run, UTC")
    seconds: Float = column("from the start of the first step to then", ge=0)
    durations: Text = column("JSON: seconds by step of the run that had ended by then")
    rows: Text = column("JSON: rows of the night by table")
    stale_nights: Texts = column("nights that were stale after the run, with why")
    warehouse_bytes: Int64 = column("size of the warehouse file", ge=0)
    published_bytes: Int64 = column("size of the published copy before it was brought up to date", ge=0)
    reports_bytes: Int64 = column("size of the pages", ge=0)


class Retention(Table):
    """One row per layer of which something has been removed, as the retention says."""

    layer: Text = column("raw, features, scores (with the models) or report", unique=True, isin=LAYERS)
    removed_before: Date = column("nights before this one have been removed")


NIGHTS = TableSpec("report.nights", Nights, ("log_date",))
NIGHT_RUNS = TableSpec("report.night_runs", NightRuns, ("log_date",))
RETENTION = TableSpec("report.retention", Retention, ("layer",), night=None)

TABLES = (NIGHTS, NIGHT_RUNS, RETENTION)
