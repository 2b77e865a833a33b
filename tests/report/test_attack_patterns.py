from dataclasses import replace
from typing import Any

import pytest
from finding_helpers import QUIET

from pipeline.config import AttackPatterns
from pipeline.report import attack_patterns as patterns
from pipeline.report.attack_patterns import RULES, Named, Rule, attack_pattern
from pipeline.report.profiles import Profile
from pipeline.report.usual import Usual

LIMITS = AttackPatterns()
REFUSED, ANSWERED = {"refused": 0.51}, {"refused": 0.5}
LOGIN = ANSWERED | {"login_ports": 0.51, "from_outside": 0.51}
REGULAR = {"interval_dispersion": 0.25, "size_dispersion": 0.25, "pair_coverage": 0.25}
HOURS = {"off_hours_share": 0.75, "earlier_off_hours_share": 0.1, "others_off_hours_share": 0.1}


def profile(**facts: Any) -> Profile:
    return replace(QUIET, **facts)


def typical(**values: int) -> dict[str, Any]:
    return {"typical": values}


SHOWN: list[tuple[Rule, dict[str, Any], list[dict[str, Any]]]] = [
    (
        patterns.brute_force,
        typical(failures_per_account=30) | {"shares": REFUSED},
        [typical(failures_per_account=29), {"shares": ANSWERED}],
    ),
    (
        patterns.brute_force,
        typical(records_per_service=30, calls_per_pair=10) | {"shares": LOGIN},
        [
            typical(records_per_service=29, calls_per_pair=10),
            typical(records_per_service=30, calls_per_pair=9),
            {"shares": LOGIN | REFUSED},
            {"shares": LOGIN | {"login_ports": 0.5}},
            {"shares": LOGIN | {"from_outside": 0.5}},
        ],
    ),
    (
        patterns.password_spraying,
        typical(users_per_place=5, failures_per_user=5) | {"shares": REFUSED},
        [
            typical(users_per_place=4, failures_per_user=5),
            typical(users_per_place=5, failures_per_user=6),
            {"shares": ANSWERED},
        ],
    ),
    (
        patterns.distributed_flood,
        typical(sources_per_target=50, records_per_service_hour=500) | {"shares": REFUSED},
        [
            typical(sources_per_target=49, records_per_service_hour=500),
            typical(sources_per_target=50, records_per_service_hour=499),
            {"shares": ANSWERED},
        ],
    ),
    (
        patterns.distributed_flood,
        typical(sources_per_target=50, records_per_service_hour=500) | {"is_new": True, "isolation": 1.1},
        [{"is_new": False}, {"isolation": 1.0}],
    ),
    (
        patterns.vertical_scan,
        typical(ports_per_pair=20) | {"shares": REFUSED},
        [typical(ports_per_pair=19), {"shares": ANSWERED}],
    ),
    (
        patterns.horizontal_scan,
        typical(targets_per_source=20) | {"shares": REFUSED},
        [typical(targets_per_source=19), {"shares": ANSWERED}],
    ),
    (
        patterns.exfiltration,
        {"busiest_pair": ("a", "b"), "sent": 200_000_000, "shares": {"sent": 0.7, "sent_by_busiest_pair": 0.5}},
        [
            {"sent": 199_999_999},
            {"busiest_pair": None},
            {"shares": {"sent": 0.69, "sent_by_busiest_pair": 0.5}},
            {"shares": {"sent": 0.7, "sent_by_busiest_pair": 0.49}},
        ],
    ),
    (
        patterns.beaconing,
        typical(calls_per_pair=16) | {"features": REGULAR, "shares": {"outward": 0.5}},
        [
            typical(calls_per_pair=15),
            {"features": REGULAR | {"interval_dispersion": 0.5}},
            {"features": REGULAR | {"size_dispersion": 0.5}},
            {"features": REGULAR | {"pair_coverage": 0.125}},
            {"features": {}},
            {"shares": {"outward": 0.49}},
            {"ports": (123,)},
            {"ports": ()},
        ],
    ),
    (
        patterns.new_remote_service,
        {"features": {"pair_is_first_seen": 0.51}, "shares": {"remote_ports": 0.51, "internal": 0.51}},
        [
            {"features": {"pair_is_first_seen": 0.5}},
            {"shares": {"remote_ports": 0.5, "internal": 0.51}},
            {"shares": {"remote_ports": 0.51, "internal": 0.5}},
            {"shares": {"remote_ports": 0.51, "internal": 0.51} | REFUSED},
        ],
    ),
    (
        patterns.unusual_hours,
        {"feature_table": "users", "features": HOURS, "records": 5, "shares": ANSWERED},
        [
            {"features": HOURS | {"off_hours_share": 0.5}},
            {"features": HOURS | {"earlier_off_hours_share": 0.2}},
            {"features": HOURS | {"others_off_hours_share": 1.0}},
            {"features": {"off_hours_share": 1.0}},
            {"records": 4},
            {"shares": REFUSED},
        ],
    ),
]
BELOW = [(rule, shown | missing) for rule, shown, misses in SHOWN for missing in misses]


