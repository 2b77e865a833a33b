import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.samples.draws import Weighted, around, between, lognormal_sizes, sample, sizes_between, stream


def test_streams_are_pinned() -> None:
    """The samples are the same on every machine only as long as these numbers are."""
    rng = stream(7, 739_621, "test")
    assert between(rng, 0, 999, 5).tolist() == [296, 694, 376, 37, 76]
    assert lognormal_sizes(14_000, 1.5).draw(rng, 5).tolist() == [12701, 19572, 1108, 36212, 15432]
    assert sample(rng, np.arange(100), 5).tolist() == [46, 35, 40, 63, 78]


def test_streams_differ_by_seed_day_and_purpose() -> None:
    keys = [(7, 1, "a"), (8, 1, "a"), (7, 2, "a"), (7, 1, "b")]
    assert len({tuple(between(stream(*key), 0, 10**9, 4).tolist()) for key in keys}) == len(keys)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any))
def test_draws_follow_the_weights(weights: list[int]) -> None:
    drawn = Weighted.of(range(len(weights)), weights).draw(stream(1, 1, "test"), 4_000)
    shares = np.bincount(drawn, minlength=len(weights)) / 4_000
    assert shares == pytest.approx(np.array(weights) / sum(weights), abs=0.05)
    assert all(share == 0 for share, weight in zip(shares, weights, strict=True) if weight == 0)


def test_zipf_prefers_the_first() -> None:
    counts = np.bincount(Weighted.zipf(range(4)).draw(stream(1, 1, "test"), 50_000))
    assert counts[0] / counts[1:] == pytest.approx([2, 3, 4], rel=0.1)


@given(st.integers(0, 40))
def test_a_sample_holds_nothing_twice(count: int) -> None:
    values = np.arange(10, 30)
    drawn = sample(stream(1, 1, "test"), values, count).tolist()
    assert len(drawn) == len(set(drawn)) == min(count, 20)
    assert set(drawn) <= set(values.tolist())


@given(st.integers(0, 10**6), st.integers(0, 50))
def test_around_stays_around(expected: int, percent: int) -> None:
    drawn = around(stream(1, 1, "test"), expected, percent)
    assert expected * (100 - percent) // 100 <= drawn <= expected * (100 + percent) // 100


def test_size_tables_have_their_median_and_bounds() -> None:
    sizes = lognormal_sizes(14_000, 1.5).values
    assert np.median(sizes) == pytest.approx(14_000, rel=0.01)
    assert np.log(sizes).std() == pytest.approx(1.5, rel=0.02)
    assert (sizes_between(310, 350).values.min(), sizes_between(310, 350).values.max()) == (310, 350)
