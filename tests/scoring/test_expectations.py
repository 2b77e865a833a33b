import pytest

from pipeline.scoring.expectations import (
    actions_mapped,
    budget_kept,
    few_rejected,
    files_read,
    flagged_as_expected,
    little_noise,
    volume_as_usual,
)


@pytest.mark.parametrize(("rejected", "holds"), [(0, True), (1, True), (2, False)])
def test_rejected_lines(rejected: int, holds: bool) -> None:
    assert few_rejected(100, rejected).holds is holds


def test_no_lines_are_no_fault() -> None:
    assert few_rejected(0, 0).holds


def test_files_that_were_not_read_are_named() -> None:
    assert files_read({}).holds
    verdict = files_read({"b.log": "binary data", "a.log": "empty"})
    assert not verdict.holds
    assert verdict.sentence == "2 files were not read to their end: a.log: empty; b.log: binary data"


def test_unmapped_actions_are_named_the_most_frequent_first() -> None:
    verdict = actions_mapped(100, {"odd": 3, "odder": 9})
    assert not verdict.holds
    assert "odder, odd" in verdict.sentence
    assert "[verdicts]" in verdict.sentence


@pytest.mark.parametrize(("events", "holds"), [(34, True), (299, True), (32, False), (301, False)])
def test_volume_is_compared_with_the_median_night(events: int, holds: bool) -> None:
    assert volume_as_usual(events, [90, 100, 2000]).holds is holds


def test_a_fifth_flagged_where_a_twentieth_is_expected_is_told() -> None:
    assert not flagged_as_expected(21, 100, 0.05).holds
    assert flagged_as_expected(20, 100, 0.05).holds


@pytest.mark.parametrize(("noise", "holds"), [(20, True), (21, False)])
def test_noise(noise: int, holds: bool) -> None:
    assert little_noise(noise, 100).holds is holds


@pytest.mark.parametrize(("alerts", "holds"), [(200, True), (201, False)])
def test_budget(alerts: int, holds: bool) -> None:
    assert budget_kept(alerts, 200).holds is holds
