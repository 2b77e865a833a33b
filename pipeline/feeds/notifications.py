"""Tells the configured channels of a night or of a failed run, and delivers what waits. Nothing here fails a night.

Also what the sensor of failed runs calls (`notify_failure`).
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from pipeline.config import Notification, Settings
from pipeline.feeds.delivery import Outcome, attempt, deliver
from pipeline.feeds.messages import Body, failure_message, findings_message, message_id
from pipeline.feeds.outbox import Message, enqueue
from pipeline.scoring.views import view_queries
from pipeline.warehouse.engine import Warehouse, WarehouseBusyError
from pipeline.warehouse.published import publish
from schemas.base import of_night
from schemas.report import OUTBOX, SUSPICIOUS_CLUSTERS

ALL_NIGHTS = "all"


def notify_night(settings: Settings, warehouse: Warehouse, night: date) -> list[Outcome]:
    """Tell every channel of a finished night what it has not been told, and deliver all that waits.

    A night without findings is told to channels that want all nights, and to those that were told of findings before.
    """
    with warehouse.transaction() as connection:
        findings = warehouse.fetch(of_night(SUSPICIOUS_CLUSTERS, night).order_by("rank", "finding_id")).to_pylist()
        for channel in settings.notifications:
            body = findings_message(channel, night, findings)
            wanted = channel.nights == ALL_NIGHTS or bool(body["findings"])
            enqueue(connection, channel.name, body, datetime.now(UTC), unasked=wanted)
    return deliver_pending(settings, warehouse)


def notify_failure(settings: Settings, night: date, sentence: str, run_id: str = "") -> list[Outcome]:
    """Tell the channels that want it that a run of a night failed; the same run is told once.

    Args:
        settings: whose channels are told.
        night: the night of the run.
        sentence: what went wrong.
        run_id: tells runs of the same night apart; without one, a night that fails again in the same way is told once.

    Returns:
        what became of each message. While a run holds the warehouse for longer than the deadline there is no outbox to
        put them in, so they are sent at once and not kept if nobody takes them.
    """
    channels = [channel for channel in settings.notifications if channel.failures]
    if not channels:
        return []
    bodies = {channel.name: failure_message(channel, night, sentence, run_id) for channel in channels}
    warehouse = Warehouse.of(settings)
    try:
        with warehouse.transaction() as connection:
            for name, body in bodies.items():
                enqueue(connection, name, body, datetime.now(UTC), unasked=True)
    except WarehouseBusyError:
        return _at_once(settings, channels, bodies)
    return deliver_pending(settings, warehouse)


def deliver_pending(settings: Settings, warehouse: Warehouse) -> list[Outcome]:
    """Deliver what waits in the outbox, and publish the outbox as it is then."""
    outcomes = deliver(settings, warehouse)
    if outcomes:
        publish(warehouse, settings.published_folder, None, view_queries(settings), only={OUTBOX.name})
    return outcomes


def try_channels(settings: Settings) -> list[Outcome]:
    """Send every channel a message that says it is a trial; nothing is stored."""
    today = datetime.now(UTC).date()
    bodies = {
        channel.name: findings_message(channel, today, []) | {"title": f"Shoal {today}: a trial, nothing happened"}
        for channel in settings.notifications
    }
    return _at_once(settings, settings.notifications, bodies)


def _at_once(settings: Settings, channels: Iterable[Notification], bodies: dict[str, Body]) -> list[Outcome]:
    now = datetime.now(UTC)
    return [attempt(settings, channel, _message(channel.name, bodies[channel.name], now)) for channel in channels]


def _message(channel: str, body: Body, now: datetime) -> Message:
    return Message(message_id(channel, body, 1), channel, date.fromisoformat(body["night"]), body, 1, now)
