"""Why a cluster is suspicious: rules as small pure functions, and one severity whose parts are shown.

A rule looks at a cluster's profile and the site's usual, and answers with a sentence or None. The first four are the
published rules made sound: the verdict instead of a word in the action, shares against the site's own base rate,
sources per destination against what is usual, countries from configuration only.
"""

from collections.abc import Callable

import numpy as np

from pipeline.config import Report
from pipeline.report.profiles import Profile
from pipeline.report.usual import Usual

LEVELS = ((75, "critical"), (50, "high"), (30, "medium"), (0, "low"))
MIN_RECORDS_FOR_SHARES = 10  # a share of fewer records says nothing
LEAST_JUDGED = 0.25  # of records; a firewall may log a packet by several rules, of which one tells its fate
MINOR_SHARE = 0.05
QUIET_NIGHT_SHARE = 0.05  # at a site that sleeps, any event at night would be many times the usual
ISOLATION, NOVELTY, SIZE, AGREEMENT, NAMED, EACH_RULE, ALL_RULES = 30.0, 15.0, 15.0, 10.0, 20.0, 2.5, 10.0

Rule = Callable[[Profile, Usual, Report], str | None]


def new_to_the_baseline(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """The baseline knows no such cluster."""
    del usual, settings
    what = f"{_entities(profile)} form{'s' * (profile.size == 1)} a group"
    return f"{what} that the baseline does not know" if profile.is_new else None


def small_and_far(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """A small share of the night, far from everything that is common."""
    del usual, settings
    if profile.share > MINOR_SHARE or profile.isolation <= 1:
        return None
    return (
        f"{profile.share:.1%} of the night's {_plural(profile)}, {profile.isolation:.1f} times as far from the large "
        "clusters as 99 % of the baseline"
    )


def mostly_blocked(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """More refused than the configured share, and nearer to all of it than to the site's own; some outcomes known."""
    refused, judged = profile.of("refused"), profile.shares.get("judged", 1.0)
    if judged < LEAST_JUDGED or refused <= max(settings.blocked_share, (1 + usual.refused_share) / 2):
        return None
    known = f"{judged:.0%}"
    what = "" if known == "100%" else f" of the {known} whose outcome is known"
    return f"{refused:.0%}{what} blocked or refused, usually {usual.refused_share:.0%}"


def at_night(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """A share of records between 0 and 5 h that is a multiple of the site's own, and no handful at a quiet site."""
    limit = settings.night_share_ratio * max(usual.night_share, QUIET_NIGHT_SHARE)
    if profile.records < MIN_RECORDS_FOR_SHARES or profile.of("at_night") <= limit:
        return None
    return f"{profile.of('at_night'):.0%} between 0 and 5 h, usually {usual.night_share:.0%}"


def many_sources_per_destination(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """Most records go to a destination that more than twice the usual number of sources reach."""
    _, usual_high = usual.ranges.get("target_sources_log2", (0.0, 0.0))
    sources = profile.most("sources_per_target")
    if sources <= max(settings.sources_per_destination, 2 * 2**usual_high):
        return None
    return f"{sources:,} sources reach one destination, usually at most about {2**usual_high:,.0f} in an hour"


def suspicious_countries(profile: Profile, usual: Usual, settings: Report) -> str | None:
    """A share of records from the configured countries."""
    del usual
    if not settings.suspicious_countries or profile.of("from_countries") <= settings.country_share:
        return None
    return f"{profile.of('from_countries'):.0%} from {', '.join(settings.suspicious_countries)}"


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


def severity_parts(profile: Profile, rule_hits: int, named: float) -> dict[str, float]:
    """What each part adds to the severity, 0 to 100 in all.

    isolation (to 30): how far the cluster lies out, saturating at four times the baseline's 99th percentile; novelty
    (to 15): unknown to the baseline; size (to 15): logarithm of its records, full at 10,000, nothing for a single one;
    agreement (to 10): models that show it too; rules (to 30): 20 for an attack pattern that is certain, and 2.5 for
    each other rule that holds, to 10.
    """
    size = max(profile.records, profile.size)
    return {
        "isolation": round(ISOLATION * float(np.clip((profile.isolation - 0.5) / 3.5, 0, 1)), 2),
        "novelty": NOVELTY if profile.is_new else 0.0,
        "size": round(SIZE * min(1.0, float(np.log10(size)) / 4), 2),
        "agreement": round(AGREEMENT * profile.agreement, 2),
        "rules": NAMED * named + min(ALL_RULES, EACH_RULE * rule_hits),
    }


def level(severity: float) -> str:
    """Severity in words: of the whole number that people read."""
    return next(name for least, name in LEVELS if round(severity) >= least)


def _plural(profile: Profile) -> str:
    """What its entities are called."""
    return profile.feature_table.replace("_ips", " addresses").replace("_", " ")


def _entities(profile: Profile) -> str:
    many = _plural(profile)
    one = many.removesuffix("es") if many.endswith("sses") else many.removesuffix("s")
    return f"{profile.size:,} {one if profile.size == 1 else many}"
