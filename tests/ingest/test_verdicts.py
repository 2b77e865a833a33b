"""What actions mean."""

import pytest

from pipeline.config import Verdicts
from pipeline.ingest.verdicts import unmapped, verdict

DEFAULTS = {
    "blocked": [
        "chs dropped input", "chs dropped vlan28", "DROP", "drop-icmp", "Deny", "denied", "connection_denied", "REJECT",
        "block", "blocked", "UFW BLOCK", "[UFW BLOCK]", "block-url", "reset-both",
        "disallowed", "Disallow", "not allowed", "not permitted", "NOT_PERMITTED", "not-accepted",
    ],
    "allowed": ["chs accepted input", "ACCEPT", "allow", "flow_allowed", "PERMITTED", "permit", "pass", "Passed"],
    "other": [
        "chs add blocker 3", "blocklist updated", "unblocked", "Unblock", "not blocked", "not dropped", "not denied",
        "not_rejected", "bypass", "password", "identity", "preset", "close", "",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("action", "meaning"), [(action, name) for name in DEFAULTS for action in DEFAULTS[name]])
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
    actions = ["zzz", "chs dropped input", "chs add blocker 3", "not blocked", "aaa", "zzz"]
    assert unmapped(actions, Verdicts()) == ["aaa", "zzz"]
    assert unmapped([], Verdicts()) == []
