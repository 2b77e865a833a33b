"""The spaces that the members of the ensemble are fitted in: how rows weigh there, and how numbers become points.

What the numbers are belongs to `ensemble_columns`, what is fitted in a space to `ensemble_members`.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from pipeline.models.densities import products
from pipeline.models.ensemble_columns import Matrices, RowReader
from pipeline.models.ensemble_recipe import Recipe
from pipeline.models.patterns import FloatArray, IntArray, distinct_rows

# a column that deviates less, by itself or beside its mean, is constant
LEAST_DEVIATION, LEAST_SHARE = 1e-6, 1e-12


@dataclass(frozen=True, eq=False)
class Space:
    """A map from numbers to points; every axis ends in a signed logarithm, so that no value is out of sight.

    Attributes:
        name: see `Recipe.spaces`.
        weighting: how rows weighed when it was learned, see `Recipe.weightings`.
        center, scale: mean of the columns and what they are divided by, shape (d,).
        turn: what whitens the standardised columns, shape (d, d), where the space is whitened.
    """

    name: str
    weighting: str
    center: FloatArray
    scale: FloatArray
    turn: FloatArray | None = None

    def points(self, matrices: Matrices) -> FloatArray:
        """Points of the rows, shape (n, d); each is the same to the last bit whatever else is asked for."""
        raw, log = matrices
        points = ((raw if self.name == "raw" else log) - self.center) / self.scale
        return signed_log(points if self.turn is None else products(points, self.turn))


@dataclass(frozen=True, eq=False)
class EnsembleEncoder:
    """A map from feature rows to points in every space of the ensemble, as learned in the baseline."""

    reader: RowReader
    spaces: tuple[Space, ...]

    def to_json(self) -> str:
        """Everything needed to encode the same way again, bit for bit."""
        spaces = [
            {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(space).items()}
            for space in self.spaces
        ]
        # the order of the columns is that of the axes, so keys are not sorted
        return json.dumps({"reader": asdict(self.reader), "spaces": spaces})

    @classmethod
    def from_json(cls, text: str) -> "EnsembleEncoder":
        """The encoder that `to_json` wrote."""
        content = json.loads(text)
        reader = content["reader"]
        return cls(
            RowReader(
                heavy=reader["heavy"],
                logarithms=tuple(reader.get("logarithms", ())),
                means={name: (raw, log) for name, (raw, log) in reader["means"].items()},
                incomplete=tuple(reader["incomplete"]),
                vocabularies={name: tuple(known) for name, known in reader["vocabularies"].items()},
            ),
            tuple(_space(space) for space in content["spaces"]),
        )


def learn_spaces(matrices: Matrices, weight: IntArray, recipe: Recipe) -> Iterator[tuple[Space, FloatArray]]:
    """Every space under every weighting, with the weights of the rows, which add up to 1.

    Args:
        matrices: the distinct rows of a baseline as numbers.
        weight: rows that share each of them, shape (n,).
        recipe: which spaces and weightings there are.
    """
    plain = _standardised(matrices[1], weight / weight.sum(), recipe)
    for weighting in recipe.weightings:
        rows = row_weights(plain, weight, weighting, recipe)
        for name in recipe.spaces:
            yield _learn(name, weighting, matrices[0] if name == "raw" else matrices[1], rows, recipe), rows


def row_weights(plain: FloatArray, weight: IntArray, weighting: str, recipe: Recipe) -> FloatArray:
    """What the rows on each point weigh together, in all 1: many near-equal rows cannot vote themselves normal.

    Args:
        plain: standardised rows, shape (n, d).
        weight: rows on each, shape (n,).
        weighting: `sqrt` or `distinct`.
        recipe: width of a cell, and the power of the rows in it.
    """
    cells, power = (np.round(plain / recipe.cell), recipe.power) if weighting == "sqrt" else (plain, 0.0)
    order, starts = distinct_rows(cells)
    rows = np.add.reduceat(weight[order], starts)
    within = np.empty(len(order))
    within[order] = np.repeat(rows, np.diff(np.append(starts, len(order))))
    found = weight * within ** (power - 1)
    return found / found.sum()


def signed_log(values: FloatArray) -> FloatArray:
    """Near 0 the value itself, far from it the logarithm of its size, with its sign."""
    logarithm: FloatArray = np.sign(values) * np.log1p(np.abs(values))
    return logarithm


def _learn(name: str, weighting: str, matrix: FloatArray, rows: FloatArray, recipe: Recipe) -> Space:
    center, scale = _moments(matrix, rows, recipe)
    if name != "whitened":
        return Space(name, weighting, center, scale)
    points = (matrix - center) / scale
    offsets = points - rows @ points
    variances, axes = np.linalg.eigh(offsets.T @ (offsets * rows[:, None]))
    return Space(name, weighting, center, scale, axes / np.sqrt(np.maximum(variances, 0) + recipe.white_floor))


def _moments(matrix: FloatArray, rows: FloatArray, recipe: Recipe) -> tuple[FloatArray, FloatArray]:
    """Mean of each column, and what it is divided by: its standard deviation, for zeros and ones at least a bound."""
    center = rows @ matrix
    deviation = np.sqrt(rows @ (matrix - center) ** 2)
    least = np.maximum(LEAST_DEVIATION, LEAST_SHARE * np.abs(center))
    is_indicator = ((matrix == 0) | (matrix == 1)).all(axis=0)
    bounded = np.where(is_indicator, np.maximum(deviation, recipe.indicator_scale), deviation)
    return center, np.where(deviation > least, bounded, 1.0)


def _standardised(matrix: FloatArray, rows: FloatArray, recipe: Recipe) -> FloatArray:
    center, scale = _moments(matrix, rows, recipe)
    return (matrix - center) / scale


def _space(content: dict[str, object]) -> Space:
    arrays = ("center", "scale", "turn")
    return Space(
        **{  # type: ignore[arg-type]
            name: np.array(value, dtype=np.float64) if name in arrays and value is not None else value
            for name, value in content.items()
        }
    )
