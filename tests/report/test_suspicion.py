from dataclasses import replace

import pytest

from pipeline.config import Report
from pipeline.report.suspicion import (
    Profile,
    Rule,
    at_night,
    level,
    many_sources_per_destination,
    mostly_blocked,
    new_to_the_baseline,
    reasons,
    severity_parts,
    small_and_far,
    suspicious_countries,
)
from pipeline.report.usual import Usual

QUIET = Profile(
    size=1000,
    share=0.5,
    is_new=False,
    score=0.4,
    isolation=0.5,
    blocked_share=0.5,
    night_share=0.1,
    country_share=0.0,
    sources_of_busiest_target=3,
    distinct_sources=3,
)
SITE = Usual(night_share=0.1, blocked_share=0.5, ranges={"target_sources_log2": (0, 4)})
SETTINGS = Report(suspicious_countries=["Atlantis"])


def test_a_quiet_cluster_has_no_reason() -> None:
    assert reasons(QUIET, SITE, SETTINGS) == []


@pytest.mark.parametrize(
    ("rule", "below", "above"),
    [
        (new_to_the_baseline, {}, {"is_new": True}),
        (small_and_far, {"share": 0.05, "isolation": 1.0}, {"share": 0.05, "isolation": 1.1}),
        (small_and_far, {"share": 0.06, "isolation": 2.0}, {"share": 0.05, "isolation": 2.0}),
        (mostly_blocked, {"blocked_share": 0.75}, {"blocked_share": 0.76}),
        (at_night, {"night_share": 0.3}, {"night_share": 0.31}),
        (at_night, {"night_share": 0.9, "size": 9}, {"night_share": 0.9, "size": 10}),
        (
            many_sources_per_destination,
            {"sources_of_busiest_target": 32, "distinct_sources": 40},
            {"sources_of_busiest_target": 33, "distinct_sources": 40},
        ),
        (
            many_sources_per_destination,
            {"sources_of_busiest_target": 40, "distinct_sources": 81},
            {"sources_of_busiest_target": 40, "distinct_sources": 80},
        ),
        (suspicious_countries, {"country_share": 0.3}, {"country_share": 0.31}),
    ],
)
def test_each_rule_on_both_sides_of_its_threshold(rule: Rule, below: dict[str, float], above: dict[str, float]) -> None:
    assert rule(replace(QUIET, **below), SITE, SETTINGS) is None
    assert rule(replace(QUIET, **above), SITE, SETTINGS)


def test_what_is_usual_at_the_site_is_no_reason() -> None:
    mostly_drops = replace(SITE, blocked_share=0.95, night_share=0.5)
    cluster = replace(QUIET, blocked_share=0.9, night_share=0.9)
    assert reasons(cluster, mostly_drops, SETTINGS) == []


def test_a_small_margin_over_a_high_usual_share_is_no_reason() -> None:
    mostly_drops = replace(SITE, blocked_share=0.9)
    assert mostly_blocked(replace(QUIET, blocked_share=0.94), mostly_drops, SETTINGS) is None
    assert mostly_blocked(replace(QUIET, blocked_share=0.96), mostly_drops, SETTINGS)


def test_at_a_site_that_sleeps_a_few_events_at_night_are_no_reason() -> None:
    asleep = replace(SITE, night_share=0.0)
    assert at_night(replace(QUIET, night_share=0.15), asleep, SETTINGS) is None
    assert at_night(replace(QUIET, night_share=0.16), asleep, SETTINGS)


def test_no_country_is_suspicious_by_default() -> None:
    assert suspicious_countries(replace(QUIET, country_share=1.0), SITE, Report()) is None


def test_severity_grows_with_each_of_its_parts() -> None:
    plain = severity_parts(QUIET, 0)
    worse = replace(QUIET, isolation=4.0, is_new=True, size=10_000, agreement=1.0)
    parts = severity_parts(worse, 6)
    assert all(parts[name] > plain[name] for name in parts)
    assert sum(parts.values()) == 100
    assert sum(severity_parts(replace(QUIET, size=1, isolation=0), 0).values()) == 0


@pytest.mark.parametrize(
    ("severity", "name"), [(0, "low"), (30, "medium"), (50, "high"), (75, "critical"), (100, "critical")]
)
def test_levels(severity: float, name: str) -> None:
    assert level(severity) == name
