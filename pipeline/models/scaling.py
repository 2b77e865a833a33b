"""How the axes of the scaled space follow from the baseline: vocabularies, centres, scales, constant columns.

What an encoder does with its axes belongs to `encoding`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.models.columns import FeatureColumns
from pipeline.models.patterns import FloatArray, IntArray, categories, numbers

Mode = Literal["bounded", "standard"]
OTHER = "(other)"
VOCABULARY_SIZE = 10
RANGE_IN_UNITS = 10
FLAG_SCALE = 1.0
# two rows of different categories differ on two axes: this makes them 1 apart
ONE_HOT_SCALE = float(np.sqrt(2))


@dataclass(frozen=True)
class Dimension:
    """One axis of the scaled space.

    Attributes:
        column: feature column that it shows.
        category: category that it marks, `(other)` for the rest and the unseen, None unless one-hot.
        center: the baseline's mean, in the column's own unit.
        scale: length of one scaled unit, in the column's own unit.
    """

    column: str
    category: str | None
    center: float
    scale: float

    @property
    def name(self) -> str:
        """Column, and category if there is one."""
        return self.column if self.category is None else f"{self.column}={self.category}"


def numeric_axis(name: str, values: FloatArray, weight: IntArray, mode: Mode) -> Dimension:
    """The axis of a quantity: its standard deviation is the unit, unless that would stretch rare values.

    A unit is at least a tenth of the range, so that the baseline spans at most ten units, and at least the smallest
    step between two values, so that a column of few values lies no farther apart than flags do.
    """
    distinct, rows = _counted(values, weight)
    center, deviation = _moments(distinct, rows)
    if len(distinct) < 2:
        return Dimension(name, None, center, 1.0)
    if mode == "standard":
        return Dimension(name, None, center, deviation)
    step, span = float(np.diff(distinct).min()), float(distinct[-1] - distinct[0])
    return Dimension(name, None, center, max(deviation, span / RANGE_IN_UNITS, step))


def flag_axis(name: str, values: FloatArray, weight: IntArray, mode: Mode) -> Dimension:
    """The axis of a flag: a true and a false one are 1 apart, however rare either is."""
    axis = numeric_axis(name, values, weight, mode)
    return axis if mode == "standard" else Dimension(name, None, axis.center, FLAG_SCALE)


def category_axes(name: str, codes: IntArray, texts: list[str], weight: IntArray, mode: Mode) -> list[Dimension]:
    """The axes of a categorical column: its most frequent categories, and one for the rest and the unseen."""
    known = vocabulary(codes, texts, weight)
    bucket = buckets(codes, texts, known)
    axes = [
        numeric_axis(name, (bucket == position).astype(np.float64), weight, mode) for position in range(len(known) + 1)
    ]
    return [
        Dimension(name, category, axis.center, axis.scale if mode == "standard" else ONE_HOT_SCALE)
        for category, axis in zip((*known, OTHER), axes, strict=True)
    ]


def vocabulary(codes: IntArray, texts: list[str], weight: IntArray, size: int = VOCABULARY_SIZE) -> list[str]:
    """The categories with the most rows, at most `size`, the heaviest first, ties by name."""
    rows = np.bincount(codes, weights=weight, minlength=len(texts))
    order = sorted(range(len(texts)), key=lambda code: (-rows[code], texts[code]))
    return [texts[code] for code in order if texts[code] != OTHER][:size]


def buckets(codes: IntArray, texts: list[str], known: list[str]) -> IntArray:
    """Position of each row's category in the vocabulary; its length for all others."""
    position = {category: place for place, category in enumerate(known)}
    return np.array([position.get(text, len(known)) for text in texts], dtype=np.int64)[codes]


def constant_columns(frame: pd.DataFrame, columns: FeatureColumns) -> tuple[str, ...]:
    """Columns that have one value, missing ones aside."""
    found = [name for name in (*columns.numeric, *columns.flags) if _is_constant(numbers(frame, name))]
    found += [name for name in columns.categorical if len(categories(frame, name)[1]) == 1]
    return tuple(found)


def _is_constant(values: FloatArray) -> bool:
    present = values[~np.isnan(values)]
    return not len(present) or bool(present.min() == present.max())


def _counted(values: FloatArray, weight: IntArray) -> tuple[FloatArray, IntArray]:
    """Distinct values, ascending, and the rows that hold them."""
    present = ~np.isnan(values)
    distinct, codes = np.unique(values[present], return_inverse=True)
    return distinct, np.bincount(codes, weights=weight[present], minlength=len(distinct)).astype(np.int64)


def _moments(distinct: FloatArray, rows: IntArray) -> tuple[float, float]:
    """Mean and standard deviation; sums in the order of the values depend on no other order."""
    if not len(distinct):
        return 0.0, 0.0
    center = float((distinct * rows).sum() / rows.sum())
    return center, float(np.sqrt((rows * (distinct - center) ** 2).sum() / rows.sum()))
