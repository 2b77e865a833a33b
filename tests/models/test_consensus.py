from datetime import date
from functools import cache

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from model_baselines import EVENT_COLUMNS, EVENTS, collapsed, event_rows

from pipeline.config import Thresholds, Training
from pipeline.models.base import Occasion
from pipeline.models.columns import FeatureColumns
from pipeline.models.consensus import ConsensusModel, fit_consensus, trimmed_mean
from pipeline.models.consensus_rows import from_rows, to_rows
from pipeline.models.ensemble_recipe import RECIPE, Recipe
from pipeline.models.training import prepare
from pipeline.scoring.night import score_by_consensus
from schemas.models import TABLES
from schemas.scores import EVENT_PATTERNS
from schemas.validation import judge

NIGHT = date(2026, 1, 12)
OCCASION = Occasion("events", NIGHT, date(2026, 1, 5), date(2026, 1, 11), False, "2026-01-05:1")
PLANE = FeatureColumns(numeric=("x", "y"))


def consensus(rows: pd.DataFrame, roles: FeatureColumns = EVENT_COLUMNS, seed: int = 42) -> ConsensusModel:
    return fit_consensus(prepare(rows, roles, Training()), OCCASION, seed)


@cache
def of_events() -> ConsensusModel:
    return consensus(EVENTS)


def plane(points: np.ndarray, weight: int = 1) -> pd.DataFrame:
    return pd.DataFrame(points, columns=["x", "y"]).assign(weight=weight)


def test_there_are_members_of_every_algorithm_in_every_space() -> None:
    members = of_events().parameters["members"]
    for algorithm in RECIPE.sample_sizes:
        for name in RECIPE.spaces:
            own = [one for one in members if (one["algorithm"], one["space_name"]) == (algorithm, name)]
            assert len(own) == RECIPE.members[name] * len(RECIPE.weightings)


def test_neither_the_order_of_rows_nor_how_they_are_added_up_matters() -> None:
    shuffled = EVENTS.sample(frac=1, random_state=3)
    expanded = EVENTS.loc[EVENTS.index.repeat(EVENTS["weight"])].assign(weight=1)
    assert consensus(shuffled).model_id == consensus(expanded).model_id == of_events().model_id
    assert consensus(EVENTS, seed=43).model_id != of_events().model_id


def test_a_row_has_the_same_distance_whatever_else_is_measured() -> None:
    distance, parts = of_events().explained(EVENTS)
    backwards = of_events().explained(EVENTS.iloc[::-1])
    assert backwards[0][::-1].tobytes() == distance.tobytes()
    assert backwards[1][::-1].tobytes() == parts.tobytes()
    alone = np.concatenate([of_events().distances(EVENTS.iloc[[place]]) for place in range(len(EVENTS))])
    assert alone.tobytes() == distance.tobytes()


def test_it_comes_back_bit_for_bit_from_rows_that_fit_their_tables() -> None:
    tables = to_rows(of_events())
    assert [name for name, rows in tables.items() if len(rows)] == ["models.fits", "models.components"]
    for spec in TABLES:
        assert tables[spec.name].schema == spec.arrow_schema()
        if len(tables[spec.name]):
            judge(spec, ibis.memtable(tables[spec.name]))
        assert not tables[spec.name].select(list(spec.key)).to_pandas().duplicated().any()
    components = tables["models.components"]
    backwards = components.take(pa.array(range(len(components))[::-1]))
    again = from_rows(tables["models.fits"].to_pylist()[0], backwards)
    later = collapsed(event_rows(800, seed=4))
    for found, expected in zip(again.explained(later), of_events().explained(later), strict=True):
        assert found.tobytes() == expected.tobytes()
    assert to_rows(again) == tables


def test_new_rows_of_the_same_kind_are_scored_as_the_baseline() -> None:
    later = collapsed(event_rows(2_000, seed=9))
    above = of_events().distances(later) > of_events().score_levels[950]
    assert 0.01 < np.average(above, weights=later["weight"]) < 0.1


def test_the_farther_out_the_larger_the_distance() -> None:
    away = pd.concat([EVENTS.head(1)] * 6).assign(bytes_log=[20.0, 25.0, 35.0, 60.0, 110.0, 1e6])
    distance = of_events().distances(away)
    assert (np.diff(distance) > 0).all()
    assert distance[0] > of_events().score_levels[-1]


