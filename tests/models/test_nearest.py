"""All pairs and a tree find the same nearest references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models import nearest as module
from pipeline.models.nearest import nearest, nearest_cluster


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 12), st.booleans())
def test_few_references_are_found_as_in_a_tree(seed: int, count: int, are_alone: bool) -> None:
    rng = np.random.default_rng(seed)
    references = rng.normal(size=(count, 3))
    points = np.concatenate([rng.normal(size=(20, 3)), references])
    alone = rng.random(len(points)) < 0.5 if are_alone else None
    distance, position = nearest(references, points, alone)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "FEW", 0)
        in_tree = nearest(references, points, alone)
    assert distance == pytest.approx(in_tree[0], rel=1e-12)
    assert position.tolist() == in_tree[1].tolist()
    assert position.dtype == in_tree[1].dtype


@pytest.mark.parametrize("count", [module.FEW, module.FEW + 1])
def test_a_point_has_the_same_distance_whatever_else_is_measured(count: int) -> None:
    rng = np.random.default_rng(count)
    references, points = rng.normal(size=(count, 5)), rng.normal(size=(50, 5))
    distance, position = nearest(references, points)
    alone = [nearest(references, points[[place]]) for place in range(len(points))]
    assert np.concatenate([one[0] for one in alone]).tobytes() == distance.tobytes()
    assert [int(one[1][0]) for one in alone] == position.tolist()
    assert [len(found) for found in nearest(references, points[:0])] == [0, 0]


def test_the_reference_of_a_large_cluster_is_the_one_that_its_distance_is_measured_to() -> None:
    references = np.array([[0.0], [4.0], [10.0]])
    cluster, distance, large_distance, reference = nearest_cluster(
        references, np.array([0, 1, 0]), np.array([True, False]), np.array([[1.0], [5.0], [8.0]])
    )
    assert (cluster.tolist(), distance.tolist()) == ([0, 1, 0], [1.0, 1.0, 2.0])
    assert (large_distance.tolist(), reference.tolist()) == ([1.0, 5.0, 2.0], [0, 0, 2])
