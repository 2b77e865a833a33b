"""Edits suppressions and feedback for a person, and shows them."""

import getpass
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console.querying import show
from pipeline.console.running import report_again
from pipeline.feeds.night import check_published
from pipeline.people import editing
from pipeline.people.entries import Entry, checked, entry_id
from pipeline.report.tables import counted
from pipeline.report.terminal import safe_text
from pipeline.warehouse.engine import Warehouse
from schemas.base import TableSpec
from schemas.report import FEEDBACK, SUPPRESSIONS
from schemas.report.people import JUDGEMENTS

PATTERN = "pattern"


@dataclass(frozen=True)
class Told:
    """What a person says of an entry, whichever table it is for.

    Attributes:
        kind, value, side: whom it is about, unless a finding is named.
        finding: id of a finding, in their place.
        owner: who answers for it; None for who runs the command.
        reason: why.
        expires: first day on which it no longer holds.
        days: in place of it, days from today.
    """

    kind: str | None
    value: str | None
    side: str | None
    finding: str | None
    owner: str | None
    reason: str
    expires: date | None
    days: int | None


def suppress(settings: Settings, console: Console, told: Told) -> None:
    """Write a suppression.

    Raises:
        UsageError: what it says makes no sense, or there is no such finding.
    """
    entry, _ = _entry(settings, told)
    row = _row(entry, told) | {"suppression_id": entry_id(entry.kind, entry.value, entry.side)}
    editing.write(settings, SUPPRESSIONS, row)
    console.print(f"suppression {row['suppression_id']}:", safe_text(_about(row)), soft_wrap=True)
    console.print("it acts on the next report; for an earlier one: shoal suppress apply --date DAY", soft_wrap=True)


def judge(
    settings: Settings, console: Console, told: Told, verdict: str, first: date | None, last: date | None
) -> None:
    """Write a judgement; that of a finding is about the finding's nights unless others are named.

    Raises:
        UsageError: what it says makes no sense, or there is no such finding.
    """
    if verdict not in JUDGEMENTS:
        message = f"{verdict!r} is no verdict; choose one of {', '.join(JUDGEMENTS)}"
        raise UsageError(message)
    entry, nights = _entry(settings, told)
    start = first or (nights[0] if nights else date.fromisoformat(settings.schedule.first_night))
    end = last or (nights[-1] if nights else None)
    if end and end < start:
        message = f"--to {end} lies before --from {start}; swap them"
        raise UsageError(message)
    row = _row(entry, told) | {
        "feedback_id": entry_id(entry.kind, entry.value, entry.side, start, end),
        "verdict": verdict,
        "first_night": start,
        "last_night": end,
    }
    editing.write(settings, FEEDBACK, row)
    span = f"nights from {start}" + (f" to {end}" if end else " on")
    console.print(f"feedback {row['feedback_id']}:", safe_text(f"{verdict} {_about(row)}, {span}"), soft_wrap=True)


def show_suppressions(settings: Settings, console: Console) -> None:
    """Print the suppressions, the oldest first."""
    _show(settings, console, SUPPRESSIONS)


def show_feedback(settings: Settings, console: Console) -> None:
    """Print the judgements, the oldest first."""
    _show(settings, console, FEEDBACK)


def remove_suppression(settings: Settings, console: Console, suppression_id: str) -> None:
    """Take a suppression away.

    Raises:
        UsageError: there is none of that id.
    """
    editing.remove(settings, SUPPRESSIONS, suppression_id)
    console.print("removed", suppression_id)


def remove_feedback(settings: Settings, console: Console, feedback_id: str) -> None:
    """Take a judgement away.

    Raises:
        UsageError: there is none of that id.
    """
    editing.remove(settings, FEEDBACK, feedback_id)
    console.print("removed", feedback_id)


def apply_suppressions(settings: Settings, console: Console, night: date) -> None:
    """Make the report of a night again, and say how many findings are suppressed in it.

    Raises:
        NothingPublishedError: no night has been published yet.
        UsageError: this one has not.
        RunFailedError: the report failed.
    """
    check_published(settings.published_folder, night)
    report_again(settings, night, console)
    shown, hidden = counted(settings.published_folder, night)
    console.print(f"night {night}: {shown:,} findings shown, {hidden:,} suppressed")


def _entry(settings: Settings, told: Told) -> tuple[Entry, list[date]]:
    """What it is about, and the nights of the finding if it is one."""
    if told.finding and (told.kind or told.value):
        message = "name either a KIND and a VALUE, or a --finding"
        raise UsageError(message)
    kind, value = (PATTERN, told.finding) if told.finding else (told.kind, told.value)
    if not kind or not value:
        message = "say whom it is about: a KIND and a VALUE such as `address 192.0.2.7`, or --finding ID"
        raise UsageError(message)
    entry = checked(kind, value, told.side)
    return entry, editing.nights_of(settings, value) if kind == PATTERN else []


def _row(entry: Entry, told: Told) -> dict[str, Any]:
    if not told.reason.strip():
        message = "say why with --reason; whoever reads it next year will ask"
        raise UsageError(message)
    return {
        "kind": entry.kind,
        "value": entry.value,
        "side": entry.side,
        "owner": told.owner or getpass.getuser(),
        "reason": told.reason,
        "created_at": datetime.now(UTC),
        "expires_at": _expiry(told),
    }


def _expiry(told: Told) -> datetime | None:
    if told.expires and told.days:
        message = "say when it expires with either --expires or --days"
        raise UsageError(message)
    today = datetime.now(UTC).date()
    day = today + timedelta(days=told.days) if told.days else told.expires
    if day and day <= today:
        message = f"--expires {day} has passed; name a later day"
        raise UsageError(message)
    return datetime.combine(day, time(), UTC) if day else None


def _about(row: dict[str, Any]) -> str:
    end = f", until {row['expires_at']:%Y-%m-%d}" if row["expires_at"] else ""
    side = f" as {row['side']}" if row["side"] else ""
    return f"{row['kind']} {row['value']}{side}{end}"


def _show(settings: Settings, console: Console, spec: TableSpec) -> None:
    rows = editing.entries(Warehouse.of(settings), spec)
    names = [*spec.key, *(name for name in spec.columns() if name not in spec.key)]
    if not rows:
        console.print(f"{spec.name} is empty")
    else:
        show(console, names, [tuple(_shown(row[name]) for name in names) for row in rows])


def _shown(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value
