import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from pipeline.models.weighted import cluster_masses, weighted_means, weighted_quantiles, weighted_silhouette

PATTERNS = st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 6)), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(PATTERNS, st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_quantiles_are_those_of_the_rows(patterns: list[tuple[int, int]], ranks: list[float]) -> None:
    values, weight = (np.array(column) for column in zip(*patterns, strict=True))
    rows = np.repeat(values, weight).astype(float)
    reached = weighted_quantiles(values.astype(float), weight, ranks)
    for rank, value in zip(ranks, reached, strict=True):
        assert (rows <= value).mean() >= rank - 1e-9
        assert (rows < value).mean() <= rank + 1e-9


def test_quantiles_agree_with_numpy() -> None:
    values, weight = np.array([3.0, 1.0, 2.0]), np.array([1, 5, 2])
    ranks = np.linspace(0, 1, 9)
    expected = np.quantile(np.repeat(values, weight), ranks, method="inverted_cdf")
    assert weighted_quantiles(values, weight, ranks).tolist() == expected.tolist()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000))
def test_silhouette_is_that_of_the_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 4, (12, 2)) + np.arange(12)[:, None] / 100
    labels, weight = rng.permutation(np.arange(12) % 3), rng.integers(1, 5, 12).astype(float)
    repeated = np.repeat(np.arange(12), weight.astype(int))
    expected = silhouette_score(points[repeated], labels[repeated])
    assert weighted_silhouette(cdist(points, points), labels, weight) == pytest.approx(expected, abs=1e-7)


def test_silhouette_needs_two_clusters() -> None:
    assert weighted_silhouette(np.zeros((2, 2)), np.zeros(2, dtype=int), np.ones(2)) is None


def test_means_and_masses_leave_noise_out() -> None:
    points = np.array([[0.0, 0.0], [3.0, 6.0], [100.0, 100.0]])
    labels, weight = np.array([0, 0, -1]), np.array([2, 1, 7])
    assert weighted_means(points, weight, labels, 1).tolist() == [[1.0, 2.0]]
    assert cluster_masses(weight, labels, 2).tolist() == [3.0, 0.0]
