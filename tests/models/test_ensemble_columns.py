import numpy as np
import pandas as pd
import pytest

from pipeline.models.columns import ColumnMismatchError, FeatureColumns
from pipeline.models.ensemble_columns import RowReader, heavy_tailed
from pipeline.models.patterns import collapse
from pipeline.models.scaling import OTHER

COLUMNS = FeatureColumns(numeric=("bytes", "rate", "gap"), flags=("is_web",), categorical=("service",))
ROWS = pd.DataFrame(
    {
        "bytes": [0.0, 1.0, 2.0, 3.0, 1e6],
        "rate": [0.1, 0.2, np.nan, 0.4, 0.5],
        "gap": [1.0, 2.0, np.nan, 4.0, 5.0],
        "is_web": [True, False, True, True, True],
        "service": ["http", "http", "smtp", "dns", "http"],
        "weight": [50, 20, 5, 3, 1],
    }
)


def reader(rows: pd.DataFrame = ROWS, size: int = 2) -> RowReader:
    return RowReader.learn(collapse(rows, COLUMNS), COLUMNS, size)


def test_axes_are_numbers_missing_ones_and_categories() -> None:
    axes = [(axis.column, axis.kind, axis.category) for axis in reader().axes]
    assert axes == [
        ("bytes", "value", None),
        ("rate", "value", None),
        ("gap", "value", None),
        ("is_web", "value", None),
        # gap is missing wherever rate is
        ("rate", "missing", None),
        ("service", "category", "http"),
        ("service", "category", "smtp"),
        ("service", "category", OTHER),
    ]


def test_only_heavy_tails_become_logarithms() -> None:
    raw, log = reader().read(ROWS)
    assert reader().heavy == {"bytes": True, "rate": False, "gap": False, "is_web": False}
    np.testing.assert_array_equal(log[:, 0], np.log1p(ROWS["bytes"]))
    np.testing.assert_array_equal(raw[:, 0], ROWS["bytes"])
    np.testing.assert_array_equal(log[:, 1:], raw[:, 1:])


def test_missing_values_become_the_mean_of_the_rows_and_are_marked() -> None:
    raw, _log = reader().read(ROWS)
    assert raw[2, 1] == pytest.approx((0.1 * 50 + 0.2 * 20 + 0.4 * 3 + 0.5) / 74)
    assert raw[:, 4].tolist() == [0, 0, 1, 0, 0]


def test_categories_without_an_axis_and_unseen_ones_share_one() -> None:
    raw, _log = reader().read(ROWS.assign(service=["http", "smtp", "dns", "gopher", None]))
    assert raw[:, 5:].tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1]]


def test_weights_count_as_rows() -> None:
    expanded = ROWS.loc[ROWS.index.repeat(ROWS["weight"])].assign(weight=1)
    assert reader(expanded) == reader()
    values, weight = ROWS["bytes"].to_numpy(), ROWS["weight"].to_numpy()
    assert heavy_tailed(values, weight)
    assert not heavy_tailed(values, np.array([1, 1, 1, 1, 50]))


def test_a_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ColumnMismatchError, match="gap"):
        reader().read(ROWS.drop(columns="gap"))


def test_a_column_without_any_value_in_the_baseline_says_nothing_once_it_has_some() -> None:
    learned = reader(ROWS.assign(gap=np.nan, is_web=None))
    assert {axis.column for axis in learned.axes} == {"bytes", "rate", "service"}
    for before, after in zip(learned.read(ROWS.assign(gap=np.nan, is_web=None)), learned.read(ROWS), strict=True):
        np.testing.assert_array_equal(before, after)
    working_days = reader(ROWS.assign(is_web=False))
    assert "is_web" not in {axis.column for axis in working_days.axes}
    nothing = FeatureColumns(numeric=("gap",))
    raw, log = RowReader.learn(collapse(ROWS.assign(gap=np.nan), nothing), nothing, 2).read(ROWS)
    assert raw.shape == log.shape == (5, 2)
    assert np.isfinite(raw).all()
    assert np.isfinite(log).all()


def test_logarithms_that_a_team_declares_are_read_as_what_they_are_of() -> None:
    """Both matrices are those of the plain column, of which the reader takes the logarithm by itself."""
    columns = FeatureColumns(numeric=("rate", "bytes"), logarithms=("bytes",))
    plain = FeatureColumns(numeric=("rate", "bytes"))
    logs = ROWS.assign(bytes=np.log1p(ROWS["bytes"]))
    read = RowReader.learn(collapse(logs, columns), columns, 2).read(logs)
    expected = RowReader.learn(collapse(ROWS, plain), plain, 2).read(ROWS)
    for found, wanted in zip(read, expected, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    signed = ROWS.assign(bytes=[-np.log1p(9.0), 0.0, np.nan, 1.0, 2.0])
    raw, log = RowReader.learn(collapse(signed, columns), columns, 2).read(signed)
    assert raw[0, 1] == pytest.approx(-9)
    assert log[0, 1] == pytest.approx(-np.log(10))
    assert np.isfinite(raw).all()
