"""What ingestion tells of each file."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipeline.ingest.landing import Delivery
from pipeline.ingest.manifest import FileRow
from pipeline.ingest.taking import State, Taken

COUNTS = ("lines", "accepted", "events", "connections", "logins", "duplicates", "rejected", "unlocated")


@dataclass(frozen=True)
class FileReport:
    """What became of a delivered file.

    Attributes:
        source: name of the configured source.
        path: where the file lies.
        file_id: its content; that of a file that cannot be read stands for its path.
        format: what it was read as.
        lines: records in it: accepted, duplicates and rejected.
        accepted: records that are rows of the raw tables: events, connections and logins.
        events: of raw.security_events.
        connections: of raw.connections.
        logins: of raw.logins.
        duplicates: records that another file delivered before.
        rejected: records kept aside in raw.rejected_lines.
        unlocated: records with a public source address whose country is not known.
        reason: why it could not be read, or not to its end.
        state: new: content that was not known; changed: replaces what the path held before; reread: known content,
            read again because the source's settings changed; moved: known content under another name; the rest as
            they say.
        nights: nights whose rows changed, in order.
    """

    source: str
    path: str
    file_id: str
    format: str
    lines: int
    accepted: int
    events: int
    connections: int
    logins: int
    duplicates: int
    rejected: int
    unlocated: int
    reason: str | None
    state: State
    nights: tuple[date, ...] = ()


def reported(delivery: Delivery, taken: Taken) -> FileReport:
    """The report on a delivery of which it is known what became of it."""
    return FileReport(
        source=delivery.source.name,
        path=delivery.name,
        file_id=taken.file.file_id,
        format=taken.file.format,
        reason=taken.file.reason,
        state=taken.state,
        nights=taken.nights,
        **_counts(taken.file),
    )


def recounted(report: FileReport, file: FileRow | None) -> FileReport:
    """The report with the counts that its file, if it is known, has now."""
    return replace(report, **_counts(file)) if file else report


def _counts(file: FileRow) -> dict[str, Any]:
    return {name: getattr(file, name) for name in COUNTS}
