import numpy as np
import pandas as pd
import pytest
from model_baselines import collapsed, train

from pipeline.models.base import FittedModel
from pipeline.models.columns import FeatureColumns
from pipeline.models.registry import ALGORITHMS

PLANE = FeatureColumns(numeric=("x", "y"))
PLACES = {"a": (0.0, 0.0), "b": (30.0, 40.0), "c": (0.0, 40.0), "d": (30.0, 0.0)}
pytestmark = pytest.mark.parametrize("algorithm", ALGORITHMS)


def night(sizes: dict[str, int], seed: int, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    points = np.concatenate([PLACES[name] + rng.uniform(-0.3, 0.3, (size, 2)) + shift for name, size in sizes.items()])
    return collapsed(pd.DataFrame(points.round(1), columns=["x", "y"]))


def ids(model: FittedModel, shift: float = 0.0) -> dict[str, int]:
    """The stable id of the cluster at each place."""
    places = pd.DataFrame(PLACES.values(), columns=["x", "y"]) + shift
    found = model.assign(model.encoder.transform(places))
    return dict(zip(PLACES, model.stable(np.where(found.scaled_distance < 0.5, found.cluster, -1)), strict=True))


def test_ids_outlive_a_change_of_sizes_and_a_small_shift(algorithm: str) -> None:
    first = train(algorithm, night({"a": 300, "b": 200, "c": 100}, seed=1), PLANE)
    second = train(algorithm, night({"a": 100, "b": 200, "c": 320}, seed=2, shift=0.4), PLANE, previous=first)
    assert (ids(first)["a"], ids(first)["b"], ids(first)["c"]) == (0, 1, 2)
    assert ids(second, shift=0.4) == ids(first)
    assert second.clusters.stable_ids.tolist() == [2, 1, 0]
    assert second.next_stable_id == 3


def test_new_clusters_get_ids_that_none_had_before(algorithm: str) -> None:
    first = train(algorithm, night({"a": 300, "b": 200, "c": 100}, seed=1), PLANE)
    without_c = train(algorithm, night({"a": 300, "b": 200}, seed=2), PLANE, previous=first)
    with_d = train(algorithm, night({"a": 300, "b": 200, "d": 100}, seed=3), PLANE, previous=without_c)
    assert ids(without_c) == {"a": 0, "b": 1, "c": -1, "d": -1}
    assert ids(with_d) == {"a": 0, "b": 1, "c": -1, "d": 3}
    assert with_d.next_stable_id == 4


def test_ids_do_not_depend_on_the_order_of_the_rows(algorithm: str) -> None:
    first = train(algorithm, night({"a": 300, "b": 200}, seed=1), PLANE)
    rows = night({"a": 200, "b": 300}, seed=2)
    one = train(algorithm, rows, PLANE, previous=first)
    other = train(algorithm, rows[::-1], PLANE, previous=first)
    assert one.model_id == other.model_id
    assert one.clusters.stable_ids.tolist() == [1, 0]


def test_models_match_over_the_columns_that_both_have(algorithm: str) -> None:
    rows = night({"a": 300, "b": 200, "c": 100}, seed=1)
    first = train(algorithm, rows, PLANE)
    wider = rows.assign(z=(rows["x"] * 7 % 3).round(1) / 100)
    roles = FeatureColumns(numeric=("z", "x", "y"))
    second = train(algorithm, wider, roles, previous=first)
    assert set(first.clusters.stable_ids) <= set(second.clusters.stable_ids)
    apart = train(algorithm, wider, FeatureColumns(numeric=("z",)), previous=first)
    assert not set(apart.clusters.stable_ids) & set(first.clusters.stable_ids)
