import numpy as np
import pytest

from pipeline.models.ensemble_members import FITS, Scale, fit_member, largest
from pipeline.models.ensemble_recipe import RECIPE
from pipeline.models.registry import ALGORITHMS

by_algorithm = pytest.mark.parametrize("algorithm", FITS)


def two_groups(n: int, small: int) -> np.ndarray:
    """A wide group around 0, and a tight one of `small` points far away."""
    rng = np.random.default_rng(0)
    return np.concatenate([rng.normal(size=(n - small, 3)), 9 + 0.01 * rng.normal(size=(small, 3))])


def test_members_are_of_the_four_algorithms() -> None:
    assert list(FITS) == list(ALGORITHMS) == list(RECIPE.sample_sizes)
    assert set(RECIPE.members) == set(RECIPE.spaces)


@by_algorithm
def test_the_farther_out_the_larger_the_distance(algorithm: str) -> None:
    large = fit_member(algorithm, two_groups(60, 0), 1, RECIPE)
    away = np.array([[5.0], [10.0], [20.0], [50.0]]) * np.ones(3)
    distance, position = large.measure(away)
    assert (np.diff(distance) > 0).all()
    assert (position < len(large.references)).all()


@by_algorithm
def test_a_small_group_is_no_place_of_safety(algorithm: str) -> None:
    large = fit_member(algorithm, two_groups(60, 6), 1, RECIPE)
    distance, _position = large.measure(np.array([[0.0] * 3, [9.0] * 3]))
    assert distance[1] > 3 * distance[0] + 1
    assert large.masses.sum() <= 0.9 + 1e-9


@by_algorithm
@pytest.mark.parametrize("points", [[[1.0, 2.0]] * 2, [[1.0, 2.0], [3.0, 4.0]], [[1.0, 2.0]] * 9 + [[3.0, 4.0]]])
def test_samples_of_few_distinct_rows_have_members_too(algorithm: str, points: list[list[float]]) -> None:
    large = fit_member(algorithm, np.array(points), 1, RECIPE)
    distance, _position = large.measure(np.array([*points, [1e6, -1e6]]))
    assert np.isfinite(distance).all()
    assert distance[-1] > distance[:-1].max() >= 0


@by_algorithm
def test_a_distance_is_the_same_whatever_else_is_measured(algorithm: str) -> None:
    points = two_groups(60, 6)
    large = fit_member(algorithm, points, 1, RECIPE)
    one_by_one = [large.measure(points[[row]])[0] for row in range(len(points))]
    assert np.concatenate(one_by_one).tobytes() == large.measure(points)[0].tobytes()


def test_a_row_that_is_alone_passes_over_its_own_core_point() -> None:
    points = np.arange(20.0)[:, None]
    large = fit_member("dbscan", points, 1, RECIPE)
    seen, alone = large.measure(points)[0], large.measure(points, np.ones(20, dtype=bool))[0]
    # the ends have too few neighbours for a core point
    assert seen.tolist() == [1.0, *[0.0] * 18, 1.0]
    assert alone.tolist() == [1.0] * 20


@pytest.mark.parametrize(
    ("mass", "share", "kept"),
    [([1.0, 8.0, 1.0], 0.75, [1]), ([4.0, 3.0, 3.0], 0.75, [0, 1, 2]), ([5.0, 5.0], 0.5, [0]), ([1.0], 1.0, [0])],
)
def test_the_largest_clusters_hold_the_share(mass: list[float], share: float, kept: list[int]) -> None:
    assert largest(np.array(mass), share).tolist() == kept


@pytest.mark.parametrize(
    ("distance", "width"),
    [([0.0] * 5 + [1.0] * 3 + [2.0, 9.0], 2.0), ([0.0] * 95 + [7.0] * 5, 7.0), ([3.0] * 10, 1.0)],
)
def test_the_width_is_that_of_the_baseline(distance: list[float], width: float) -> None:
    values = np.array(distance)
    scale = Scale.learn(values, np.ones(len(values)))
    assert scale.width == width
    np.testing.assert_allclose(scale(np.array([scale.middle, scale.middle + width])), [0, np.log(2)])
    distinct, rows = np.unique(values, return_counts=True)
    assert Scale.learn(distinct, rows.astype(float)) == scale
