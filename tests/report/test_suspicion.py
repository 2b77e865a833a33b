from dataclasses import replace
from typing import Any

import pytest
from finding_helpers import QUIET

from pipeline.config import Report
from pipeline.report.suspicion import (
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

SITE = Usual(night_share=0.1, refused_share=0.5, ranges={"target_sources_log2": (0, 4)})
SETTINGS = Report(suspicious_countries=["Atlantis"])


def shares(**values: float) -> dict[str, Any]:
    return {"shares": {**QUIET.shares, **values}}


def sources(number: int) -> dict[str, Any]:
    return {"typical": {"sources_per_target": number}}


def test_a_quiet_cluster_has_no_reason() -> None:
    assert reasons(QUIET, SITE, SETTINGS) == []


@pytest.mark.parametrize(
    ("rule", "below", "above"),
    [
        (new_to_the_baseline, {}, {"is_new": True}),
        (small_and_far, {"share": 0.05, "isolation": 1.0}, {"share": 0.05, "isolation": 1.1}),
        (small_and_far, {"share": 0.06, "isolation": 2.0}, {"share": 0.05, "isolation": 2.0}),
        (mostly_blocked, shares(refused=0.75), shares(refused=0.76)),
        (mostly_blocked, shares(refused=1.0, judged=0.24), shares(refused=1.0, judged=0.25)),
        (at_night, shares(at_night=0.3), shares(at_night=0.31)),
        (at_night, shares(at_night=0.9) | {"records": 9}, shares(at_night=0.9) | {"records": 10}),
        (many_sources_per_destination, sources(32), sources(33)),
        (suspicious_countries, shares(from_countries=0.3), shares(from_countries=0.31)),
    ],
)
def test_each_rule_on_both_sides_of_its_threshold(rule: Rule, below: dict[str, Any], above: dict[str, Any]) -> None:
    assert rule(replace(QUIET, **below), SITE, SETTINGS) is None
    assert rule(replace(QUIET, **above), SITE, SETTINGS)


def test_what_is_usual_at_the_site_is_no_reason() -> None:
    mostly_drops = replace(SITE, refused_share=0.95, night_share=0.5)
    cluster = replace(QUIET, **shares(refused=0.9, at_night=0.9))
    assert reasons(cluster, mostly_drops, SETTINGS) == []


def test_a_small_margin_over_a_high_usual_share_is_no_reason() -> None:
    mostly_drops = replace(SITE, refused_share=0.9)
    assert mostly_blocked(replace(QUIET, **shares(refused=0.94)), mostly_drops, SETTINGS) is None
    assert mostly_blocked(replace(QUIET, **shares(refused=0.96)), mostly_drops, SETTINGS)


def test_a_share_of_known_outcomes_says_so() -> None:
    assert mostly_blocked(replace(QUIET, **shares(refused=1.0, judged=1.0)), SITE, SETTINGS) == (
        f"100% blocked or refused, usually {SITE.refused_share:.0%}"
    )
    assert mostly_blocked(replace(QUIET, **shares(refused=1.0, judged=0.6)), SITE, SETTINGS) == (
        f"100% of the 60% whose outcome is known blocked or refused, usually {SITE.refused_share:.0%}"
    )


def test_at_a_site_that_sleeps_a_few_events_at_night_are_no_reason() -> None:
    asleep = replace(SITE, night_share=0.0)
    assert at_night(replace(QUIET, **shares(at_night=0.15)), asleep, SETTINGS) is None
    assert at_night(replace(QUIET, **shares(at_night=0.16)), asleep, SETTINGS)


def test_no_country_is_suspicious_by_default() -> None:
    assert suspicious_countries(replace(QUIET, **shares(from_countries=1.0)), SITE, Report()) is None


@pytest.mark.parametrize(
    ("table", "size", "words"),
    [
        ("events", 2, "2 events form a group"),
        ("source_ips", 1, "1 source address forms a group"),
        ("destination_ips", 1_200, "1,200 destination addresses form a group"),
        ("users", 1, "1 user forms a group"),
    ],
)
def test_entities_are_called_by_what_they_are(table: str, size: int, words: str) -> None:
    text = new_to_the_baseline(replace(QUIET, feature_table=table, size=size, is_new=True), SITE, SETTINGS)
    assert text is not None
    assert text.startswith(words)


def test_severity_grows_with_each_of_its_parts() -> None:
    plain = severity_parts(QUIET, 0, 0.0)
    worse = replace(QUIET, isolation=4.0, is_new=True, records=10_000, agreement=1.0)
    parts = severity_parts(worse, 4, 1.0)
    assert all(parts[name] > plain[name] for name in parts)
    assert sum(parts.values()) == 100
    assert sum(severity_parts(replace(QUIET, size=1, records=0, isolation=0), 0, 0.0).values()) == 0


@pytest.mark.parametrize(
    ("severity", "name"), [(0, "low"), (30, "medium"), (50, "high"), (75, "critical"), (100, "critical")]
)
def test_levels(severity: float, name: str) -> None:
    assert level(severity) == name
