"""What a device's actions mean: allowed, blocked or other, by the patterns of the configuration.

The lists are tried in the order other, blocked, allowed: a note beside the event of the packet itself, such as `chs
add blocker 3`, stays a note however broad the patterns of the other two are.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from pipeline.config import Verdicts

ORDER = ("other", "blocked", "allowed")
UNKNOWN = "other"


def verdict(action: str, verdicts: Verdicts) -> str:
    """What the action means; `other` if no pattern matches it."""
    return _matched(action, verdicts) or UNKNOWN


def unmapped(actions: Iterable[str], verdicts: Verdicts) -> list[str]:
    """The actions, sorted, that no pattern matches: their verdict is `other` because nobody said what they mean."""
    return sorted({action for action in actions if _matched(action, verdicts) is None})


def _matched(action: str, verdicts: Verdicts) -> str | None:
    text = action.strip().lower()
    patterns = {"other": verdicts.other, "blocked": verdicts.blocked, "allowed": verdicts.allowed}
    for name in ORDER:
        if any(fnmatchcase(text, pattern.lower()) for pattern in patterns[name]):
            return name
    return None
