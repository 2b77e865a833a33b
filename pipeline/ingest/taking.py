"""Brings the raw tables up to date with one delivery: the order of steps before and within its transaction.

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


@dataclass(frozen=True)
class Content:
    """What a delivery holds, in the temporary tables of a connection.

    Attributes:
        row: the account of it, if it is known.
        is_current: whether it would be read no differently today; then its records are recalled, not read.
        filled: the tables that it fills.
        damage: what ended it early, if anything did.
        read_with: hash of the settings that it is read with.
    """

    row: FileRow | None
    is_current: bool
    filled: tuple[Target, ...]
    damage: str | None
    read_with: str


def read(connection: DuckDBPyConnection, delivery: Delivery, known: Knowledge, now: datetime) -> Content:
    """Read a delivery's content into temporary tables, unless it is known and current.

    Args:
        connection: not in a transaction: what one has written itself, the engine reads with a single thread.
        delivery: what has landed, its format settled.
        known: what actions and addresses mean.
        now: moment of the ingestion.

    Raises:
        OSError: the file cannot be read.
        StillBeingWrittenError: it changed meanwhile.
    """
    read_with = manifest.read_with(delivery.source, known.verdicts)
    row = manifest.file(connection, delivery.file_id)
    if row and row.read_with == read_with:
        held = retirement.held_by([row])
        staging.recall(connection, row.file_id, held)
        content = Content(row, is_current=True, filled=held, damage=None, read_with=read_with)
    else:
        damage = staging.stage(connection, delivery, now)
        content = Content(row, is_current=False, filled=filled_by(delivery.reading), damage=damage, read_with=read_with)
    delivery.check_unchanged()
    return content


def take(
    connection: DuckDBPyConnection,
    delivery: Delivery,
    content: Content,
    predecessor: str | None,
    known: Knowledge,
    now: datetime,
) -> Taken:
    """Post a delivery's content unless it is current, replace what it replaces, and balance the accounts.

    Args:
        connection: the one that read the content, in a transaction.
        delivery: whose content it is.
        content: what `read` gave.
        predecessor: `file_id` of what its path held before, if that is delivered nowhere any more.
        known: what actions and addresses mean.
        now: moment of the ingestion.

    Raises:
        AccountingError: the rows are not what was read.
    """
    row, is_current = content.row, content.is_current
    replaced = _replaced(connection, predecessor)
    retiring = [file for file in (replaced, None if is_current else row) if file]
    targets = _united(content.filled, retirement.held_by(retiring))
    heirs = retirement.retire(connection, retiring, targets) if retiring else []
    if not is_current:
        meanings.translate(connection, delivery.source.name, content.filled, known)
        posting.post(connection, delivery, content.filled, content.read_with, content.damage, now)
    changes = retiring or not is_current
    nights = touched.revise(connection, delivery.file_id, targets, only_added=not retiring) if changes else ()
    manifest.record_delivery(connection, delivery)
    accounts.check(connection, [delivery.file_id, *heirs], targets)
    state = _state(row, replaced, is_known=is_current)
    return Taken(manifest.account(connection, delivery.file_id), state, nights)


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
