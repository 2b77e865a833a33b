import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.estimator_checks import parametrize_with_checks

from pipeline.config import Training
from pipeline.models import kmeans
from pipeline.models.clusters import measure
from pipeline.models.kmeans import PatternKMeans
from pipeline.models.registry import ALGORITHMS
from pipeline.models.sampling import Baseline


def weighted_points(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)).round(2) + rng.integers(0, 3, n)[:, None] * 4, rng.integers(1, 9, n)


@parametrize_with_checks(
    [PatternKMeans(n_clusters=2, n_init=2)],
    expected_failed_checks=lambda _: {
        "check_sample_weight_equivalence_on_dense_data": "k-means++ draws other starts for repeated rows",
    },
)
def test_scikit_learns_contract(estimator: PatternKMeans, check: object) -> None:
    check(estimator)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6))
def test_weights_count_as_rows_from_the_same_start(seed: int, n_clusters: int) -> None:
    points, weight = weighted_points(seed)
    start = points[:n_clusters]
    ours = PatternKMeans(n_clusters, init=start, n_init=1).fit(points, sample_weight=weight)
    rows = np.repeat(points, weight, axis=0)
    plain = KMeans(n_clusters, init=start, n_init=1).fit(rows)
    assert ours.inertia_ == pytest.approx(plain.inertia_, rel=1e-6)
    to_ours = pairwise_distances_argmin(plain.cluster_centers_, ours.cluster_centers_)
    assert ours.cluster_centers_[to_ours] == pytest.approx(plain.cluster_centers_, rel=1e-6)
    assert np.repeat(ours.labels_, weight).tolist() == to_ours[plain.labels_].tolist()
    assert ours.masses_.tolist() == sorted(np.bincount(plain.labels_), reverse=True)


def test_clusters_keep_their_numbers_when_points_change_places() -> None:
    points, weight = weighted_points(3)
    order = np.random.default_rng(0).permutation(len(points))
    one = PatternKMeans(3, random_state=0).fit(points, sample_weight=weight)
    other = PatternKMeans(3, random_state=0).fit(points[order], sample_weight=weight[order])
    assert one.labels_[order].tolist() == other.labels_.tolist()
    assert one.cluster_centers_ == pytest.approx(other.cluster_centers_)


def test_the_spread_holds_99_percent_of_the_rows() -> None:
    points = np.concatenate([np.zeros((1, 1)), [[1.0]], [[50.0]]])
    fitted = PatternKMeans(1, random_state=0).fit(points, sample_weight=[98, 1, 1])
    assert fitted.spreads_[0] == pytest.approx(0.51)


def test_prediction_is_the_nearest_centre() -> None:
    points, weight = weighted_points(4)
    fitted = PatternKMeans(4, random_state=0).fit(points, sample_weight=weight)
    assert fitted.predict(points).tolist() == fitted.labels_.tolist()
    assert fitted.predict(fitted.cluster_centers_ + 0.01).tolist() == [0, 1, 2, 3]


def test_a_pattern_at_the_edge_of_its_cluster_is_within() -> None:
    points = np.array([[0.1, 0.2], [0.3, 0.7], [3.3, 0.7], [9.1, 9.7]])
    weight = np.array([70, 29, 1, 1])
    shape = kmeans.fit(Baseline(points, weight, weight.astype(float)), Training(seed_compatible=True))
    clusters = measure(ALGORITHMS["kmeans"], shape, Baseline(points, weight, weight.astype(float)))
    assert kmeans.assign(clusters, shape.parameters, points).within.all()
    beside = kmeans.assign(clusters, shape.parameters, points[3:] + np.array([0.3, 0.0]))
    far = kmeans.assign(clusters, shape.parameters, points[3:] + np.array([0.6, 0.0]))
    assert (beside.within.tolist(), far.within.tolist()) == ([True], [False])


def many_points(spread: float, tail: float) -> Baseline:
    rng = np.random.default_rng(5)
    count = 4 * kmeans.START_SAMPLE
    points = rng.normal(size=(count, 4)) * spread + rng.integers(0, 4, count)[:, None]
    weight = 1 + (rng.pareto(tail, count) * 3).astype(np.int64)
    return Baseline(points, weight, weight.astype(float))


@pytest.mark.parametrize("spread", [0.3, 1.0, 2.0])
@pytest.mark.parametrize("tail", [1.0, 5.0])
def test_starts_on_a_sample_end_nearly_as_well_as_on_all_points(spread: float, tail: float) -> None:
    baseline = many_points(spread, tail)
    shape = kmeans.fit(baseline, Training())
    whole = PatternKMeans(len(shape.centers), n_init=kmeans.STARTS, random_state=42)
    whole.fit(baseline.points, sample_weight=baseline.represents)
    assert shape.parameters["start_points"] <= kmeans.START_SAMPLE
    assert shape.metrics["inertia"] <= 1.015 * whole.inertia_


def test_the_published_recipe_starts_on_all_points() -> None:
    baseline = many_points(1.0, 5.0)
    shape = kmeans.fit(baseline, Training(seed_compatible=True))
    whole = PatternKMeans(kmeans.COMPATIBLE_K, n_init=kmeans.STARTS, random_state=42)
    assert shape.parameters["start_points"] == len(baseline.points)
    whole.fit(baseline.points, sample_weight=baseline.represents)
    assert shape.metrics["inertia"] == pytest.approx(whole.inertia_)
