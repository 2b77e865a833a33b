"""Delivers what waits in the outbox, or tries the channels, and shows what became of each message."""

from rich.console import Console
from rich.table import Column, Table

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.feeds.notifications import deliver_pending, try_channels
from pipeline.report.terminal import safe_text
from pipeline.warehouse.engine import Warehouse


def notify(settings: Settings, console: Console, *, trial: bool) -> bool:
    """Deliver what waits, or send a trial message to each channel.

    Returns:
        Whether all arrived.

    Raises:
        UsageError: no channel is configured.
    """
    if not settings.notifications:
        message = "no channel is configured; add a [[notifications]] section, see the sample shoal.toml"
        raise UsageError(message)
    outcomes = try_channels(settings) if trial else deliver_pending(settings, Warehouse.of(settings))
    if not outcomes:
        console.print("nothing waits in the outbox")
        return True
    table = Table("channel", "night", "arrived", Column("why not", overflow="fold"))
    for outcome in outcomes:
        arrived = "yes" if outcome.arrived else "no"
        table.add_row(outcome.channel, f"{outcome.night}", arrived, safe_text(outcome.fault or ""))
    console.print(table)
    return all(outcome.arrived for outcome in outcomes)
