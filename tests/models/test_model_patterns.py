import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.models.columns import ColumnMismatchError, FeatureColumns
from pipeline.models.patterns import collapse, distinct_rows

ROLES = FeatureColumns(numeric=("size",), flags=("is_web",), categorical=("protocol",))
ROWS = st.lists(
    st.tuples(
        st.sampled_from([None, 0.0, -0.0, 1.5]), st.booleans(), st.sampled_from(["tcp", "udp", None]), st.integers(1, 9)
    ),
    min_size=1,
    max_size=25,
)


def framed(rows: list[tuple[float | None, bool, str | None, int]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["size", "is_web", "protocol", "weight"])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 30), st.integers(1, 4), st.booleans())
def test_rows_are_sorted_as_by_all_columns_at_once(seed: int, n: int, columns: int, are_sorted: bool) -> None:
    values = np.random.default_rng(seed).choice([-1.0, 0.5, 2.0, np.inf], (n, columns))
    values = values[np.lexsort(values.T[::-1])] if are_sorted else values
    order, starts = distinct_rows(values)
    assert order.tolist() == np.lexsort(values.T[::-1]).tolist()
    assert len(starts) == len(np.unique(values, axis=0))


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_the_rows_does_not_matter(rows: list, random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    one, other = collapse(framed(rows), ROLES), collapse(framed(shuffled), ROLES)
    assert one.weight.tolist() == other.weight.tolist()
    pd.testing.assert_frame_equal(one.frame, other.frame, check_dtype=False)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_rows_are_neither_lost_nor_kept_twice(rows: list) -> None:
    found = collapse(framed(rows), ROLES)
    distinct = {(size, web, protocol) for size, web, protocol, _ in rows}
    assert len(found.frame) == len(distinct)
    assert found.weight.sum() == sum(weight for *_, weight in rows)


def test_arrow_and_pandas_give_the_same() -> None:
    frame = framed([(1.5, True, "tcp", 2), (None, False, "udp", 1), (1.5, True, "tcp", 3)])
    from_arrow = collapse(pa.Table.from_pandas(frame), ROLES)
    assert from_arrow.weight.tolist() == collapse(frame, ROLES).weight.tolist() == [5, 1]


@pytest.mark.parametrize("weight", [0, -1, 1.5, None])
def test_a_weight_that_counts_no_rows_is_refused(weight: float | None) -> None:
    with pytest.raises(ValueError, match="weight that is a whole number"):
        collapse(framed([(1.0, True, "tcp", weight)]), ROLES)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": ["large"]}, "size does not hold numbers"),
        ({"size": [np.inf]}, "size holds infinite values"),
        ({"is_web": None}, "lack the columns is_web"),
        ({"weight": None}, "lack the columns weight"),
    ],
)
def test_columns_that_cannot_be_read_are_named(change: dict, message: str) -> None:
    frame = framed([(1.0, True, "tcp", 1)])
    for name, values in change.items():
        frame = frame.drop(columns=name) if values is None else frame.assign(**{name: values})
    with pytest.raises(ColumnMismatchError, match=message):
        collapse(frame, ROLES)
