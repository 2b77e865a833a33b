"""Feature rows as points: an encoder is learned in the baseline, kept with the model, and the same for later nights.

How columns are made belongs to the feature modules; how the axes are chosen to `scaling`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from pipeline.models.columns import BOOKKEEPING, ColumnMismatchError, FeatureColumns
from pipeline.models.patterns import FloatArray, Frame, IntArray, as_frame, categories, numbers, require, weights
from pipeline.models.scaling import (
    OTHER,
    Dimension,
    Mode,
    buckets,
    category_axes,
    constant_columns,
    flag_axis,
    numeric_axis,
)


@dataclass(frozen=True)
class Encoder:
    """A map from feature rows to points, as learned in the baseline.

    In mode `bounded` no rare value can stretch its axis: two flags or two categories are 1 apart however rare they
    are, and a numeric column is measured in standard deviations, but at least in tenths of its range and in steps. Mode
    `standard` is scikit-learn's StandardScaler on all rows, missing values taken for 0, as published recipes do it.

    Attributes:
        mode: `bounded` or `standard`.
        inputs: feature columns by role.
        dimensions: axes of the scaled space, in order.
        constant_columns: columns with one value in the whole baseline; in mode `bounded` they are left out of the
            space, unless all columns are constant.
        unused_columns: columns that the baseline had besides the features; later frames may have them too.
    """

    mode: Mode
    inputs: FeatureColumns
    dimensions: tuple[Dimension, ...]
    constant_columns: tuple[str, ...]
    unused_columns: tuple[str, ...]

    @classmethod
    def learn(cls, rows: Frame, columns: FeatureColumns, *, mode: Mode = "bounded") -> "Encoder":
        """The encoder of a baseline; every pattern counts by its weight.

        Raises:
            ColumnMismatchError: a column is missing or cannot be read in its role.
            ValueError: there are no rows or no columns, or a weight is not a positive whole number.
        """
        frame = as_frame(rows)
        require(frame, columns.names)
        if frame.empty or not columns.names:
            message = "an encoder needs at least one row and one feature column to learn from"
            raise ValueError(message)
        constant = constant_columns(frame, columns)
        leave_out = constant if mode == "bounded" and len(constant) < len(columns.names) else ()
        axes = [axis for axis in _axes(frame, columns, mode) if axis.column not in leave_out]
        unused = sorted(set(frame.columns) - set(columns.names) - BOOKKEEPING)
        return cls(mode, columns, tuple(axes), constant, tuple(unused))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the dimensions, in order."""
        return tuple(axis.name for axis in self.dimensions)

    @property
    def category_distance(self) -> float:
        """Distance of two rows that differ in one flag or category alone; 0 if the space knows no such columns."""
        kinds = {*self.inputs.flags, *self.inputs.categorical}
        return 1.0 if self.mode == "bounded" and any(axis.column in kinds for axis in self.dimensions) else 0.0

    def transform(self, rows: Frame) -> FloatArray:
        """The rows as points, shape (n, d); a missing number lies at 0, the baseline's mean.

        Raises:
            ColumnMismatchError: a learned column is missing or unreadable, or the baseline did not have one that is.
        """
        frame = as_frame(rows)
        self._check(frame)
        parts = [self._project(frame, column, list(axes)) for column, axes in groupby(self.dimensions, _column)]
        return np.column_stack(parts)

    def scaled(self, values: FloatArray, names: Sequence[str]) -> FloatArray:
        """Values in the unit of their columns as positions on the named dimensions, both shape (n, len(names))."""
        axes = [self.dimensions[self.columns.index(name)] for name in names]
        return (values - [axis.center for axis in axes]) / [axis.scale for axis in axes]

    def unscaled(self, points: FloatArray) -> FloatArray:
        """Points in the unit of their columns, both shape (n, d); one-hot axes become shares of rows."""
        return points * [axis.scale for axis in self.dimensions] + [axis.center for axis in self.dimensions]

    def to_json(self) -> str:
        """Everything needed to encode the same way again, bit for bit."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Encoder":
        """The encoder that `to_json` wrote."""
        content = json.loads(text)
        return cls(
            mode=content["mode"],
            inputs=FeatureColumns(**{role: tuple(names) for role, names in content["inputs"].items()}),
            dimensions=tuple(Dimension(**axis) for axis in content["dimensions"]),
            constant_columns=tuple(content["constant_columns"]),
            unused_columns=tuple(content["unused_columns"]),
        )

    def _check(self, frame: pd.DataFrame) -> None:
        require(frame, self.inputs.names)
        known = {*self.inputs.names, *self.unused_columns, *BOOKKEEPING}
        if unknown := sorted(set(frame.columns) - known):
            message = f"the model does not know the columns {', '.join(unknown)}; fit it anew or leave them out"
            raise ColumnMismatchError(message)

    def _project(self, frame: pd.DataFrame, column: str, axes: list[Dimension]) -> FloatArray:
        """Positions on the axes of one column, shape (n, len(axes))."""
        if axes[0].category is None:
            values = _read(frame, column, self.mode)[:, None]
        else:
            bucket = _bucket(frame, column, [str(axis.category) for axis in axes if axis.category != OTHER])
            values = (bucket[:, None] == np.arange(len(axes))).astype(np.float64)
        return np.nan_to_num((values - [axis.center for axis in axes]) / [axis.scale for axis in axes], nan=0.0)


def _axes(frame: pd.DataFrame, columns: FeatureColumns, mode: Mode) -> list[Dimension]:
    weight = weights(frame)
    axes = [numeric_axis(name, _read(frame, name, mode), weight, mode) for name in columns.numeric]
    axes += [flag_axis(name, _read(frame, name, mode), weight, mode) for name in columns.flags]
    for name in columns.categorical:
        axes += category_axes(name, *categories(frame, name), weight, mode)
    return axes


def _read(frame: pd.DataFrame, name: str, mode: Mode) -> FloatArray:
    values = numbers(frame, name)
    return np.nan_to_num(values, nan=0.0) if mode == "standard" else values


def _bucket(frame: pd.DataFrame, name: str, known: list[str]) -> IntArray:
    codes, texts = categories(frame, name)
    return buckets(codes, texts, known)


def _column(axis: Dimension) -> str:
    return axis.column
