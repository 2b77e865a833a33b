import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Thresholds
from pipeline.scoring.thresholds import position, status, threshold_score

LEVELS = np.linspace(0, 10, 1001)
MOMENTS = {"distance_mean": LEVELS.mean(), "distance_std": LEVELS.std()}
distances = st.lists(st.floats(0, 1e6), min_size=1, max_size=30).map(np.array)


@pytest.mark.parametrize(("distance", "score"), [(0, 0), (2.5, 0.25), (9.5, 0.95), (10, 1.0), (11, 1.0)])
def test_a_score_is_the_share_of_the_baseline_that_lies_nearer(distance: float, score: float) -> None:
    assert position(LEVELS, np.array([distance]))[0] == pytest.approx(score)


def test_a_distance_that_many_share_is_not_suspicious_for_being_shared() -> None:
    levels = np.concatenate([np.zeros(801), np.full(200, 3.0)])
    assert position(levels, np.array([0.0, 3.0, 3.1])).tolist() == pytest.approx([0, 0.801, 1], abs=2e-3)


@given(distances, distances)
def test_scores_stay_in_bounds_and_follow_the_distance(levels: np.ndarray, distance: np.ndarray) -> None:
    ranks = np.quantile(levels, np.linspace(0, 1, 101))
    ordered = np.sort(distance)
    score = position(ranks, ordered)
    assert ((score >= 0) & (score <= 1)).all()
    assert (np.diff(score) >= -1e-12).all()


def test_each_method_gives_its_threshold() -> None:
    assert threshold_score(LEVELS, MOMENTS, Thresholds(method="percentile", percentile=95)) == 0.95
    assert threshold_score(LEVELS, MOMENTS, Thresholds(method="manual", manual=0.7)) == 0.7
    two_sigma = LEVELS.mean() + 2 * LEVELS.std()
    assert two_sigma > 10
    assert threshold_score(LEVELS, MOMENTS, Thresholds(method="sigma", sigma=2)) == 1.0
    one_sigma = (LEVELS.mean() + LEVELS.std()) / 10
    assert threshold_score(LEVELS, MOMENTS, Thresholds(method="sigma", sigma=1)) == pytest.approx(one_sigma, abs=1e-3)


def test_the_threshold_is_strict_and_there_are_three_levels() -> None:
    assert status(np.array([0.2, 0.89, 0.91, 0.95, 0.951]), 0.95).tolist() == [
        "normal",
        "normal",
        "borderline",
        "borderline",
        "anomaly",
    ]


@given(st.floats(0.5, 0.98), st.floats(0.001, 0.02))
def test_a_stricter_threshold_flags_no_more(threshold: float, step: float) -> None:
    scores = np.linspace(0, 1, 301)
    loose, strict = (np.sum(status(scores, value) == "anomaly") for value in (threshold, threshold + step))
    assert strict <= loose


def test_the_last_override_that_fits_counts_and_leaves_the_rest_as_it_is() -> None:
    overrides = [{"feature_table": "users", "percentile": 99}, {"algorithm": "dbscan", "sigma": 3, "method": "sigma"}]
    thresholds = Thresholds(percentile=90, overrides=overrides)
    assert thresholds.limit("events", "kmeans").percentile == 90
    assert thresholds.limit("users", "kmeans").percentile == 99
    limit = thresholds.limit("users", "dbscan")
    assert (limit.method, limit.sigma, limit.percentile) == ("sigma", 3, 90)
