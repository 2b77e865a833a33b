import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.novel import group_novel


def outside(points: np.ndarray) -> np.ndarray:
    """Distances from a baseline that is a single cluster at the origin."""
    return np.linalg.norm(points, axis=1)


def test_what_is_near_each_other_and_far_from_the_baseline_is_a_group() -> None:
    points = np.array([[10.0, 0], [12.0, 0], [0, 30.0], [0, 33.0], [-50.0, 0]])
    labels = group_novel(points, np.array([4, 4, 50, 1, 4]), outside(points))
    assert labels.tolist() == [1, 1, 0, 0, -1]


def test_reach_grows_with_the_distance_to_the_baseline() -> None:
    near, far = np.array([[1.0], [2.0]]), np.array([[101.0], [102.0]])
    weight = np.array([9, 9])
    assert group_novel(near, weight, outside(near)).tolist() == [0, 1]
    assert group_novel(far, weight, outside(far)).tolist() == [0, 0]


def test_a_chain_is_one_group() -> None:
    points = np.column_stack([np.full(40, 20.0), np.arange(40.0)])
    assert set(group_novel(points, np.ones(40), outside(points))) == {0}


def test_heavy_loners_are_groups_of_their_own() -> None:
    points = np.array([[10.0, 0], [0, 10.0], [-10.0, 0]])
    assert group_novel(points, np.array([5, 4, 70]), outside(points)).tolist() == [1, -1, 0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 0.9), st.sampled_from([7, 4_000]))
def test_groups_do_not_depend_on_the_order_of_the_points(seed: int, alpha: float, max_patterns: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(30, 2)) * rng.choice([1, 20], (30, 1))
    weight = rng.integers(1, 9, 30)
    order = rng.permutation(30)
    one = group_novel(points, weight, outside(points), alpha=alpha, max_patterns=max_patterns)
    other = group_novel(points[order], weight[order], outside(points[order]), alpha=alpha, max_patterns=max_patterns)
    assert one[order].tolist() == other.tolist()
    mass = np.bincount(one[one >= 0], weights=weight[one >= 0]) if (one >= 0).any() else np.array([5])
    assert (mass >= 5).all()
    assert (np.diff(mass) <= 0).all()


def test_beyond_the_bound_the_rest_joins_the_nearest_group() -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal((100, 0), 1, (300, 2)), rng.normal((0, -90), 1, (200, 2)), [[-80.0, 5.0]]])
    weight = np.append(np.ones(500), 6)
    bounded = group_novel(points, weight, outside(points), max_patterns=50)
    assert bounded.tolist() == group_novel(points, weight, outside(points)).tolist()
    assert np.bincount(bounded).tolist() == [300, 200, 1]


def test_where_nothing_is_new_there_are_no_groups() -> None:
    assert group_novel(np.empty((0, 2)), np.empty(0), np.empty(0)).tolist() == []
