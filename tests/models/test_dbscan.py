import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from pipeline.config import Training
from pipeline.models import dbscan
from pipeline.models.dbscan import PatternDBSCAN
from pipeline.models.sampling import Baseline


@parametrize_with_checks([PatternDBSCAN()])
def test_scikit_learns_contract(estimator: PatternDBSCAN, check: object) -> None:
    check(estimator)


def grid_points(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = np.unique(rng.integers(0, 9, (n, 2)), axis=0) * 0.3
    return points, rng.integers(1, 6, len(points))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 50), st.sampled_from([0.2, 0.31, 0.5]), st.integers(1, 12))
def test_weights_count_as_rows(seed: int, n: int, eps: float, min_samples: int) -> None:
    points, weight = grid_points(seed, n)
    ours = PatternDBSCAN(eps, min_samples=min_samples).fit(points, sample_weight=weight)
    plain = DBSCAN(eps=eps, min_samples=min_samples).fit(np.repeat(points, weight, axis=0))
    labels = np.repeat(ours.labels_, weight)
    assert adjusted_rand_score(plain.labels_, labels) == 1.0
    assert ((labels == -1) == (plain.labels_ == -1)).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_heaviest_cluster_is_the_first(seed: int) -> None:
    points, weight = grid_points(seed, 30)
    labels = PatternDBSCAN(0.31).fit(points, sample_weight=weight).labels_
    mass = np.bincount(labels[labels >= 0], weights=weight[labels >= 0])
    assert (np.diff(mass) <= 0).all()
    assert set(labels) - {-1} == set(range(len(mass)))


def test_prediction_is_the_nearest_core_point_within_reach() -> None:
    points = np.array([[0.0], [0.4], [0.8], [10.0], [20.0]])
    fitted = PatternDBSCAN(0.5).fit(points, sample_weight=[9, 9, 1, 6, 1])
    assert fitted.labels_.tolist() == [0, 0, 0, 1, -1]
    assert fitted.core_sample_indices_.tolist() == [0, 1, 2, 3]
    assert fitted.predict([[1.3], [1.31], [9.6], [20.0]]).tolist() == [0, -1, 1, -1]


def test_without_core_points_everything_is_noise() -> None:
    fitted = PatternDBSCAN(0.5).fit([[0.0], [5.0]])
    assert fitted.predict([[0.0]]).tolist() == [-1]


def cloud(n: int) -> Baseline:
    points = np.random.default_rng(0).normal(size=(n, 2))
    weight = np.random.default_rng(1).integers(1, 4, n)
    return Baseline(points, weight, weight.astype(float))


def test_more_pairs_than_memory_allows_are_not_held() -> None:
    bounded = dbscan.fit(cloud(2_000), Training(max_neighbour_pairs=2_000))
    free = dbscan.fit(cloud(2_000), Training())
    assert free.parameters["fallback"] is None
    assert free.parameters["points_fitted"] == 2_000
    assert bounded.parameters["neighbour_pairs"] <= 2_000
    assert bounded.parameters["points_fitted"] < 2_000
    assert f"sample of {bounded.parameters['points_fitted']} of 2000 points" in bounded.parameters["fallback"]
    assert dbscan.fit(cloud(2_000), Training(max_neighbour_pairs=2_000)).parameters == bounded.parameters


def test_a_baseline_without_density_is_one_cluster() -> None:
    points = np.arange(3.0)[:, None] * 10
    shape = dbscan.fit(Baseline(points, np.ones(3, dtype=int), np.ones(3)), Training(seed_compatible=True))
    assert "one cluster" in shape.parameters["fallback"]
    assert shape.core_clusters.tolist() == [0, 0, 0]


@pytest.mark.parametrize("settings", [Training(), Training(seed_compatible=True)])
def test_exactly_one_radius_is_chosen(settings: Training) -> None:
    shape = dbscan.fit(cloud(300), settings)
    assert [c.value for c in shape.candidates if c.chosen] == [shape.parameters["eps"]]
