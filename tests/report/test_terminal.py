"""Log content in the terminal: visible, and unable to act."""

import io
import re
from datetime import date

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from pipeline.report.terminal import LIMIT, findings_table, gone_line, safe_text, visible_text

ANY_TEXT = st.text(st.characters(), max_size=60) | st.text(alphabet="[]\\/:ab#@= \x1b\u202e", max_size=20)


@given(ANY_TEXT)
def test_visible_text_hides_nothing(text: str) -> None:
    assert visible_text(text).isprintable()
    assert visible_text(visible_text(text)) == visible_text(text)


@given(ANY_TEXT)
def test_printable_text_is_left_as_it_is(text: str) -> None:
    assert (visible_text(text) == text) == text.isprintable()


@given(ANY_TEXT)
@example(":\x1f:A:")
def test_safe_text_shows_itself_whatever_stands_around_it(text: str) -> None:
    shown = Text.from_markup(f"[bold]{safe_text(text)}[/bold]!")
    assert shown.plain == f"{visible_text(text)}!"
    assert {str(span.style) for span in shown.spans} <= {"bold", "none"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b2J", r"\x9b2J"),
        ("gpj\u202eexe.\u2066x\u200f", r"gpj\u202eexe.\u2066x\u200f"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("line\u2028break", r"line\u2028break"),
        ("lone\ud800", r"lone\ud800"),
        ("tag\U000e0041", r"tag\U000e0041"),
        ("Österreich 日本 שלום", "Österreich 日本 שלום"),
        (443, "443"),
    ],
)
def test_what_would_act_is_spelled_out(text: object, shown: str) -> None:
    assert visible_text(text) == shown


def test_long_text_is_cut_and_says_so() -> None:
    assert visible_text("n" * 10_000, limit=5) == "nnnnn… (10,000 characters)"
    assert visible_text("n" * LIMIT) == "n" * LIMIT


@pytest.mark.parametrize("text", ["[red]x[/red]", "[link=file:///x]y[/]", "[/]", "2001:db8:a:b::1", ":skull:", "x\\"])
def test_markup_and_emoji_codes_are_only_text(text: str) -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=True)
    console.print(f"<{safe_text(text)}>", highlight=False)
    assert console.file.getvalue() == f"<{text}>\n"  # type: ignore[attr-defined]  # a StringIO


def findings(number: int, explanation: str = "a port scan") -> pd.DataFrame:
    rows = [
        {
            "log_date": date(2026, 1, 12),
            "rank": rank,
            "finding_id": f"20260110-{rank:08x}",
            "severity": 90.0 - 10 * rank,
            "severity_level": "high",
            "state": "back" if rank == 2 else "new",
            "records": 1_000 * rank,
            "first_seen": pd.Timestamp("2026-01-12T01:02:03", tz="UTC"),
            "last_seen": pd.Timestamp("2026-01-12T04:05:06", tz="UTC"),
            "explanation": explanation,
        }
        for rank in range(number, 0, -1)
    ]
    columns = [
        "log_date",
        "rank",
        "finding_id",
        "severity",
        "severity_level",
        "state",
        "records",
        "first_seen",
        "last_seen",
        "explanation",
    ]
    return pd.DataFrame(rows, columns=columns)


def printed(frame: pd.DataFrame, limit: int = 10) -> str:
    console = Console(file=io.StringIO(), width=100)
    console.print(findings_table(frame, limit))
    return console.file.getvalue()  # type: ignore[attr-defined]  # a StringIO


def test_findings_come_by_rank_and_the_rest_is_counted() -> None:
    text = printed(findings(5), limit=2)
    assert "5 suspicious clusters" in text
    assert "3 more in the report" in text
    assert text.index("high 80") < text.index("high 70")
    assert "high 60" not in text
    assert "back" in text
    # what `shoal suppress --finding` and `shoal feedback --finding` take
    assert "20260110-00000001" in text


def test_findings_of_several_nights_name_the_night_and_come_by_severity() -> None:
    later = findings(1).assign(log_date=date(2026, 1, 13), severity=85.0)
    text = printed(pd.concat([later, findings(2)]))
    assert re.findall(r"2026-01-1\d|high \d+", text) == [
        "2026-01-13", "high 85", "2026-01-12", "high 80", "2026-01-12", "high 70",
    ]  # fmt: skip
    assert "2026-" not in printed(findings(2))


def test_one_and_no_finding() -> None:
    assert "1 suspicious cluster\n" in printed(findings(1)).replace(" " * 2, "").replace(" \n", "\n")
    nothing = printed(findings(0))
    assert "No suspicious cluster" in nothing
    assert nothing.split() == ["No", "suspicious", "cluster"]


def test_a_hostile_explanation_cannot_act_in_the_table() -> None:
    text = printed(findings(1, "\x1b[2J[bold red]:skull:[/] \u202e" + "n" * 10_000))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[bold red]:skull:[/]" in text.replace("\n", "")
    assert "(10,0" in text


def test_what_is_gone_is_a_line_that_names_attacks() -> None:
    night = date(2026, 1, 11)
    assert gone_line([(night, 4, None)]) == "gone: 1 finding of 2026-01-11"
    assert gone_line([(night, 1, "vertical_scan"), (night, 4, None), (night, 9, "beaconing")]) == (
        "gone: 3 findings of 2026-01-11, among them vertical scan (rank 1), beaconing (rank 9)"
    )
