"""What the tables know of files: which contents were read, with what result, and which path held which content.

Here: raw.files and raw.deliveries. Not here: records (posting), what becomes of content that was replaced (retirement).
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from pipeline.config import Source, Verdicts
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.landing import ID_LENGTH, Delivery

FILES = """
select
    file_id, format, sha256, bytes, lines, accepted, events, connections, logins, duplicates, rejected, unlocated,
    reason, read_with
from raw.files
"""
DELIVERIES = "select source, path, bytes, modified_ns, file_id from raw.deliveries"
UNREADABLE = """
insert into raw.files by name
select
    $file_id as file_id, $source as source, $format as format, $path as path, null as sha256, 0 as bytes, 0 as lines,
    0 as accepted, 0 as events, 0 as connections, 0 as logins, 0 as duplicates, 0 as rejected, 0 as unlocated,
    $now as ingested_at, $reason as reason, '' as read_with
"""
FORGET_VANISHED = "delete from raw.files where list_contains($file_ids, file_id) and sha256 is null"
FORGET_UNREADABLE = "delete from raw.files where file_id = $file_id and sha256 is null"
FORGET_DELIVERY = "delete from raw.deliveries where source = $source and path = $path"
DELIVERED = """
insert into raw.deliveries by name
select $source as source, $path as path, $file_id as file_id, $bytes as bytes, $modified_ns as modified_ns
"""


@dataclass(frozen=True)
class FileRow:
    """A row of raw.files, as far as ingestion asks for it."""

    file_id: str
    format: str
    sha256: str | None = None
    bytes: int = 0
    lines: int = 0
    accepted: int = 0
    events: int = 0
    connections: int = 0
    logins: int = 0
    duplicates: int = 0
    rejected: int = 0
    unlocated: int = 0
    reason: str | None = None
    read_with: str = ""


@dataclass(frozen=True)
class Manifest:
    """Everything that is known of files.

    Attributes:
        files: contents by `file_id`.
        deliveries: by source and path: size, modification time and `file_id` of the content found there.
    """

    files: dict[str, FileRow]
    deliveries: dict[str, dict[str, tuple[int, int, str]]]

    @classmethod
    def load(cls, connection: DuckDBPyConnection) -> "Manifest":
        """The manifest as the tables have it now."""
        files = [FileRow(*row) for row in connection.execute(FILES).fetchall()]
        deliveries: dict[str, dict[str, tuple[int, int, str]]] = {}
        for source, path, *state in connection.execute(DELIVERIES).fetchall():
            deliveries.setdefault(source, {})[path] = tuple(state)
        return cls({row.file_id: row for row in files}, deliveries)

    def vanished(self, deliveries: Iterable[Delivery]) -> list[str]:
        """The ids that stand for paths that could not be read and lie there no more."""
        unread = {row.file_id for row in self.files.values() if row.sha256 is None}
        return sorted(unread - {delivery.unreadable_id for delivery in deliveries}) if unread else []

    def held(self, delivery: Delivery) -> FileRow | None:
        """What the delivery's path held when it was last looked at."""
        state = self.deliveries.get(delivery.source.name, {}).get(delivery.name)
        return self.files.get(state[2]) if state else None


def file(connection: DuckDBPyConnection, file_id: str) -> FileRow | None:
    """The account of a content, if it is known."""
    rows = connection.execute(FILES + " where file_id = $file_id", {"file_id": file_id}).fetchall()
    return FileRow(*rows[0]) if rows else None


def account(connection: DuckDBPyConnection, file_id: str) -> FileRow:
    """The account of a content that is known.

    Raises:
        KeyError: it is not.
    """
    if row := file(connection, file_id):
        return row
    raise KeyError(file_id)


def read_with(source: Source, verdicts: Verdicts) -> str:
    """A hash of what decides what becomes of a file's records: settings, and which formats it was told from."""
    settings = [source.model_dump(exclude={"name", "path"}, exclude_defaults=True), verdicts.model_dump()]
    if source.format == "auto":
        settings.append({"formats": sorted(FORMATS)})
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:ID_LENGTH]


def record_delivery(connection: DuckDBPyConnection, delivery: Delivery) -> None:
    """Note which content the path holds; that it once could not be read is forgotten."""
    place = {"source": delivery.source.name, "path": delivery.name}
    connection.execute(FORGET_DELIVERY, place)
    connection.execute(
        DELIVERED,
        place | {"file_id": delivery.file_id, "bytes": delivery.bytes, "modified_ns": delivery.modified_ns},
    )
    connection.execute(FORGET_UNREADABLE, {"file_id": delivery.unreadable_id})


def record_unreadable(connection: DuckDBPyConnection, delivery: Delivery, reason: str, now: datetime) -> None:
    """Note that a path's content cannot be read; what it held before stays."""
    connection.execute(FORGET_UNREADABLE, {"file_id": delivery.unreadable_id})
    connection.execute(
        UNREADABLE,
        {
            "file_id": delivery.unreadable_id,
            "source": delivery.source.name,
            "format": delivery.source.format,
            "path": delivery.name,
            "now": now,
            "reason": reason,
        },
    )


def forget_vanished(connection: DuckDBPyConnection, file_ids: Sequence[str]) -> None:
    """Forget that these paths, named by what stands for their content, could not be read."""
    connection.execute(FORGET_VANISHED, {"file_ids": list(file_ids)})