@pytest.mark.parametrize(("rule", "shown"), [(rule, shown) for rule, shown, _ in SHOWN])
def test_a_rule_says_why_at_its_limits(rule: Rule, shown: dict[str, Any]) -> None:
    assert rule(profile(**shown), Usual(), LIMITS)


@pytest.mark.parametrize(("rule", "shown"), BELOW)
def test_a_rule_is_silent_below_each_of_its_limits(rule: Rule, shown: dict[str, Any]) -> None:
    assert rule(profile(**shown), Usual(), LIMITS) is None


def test_every_rule_is_tested_and_a_quiet_cluster_has_no_name() -> None:
    assert {rule for rule, _, _ in SHOWN} == {rule for _, _, rule in RULES}
    assert attack_pattern(QUIET, Usual(), LIMITS) is None


def test_a_sentence_speaks_of_one_source_and_counts_them_all() -> None:
    several = profile(shares=REFUSED, **typical(ports_per_pair=20))
    one = replace(several, distinct={"sources": 1})
    said = "one source tries 20 ports of one target"
    assert patterns.vertical_scan(one, Usual(), LIMITS) == said
    assert patterns.vertical_scan(several, Usual(), LIMITS) == f"{said}, 3 sources in all"


def test_where_no_outcome_is_known_a_scan_is_in_vain() -> None:
    blind = profile(shares={}, **typical(ports_per_pair=20))
    assert patterns.vertical_scan(blind, Usual(), LIMITS)


def test_what_failed_logins_say_comes_before_what_traffic_looks_like() -> None:
    both = profile(shares=REFUSED, **typical(failures_per_account=30, ports_per_pair=20))
    assert attack_pattern(both, Usual(), LIMITS) == Named(
        "brute_force", "T1110.001", "logins to the same account fail 30 times or more"
    )


@pytest.mark.parametrize(
    ("services", "ports", "technique"),
    [
        (("ssl",), (443,), "T1071"),
        (("ssl",), (4444,), "T1571"),
        (("ssh",), (443,), "T1571"),
        ((), (4444,), "T1071"),
        (("something",), (4444,), "T1071"),
    ],
)
def test_a_beacon_on_a_port_that_is_not_its_protocols(
    services: tuple[str, ...], ports: tuple[int, ...], technique: str
) -> None:
    beacon = profile(
        features=REGULAR, shares={"outward": 1.0}, services=services, ports=ports, **typical(calls_per_pair=144)
    )
    named = attack_pattern(beacon, Usual(), LIMITS)
    assert named
    assert (named.pattern, named.technique_id, named.certainty) == ("beaconing", technique, 1.0)


def test_what_much_that_is_benign_looks_like_is_less_certain() -> None:
    _, shown, _ = SHOWN[-1]
    named = attack_pattern(profile(**shown), Usual(), LIMITS)
    assert named
    assert named.certainty == 0.5
