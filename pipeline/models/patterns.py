"""Feature rows as values: reading them from a frame, and an order that depends on the values alone.

What scaling does to the values belongs to `encoding`.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.models.columns import WEIGHT, ColumnMismatchError, FeatureColumns

Frame: TypeAlias = pd.DataFrame | pa.Table
FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
MISSING_TEXT = "unknown"


@dataclass(frozen=True, eq=False)
class Patterns:
    """Distinct feature rows in canonical order.

    Attributes:
        frame: the feature columns, sorted by their values, each row once.
        weight: rows of the feature table that share each of them, shape (n,).
    """

    frame: pd.DataFrame
    weight: IntArray


def as_frame(rows: Frame) -> pd.DataFrame:
    """The rows as a pandas frame."""
    return rows.to_pandas() if isinstance(rows, pa.Table) else rows


def collapse(rows: Frame, columns: FeatureColumns) -> Patterns:
    """Add up the rows that agree in all feature columns, in an order that depends on the values alone.

    Raises:
        ColumnMismatchError: a column is missing or cannot be read in its role.
        ValueError: a weight is not a positive whole number.
    """
    frame = as_frame(rows)
    weight = weights(frame)
    order, starts = distinct_rows(_sortable(frame, columns))
    kept = frame.loc[:, list(columns.names)].iloc[order[starts]].reset_index(drop=True)
    return Patterns(kept, np.add.reduceat(weight[order], starts) if len(starts) else weight)


def distinct_rows(values: FloatArray) -> tuple[IntArray, IntArray]:
    """The order that sorts the rows of a matrix of shape (n, d), and where in it each distinct row starts."""
    order = _sorted(values)
    ordered = values[order]
    is_first = np.ones(len(values), dtype=np.bool_)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return order, np.flatnonzero(is_first)


def _sorted(values: FloatArray) -> IntArray:
    """What `np.lexsort` gives of columns without NaN, the first deciding; others are looked at where it is equal."""
    if _is_sorted(values):
        return np.arange(len(values))
    order = np.argsort(values[:, 0], kind="stable")
    first = values[order, 0]
    is_tied = np.zeros(len(order), dtype=np.bool_)
    is_tied[1:] = first[1:] == first[:-1]
    is_tied[:-1] |= is_tied[1:]
    tied = order[is_tied]
    order[is_tied] = tied[np.lexsort(values[tied].T[::-1])]
    return order


def _is_sorted(values: FloatArray) -> bool:
    """Whether the first column in which a row differs from the one before it is greater there."""
    differs = values[1:] != values[:-1]
    pairs, first = np.arange(len(differs)), differs.argmax(axis=1)
    return bool((values[1:][pairs, first] >= values[:-1][pairs, first]).all())


def n_distinct(values: FloatArray) -> int:
    """How many distinct rows a matrix of shape (n, d) has: as many clusters can be found in it at most."""
    return len(distinct_rows(values)[1])


def require(frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    """Raise if one of the columns is not there."""
    if missing := [name for name in names if name not in frame.columns]:
        message = f"the rows lack the columns {', '.join(missing)}"
        raise ColumnMismatchError(message)


def weights(frame: pd.DataFrame) -> IntArray:
    """The column `weight`, shape (n,), checked."""
    require(frame, (WEIGHT,))
    values = frame[WEIGHT].to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.all((values >= 1) & (values == np.floor(values))):
        message = "every pattern needs a weight that is a whole number from 1 on"
        raise ValueError(message)
    return values.astype(np.int64)


def numbers(frame: pd.DataFrame, name: str) -> FloatArray:
    """A numeric or flag column as floats, missing values as NaN.

    Raises:
        ColumnMismatchError: it is missing, or holds text or infinite values.
    """
    require(frame, (name,))
    try:
        column = frame[name]
        # what is there as it is needed is not looked through for missing values of other kinds
        is_plain = column.dtype == np.float64
        values: FloatArray = column.to_numpy() if is_plain else column.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        message = f"column {name} does not hold numbers"
        raise ColumnMismatchError(message) from None
    if np.isinf(values).any():
        message = f"column {name} holds infinite values"
        raise ColumnMismatchError(message)
    # a negative zero would be another value wherever bits are compared
    return values + 0.0


def categories(frame: pd.DataFrame, name: str) -> tuple[IntArray, list[str]]:
    """A categorical column as codes, shape (n,), and the sorted texts that they stand for; missing is `unknown`.

    Raises:
        ColumnMismatchError: it is missing.
    """
    require(frame, (name,))
    codes, found = pd.factorize(frame[name])
    texts = np.array([*map(str, found), MISSING_TEXT], dtype=object)
    names, position = np.unique(texts, return_inverse=True)
    codes = position[codes]
    used = np.unique(codes)
    return np.searchsorted(used, codes), [str(text) for text in names[used]]


def _sortable(frame: pd.DataFrame, columns: FeatureColumns) -> FloatArray:
    """The feature columns as numbers in the order of their values; missing numbers come last."""
    parts: list[Any] = [np.nan_to_num(numbers(frame, name), nan=np.inf) for name in (*columns.numeric, *columns.flags)]
    parts += [categories(frame, name)[0] for name in columns.categorical]
    return np.column_stack(parts).astype(np.float64)
