"""Ingestion: reads all that has landed, each file in one transaction.

Here: which file is read, skipped, replaced or put off. Not here: formats, tables, statements.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

import duckdb

from pipeline.config import Format, Settings
from pipeline.ingest import countries
from pipeline.ingest.detection import detect
from pipeline.ingest.landing import Delivery, StillBeingWrittenError, landed, observed
from pipeline.ingest.manifest import FileRow, Manifest, forget_vanished, read_with, record_unreadable
from pipeline.ingest.meanings import Knowledge, known_to
from pipeline.ingest.reports import FileReport, recounted, reported
from pipeline.ingest.taking import State, Taken, read, take
from pipeline.ingest.timestamps import check_format
from pipeline.ingest.unrecognised import UNRECOGNISED
from pipeline.warehouse.engine import Warehouse, in_transaction
from pipeline.warehouse.threads import as_many_as_there_are, as_many_as_useful

AUTO = "auto"
# what a file's content can make the engine say; that a file meets it must not keep others from being read
ENGINE_ERRORS = (duckdb.DataError, duckdb.InvalidInputException)
# after so long others get their turn, and the engine lets go of what it held for a large file
TURN_SECONDS = 2
STILL_WRITTEN = "it changed while it was read; the next ingestion takes it"


class NoTextError(ValueError):
    """No format recognises the file, and it has no lines that could be accounted for."""


@dataclass(frozen=True)
class _Look:
    """One look at everything that has landed."""

    settings: Settings
    warehouse: Warehouse
    known: Manifest
    knowledge: Knowledge
    deliveries: list[Delivery]
    now: datetime


def ignore(report: FileReport) -> None:
    """Progress that nobody watches."""
    del report


def ingest(
    settings: Settings, warehouse: Warehouse, progress: Callable[[FileReport], None] = ignore
) -> list[FileReport]:
    """Read all that has landed in every source, each file in one transaction; nothing that is known is read again.

    Args:
        settings: names the sources and what actions mean.
        warehouse: where the raw tables are.
        progress: called with the report on each file when it is done.

    Returns:
        The reports in order of sources and paths.

    Raises:
        ConfigError: a source's path, format of timestamps or database of countries cannot be used.
        WarehouseBusyError: another process holds the warehouse.
    """
    for source in settings.sources:
        check_format(source)
    knowledge = Knowledge(settings.verdicts, countries.opened(settings))
    known = _manifest(warehouse)
    deliveries = [
        observed(source, path, known.deliveries.get(source.name, {}))
        for source in settings.sources
        for path in landed(settings, source)
    ]
    if gone := known.vanished(deliveries):
        with warehouse.transaction() as connection:
            forget_vanished(connection, gone)
    look = _Look(settings, warehouse, known, knowledge, deliveries, datetime.now(UTC))
    reports = []
    for report in _reports(look):
        reports.append(report)
        progress(report)
    if all(report.state == "unchanged" for report in reports):
        return reports
    with warehouse.connect() as connection:
        as_many_as_useful(connection, settings.engine)
        # a file that was reported on may have handed records to another since
        files = Manifest.load(connection).files
    return [recounted(report, files.get(report.file_id)) for report in reports]


def _manifest(warehouse: Warehouse) -> Manifest:
    with warehouse.connect() as connection:
        return Manifest.load(connection)


def _reports(look: _Look) -> Iterator[FileReport]:
    """The report on each delivery; files that are read within a moment share a connection to the warehouse."""
    waiting = deque(look.deliveries)
    while waiting:
        with look.warehouse.connect():
            end = time.monotonic() + TURN_SECONDS
            while waiting and time.monotonic() < end:
                yield _report_on(look, waiting.popleft())


def _report_on(look: _Look, delivery: Delivery) -> FileReport:
    if delivery.error:
        return _unread(look, delivery, delivery.error, "unreadable")
    row = look.known.files.get(delivery.known_id or "")
    is_current = row is not None and row.read_with == read_with(delivery.source, look.settings.verdicts)
    if row and is_current and delivery.unreadable_id not in look.known.files:
        return reported(delivery, Taken(row, "unchanged"))
    held = look.known.held(delivery)
    try:
        settled = _settled(delivery)
        predecessor = _predecessor(look, settled, held)
        engine, size = look.settings.engine, delivery.bytes
        with look.warehouse.connect() as connection, as_many_as_there_are(connection, engine, size):
            content = read(connection, settled, look.knowledge, look.now)
            with known_to(connection, settled.source.name, look.knowledge), in_transaction(connection):
                taken = take(connection, settled, content, predecessor, look.knowledge, look.now)
    except StillBeingWrittenError:
        return _unread(look, delivery, STILL_WRITTEN, "still being written")
    except (OSError, NoTextError, *ENGINE_ERRORS) as error:
        return _unread(look, delivery, _reason(error), "unreadable")
    is_same = taken.state == "moved" and held is not None and held.file_id == taken.file.file_id
    return reported(delivery, replace(taken, state="unchanged") if is_same else taken)


def _settled(delivery: Delivery) -> Delivery:
    """The delivery with the format that its file has, where the source leaves that to the file; none for other text.

    Raises:
        OSError: the file cannot be read.
        NoTextError: no format recognises it, nor is it text.
    """
    if delivery.source.format != AUTO:
        return delivery
    detection = detect(delivery.path)
    if detection.why == UNRECOGNISED:
        return delivery
    if detection.format is None:
        raise NoTextError(detection.why)
    return replace(delivery, format=cast("Format", detection.format))


def _predecessor(look: _Look, delivery: Delivery, held: FileRow | None) -> str | None:
    """What the path held before, unless that now lies elsewhere: moved content is not replaced.

    Reads the file, and others of the old content's size, to identify them.
    """
    file_id = delivery.file_id
    if held is None or held.file_id == file_id:
        return None
    alike = (other for other in look.deliveries if other.source == delivery.source and other.bytes == held.bytes)
    return None if any(_holds(other, held) for other in alike) else held.file_id


def _holds(delivery: Delivery, content: FileRow) -> bool:
    """Whether a delivery is of a content, if it is of the same format."""
    try:
        return (
            not delivery.error and replace(delivery, format=cast("Format", content.format)).file_id == content.file_id
        )
    except OSError:
        return False


def _unread(look: _Look, delivery: Delivery, reason: str, state: State) -> FileReport:
    row = FileRow(delivery.unreadable_id, delivery.source.format, reason=reason)
    known = look.known.files.get(row.file_id)
    if known is None or known.reason != reason:
        with look.warehouse.transaction() as connection:
            record_unreadable(connection, delivery, reason, look.now)
    return reported(delivery, Taken(row, state))


def _reason(error: Exception) -> str:
    if isinstance(error, ENGINE_ERRORS):
        return f"the engine cannot read it: {str(error).splitlines()[0].partition(' Detail: ')[0]}"
    return getattr(error, "strerror", None) or str(error)
