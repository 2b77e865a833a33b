import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.clusters import canonical_order, large_clusters


@pytest.mark.parametrize(
    ("mass", "n_large"),
    [
        ([1.0], 1),
        ([50, 45, 5], 2),
        ([40, 30, 20, 10], 3),
        ([60, 8, 8, 8, 8, 8], 1),
        ([30, 30, 5, 5, 5, 5, 5, 5, 5, 5], 2),
        ([10, 1, *[1] * 20], 19),
    ],
)
def test_large_clusters_hold_most_of_the_mass(mass: list[float], n_large: int) -> None:
    assert large_clusters(np.array(mass, dtype=float)).sum() == n_large


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=30))
def test_large_clusters_are_the_largest(mass: list[int]) -> None:
    ordered = np.sort(np.array(mass, dtype=float))[::-1]
    is_large = large_clusters(ordered)
    assert is_large[0]
    assert (np.diff(is_large.astype(int)) <= 0).all()
    assert ordered[is_large].sum() > ordered.sum() / 2


def test_order_is_by_mass_then_by_centre() -> None:
    centers = np.array([[1.0, 5.0], [0.0, 9.0], [1.0, 2.0], [7.0, 7.0]])
    assert canonical_order(np.array([2.0, 2.0, 2.0, 9.0]), centers).tolist() == [3, 1, 2, 0]
