"""Effect sizes of counts: their bounds, their symmetry, and that nights of one distribution are no drift."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config_drift import Drift
from pipeline.models.patterns import IntArray
from pipeline.scoring.drift import index_and_distance, jensen_shannon, level, noise, stability_index

BOUNDS = Drift()
counts = st.lists(st.integers(0, 10**6), min_size=2, max_size=12).filter(lambda rows: sum(rows) > 0)


@st.composite
def two_nights(draw: st.DrawFn) -> tuple[IntArray, IntArray]:
    first = draw(counts)
    second = draw(st.lists(st.integers(0, 10**6), min_size=len(first), max_size=len(first)).filter(any))
    return np.array(first), np.array(second)


@given(two_nights())
def test_both_are_symmetric_bounded_and_blind_to_the_order_of_bins(nights: tuple[IntArray, IntArray]) -> None:
    first, second = nights
    backwards = first[::-1], second[::-1]
    for measure in (stability_index, jensen_shannon):
        assert measure(first, second) == pytest.approx(measure(second, first), abs=1e-9)
        assert measure(first, second) == pytest.approx(measure(*backwards), abs=1e-9)
        assert measure(first, second) >= 0
    assert jensen_shannon(first, second) <= 1


@given(counts)
def test_equal_nights_are_no_distance_apart(night: list[int]) -> None:
    same = np.array(night)
    assert stability_index(same, same) == 0
    assert jensen_shannon(same, same) == 0


def test_the_textbook_example_of_the_index() -> None:
    # (0.5 - 0.4) ln(0.5 / 0.4) + (0.5 - 0.6) ln(0.5 / 0.6)
    found = stability_index(np.array([50_000, 50_000]), np.array([40_000, 60_000]))
    assert found == pytest.approx(0.0405, abs=5e-4)


def test_an_effect_size_does_not_grow_with_the_rows_but_its_noise_falls() -> None:
    small, large = (np.array([60, 40]) * factor for factor in (10, 10_000))
    usual = np.array([50, 50])
    assert stability_index(small, usual * 70) == pytest.approx(stability_index(large, usual * 70_000), rel=0.02)
    assert noise(small, usual * 70) > 900 * noise(large, usual * 70_000)


@pytest.mark.parametrize("rows", [1_000, 10_000, 100_000, 1_000_000])
@pytest.mark.parametrize("concentration", [None, 300])
def test_thirty_nights_of_one_distribution_give_at_most_one_alarm(rows: int, concentration: int | None) -> None:
    """Of forty features, plain and as bursts make them: each night's own shares vary about those of all nights."""
    rng = np.random.default_rng(rows)
    alarms = 0
    for _feature in range(40):
        shares = rng.dirichlet(np.full(rng.integers(2, 20), 0.7))
        own = rng.dirichlet(shares * concentration + 1e-3, 37) if concentration else np.tile(shares, (37, 1))
        nights = np.array([rng.multinomial(rows, share) for share in own])
        for night in range(7, 37):
            index, distance = index_and_distance(nights[night], nights[night - 7 : night])
            alarms += level(index.drift, BOUNDS.psi) != "none" or level(distance.drift, BOUNDS.jensen_shannon) != "none"
    assert alarms <= 1


@pytest.mark.parametrize("rows", [1_000, 1_000_000])
def test_a_tenth_of_the_rows_with_a_value_that_is_new_is_drift(rows: int) -> None:
    baseline = np.tile(np.array([rows // 2, rows // 2, 0]), (7, 1))
    index, distance = index_and_distance(np.array([rows // 2, rows * 4 // 10, rows // 10]), baseline)
    assert level(index.drift, BOUNDS.psi) == "warning"
    assert distance.value > distance.usual


def test_a_sunday_is_no_drift_to_a_week_that_had_one_but_is_to_one_that_had_none() -> None:
    workday, sunday = np.array([900, 100]), np.array([100, 500])
    with_sunday = np.array([workday] * 6 + [sunday])
    without = np.array([workday] * 7)
    assert index_and_distance(sunday, with_sunday)[0].drift == 0
    assert level(index_and_distance(sunday, without)[0].drift, BOUNDS.psi) == "error"


def test_levels_begin_at_their_bounds() -> None:
    assert [level(drift, (0.2, 1.0)) for drift in (0.19, 0.2, 0.99, 1.0)] == ["none", "warning", "warning", "error"]
