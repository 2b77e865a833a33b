"""Delivers messages: several attempts with growing pauses, in order per channel, and none holds up another channel.

The warehouse is open only to claim and to mark messages, never while a receiver is waited for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from pipeline.config import Notification, Settings
from pipeline.feeds.outbox import Message, claim, settle
from pipeline.feeds.senders import RefusedError, UnreachableError, send
from pipeline.warehouse.engine import Warehouse

LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    """What became of a message.

    Attributes:
        channel: name of the channel.
        night: that the message is about.
        arrived: whether the receiver took it.
        fault: why it did not, or a remark.
        attempts: how often it was sent this time; 0 behind one that found the receiver gone.
    """

    channel: str
    night: date
    arrived: bool
    fault: str | None
    attempts: int


def deliver(settings: Settings, warehouse: Warehouse) -> list[Outcome]:
    """Send what waits in the outbox for the configured channels, and mark each message at once."""
    channels = {channel.name: channel for channel in settings.notifications}
    with warehouse.transaction() as connection:
        waiting = claim(connection, channels, datetime.now(UTC))
    found = []
    for name, channel in channels.items():
        for message, outcome in _in_order(settings, channel, [it for it in waiting if it.channel == name]):
            with warehouse.transaction() as connection:
                settle(
                    connection,
                    message,
                    outcome.fault,
                    datetime.now(UTC),
                    arrived=outcome.arrived,
                    attempts=outcome.attempts,
                    keep=timedelta(days=channel.keep_days),
                )
            found.append(outcome)
    return found


def attempt(settings: Settings, channel: Notification, message: Message) -> Outcome:
    """Send one message, again while the receiver cannot be reached and attempts are left."""
    attempts = Retrying(
        retry=retry_if_exception_type(UnreachableError),
        stop=stop_after_attempt(channel.attempts),
        wait=lambda state: _pause(channel, state),
        reraise=True,
    )
    try:
        remark, arrived = attempts(send, settings, channel, message), True
    except (UnreachableError, RefusedError) as fault:
        remark, arrived = str(fault), False
    return Outcome(channel.name, message.night, arrived, remark, attempts.statistics["attempt_number"])


def _in_order(
    settings: Settings, channel: Notification, messages: Sequence[Message]
) -> Iterator[tuple[Message, Outcome]]:
    """Each message with its outcome; after one that found the receiver gone, the rest wait for the next delivery."""
    gone: str | None = None
    for message in messages:
        if gone:
            yield message, Outcome(channel.name, message.night, arrived=False, fault=gone, attempts=0)
            continue
        outcome = attempt(settings, channel, message)
        if not outcome.arrived and outcome.attempts == channel.attempts:
            gone = outcome.fault
        yield message, outcome


def _pause(channel: Notification, state: RetryCallState) -> float:
    """Seconds before the next attempt: doubled each time, or what the receiver asked for, within bounds."""
    fault = state.outcome.exception() if state.outcome else None
    asked = fault.after if isinstance(fault, UnreachableError) else 0.0
    return min(max(asked, channel.retry_seconds * 2 ** (state.attempt_number - 1)), LONGEST_WAIT_SECONDS)
