"""`shoal suppress` and `shoal feedback`: what is said, and what cannot be."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console.people import Told, judge, remove_feedback, show_feedback, show_suppressions, suppress
from pipeline.people.editing import entries
from pipeline.warehouse.engine import Warehouse
from schemas.report import FEEDBACK, SUPPRESSIONS

TODAY = datetime.now(UTC).date()


def told(kind: str | None = None, value: str | None = None, **more: Any) -> Told:
    silent = dict.fromkeys(("side", "finding", "owner", "expires", "days"))
    return Told(**(silent | {"kind": kind, "value": value, "reason": "why"} | more))


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_suppression_is_written_shown_and_replaced(
    settings: Settings, warehouse: Warehouse, console: Console
) -> None:
    begun = datetime.now(UTC).date()
    with warehouse.connect():
        show_suppressions(settings, console)
        suppress(settings, console, told("user", "[red]\x1b[2J", days=3))
        suppress(settings, console, told("user", "[red]\x1b[2J", owner="soc"))
        (row,) = entries(warehouse, SUPPRESSIONS)
        show_suppressions(settings, console)
    assert (row["owner"], row["expires_at"], row["side"]) == ("soc", None, None)
    assert "report.suppressions is empty" in printed(console)
    days = {begun, datetime.now(UTC).date()}  # it may be midnight
    assert any(f"until {day + timedelta(days=3)}" in printed(console) for day in days)
    assert r"[red]\x1b[2J" in printed(console)
    assert "\x1b" not in printed(console)


def test_a_judgement_of_a_finding_is_about_its_nights(
    settings: Settings, warehouse: Warehouse, console: Console, put: Any
) -> None:
    first, last = date(2026, 1, 6), date(2026, 1, 8)
    with warehouse.connect():
        put("report.suspicious_clusters", [{"finding_id": "f1", "log_date": night} for night in (first, last)])
        judge(settings, console, told(finding="f1"), "benign", None, None)
        judge(settings, console, told("address", "192.0.2.7", side="either"), "malicious", None, None)
        found = entries(warehouse, FEEDBACK)
        show_feedback(settings, console)
        for row in found:
            remove_feedback(settings, console, row["feedback_id"])
        assert entries(warehouse, FEEDBACK) == []
    said = [(row["kind"], row["verdict"], row["first_night"], row["last_night"]) for row in found]
    assert said == [("pattern", "benign", first, last), ("address", "malicious", date(2026, 1, 5), None)]


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (told(), "KIND and a VALUE"),
        (told("port"), "KIND and a VALUE"),
        (told("port", "22", finding="f1"), "either a KIND"),
        (told("port", "22", reason=" "), "say why"),
        (told("port", "22", expires=TODAY + timedelta(days=9), days=2), "either --expires or --days"),
        (told("port", "22", expires=TODAY), "has passed"),
    ],
)
def test_what_is_not_said_clearly_is_asked_for(settings: Settings, console: Console, what: Told, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        suppress(settings, console, what)
    assert not settings.warehouse_file.exists()


@pytest.mark.parametrize(
    ("verdict", "first", "last", "words"),
    [("odd", None, None, "benign, malicious"), ("benign", TODAY, date(2026, 1, 5), "swap them")],
)
def test_a_judgement_is_one_of_two_about_nights_in_order(
    settings: Settings, console: Console, verdict: str, first: date | None, last: date | None, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        judge(settings, console, told("port", "22"), verdict, first, last)
