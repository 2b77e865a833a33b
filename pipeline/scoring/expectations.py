"""What a night is expected to look like. An expectation that fails is shown, it never stops the night.

Each is a pure function of a few facts; how the facts are counted and how Dagster shows the answer belongs elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_REJECTED = 0.01
MOST_UNMAPPED = 0.01
MOST_NOISE = 0.2
FLAGGED_FACTOR = 4
VOLUME_FACTOR = 3


@dataclass(frozen=True)
class Verdict:
    """Whether an expectation holds, in a sentence, with the facts behind it."""

    holds: bool
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)


def few_rejected(lines: int, rejected: int) -> Verdict:
    """At most 1 % of the lines read are rejected."""
    share = rejected / lines if lines else 0.0
    sentence = f"{rejected:,} of {lines:,} lines rejected ({share:.1%})"
    return Verdict(share <= MOST_REJECTED, sentence, {"share": share})


def files_read(faults: dict[str, str]) -> Verdict:
    """Every file was read to its end; `faults` say by path why not."""
    if not faults:
        return Verdict(True, "every file was read to its end")
    named = "; ".join(f"{path}: {reason}" for path, reason in sorted(faults.items())[:5])
    return Verdict(False, f"{len(faults):,} files were not read to their end: {named}", {"files": len(faults)})


def actions_mapped(events: int, unmapped: dict[str, int]) -> Verdict:
    """At most 1 % of the events have an action that no verdict pattern matches."""
    count = sum(unmapped.values())
    share = count / events if events else 0.0
    names = ", ".join(sorted(unmapped, key=lambda action: (-unmapped[action], action))[:5])
    hint = f"; map these under [verdicts]: {names}" if unmapped else ""
    return Verdict(
        share <= MOST_UNMAPPED,
        f"{count:,} of {events:,} events without a verdict ({share:.1%}){hint}",
        {"share": share},
    )


def volume_as_usual(events: int, usual: list[int]) -> Verdict:
    """Between a third and three times the events of the baseline's median night."""
    if not usual:
        return Verdict(events > 0, f"{events:,} events; no baseline to compare with")
    median = sorted(usual)[len(usual) // 2]
    holds = median / VOLUME_FACTOR <= events <= median * VOLUME_FACTOR
    return Verdict(holds, f"{events:,} events, usually {median:,}", {"median": median})


def flagged_as_expected(flagged: int, rows: int, expected: float) -> Verdict:
    """At most four times the share that the threshold stands for: more means that the network has changed."""
    share = flagged / rows if rows else 0.0
    holds = share <= FLAGGED_FACTOR * expected
    return Verdict(holds, f"{share:.1%} flagged, {expected:.1%} expected", {"share": share, "expected": expected})


def little_noise(noise: int, rows: int) -> Verdict:
    """At most a fifth of the rows belong to no cluster."""
    share = noise / rows if rows else 0.0
    return Verdict(share <= MOST_NOISE, f"{share:.1%} of the rows belong to no cluster", {"share": share})


def models_sound(fitted: int, kept: Mapping[str, str], ages: Mapping[str, int], most_nights: int) -> Verdict:
    """Every model of the night was accepted, and none in service is too old.

    Args:
        fitted: models that were fitted for the night.
        kept: by feature table and algorithm, why the model before scores the night.
        ages: by feature table and algorithm, nights since the model in service was fitted.
        most_nights: that one may be in service.
    """
    old = [f"{name} ({age:,} nights)" for name, age in sorted(ages.items()) if age > most_nights]
    reasons = [f"{name}: {reason}" for name, reason in sorted(kept.items())]
    said = [f"{len(kept):,} of {fitted:,} models not accepted, those before score the night: {'; '.join(reasons)}"]
    said = said if kept else [f"all {fitted:,} models accepted"]
    said += [f"in service for more than {most_nights:,} nights: {', '.join(old)}"] if old else []
    return Verdict(not kept and not old, "; ".join(said), {"kept": len(kept), "old": len(old)})


def budget_kept(alerts: int, budget: int) -> Verdict:
    """No more events are shown than the budget allows."""
    return Verdict(alerts <= budget, f"{alerts:,} of at most {budget:,} alerts", {"alerts": alerts})
