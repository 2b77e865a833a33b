"""What actions mean."""

import pytest

from pipeline.config import Verdicts
from pipeline.ingest.verdicts import unmapped, verdict


@pytest.mark.parametrize(
    ("action", "meaning"),
    [
        ("chs dropped input", "blocked"),
        ("chs dropped vlan28", "blocked"),
        ("chs add blocker 3", "other"),
        ("DROP", "blocked"),
        ("denied", "blocked"),
        ("Deny", "blocked"),
        ("reset-both", "blocked"),
        ("block", "blocked"),
        ("allow", "allowed"),
        ("PERMITTED", "allowed"),
        ("pass", "allowed"),
        ("bypass", "other"),
        ("", "other"),
    ],
)
def test_default_patterns(action: str, meaning: str) -> None:
    assert verdict(action, Verdicts()) == meaning


def test_notes_stay_notes_however_broad_the_other_patterns_are() -> None:
    broad = Verdicts(blocked=["*block*"], allowed=["*"], other=["*add blocker*"])
    assert verdict("chs add blocker 3", broad) == "other"
    assert verdict("blocked by blocker", broad) == "blocked"
    assert verdict("anything", broad) == "allowed"


def test_patterns_ignore_case_on_both_sides() -> None:
    assert verdict("Chs Dropped Input", Verdicts(blocked=["CHS *"])) == "blocked"


def test_unmapped_actions_are_named_once_in_order() -> None:
    actions = ["zzz", "chs dropped input", "chs add blocker 3", "aaa", "zzz"]
    assert unmapped(actions, Verdicts()) == ["aaa", "zzz"]
    assert unmapped([], Verdicts()) == []
