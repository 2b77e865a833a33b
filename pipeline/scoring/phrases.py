"""What features are called in a sentence, in units that a person counts in; nothing here decides anything.

A feature without a phrase of its own goes by its name, and the end of the name says what it counts in (`_log2`,
`_log`, `_share`). The calendar has no phrase: that it is Saturday is no behaviour. Of a count that is binned, a
sentence says what holds of the whole bin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from pipeline.models.usual import Usual
from pipeline.scoring.bins import BINS

Unit: TypeAlias = Callable[[float], str]


@dataclass(frozen=True)
class Phrase:
    """How a feature reads: `text` with the value filled in, values turned into units by `unit`."""

    text: str
    unit: Unit


def _count(amount: float) -> str:
    return f"{round(amount):,}"


def _power(value: float) -> str:
    return _rate(2**value)


def _power_from_zero(value: float) -> str:
    return _rate(2**value - 1)


def _rate(amount: float) -> str:
    return f"{amount:.2g}" if amount < 10 else _count(amount)


def _bytes(value: float) -> str:
    return _size(float(10 ** (value / 2.302585092994046)) - 1)


def _bytes_power(value: float) -> str:
    return _size(float(2**value))


def _seconds_of_milliseconds(value: float) -> str:
    return f"{10**value / 1000:.3g} s"


def _size(amount: float) -> str:
    for name in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.3g} {name}"
        amount /= 1000
    return f"{amount:.3g} TB"


def _percent(value: float) -> str:
    return f"{value:.0%}"


# of counts that are binned, whose units follow from their bins
TEXTS = {
    "source_events_log2": "{} packets per source and hour",
    "source_ports_log2": "{} distinct ports per source and hour",
    "source_targets_log2": "{} distinct targets per source and hour",
    "target_sources_log2": "{} distinct sources per target and hour",
    "target_events_log2": "{} packets per target and hour",
}
PHRASES: dict[str, Phrase] = {
    "attempts_per_hour_log2": Phrase("about {} attempts per hour", _power),
    "session_minutes_log2": Phrase("about {} minutes a session", _power_from_zero),
    "bytes_log": Phrase("about {} each", _bytes),
    "duration_log10": Phrase("about {} long", _seconds_of_milliseconds),
    "large_transfer": Phrase("{} of them over 1 MB", _percent),
    "source_ip_is_private": Phrase("{} from private addresses", _percent),
    "dest_ip_is_private": Phrase("{} to private addresses", _percent),
    "is_web_port": Phrase("{} to web ports", _percent),
    "is_mail_port": Phrase("{} to mail ports", _percent),
    "is_database_port": Phrase("{} to database ports", _percent),
    "port_missing": Phrase("{} without ports", _percent),
    "bytes_missing": Phrase("{} without a size", _percent),
    "is_business_hours": Phrase("{} in business hours", _percent),
}


def _plain(value: float) -> str:
    return f"{value:,.4g}"


def _before_log(value: float) -> str:
    # of either sign: tables that a team adds may hold numbers below 0
    return _plain(float(np.copysign(np.expm1(abs(value)), value)))


LOG2 = "_log2"
LOGARITHMS = (LOG2, "_log")
SIZES = {LOG2: _bytes_power, "_log": _bytes}
# by the end of a feature's name; the first that fits
UNITS: tuple[tuple[str, Unit], ...] = (
    (LOG2, _power),
    ("_log", _before_log),
    ("_share", _percent),
    ("", _plain),
)


def phrase_of(feature: str) -> Phrase:
    """How a feature reads: by its own phrase, or by its name; of a bin, the lowest count."""
    if feature in BINS:
        return Phrase(TEXTS.get(feature) or _by_name(feature).text, partial(_least, feature))
    return PHRASES.get(feature) or _by_name(feature)


def _by_name(feature: str) -> Phrase:
    ending, unit = next((ending, unit) for ending, unit in UNITS if feature.endswith(ending))
    if "bytes" in feature:
        unit = SIZES.get(ending, unit)
    name = feature.removesuffix(ending) if ending in LOGARITHMS else feature
    return Phrase(f"{_name(name)} {{}}", unit)


def _least(feature: str, value: float) -> str:
    return _amount(feature, BINS[feature].least(value))


def _most(feature: str, value: float) -> str:
    return _amount(feature, BINS[feature].most(value))


def _amount(feature: str, count: float) -> str:
    return _size(count) if "bytes" in feature else _count(count)


def shown(feature: str, value: Any) -> str:
    """A value of a feature as text."""
    if pd.isna(value):
        return "unknown"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return value if isinstance(value, str) else phrase_of(feature).unit(float(value))


def usually(feature: str, usual: Usual | None) -> str:
    """What is usual of a feature as text."""
    if usual is None:
        return "unknown"
    first, second = usual
    if isinstance(first, str):
        return f"{first} ({second:.0%})"
    unit = phrase_of(feature).unit
    low, high = unit(first), _most(feature, second) if feature in BINS else unit(second)
    return low if low == high else f"{low} to {high}"


def deviation(feature: str, value: Any, usual: Usual | None) -> str | None:
    """Such as "256 or more distinct ports per source and hour, usually 1 to 3"; None for what is usual or unknown."""
    if usual is None or pd.isna(value):
        return None
    first, second = usual
    if isinstance(first, str):
        return None if value == first else f"{_name(feature)} {value}, usually {usually(feature, usual)}"
    if first <= float(value) <= second:
        return None
    if isinstance(value, bool | np.bool_):
        return f"{_name(feature.removeprefix('is_'))}: {shown(feature, value)}, usually {shown(feature, not value)}"
    return sentence(feature, float(value), first, second)


def _name(feature: str) -> str:
    return feature.replace("_", " ")


def sentence(feature: str, value: float, low: float, high: float, *, mostly: bool = False) -> str:
    """Such as "256 or more distinct ports per source and hour, usually 1 to 3".

    Args:
        feature: which.
        value: lower or higher than what is usual.
        low: what is usual.
        high: the same.
        mostly: some of what the value stands for have another.
    """
    phrase = phrase_of(feature)
    amount = phrase.unit(value)
    if feature in BINS:
        amount = f"{amount} or more" if value > high else f"at most {_most(feature, value)}"
        amount = f"mostly {amount}" if mostly else amount
    return f"{phrase.text.replace('{}', amount)}, usually {usually(feature, (low, high))}"
