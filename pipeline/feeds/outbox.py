"""The outbox: what is to be said is stored first, sent afterwards, and marked when it has arrived.

A message that nobody takes waits for the next delivery; one that has arrived is never taken from the box again. A
crash between arrival and mark sends it again with the same id: delivery is at least once, and receivers that know the
id see it once. What does not belong here: what a message says (messages), how it is sent (senders).
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.feeds.messages import Body, content_of, message_id
from pipeline.warehouse.storage import replace_rows
from schemas.report import OUTBOX
from schemas.report.outbox import DELIVERED, FINDINGS, GIVEN_UP, PENDING

LEASE = timedelta(minutes=5)  # for which nobody else delivers a message that somebody has begun to
SAID = """
    select edition, content from report.outbox
    where channel = $channel and log_date = $night and subject = $subject order by edition
"""
CLAIM = """
    update report.outbox set claimed_until = $until
    where state = $pending and list_contains($channels, channel) and (claimed_until is null or claimed_until < $now)
    returning message_id, channel, log_date, subject, edition, body, created_at
"""
SETTLE = """
    update report.outbox
    set state = $state, fault = $fault, attempts = attempts + $attempts, claimed_until = null, settled_at = $settled
    where message_id = $id
"""


@dataclass(frozen=True)
class Message:
    """A message on its way.

    Attributes:
        message_id: the same however often it is sent.
        channel: name of the channel.
        night: that it is about.
        body: what it says.
        edition: 1, or more for what replaces an earlier one.
        written: when it was put into the box.
    """

    message_id: str
    channel: str
    night: date
    body: Body
    edition: int
    written: datetime


def enqueue(connection: duckdb.DuckDBPyConnection, channel: str, body: Body, now: datetime, *, unasked: bool) -> bool:
    """Put a message into the box unless it has been said; return whether it was put there.

    Findings are compared with what was said last of their night, so that each change of them is told; of failures
    nothing is told twice.

    Args:
        connection: inside a transaction.
        channel: name of the channel.
        body: the message.
        now: the time.
        unasked: whether to say it where nothing has been said of the night before.
    """
    keys = {"channel": channel, "night": date.fromisoformat(body["night"]), "subject": body["subject"]}
    said = connection.execute(SAID, keys).fetchall()
    known = {content for _, content in (said[-1:] if body["subject"] == FINDINGS else said)}
    if content_of(body) in known or not (said or unasked):
        return False
    row = _row(channel, body, 1 + max((edition for edition, _ in said), default=0), now)
    rows = pa.Table.from_pylist([row], schema=OUTBOX.arrow_schema())
    replace_rows(connection, OUTBOX, rows, {"message_id": row["message_id"]})
    return True


def claim(connection: duckdb.DuckDBPyConnection, channels: Collection[str], now: datetime) -> list[Message]:
    """The messages that wait for these channels, the oldest first; until the lease ends nobody else gets them."""
    values = {"until": now + LEASE, "now": now, "pending": PENDING, "channels": sorted(channels)}
    rows = connection.execute(CLAIM, values).fetchall()
    found = [
        Message(key, channel, night, json.loads(body), edition, written)
        for key, channel, night, _, edition, body, written in rows
    ]
    return sorted(found, key=lambda message: (message.written, message.night, message.edition, message.message_id))


def settle(
    connection: duckdb.DuckDBPyConnection,
    message: Message,
    fault: str | None,
    now: datetime,
    *,
    arrived: bool,
    attempts: int,
    keep: timedelta,
) -> str:
    """Mark a message as delivered, or leave it for the next delivery until it has been kept long enough; its state."""
    state = DELIVERED if arrived else GIVEN_UP if message.written + keep < now else PENDING
    settled = None if state == PENDING else now
    values = {"state": state, "fault": fault, "attempts": attempts, "settled": settled, "id": message.message_id}
    connection.execute(SETTLE, values)
    return state


def _row(channel: str, body: Body, edition: int, now: datetime) -> dict[str, Any]:
    return {
        "message_id": message_id(channel, body, edition),
        "log_date": date.fromisoformat(body["night"]),
        "channel": channel,
        "subject": body["subject"],
        "edition": edition,
        "content": content_of(body),
        "body": json.dumps(body),
        "state": PENDING,
        "attempts": 0,
        "created_at": now,
        "claimed_until": None,
        "settled_at": None,
        "fault": None,
    }
