"""Why a cluster is suspicious: rules as small pure functions, and one severity whose parts are shown.

A rule looks at a cluster's profile and the site's usual, and answers with a sentence or None. The first four are the
published rules made sound: the verdict instead of a word in the action, shares against the site's own base rate,
sources per destination against what is usual, countries from configuration only.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.config import Report
from pipeline.report.usual import Usual

LEVELS = ((75, "critical"), (50, "high"), (30, "medium"), (0, "low"))
MIN_SIZE_FOR_SHARES = 10  # a share of fewer events says nothing
MINOR_SHARE = 0.05
QUIET_NIGHT_SHARE = 0.05  # at a site that sleeps, any event at night would be many times the usual


@dataclass(frozen=True)
class Profile:
    """What the rules know of a cluster.

    Attributes:
        size: events.
        share: of the night's events.
        score: mean score of its events, 0 to 1.
        isolation: mean distance to the nearest large cluster, in units of the baseline's 99th percentile.
        blocked_share, night_share, country_share: shares of its events.
        sources_of_busiest_target: distinct sources of the destination that most sources reach.
        distinct_sources: distinct source addresses.
        agreement: share of the other algorithms that show the same entities as a suspicious cluster.
    """

    size: int
    share: float
    is_new: bool
    score: float
    isolation: float
    blocked_share: float
    night_share: float
    country_share: float
    sources_of_busiest_target: int
    distinct_sources: int
    agreement: float = 0.0


Rule = Callable[[Profile, Usual, Report], str | None]


def new_to_the_baseline(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """The baseline knows no such cluster."""
    del usual, settings
    return f"{profile.size:,} events form a group that the baseline does not know" if profile.is_new else None


def small_and_far(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """A small share of the night, far from everything that is common."""
    del usual, settings
    if profile.share > MINOR_SHARE or profile.isolation <= 1:
        return None
    return (
        f"{profile.share:.1%} of the night's events, {profile.isolation:.1f} times as far from the large clusters "
        "as 99 % of the baseline"
    )


def mostly_blocked(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """More blocked than the configured share, and nearer to all of it than to the site's own."""
    if profile.blocked_share <= max(settings.blocked_share, (1 + usual.blocked_share) / 2):
        return None
    return f"{profile.blocked_share:.0%} blocked, usually {usual.blocked_share:.0%}"


def at_night(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """A share of events between 0 and 5 h that is a multiple of the site's own, and no handful at a quiet site."""
    limit = settings.night_share_ratio * max(usual.night_share, QUIET_NIGHT_SHARE)
    if profile.size < MIN_SIZE_FOR_SHARES or profile.night_share <= limit:
        return None
    return f"{profile.night_share:.0%} between 0 and 5 h, usually {usual.night_share:.0%}"


def many_sources_per_destination(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """One destination that most sources of the cluster, and more than twice the usual number, reach."""
    _, usual_high = usual.ranges.get("target_sources_log2", (0.0, 0.0))
    limit = max(settings.sources_per_destination, 2 * 2**usual_high)
    sources = profile.sources_of_busiest_target
    if sources <= limit or sources < profile.distinct_sources / 2:
        return None
    return f"{sources:,} sources reach one destination, usually at most about {2**usual_high:,.0f} in an hour"


def suspicious_countries(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """A share of events from the configured countries."""
    del usual
    if not settings.suspicious_countries or profile.country_share <= settings.country_share:
        return None
    return f"{profile.country_share:.0%} from {', '.join(settings.suspicious_countries)}"


RULES: tuple[Rule, ...] = (
    new_to_the_baseline,
    small_and_far,
    many_sources_per_destination,
    at_night,
    mostly_blocked,
    suspicious_countries,
)


def reasons(profile: Profile, usual: Usual, settings: Report) -> list[str]:
    """The sentences of the rules that hold, the strongest first."""
    return [text for rule in RULES if (text := rule(profile, usual, settings))]


def severity_parts(profile: Profile, rule_hits: int) -> dict[str, float]:
    """What each part adds to the severity, 0 to 100 in all.

    isolation (to 35): how far the cluster lies out, saturating at four times the baseline's 99th percentile;
    novelty (to 20): unknown to the baseline; size (to 20): logarithm of its events, full at 10,000, nothing for a
    single one; agreement (to 10): algorithms that show it too; rules (to 15): three for each rule that holds.
    """
    return {
        "isolation": round(35 * float(np.clip((profile.isolation - 0.5) / 3.5, 0, 1)), 2),
        "novelty": 20.0 if profile.is_new else 0.0,
        "size": round(20 * min(1.0, float(np.log10(profile.size)) / 4), 2),
        "agreement": round(10 * profile.agreement, 2),
        "rules": min(15.0, 3.0 * rule_hits),
    }


def level(severity: float) -> str:
    """Severity in words."""
    return next(name for least, name in LEVELS if severity >= least)
