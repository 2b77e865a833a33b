"""Feature rows as numbers, as the ensemble reads them: two matrices of the same axes, one with logarithms.

How these become points in a space belongs to `ensemble_spaces`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.models.columns import FeatureColumns
from pipeline.models.patterns import BoolArray, FloatArray, IntArray, Patterns, categories, numbers
from pipeline.models.scaling import OTHER, buckets, vocabulary

# a column that reaches this far and is this skewed is heavy-tailed
FAR, SKEWED = 50.0, 2.0
Matrices = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class Axis:
    """One column of the matrices: a number itself (`value`), whether it is missing, or whether a category holds."""

    column: str
    kind: str
    category: str | None = None


@dataclass(frozen=True)
class RowReader:
    """A map from feature rows to numbers, as learned in the baseline.

    Attributes:
        heavy: by numeric or flag column that tells rows apart, whether it is heavy-tailed: never negative,
            far-reaching and skewed; false for what is a logarithm already.
        logarithms: columns that are the logarithm of what the other matrix has.
        means: by the same column, what stands for a missing value: its mean as it is, and as the logarithm has it.
        incomplete: columns with an axis that says whether they are missing; of columns missing together, the first.
        vocabularies: by categorical column, the categories with an axis of their own.
    """

    heavy: Mapping[str, bool]
    logarithms: tuple[str, ...]
    means: Mapping[str, tuple[float, float]]
    incomplete: tuple[str, ...]
    vocabularies: Mapping[str, tuple[str, ...]]

    @classmethod
    def learn(cls, patterns: Patterns, columns: FeatureColumns, vocabulary_size: int) -> "RowReader":
        """The reader of a baseline; every pattern counts by its weight.

        A column without any value in the baseline is left out, and a flag that has only one, or else all rows would be
        far away once there is another: the first night knows nobody's past, the first working days no weekend.
        """
        read = {name: numbers(patterns.frame, name) for name in (*columns.numeric, *columns.flags)}
        telling = {name for name in columns.numeric if not np.isnan(read[name]).all()}
        telling |= {name for name in columns.flags if len(np.unique(read[name])) > 1}
        if not telling and not columns.categorical:
            telling = set(read)
        values = {name: column for name, column in read.items() if name in telling}
        heavy = {
            name: name not in columns.logarithms and heavy_tailed(column, patterns.weight)
            for name, column in values.items()
        }
        means = {
            name: (
                _mean(_plain(column, name in columns.logarithms), patterns.weight),
                _mean(_tamed(column, heavy[name]), patterns.weight),
            )
            for name, column in values.items()
        }
        vocabularies = {
            name: tuple(vocabulary(*categories(patterns.frame, name), patterns.weight, vocabulary_size))
            for name in columns.categorical
        }
        return cls(heavy, columns.logarithms, means, _incomplete(values), vocabularies)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """What the columns of the matrices are, in order."""
        axes = [Axis(name, "value") for name in self.heavy]
        axes += [Axis(name, "missing") for name in self.incomplete]
        for name, known in self.vocabularies.items():
            axes += [Axis(name, "category", category) for category in (*known, OTHER)]
        return tuple(axes)

    def read(self, frame: pd.DataFrame) -> Matrices:
        """The rows as they are and with logarithms of what is heavy-tailed, both shape (n, axes).

        Raises:
            ColumnMismatchError: a column is missing or cannot be read in its role.
        """
        values = {name: numbers(frame, name) for name in self.heavy}
        shared = [np.isnan(values[name]).astype(np.float64) for name in self.incomplete]
        for name, known in self.vocabularies.items():
            bucket = buckets(*categories(frame, name), list(known))
            shared += [(bucket == place).astype(np.float64) for place in range(len(known) + 1)]
        plain = {name: _plain(column, name in self.logarithms) for name, column in values.items()}
        raw = [_filled(column, self.means[name][0]) for name, column in plain.items()]
        log = [_filled(_tamed(column, self.heavy[name]), self.means[name][1]) for name, column in values.items()]
        return np.column_stack([*raw, *shared]), np.column_stack([*log, *shared])


def heavy_tailed(values: FloatArray, weight: IntArray) -> bool:
    """Whether a column is never negative, reaches far and is strongly skewed; missing values do not count."""
    present = ~np.isnan(values)
    if not present.any() or values[present].min() < 0 or values[present].max() < FAR:
        return False
    values, weight = values[present], weight[present]
    offset = values - np.average(values, weights=weight)
    deviation = np.sqrt(np.average(offset**2, weights=weight))
    return bool(deviation > 0 and np.average((offset / np.maximum(deviation, 1e-300)) ** 3, weights=weight) > SKEWED)


def _plain(values: FloatArray, is_logarithm: bool) -> FloatArray:
    return np.copysign(np.expm1(np.abs(values)), values) if is_logarithm else values


def _tamed(values: FloatArray, is_heavy: bool) -> FloatArray:
    return np.log1p(np.maximum(values, 0)) if is_heavy else values


def _mean(values: FloatArray, weight: IntArray) -> float:
    present: BoolArray = ~np.isnan(values)
    return float(np.average(values[present], weights=weight[present])) if present.any() else 0.0


def _filled(values: FloatArray, mean: float) -> FloatArray:
    return np.where(np.isnan(values), mean, values)


def _incomplete(values: Mapping[str, FloatArray]) -> tuple[str, ...]:
    found: dict[bytes, str] = {}
    for name, column in values.items():
        missing = np.isnan(column)
        if missing.any():
            found.setdefault(missing.tobytes(), name)
    return tuple(found.values())
