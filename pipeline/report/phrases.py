"""What features are called in a sentence, in units that a person counts in; nothing here decides anything.

The calendar has no phrase: that it is Saturday is no behaviour.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """How a feature reads: `text` with the value filled in, values turned into units by `unit`."""

    text: str
    unit: Callable[[float], str]


def _power(value: float) -> str:
    return f"{round(2**value):,}"


def _bytes(value: float) -> str:
    amount = float(10 ** (value / 2.302585092994046)) - 1
    for name in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.3g} {name}"
        amount /= 1000
    return f"{amount:.3g} TB"


def _percent(value: float) -> str:
    return f"{value:.0%}"


PHRASES: dict[str, Phrase] = {
    "source_events_log2": Phrase("about {} packets per source and hour", _power),
    "source_ports_log2": Phrase("about {} distinct ports per source and hour", _power),
    "source_targets_log2": Phrase("about {} distinct targets per source and hour", _power),
    "target_sources_log2": Phrase("about {} distinct sources per target and hour", _power),
    "target_events_log2": Phrase("about {} packets per target and hour", _power),
    "bytes_log": Phrase("about {} each", _bytes),
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


def sentence(feature: str, value: float, low: float, high: float) -> str:
    """Such as "about 413 distinct ports per source and hour, usually 1 to 2"."""
    phrase = PHRASES[feature]
    usual_low, usual_high = phrase.unit(low), phrase.unit(high)
    usual = usual_low if usual_low == usual_high else f"{usual_low} to {usual_high}"
    return f"{phrase.text.format(phrase.unit(value))}, usually {usual}"
