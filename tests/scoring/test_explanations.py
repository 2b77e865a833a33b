"""Explanations add up to the distance, and name the feature that was changed."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_baselines import EVENTS, train

from pipeline.models.base import FittedModel
from pipeline.models.registry import ALGORITHMS
from pipeline.scoring.explanations import contributions, explanation_columns
from pipeline.scoring.phrases import deviation, shown, usually

MODELS = {name: train(name, EVENTS) for name in ALGORITHMS}
NUMERIC = {"bytes_log": 40.0, "source_ports_log2": 14.0}


def explained(model: FittedModel, patterns: pd.DataFrame) -> dict[str, list[object]]:
    points = model.encoder.transform(patterns)
    parts = contributions(model, points, model.assign(points))
    return {name: column.to_pylist() for name, column in explanation_columns(model, patterns, parts).items()}


def changed(**values: object) -> pd.DataFrame:
    return EVENTS.drop(columns="weight").iloc[[0]].assign(**values)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_contributions_add_up_to_the_distance(model: FittedModel) -> None:
    points = model.encoder.transform(EVENTS)
    assigned = model.assign(points)
    parts = contributions(model, points, assigned)
    np.testing.assert_allclose(np.abs(parts).sum(axis=1), assigned.large_distance, atol=1e-9)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
@pytest.mark.parametrize("feature", NUMERIC)
def test_a_feature_far_out_comes_first_with_its_value_and_what_is_usual(model: FittedModel, feature: str) -> None:
    found = explained(model, changed(**{feature: NUMERIC[feature]}))
    assert found["top_features"][0][0] == feature
    assert found["top_values"][0][0] == shown(feature, NUMERIC[feature])
    assert found["usual_values"][0][0] == usually(feature, model.usual[feature])
    assert found["contributions"][0][0] > 0
    assert found["explanation"][0].startswith(str(deviation(feature, NUMERIC[feature], model.usual[feature])))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_below_the_usual_is_negative(model: FittedModel) -> None:
    found = explained(model, changed(bytes_log=-30.0))
    assert found["top_features"][0][0] == "bytes_log"
    assert found["contributions"][0][0] < 0


def test_what_is_usual_gets_an_empty_text() -> None:
    found = explained(MODELS["dbscan"], EVENTS)
    assert {len(column) for column in found.values()} == {len(EVENTS)}
    assert "" in found["explanation"]


@given(rows=st.lists(st.integers(0, len(EVENTS) - 1), min_size=1, max_size=5), size=st.floats(-50, 50))
@settings(max_examples=20, deadline=None)
def test_any_rows_get_lists_of_equal_length_and_a_text(rows: list[int], size: float) -> None:
    patterns = EVENTS.drop(columns="weight").iloc[rows].assign(bytes_log=size, protocol=["\N{BELL}{}<b>"] * len(rows))
    found = explained(MODELS["kmeans"], patterns)
    assert {len(column) for column in found.values()} == {len(rows)}
    for names, values, usual, parts in zip(
        *(found[name] for name in ("top_features", "top_values", "usual_values", "contributions")), strict=True
    ):
        assert len(names) == len(values) == len(usual) == len(parts) <= 3


@pytest.mark.parametrize(
    ("feature", "value", "usual", "sentence"),
    [
        ("source_ports_log2", 8.0, (0.0, 2.0), "256 or more distinct ports per source and hour, usually 1 to 15"),
        ("failure_share", 0.9, (0.0, 0.1), "failure share 90%, usually 0% to 10%"),
        ("bytes_out_log", float(np.log1p(5e6)), (3.0, 3.0), "bytes out 5 MB, usually 19.1 B"),
        ("bytes_log2", 32.0, (4.0, 16.0), "bytes 4.29 GB or more, usually 16 B to 1.05 MB"),
        # binned as log2 of 1 + the count: 7 users are in the bin of 3
        ("users_log2", 3.0, (0.0, 1.0), "users 7 or more, usually 0 to 2"),
        ("users_log2", 3.0, (0.0, 0.0), "users 7 or more, usually 0"),
        ("bytes_in_log2", 0.0, (8.0, 10.0), "bytes in at most 2 B, usually 255 B to 4.09 kB"),
        ("source_events_log2", 4.0, (6.0, 8.0), "at most 63 packets per source and hour, usually 64 to 1,023"),
        ("packets_in_log2", -1.0, (0.0, 2.0), "packets in at most 0, usually 1 to 15"),
        ("packets_in_log2", 2.0, (-1.0, -1.0), "packets in 4 or more, usually 0"),
        ("duration_log10", 5.0, (1.0, 3.0), "about 100 s long, usually 0.01 s to 1 s"),
        ("attempts_per_hour_log2", 0.5, (0.0, 0.0), "about 1.4 attempts per hour, usually 1"),
        ("session_minutes_log2", 4.0, (0.0, 0.5), "about 15 minutes a session, usually 0 to 0.41"),
        ("tries_log2", 5.0, (0.0, 1.0), "tries 32, usually 1 to 2"),
        ("is_web_port", True, (0.0, 0.0), "web port: yes, usually no"),
        ("protocol", "gre", ("tcp", 0.9), "protocol gre, usually tcp (90%)"),
        ("protocol", "tcp", ("tcp", 0.9), None),
        ("failure_share", 0.05, (0.0, 0.1), None),
        ("failure_share", None, (0.0, 0.1), None),
        ("failure_share", 0.5, None, None),
    ],
)
def test_deviations_in_words(feature: str, value: object, usual: tuple[object, object], sentence: str | None) -> None:
    assert deviation(feature, value, usual) == sentence  # type: ignore[arg-type]
