"""How a night went."""

from schemas.base import Date, Int64, Table, TableSpec, Text, column


class Nights(Table):
    """One row per finished night."""

    log_date: Date = column("the night", unique=True)
    revision: Int64 = column("revision of the raw night that the results rest on; 0 for a night without data", ge=0)
    events: Int64 = column("events of the night", ge=0)
    patterns: Int64 = column("distinct feature rows", ge=0)
    rejected: Int64 = column("rejected lines of the files that hold the night", ge=0)
    anomalies: Int64 = column(
        "events above the threshold of at least one algorithm: what would be shown without a budget", ge=0
    )
    alerts: Int64 = column("events shown: rows of report.suspicious_events", ge=0)
    findings: Int64 = column("suspicious clusters", ge=0)
    fingerprint: Int64 = column("hash of which groups were found: what identities in later nights rest on", ge=0)
    follows: Text = column("nights of the window before with their fingerprints: what identities of this one rest on")


NIGHTS = TableSpec("report.nights", Nights, ("log_date",))

TABLES = (NIGHTS,)
