"""Brings the raw tables up to date with one delivery: the order of steps within its transaction.

Here: whether content is read, recognised or replaced. Not here: the steps themselves, opening the warehouse.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from duckdb import DuckDBPyConnection

from pipeline.ingest import accounts, manifest, meanings, posting, retirement, staging, touched
from pipeline.ingest.landing import Delivery
from pipeline.ingest.manifest import FileRow
from pipeline.ingest.meanings import Knowledge
from pipeline.ingest.targets import TARGETS, Target, filled_by

State = Literal["new", "changed", "reread", "moved", "unchanged", "still being written", "unreadable"]


@dataclass(frozen=True)
class Taken:
    """What became of a delivery.

    Attributes:
        file: the account of its content.
        state: see `reports.FileReport`.
        nights: nights whose rows changed, in order.
    """

    file: FileRow
    state: State
    nights: tuple[date, ...] = ()


def take(
    connection: DuckDBPyConnection, delivery: Delivery, predecessor: str | None, known: Knowledge, now: datetime
) -> Taken:
    """Read a delivery's content unless it is known, replace what it replaces, and balance the accounts.

    Args:
        connection: in a transaction.
        delivery: what has landed, its format settled.
        predecessor: `file_id` of what its path held before, if that is delivered nowhere any more.
        known: what actions and addresses mean.
        now: moment of the ingestion.

    Raises:
        OSError: the file cannot be read.
        StillBeingWrittenError: it changed meanwhile.
        AccountingError: the rows are not what was read.
    """
    read_with = manifest.read_with(delivery.source, known.verdicts)
    row = manifest.file(connection, delivery.file_id)
    current = row if row and row.read_with == read_with else None
    filled, damage = _stage(connection, delivery, current, now)
    delivery.check_unchanged()
    replaced = _replaced(connection, predecessor)
    retiring = [file for file in (replaced, None if current else row) if file]
    targets = _united(filled, retirement.held_by(retiring))
    heirs = retirement.retire(connection, retiring, targets) if retiring else []
    if not current:
        meanings.translate(connection, delivery.source.name, filled, known)
        posting.post(connection, delivery, filled, read_with, damage, now)
    changes = retiring or not current
    nights = touched.revise(connection, delivery.file_id, targets, only_added=not retiring) if changes else ()
    manifest.record_delivery(connection, delivery)
    accounts.check(connection, [delivery.file_id, *heirs], targets)
    state = _state(row, replaced, is_known=current is not None)
    return Taken(manifest.account(connection, delivery.file_id), state, nights)


def _stage(
    connection: DuckDBPyConnection, delivery: Delivery, current: FileRow | None, now: datetime
) -> tuple[tuple[Target, ...], str | None]:
    """Recall content that is current, read any other; gives the tables that it fills and what ended it early."""
    if current:
        held = retirement.held_by([current])
        staging.recall(connection, current.file_id, held)
        return held, None
    return filled_by(delivery.reading), staging.stage(connection, delivery, now)


def _united(*targets: tuple[Target, ...]) -> tuple[Target, ...]:
    return tuple(target for target in TARGETS.values() if any(target in some for some in targets))


def _replaced(connection: DuckDBPyConnection, predecessor: str | None) -> FileRow | None:
    old = manifest.file(connection, predecessor) if predecessor else None
    return old if old and retirement.replaces(connection, old) else None


def _state(row: FileRow | None, replaced: FileRow | None, *, is_known: bool) -> State:
    if is_known:
        return "moved"
    if row:
        return "reread"
    return "changed" if replaced else "new"
