import json

import numpy as np
import pytest
from model_baselines import EVENT_COLUMNS, EVENTS

from pipeline.models.densities import products
from pipeline.models.ensemble_columns import RowReader
from pipeline.models.ensemble_recipe import RECIPE
from pipeline.models.ensemble_spaces import EnsembleEncoder, learn_spaces, row_weights, signed_log
from pipeline.models.patterns import collapse

PATTERNS = collapse(EVENTS, EVENT_COLUMNS)
READER = RowReader.learn(PATTERNS, EVENT_COLUMNS, RECIPE.vocabulary)
MATRICES = READER.read(PATTERNS.frame)
LEARNED = list(learn_spaces(MATRICES, PATTERNS.weight, RECIPE))


def test_there_is_a_space_of_each_kind_under_each_weighting() -> None:
    assert [(space.weighting, space.name) for space, _rows in LEARNED] == [
        (weighting, name) for weighting in RECIPE.weightings for name in RECIPE.spaces
    ]


@pytest.mark.parametrize("weighting", RECIPE.weightings)
def test_weights_are_those_of_the_rows_themselves(weighting: str) -> None:
    plain = np.random.default_rng(0).integers(0, 3, (40, 2)) * 0.11
    weight = np.random.default_rng(1).integers(1, 9, 40)
    found = row_weights(plain, weight, weighting, RECIPE)
    expanded = row_weights(plain.repeat(weight, axis=0), np.ones(weight.sum(), dtype=np.int64), weighting, RECIPE)
    owner = np.arange(40).repeat(weight)
    np.testing.assert_allclose(found, np.bincount(owner, weights=expanded), atol=1e-12)
    assert found.sum() == pytest.approx(1)


def test_many_equal_rows_weigh_as_their_root_or_as_one() -> None:
    plain, weight = np.array([[0.0], [9.0]]), np.array([100, 1])
    root, distinct = (row_weights(plain, weight, weighting, RECIPE) for weighting in ("sqrt", "distinct"))
    np.testing.assert_allclose(root, [10 / 11, 1 / 11])
    np.testing.assert_allclose(distinct, [0.5, 0.5])


@pytest.mark.parametrize("place", range(len(LEARNED)))
def test_axes_have_mean_0_and_deviation_1_before_the_logarithm_but_for_rare_flags(place: int) -> None:
    space, rows = LEARNED[place]
    points = space.points(MATRICES)
    before = np.sign(points) * np.expm1(np.abs(points))
    np.testing.assert_allclose(rows @ before, 0, atol=1e-6)
    covariance = (before * rows[:, None]).T @ before
    if space.turn is None:
        matrix = MATRICES[0]
        indicates = ((matrix == 0) | (matrix == 1)).all(axis=0)
        varies = np.ptp(before, axis=0) > 0
        np.testing.assert_allclose(np.diag(covariance)[varies & ~indicates], 1)
        assert varies[indicates].any()
        # two values of a flag lie two apart, however rare one of them is
        np.testing.assert_allclose(np.ptp(before, axis=0)[varies & indicates], 2)
    else:
        varies = np.diag(covariance) > 0.5
        np.testing.assert_allclose(covariance[varies][:, varies], np.eye(varies.sum()), atol=1e-3)
        assert varies.sum() > 5


@pytest.mark.parametrize("place", range(len(LEARNED)))
def test_a_point_is_the_same_whatever_else_is_encoded(place: int) -> None:
    space = LEARNED[place][0]
    together = space.points(MATRICES)
    one_by_one = [space.points((MATRICES[0][[row]], MATRICES[1][[row]])) for row in range(20)]
    assert np.concatenate(one_by_one).tobytes() == together[:20].tobytes()


@pytest.mark.parametrize("axes", [1, 2, 7, 30, 130])
def test_products_are_those_of_matrices(axes: int) -> None:
    rng = np.random.default_rng(axes)
    points, matrix = rng.normal(size=(50, axes)), rng.normal(size=(axes, axes))
    found = products(points, matrix)
    np.testing.assert_allclose(found, points @ matrix, atol=1e-12)
    assert products(np.asfortranarray(points[7:10]), np.asfortranarray(matrix)).tobytes() == found[7:10].tobytes()


def test_an_encoder_comes_back_bit_for_bit() -> None:
    encoder = EnsembleEncoder(READER, tuple(space for space, _rows in LEARNED))
    again = EnsembleEncoder.from_json(encoder.to_json())
    assert again.reader == encoder.reader
    assert again.to_json() == encoder.to_json()
    for space, other in zip(encoder.spaces, again.spaces, strict=True):
        assert other.points(again.reader.read(PATTERNS.frame)).tobytes() == space.points(MATRICES).tobytes()
    assert json.loads(encoder.to_json())["spaces"][0]["turn"] is None


def test_the_signed_logarithm_keeps_sign_and_order() -> None:
    values = np.array([-1e9, -1.0, -1e-9, 0.0, 1e-9, 1.0, 1e9])
    found = signed_log(values)
    assert (np.diff(found) > 0).all()
    np.testing.assert_array_equal(np.sign(found), np.sign(values))
    assert found[-1] < 21