def test_a_baseline_beyond_the_bound_is_sampled_and_says_so() -> None:
    model = fit_consensus(prepare(EVENTS, EVENT_COLUMNS, Training()), OCCASION, 42, Recipe(patterns=200))
    assert model.parameters["patterns_fitted"] == 200
    assert (model.patterns, model.rows) == (len(EVENTS), EVENTS["weight"].sum())
    above = model.distances(EVENTS) > model.score_levels[950]
    assert 0.01 < np.average(above, weights=EVENTS["weight"]) < 0.1


@pytest.mark.parametrize("repeated", [1, 500])
def test_a_tight_group_of_attacks_in_the_baseline_is_not_normal(repeated: int) -> None:
    rng = np.random.default_rng(0)
    attacks = plane(rng.normal(size=(30, 2)) * 0.01 + 9, weight=repeated)
    model = consensus(pd.concat([plane(rng.normal(size=(2_000, 2))), attacks]), PLANE)
    benign = model.distances(plane(rng.normal(size=(500, 2))))
    assert model.distances(attacks).min() > np.quantile(benign, 0.99)


@pytest.mark.parametrize("n_patterns", [1, 2, 5])
def test_small_baselines_have_a_consensus_too(n_patterns: int) -> None:
    few = EVENTS.head(n_patterns).assign(weight=1)
    model = consensus(few)
    assert np.isfinite(model.score_levels).all()
    odd = few.assign(bytes_log=50.0, protocol="gre")
    assert (model.distances(odd) > model.distances(few)).all()


def test_constant_and_missing_columns_and_unseen_categories_are_no_obstacle() -> None:
    model = consensus(EVENTS.assign(bytes_log=np.nan, verdict="blocked", is_web_port=True))
    usual = EVENTS.head(1).assign(bytes_log=np.nan, verdict="blocked", is_web_port=True)
    changes = [{}, {"bytes_log": 4.0}, {"verdict": "weird"}, {"is_web_port": False}, {"country": None}]
    distance = model.distances(pd.concat([usual.assign(**change) for change in changes]))
    assert np.isfinite(distance).all()
    assert distance[2] > distance[0]
    # a flag that the baseline knows one value of tells no rows apart
    assert distance[3] == distance[0]


@pytest.mark.parametrize(
    ("feature", "value", "sign"), [("bytes_log", 40.0, 1), ("bytes_log", -30.0, -1), ("source_ports_log2", 14.0, 1)]
)
def test_the_feature_that_was_changed_explains_most(feature: str, value: float, sign: int) -> None:
    _distance, parts = of_events().explained(EVENTS.iloc[[0]].assign(**{feature: value}))
    strongest = int(np.argmax(np.abs(parts[0])))
    assert of_events().explained_columns[strongest] == feature
    assert np.sign(parts[0, strongest]) == sign


def test_an_unseen_category_explains_most() -> None:
    _distance, parts = of_events().explained(EVENTS.iloc[[0]].assign(protocol="gre"))
    assert of_events().explained_columns[int(np.argmax(parts[0]))] == "protocol"


def test_contributions_add_up_to_the_distance() -> None:
    distance, parts = of_events().explained(EVENTS)
    np.testing.assert_allclose(np.abs(parts).sum(axis=1), distance, atol=1e-9)
    assert (distance >= 0).all()


def test_scores_are_rows_without_clusters() -> None:
    night = EVENTS.head(50).assign(pattern_id=range(50))
    rows = score_by_consensus(of_events(), night, NIGHT, Thresholds(), EVENT_PATTERNS.arrow_schema())
    judge(EVENT_PATTERNS, ibis.memtable(rows))
    assert rows["cluster_id"].null_count == 50
    assert set(rows["algorithm"].to_pylist()) == {"consensus"}
    assert not any(rows["is_new"].to_pylist())
    assert rows["large_distance"] == rows["distance"]


@given(values=hnp.arrays(np.float64, (7, 3), elements=st.floats(-9, 9)))
@settings(max_examples=30)
def test_one_member_alone_cannot_move_a_trimmed_mean_beyond_the_others(values: np.ndarray) -> None:
    shouted = values.copy()
    shouted[0] = 1e9
    assert (trimmed_mean(shouted, 0.3) <= values[1:].max(axis=0) + 1e-9).all()
    np.testing.assert_allclose(trimmed_mean(values, 0.0), values.mean(axis=0), atol=1e-9)
