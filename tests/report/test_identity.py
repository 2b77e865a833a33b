from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from finding_helpers import NIGHT, finding
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.attack_patterns import Named
from pipeline.report.findings import Ends, Finding
from pipeline.report.identity import Trace, channels_of, identify, jaccard, likeness

BEFORE, LONG_BEFORE = NIGHT - timedelta(days=1), NIGHT - timedelta(days=3)
SCAN = Named("vertical_scan", "T1046", "1 source tries 816 ports of one target")
SOURCES = {"sources": ("192.0.2.1",), "targets": ("203.0.113.7",), "ports": (22,)}


def trace(name: str, night: date = BEFORE, pattern: str = "unnamed", size: int = 1000, **ends: Any) -> Trace:
    return Trace(name, night, size, pattern, "events", night, Ends(**ends))


def known(found: Finding, *earlier: Trace, last: date | None = BEFORE) -> tuple[str, str, int]:
    identity = identify([found], NIGHT, earlier, last)[0][0].identity
    assert identity
    return identity.finding_id, identity.state, identity.nights


def test_a_group_of_which_nothing_is_known_is_new() -> None:
    name, state, nights = known(finding(1, 50, **SOURCES), trace("other", sources=("198.51.100.9",)))
    assert (name.startswith("20260112-"), state, nights) == (True, "new", 1)


@pytest.mark.parametrize(
    ("before", "state"),
    [(800, "growing"), (801, "steady"), (1000, "steady"), (1249, "steady"), (1250, "shrinking")],
)
def test_the_same_group_keeps_its_name_and_says_how_it_changed(before: int, state: str) -> None:
    assert known(finding(1, 50, **SOURCES), trace("f", size=before, **SOURCES)) == ("f", state, 2)


def test_a_group_that_was_away_in_the_last_night_is_back() -> None:
    assert known(finding(1, 50, **SOURCES), trace("f", LONG_BEFORE, **SOURCES)) == ("f", "back", 2)


def test_the_first_night_of_a_group_lasts() -> None:
    earlier = [replace(trace("f", **SOURCES), first_night=LONG_BEFORE), trace("f", LONG_BEFORE, **SOURCES)]
    found, gone = identify([finding(1, 50, **SOURCES)], NIGHT, earlier, BEFORE)
    assert found[0].identity is not None
    assert (found[0].identity.first_night, found[0].identity.nights, gone) == (LONG_BEFORE, 3, [])


def test_what_only_the_last_night_had_is_gone() -> None:
    last, older = trace("f", **SOURCES), trace("g", LONG_BEFORE, sources=("198.51.100.9",))
    assert identify([], NIGHT, [last, older], BEFORE) == ([], [last])


def test_two_findings_never_share_a_name_and_the_more_severe_one_chooses() -> None:
    found, _ = identify([finding(n, 90 - n, **SOURCES) for n in (1, 2)], NIGHT, [trace("f", **SOURCES)], BEFORE)
    names = [each.identity.finding_id for each in found if each.identity]
    assert names[0] == "f"
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    ("mine", "theirs", "same"),
    [
        ({"sources": ("a",), "targets": ("b",)}, {"sources": ("a",), "targets": ("c",)}, False),
        ({"sources": ("a",), "targets": ("b",)}, {"sources": ("a",)}, False),
        ({"sources": ("a", "b")}, {"sources": ("a", "b", "c")}, True),
        ({"sources": ("a", "b")}, {"sources": ("b", "c")}, False),
        ({"accounts": ("eve",)}, {"accounts": ("eve",)}, True),
        ({"patterns": (1, 2)}, {"patterns": (1, 2)}, True),
        ({"sources": ("a",), "ports": (1,)}, {"sources": ("a",), "ports": (2,)}, False),
        ({}, {}, False),
    ],
)
def test_without_a_name_all_that_is_known_must_agree(mine: dict[str, Any], theirs: dict[str, Any], same: bool) -> None:
    assert (likeness(finding(1, 50, **mine), trace("f", **theirs)) >= 0.5) is same


def test_an_attack_is_the_same_by_either_end_and_never_another_attack() -> None:
    found = finding(1, 50, SCAN, **SOURCES)
    elsewhere = {"sources": SOURCES["sources"], "targets": ("203.0.113.8",)}
    assert known(found, trace("f", pattern="vertical_scan", **elsewhere))[0] == "f"
    assert known(found, trace("f", pattern="horizontal_scan", **SOURCES))[0] != "f"
    assert known(found, trace("f", **SOURCES))[0] != "f"


def test_patterns_of_another_feature_table_say_nothing() -> None:
    other = replace(trace("f", patterns=(1, 2)), feature_table="users")
    assert likeness(finding(1, 50, patterns=(1, 2)), other) == 0


def test_the_channels_of_beacons_have_one_source_and_one_target() -> None:
    ends = {"sources": ("a",), "targets": ("b",)}
    several = {"sources": ("a", "c"), "targets": ("b",)}
    traces = [trace("f", pattern="beaconing", **ends), trace("g", **ends), trace("h", pattern="beaconing", **several)]
    assert channels_of(traces) == {("a", "b")}


VALUES = st.lists(st.sampled_from("abcdef"), max_size=6)


@given(VALUES, VALUES)
def test_jaccard_is_symmetric_and_bounded(first: list[str], second: list[str]) -> None:
    assert jaccard(first, second) == jaccard(second, first)
    assert 0 <= jaccard(first, second) <= 1
    assert jaccard(first, first) == (1 if first else 0)


@given(st.permutations(range(4)))
def test_the_order_of_what_is_remembered_does_not_matter(order: list[int]) -> None:
    earlier = [trace(name, night, **SOURCES) for name in "fg" for night in (BEFORE, LONG_BEFORE)]
    found = identify([finding(1, 50, **SOURCES)], NIGHT, [earlier[place] for place in order], BEFORE)
    assert found == identify([finding(1, 50, **SOURCES)], NIGHT, earlier, BEFORE)
