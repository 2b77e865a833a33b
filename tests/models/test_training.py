"""One contract for every algorithm in the registry."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from model_baselines import EVENTS, collapsed, event_rows, train, trained

from pipeline.config import Training
from pipeline.models.clusters import canonical_order
from pipeline.models.columns import ColumnMismatchError, FeatureColumns
from pipeline.models.registry import ALGORITHMS
from pipeline.models.training import EmptyBaselineError

# the nearest mode is not always the one that a point climbs to
LEAST_PURITY = {"mean_shift": 0.8}
pytestmark = pytest.mark.parametrize("algorithm", ALGORITHMS)


def test_clusters_are_measured_and_ordered(algorithm: str) -> None:
    model = trained(algorithm)
    clusters = model.clusters
    assert (np.diff(clusters.masses) <= 0).all()
    assert clusters.masses.sum() + model.metrics["noise_share"] == pytest.approx(1)
    assert canonical_order(clusters.masses, clusters.centers).tolist() == list(range(len(clusters.masses)))
    assert clusters.is_large[0]
    assert (clusters.spreads >= 0).all()
    assert clusters.stable_ids.tolist() == list(range(len(clusters.masses))) == list(range(model.next_stable_id))
    assert (model.rows, model.patterns) == (EVENTS["weight"].sum(), len(EVENTS))


def test_the_behaviours_that_are_there_are_kept_apart(algorithm: str) -> None:
    model = trained(algorithm)
    cluster = model.assign(model.encoder.transform(EVENTS)).cluster
    assert (cluster >= 0).all()
    for _, members in EVENTS.groupby(cluster):
        share = np.average(members["port_missing"], weights=members["weight"])
        assert max(share, 1 - share) >= LEAST_PURITY.get(algorithm, 1)


def test_the_same_input_gives_the_same_model(algorithm: str) -> None:
    model = trained(algorithm)
    shuffled = EVENTS.sample(frac=1, random_state=3).reset_index(drop=True)
    halves = pd.concat([EVENTS.assign(weight=1), EVENTS[EVENTS["weight"] > 1].assign(weight=lambda f: f["weight"] - 1)])
    assert train(algorithm, shuffled).model_id == model.model_id
    assert train(algorithm, halves).model_id == model.model_id
    assert train(algorithm, pa.Table.from_pandas(EVENTS)).model_id == model.model_id
    assert train(algorithm, collapsed(event_rows(3_000, seed=2))).model_id != model.model_id


def test_points_are_assigned_one_by_one(algorithm: str) -> None:
    model = trained(algorithm)
    later = model.encoder.transform(collapsed(event_rows(500, seed=9)))
    together, alone = model.assign(later), [model.assign(point[None, :]) for point in later]
    assert together.cluster.tolist() == [one.cluster[0] for one in alone]
    assert together.distance.tolist() == [one.distance[0] for one in alone]
    assert together.large_distance.tolist() == [one.large_distance[0] for one in alone]
    assert (together.large_distance >= together.distance).all()
    assert set(together.cluster) <= {-1, *range(len(model.clusters.masses))}
    assert model.stable(together.cluster).tolist() == together.cluster.tolist()
    assert (together.cluster[together.within] >= 0).all()


def test_a_night_without_rows_can_be_assigned(algorithm: str) -> None:
    model = trained(algorithm)
    assert len(model.assign(model.encoder.transform(EVENTS.head(0))).cluster) == 0


def test_what_is_far_is_farther_than_the_whole_baseline(algorithm: str) -> None:
    model = trained(algorithm)
    scan = EVENTS.head(1).assign(source_ports_log2=10.0, bytes_log=20.0)
    found = model.assign(model.encoder.transform(scan))
    assert not found.within[0]
    assert found.large_distance[0] > model.score_levels[-1]


def test_levels_are_what_new_rows_of_the_same_kind_get(algorithm: str) -> None:
    model = trained(algorithm)
    assert len(model.score_levels) == 1_001
    assert (np.diff(model.score_levels) >= 0).all()
    new = collapsed(event_rows(3_000, seed=5))
    above = model.assign(model.encoder.transform(new)).large_distance > model.score_levels[950]
    assert new.loc[above, "weight"].sum() < 0.1 * new["weight"].sum()


def test_a_model_does_not_take_what_it_was_fitted_on_for_usual(algorithm: str) -> None:
    rng = np.random.default_rng(0)
    cloud = [pd.DataFrame(rng.normal(size=(n, 3)), columns=["x", "y", "z"]).assign(weight=1) for n in (600, 2_000)]
    model = train(algorithm, cloud[0], FeatureColumns(numeric=("x", "y", "z")))
    above = model.assign(model.encoder.transform(cloud[1])).large_distance > model.score_levels[950]
    assert 0.02 < above.mean() < 0.09


def test_a_baseline_beyond_the_bound_is_sampled_and_says_so(algorithm: str) -> None:
    model = train(algorithm, EVENTS, settings=Training(max_patterns=100))
    assert f"sample of 100 stands for the {len(EVENTS)} points" in model.parameters["fallback"]
    assert model.parameters["points_fitted"] == 100
    assert model.rows == EVENTS["weight"].sum()
    assert len(model.assign(model.encoder.transform(EVENTS)).cluster) == len(EVENTS)
    assert train(algorithm, EVENTS, settings=Training(max_patterns=100)).model_id == model.model_id
    assert trained(algorithm).parameters["fallback"] is None


def test_one_candidate_is_chosen_among_those_tried(algorithm: str) -> None:
    candidates = trained(algorithm).candidates
    taken = [candidate for candidate in candidates if candidate.chosen]
    assert len(taken) == 1
    assert len(candidates) > 5
    assert len({candidate.value for candidate in candidates}) == len(candidates)


@pytest.mark.parametrize("n_patterns", [1, 2, 3])
@pytest.mark.parametrize("seed_compatible", [False, True])
def test_small_baselines_have_models_too(algorithm: str, n_patterns: int, seed_compatible: bool) -> None:
    few = EVENTS.head(n_patterns).assign(weight=1)
    roles = FeatureColumns(numeric=("source_ports_log2", "hour_sin"), flags=("is_web_port",))
    model = train(algorithm, few, roles, settings=Training(seed_compatible=seed_compatible))
    found = model.assign(model.encoder.transform(few))
    assert (found.cluster >= 0).all()
    assert model.clusters.is_large[0]
    assert np.isfinite(model.score_levels).all()


def test_rows_that_are_all_equal_are_one_cluster(algorithm: str) -> None:
    equal = EVENTS.head(1).assign(weight=1_000)
    model = train(algorithm, equal)
    assert model.clusters.masses.tolist() == [1.0]
    assert model.score_levels.tolist() == [0.0] * 1_001
    later = pd.concat([equal, EVENTS.head(1).assign(bytes_log=30.0)])
    found = model.assign(model.encoder.transform(later))
    assert found.within.tolist() == [True, False]
    assert found.distance[0] == 0 < found.distance[1]


def test_the_farther_out_the_larger_the_distance(algorithm: str) -> None:
    model = trained(algorithm)
    away = pd.concat([EVENTS.head(1)] * 6).assign(bytes_log=[20.0, 25.0, 35.0, 60.0, 110.0, 1e6])
    found = model.assign(model.encoder.transform(away))
    assert (np.diff(found.distance) > 0).all()
    assert (np.diff(found.large_distance) > 0).all()
    assert np.isfinite(found.large_distance).all()
    assert not found.within.any()


def test_constant_columns_are_on_record(algorithm: str) -> None:
    encoder = trained(algorithm).encoder
    assert encoder.constant_columns == ("large_transfer",)
    assert "large_transfer" not in encoder.columns


def test_rows_with_other_columns_are_refused(algorithm: str) -> None:
    model = trained(algorithm)
    with pytest.raises(ColumnMismatchError, match="verdict"):
        model.encoder.transform(EVENTS.drop(columns="verdict"))
    with pytest.raises(ColumnMismatchError, match="verdict"):
        train(algorithm, EVENTS.drop(columns="verdict"))


def test_an_empty_baseline_is_an_error_in_words(algorithm: str) -> None:
    with pytest.raises(EmptyBaselineError, match="no rows to fit a model on"):
        train(algorithm, EVENTS.head(0))
