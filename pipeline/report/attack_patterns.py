"""Attack patterns by name: what a cluster must show to be called by one, and the sentence that says why.

Each rule is a pure function of a cluster's profile: it answers with a sentence or with None, and its limits are those
of `[report.attack_patterns]`. A cluster mixes things, so a rule asks what at least half of its records show. The names
and numbers of techniques are those of MITRE ATT&CK.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.config import AttackPatterns
from pipeline.report.profiles import Profile
from pipeline.report.scored import HALF
from pipeline.report.usual import Usual

UNNAMED = "unnamed"
EARLIER_OFF_HOURS, OTHERS_OFF_HOURS = "earlier_off_hours_share", "others_off_hours_share"
EXFILTRATION, BEACONING = "exfiltration", "beaconing"
MEGABYTE = 1_000_000
# the ports on which a protocol is at home; of others nothing can be said
USUAL_PORTS = {
    "http": {80, 3128, 5985, 8000, 8008, 8080, 8081, 8888},
    "ssl": {443, 465, 563, 636, 853, 989, 990, 993, 995, 5061, 5986, 8443, 9443},
    "quic": {443, 853},
    "dns": {53, 5353},
    "ssh": {22, 2222},
    "smtp": {25, 465, 587},
    "ftp": {20, 21},
    "irc": {6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 7000},
}


@dataclass(frozen=True)
class Named:
    """An attack pattern that a cluster shows.

    Attributes:
        pattern: its name.
        technique_id: ATT&CK's technique.
        sentence: why it is called that.
        certainty: 1, or less where much that is benign looks the same.
    """

    pattern: str
    technique_id: str
    sentence: str
    certainty: float = 1.0


Rule = Callable[[Profile, Usual, AttackPatterns], str | None]


def brute_force(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """Passwords of an account are guessed: its logins fail, or a login service is called from outside again and again.

    Without a log of logins only those calls count that the service answers, and several by each source.
    """
    del usual
    failures = profile.most("failures_per_account")
    if failures >= limits.guesses and _refused(profile):
        return f"logins to the same account fail {failures:,} times or more"
    calls = profile.most("records_per_service")
    answered = profile.of("login_ports") > HALF and profile.of("from_outside") > HALF and not _refused(profile)
    if not answered or calls < limits.guesses or profile.most("calls_per_pair") < limits.guesses_per_source:
        return None
    return f"{calls:,} calls of one login service (port {profile.ports[0]}) from {_sources(profile)} outside"


def password_spraying(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """Many users fail to log in from one place, each a few times only."""
    del usual
    users, each = profile.most("users_per_place"), profile.most("failures_per_user")
    if users < limits.sprayed_users or each > limits.guesses_per_user or not _refused(profile):
        return None
    return f"{users:,} users fail to log in from one place, most of them {each:,} time{'s' * (each > 1)}"


def distributed_flood(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """Many sources send one service much within an hour, and it is refused or far from what is common."""
    del usual
    sources, hourly = profile.most("sources_per_target"), profile.most("records_per_service_hour")
    is_odd = _refused(profile) or (profile.is_new and profile.isolation > 1)
    if sources < limits.flood_sources or hourly < limits.flood_events_per_hour or not is_odd:
        return None
    return f"{sources:,} sources send one target and port {hourly:,} events within an hour"


def vertical_scan(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """Sources try many ports of one target, mostly in vain."""
    del usual
    ports = profile.most("ports_per_pair")
    if ports < limits.scanned_ports or not _in_vain(profile):
        return None
    return f"one source tries {ports:,} ports of one target{_in_all(profile)}"


def horizontal_scan(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """Sources try one port of many targets, mostly in vain."""
    del usual
    targets = profile.most("targets_per_source")
    if targets < limits.scanned_targets or not _in_vain(profile):
        return None
    return f"one source tries {targets:,} targets on the same port{_in_all(profile)}"


def exfiltration(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """One source of the site sends one target outside very much, which is most of what the cluster moves."""
    del usual
    sent = (profile.sent or 0) / MEGABYTE
    if profile.busiest_pair is None or sent < limits.exfiltrated_megabytes:
        return None
    if profile.shares.get("sent", 1.0) < limits.sent_share or profile.of("sent_by_busiest_pair") < HALF:
        return None
    source, target = profile.busiest_pair
    return f"{source} sends {sent:,.0f} MB to {target}"


def beaconing(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """A source calls a target outside like a clock, through much of the day, with the same few bytes."""
    del usual
    intervals, sizes = (profile.features.get(name, 1.0) for name in ("interval_dispersion", "size_dispersion"))
    is_regular = intervals <= limits.beacon_dispersion and sizes <= limits.beacon_dispersion
    hours = round(24 * profile.features.get("pair_coverage", 0.0))
    calls = profile.most("calls_per_pair")
    if not is_regular or hours < limits.beacon_hours or calls < limits.beacon_calls:
        return None
    if profile.of("outward") < HALF or not profile.ports or profile.ports[0] in limits.quiet_ports:
        return None
    return (
        f"one source calls one target outside {calls:,} times in {hours} hours{_in_all(profile)}; the dispersion of "
        f"intervals is {intervals:.2f}, of sizes {sizes:.2f}"
    )


def new_remote_service(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """Within the site, somebody is let in to a remote service where nobody came in from there before."""
    del usual, limits
    is_first = profile.features.get("pair_is_first_seen", 0.0) > HALF
    is_inside = profile.of("remote_ports") > HALF and profile.of("internal") > HALF
    if not (is_first and is_inside) or _refused(profile):
        return None
    return f"port {profile.ports[0]} is reached from where nobody did before ({_sources(profile)})"


def unusual_hours(profile: Profile, usual: Usual, limits: AttackPatterns) -> str | None:
    """Known users log in outside business hours, where they rarely did before and others rarely do."""
    del usual
    share = profile.features.get("off_hours_share", 0.0)
    before, others = (profile.features.get(name) for name in (EARLIER_OFF_HOURS, OTHERS_OFF_HOURS))
    if profile.records < limits.off_hours_logins or share < limits.off_hours_share or _refused(profile):
        return None
    # at weekends all hours are off
    if before is None or others is None or max(before, others) > limits.usual_off_hours_share:
        return None
    return f"{share:.0%} of the logins are outside business hours, {before:.0%} in the nights before"


# in this order: what failed logins say comes before what traffic looks like
RULES: tuple[tuple[str, str, Rule], ...] = (
    ("brute_force", "T1110.001", brute_force),
    ("password_spraying", "T1110.003", password_spraying),
    ("distributed_flood", "T1498", distributed_flood),
    ("vertical_scan", "T1046", vertical_scan),
    ("horizontal_scan", "T1046", horizontal_scan),
    (EXFILTRATION, "T1048", exfiltration),
    (BEACONING, "T1071", beaconing),
    ("new_remote_service", "T1021", new_remote_service),
    ("unusual_hours", "T1078", unusual_hours),
)
PATTERNS = tuple(name for name, _, _ in RULES)
VAGUE = ("new_remote_service", "unusual_hours")


def attack_pattern(profile: Profile, usual: Usual, limits: AttackPatterns) -> Named | None:
    """The first attack pattern that the profile shows."""
    for name, technique, rule in RULES:
        if sentence := rule(profile, usual, limits):
            is_strange = name == BEACONING and on_strange_port(profile)
            return Named(name, "T1571" if is_strange else technique, sentence, HALF if name in VAGUE else 1.0)
    return None


def on_strange_port(profile: Profile) -> bool:
    """Whether the protocol that most records speak is not at home on their port."""
    homes = USUAL_PORTS.get(profile.services[0] if profile.services else "", set())
    return bool(homes and profile.ports) and profile.ports[0] not in homes


def _refused(profile: Profile) -> bool:
    """Most of what is known of the outcome is a refusal."""
    return profile.of("refused") > HALF


def _in_vain(profile: Profile) -> bool:
    """As refused, or nothing is known."""
    return profile.shares.get("refused", 1.0) > HALF


def _sources(profile: Profile) -> str:
    number = profile.distinct.get("sources", 0)
    return f"{number:,} source{'s' * (number != 1)}"


def _in_all(profile: Profile) -> str:
    """What to add where several sources do the same."""
    return f", {_sources(profile)} in all" if profile.distinct.get("sources", 0) > 1 else ""
