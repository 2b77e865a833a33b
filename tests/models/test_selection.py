import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.cluster import estimate_bandwidth

from pipeline.models.sampling import Baseline
from pipeline.models.selection import bandwidths, choose_bandwidth, choose_eps, choose_k, chosen, k_distances


def blobs(centers: list[tuple[float, float]], n: int, spread: float, seed: int = 0) -> Baseline:
    rng = np.random.default_rng(seed)
    points = np.concatenate([rng.normal(center, spread, (n, 2)) for center in centers])
    weight = rng.integers(1, 5, len(points))
    return Baseline(points, weight, weight.astype(float))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_k_is_the_number_of_groups_that_are_there(k: int) -> None:
    turns = 2 * np.pi * np.arange(k) / k
    candidates = choose_k(blobs(list(zip(9 * np.cos(turns), 9 * np.sin(turns), strict=True)), 40, 0.4), seed=1)
    assert chosen(candidates) == k
    assert [candidate.value for candidate in candidates] == list(range(2, 15))


def test_every_k_is_on_record_and_one_is_chosen() -> None:
    candidates = choose_k(blobs([(0, 0)], 60, 1.0), seed=1)
    inertias = [candidate.inertia for candidate in candidates]
    assert inertias == sorted(inertias, reverse=True)
    assert all(-1 <= candidate.silhouette <= 1 for candidate in candidates)
    assert sum(candidate.chosen for candidate in candidates) == 1


@pytest.mark.parametrize(("n_points", "tried"), [(1, [1]), (2, [2]), (3, [2, 3])])
def test_few_points_allow_few_clusters(n_points: int, tried: list[int]) -> None:
    points = np.arange(float(n_points))[:, None] ** 2
    few = Baseline(points, np.full(n_points, 4), np.full(n_points, 4.0))
    assert [candidate.value for candidate in choose_k(few, seed=0)] == tried


@settings(max_examples=30)
@given(st.integers(0, 1_000), st.integers(1, 8))
def test_k_distances_count_the_rows_of_other_points(seed: int, min_samples: int) -> None:
    rng = np.random.default_rng(seed)
    points, weight = rng.normal(size=(15, 2)), rng.integers(1, 4, 15)
    whole = Baseline(points, weight, weight.astype(float))
    found = k_distances(whole, whole, min_samples)
    for row, distance in zip(cdist(points, points), found, strict=True):
        others = np.where(row == 0, 1, weight)
        assert others[row <= distance + 1e-12].sum() >= min_samples
        assert others[row < distance - 1e-12].sum() < min_samples


def test_eps_is_never_zero_however_many_rows_share_a_point() -> None:
    points = np.arange(20.0)[:, None] / 4
    heavy = Baseline(points, np.full(20, 1_000), np.full(20, 1_000.0))
    assert chosen(choose_eps(heavy, 5, seed=0)) == pytest.approx(0.25, rel=1e-3)
    alone = Baseline(points[:1], heavy.weight[:1], heavy.represents[:1])
    assert chosen(choose_eps(alone, 5, seed=0)) > 0


def test_eps_lies_between_what_is_near_and_what_is_far() -> None:
    rng = np.random.default_rng(2)
    points = np.concatenate([rng.normal(size=(400, 2)) * 0.2, rng.uniform(-40, 40, (25, 2))])
    scattered = Baseline(points, np.ones(425, dtype=int), np.ones(425))
    candidates = choose_eps(scattered, 5, seed=0)
    assert 0.05 < chosen(candidates) < 2
    ranks = [candidate.rank for candidate in candidates]
    assert ranks == sorted(ranks)
    assert len({candidate.value for candidate in candidates}) == len(candidates)


def test_a_single_flag_never_separates() -> None:
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.normal(size=500) * 0.1, rng.random(500) < 0.3])
    flagged = Baseline(points, np.ones(500, dtype=int), np.ones(500), category_distance=1.0)
    assert chosen(choose_eps(flagged, 5, seed=0)) > 1


@settings(max_examples=30)
@given(st.integers(0, 1_000), st.integers(1, 40), st.floats(0.05, 0.9))
@example(seed=245, n=1, quantile=0.5)
def test_bandwidths_are_those_of_the_rows(seed: int, n: int, quantile: float) -> None:
    rng = np.random.default_rng(seed)
    points, weight = rng.normal(size=(n, 2)), rng.integers(1, 6, n)
    whole = Baseline(points, weight, weight.astype(float))
    expected = estimate_bandwidth(np.repeat(points, weight, axis=0), quantile=quantile)
    # scikit-learn takes distances from products of the points, so that equal ones are 1e-8 apart
    assert bandwidths(whole, np.array([quantile]))[0] == pytest.approx(expected, abs=1e-7)


def test_every_bandwidth_is_on_record_and_the_published_one_is_chosen() -> None:
    whole = blobs([(0, 0), (9, 9)], 60, 1.0)
    candidates = choose_bandwidth(whole, seed=1)
    assert [candidate.rank for candidate in candidates if candidate.chosen] == [0.2]
    assert len(candidates) == 10
    ranks = [candidate.rank for candidate in candidates]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("category_distance", [0.0, 1.0])
@pytest.mark.parametrize("n", [1, 2, 20])
def test_a_bandwidth_is_never_too_small_however_many_rows_share_a_point(n: int, category_distance: float) -> None:
    rows = np.array([1_000_000] + [1] * (n - 1))
    heavy = Baseline(np.arange(float(n))[:, None] / 4, rows, rows.astype(float), category_distance)
    floor = 1.1 if category_distance else 0.25
    assert floor < chosen(choose_bandwidth(heavy, seed=0)) <= max(2 * floor, 0.5)
    assert chosen(choose_bandwidth(heavy, seed=0, is_floored=False)) > 0
