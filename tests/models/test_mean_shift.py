import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.cluster import MeanShift
from sklearn.metrics import pairwise_distances_argmin
from sklearn.utils.estimator_checks import parametrize_with_checks

from pipeline.config import Training
from pipeline.models import mean_shift
from pipeline.models.mean_shift import PatternMeanShift
from pipeline.models.sampling import Baseline


def weighted_points(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)).round(2) + rng.integers(0, 3, n)[:, None] * 3, rng.integers(1, 5, n)


@parametrize_with_checks([PatternMeanShift()])
def test_scikit_learns_contract(estimator: PatternMeanShift, check: object) -> None:
    check(estimator)


@pytest.mark.filterwarnings("ignore:Binning data failed")
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 15), st.floats(0.4, 4), st.booleans(), st.booleans())
@example(seed=1624, n=3, bandwidth=1.0, bin_seeding=True, cluster_all=False)
def test_weights_count_as_rows(seed: int, n: int, bandwidth: float, bin_seeding: bool, cluster_all: bool) -> None:
    points, weight = weighted_points(seed, n)
    options = {"bin_seeding": bin_seeding, "cluster_all": cluster_all}
    ours = PatternMeanShift(bandwidth, **options).fit(points, sample_weight=weight)
    plain = MeanShift(bandwidth=bandwidth, **options).fit(np.repeat(points, weight, axis=0))
    to_ours = pairwise_distances_argmin(plain.cluster_centers_, ours.cluster_centers_)
    assert sorted(to_ours) == list(range(len(ours.cluster_centers_)))
    assert ours.cluster_centers_[to_ours] == pytest.approx(plain.cluster_centers_, abs=1e-6)
    assert np.repeat(ours.labels_, weight).tolist() == np.where(plain.labels_ < 0, -1, to_ours[plain.labels_]).tolist()
    assert ours.n_iter_ == plain.n_iter_


def test_cells_need_their_weight_and_a_grid_without_any_is_an_error() -> None:
    points = np.array([[0.0], [0.1], [5.0]])
    heavy = PatternMeanShift(1.0, bin_seeding=True, min_bin_freq=4).fit(points, sample_weight=[3, 1, 3])
    assert heavy.cluster_centers_.tolist() == [[0.025]]
    with pytest.raises(ValueError, match="no cell of the grid holds 5 rows"):
        PatternMeanShift(1.0, bin_seeding=True, min_bin_freq=5).fit(points, sample_weight=[3, 1, 3])


def test_a_bandwidth_is_positive() -> None:
    with pytest.raises(ValueError, match="bandwidth must be positive, not 0"):
        PatternMeanShift(0).fit([[0.0], [1.0]])


def test_blocks_of_distances_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    points, weight = weighted_points(2)
    whole = PatternMeanShift(1.5).fit(points, sample_weight=weight)
    monkeypatch.setattr(mean_shift, "BLOCK", 100)
    parts = PatternMeanShift(1.5).fit(points, sample_weight=weight)
    assert parts.cluster_centers_ == pytest.approx(whole.cluster_centers_, abs=1e-9)
    assert parts.labels_.tolist() == whole.labels_.tolist()


def test_modes_of_too_few_rows_are_no_clusters() -> None:
    points = np.concatenate([np.random.default_rng(0).normal(0, 0.1, (60, 2)), [[9.0, 9.0]], [[-9.0, 9.0]]])
    baseline = Baseline(points, np.array([1] * 60 + [4, 5]), np.array([1.0] * 60 + [4, 5]))
    shape = mean_shift.fit(baseline, Training())
    assert shape.metrics["modes"] > len(shape.centers)
    assert [-9.0, 9.0] in shape.centers.tolist()
    assert [9.0, 9.0] not in shape.centers.tolist()
    assert [9.0, 9.0] in mean_shift.fit(baseline, Training(seed_compatible=True)).centers.tolist()


def test_many_points_are_sampled_and_the_model_says_so() -> None:
    points = np.random.default_rng(0).normal(size=(2_000, 2))
    shape = mean_shift.fit(Baseline(points, np.ones(2_000, dtype=int), np.ones(2_000)), Training())
    assert shape.parameters["points_fitted"] == 1_500
    assert "sample of 1500 of 2000 points" in shape.parameters["fallback"]


def test_rows_that_are_nearly_all_equal_have_a_bandwidth_all_the_same() -> None:
    points = np.array([[0.0], [1.0], [4.0]])
    heavy = Baseline(points, np.array([10_000, 1, 1]), np.array([1e4, 1, 1]))
    shape = mean_shift.fit(heavy, Training())
    assert shape.parameters["bandwidth"] == pytest.approx(1.0)
    assert "a wider one is taken" in shape.parameters["fallback"]
