import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from pipeline.models.columns import ColumnMismatchError, FeatureColumns
from pipeline.models.encoding import Encoder

ROLES = FeatureColumns(numeric=("size",), flags=("is_web",), categorical=("protocol",))


def patterns(**columns: list) -> pd.DataFrame:
    base = {"size": [1.0, 2.0, 4.0], "is_web": [True, False, False], "protocol": ["tcp", "udp", "tcp"]}
    frame = pd.DataFrame(base | columns)
    return frame if "weight" in frame else frame.assign(weight=1)


def test_weights_count_as_rows() -> None:
    frame = patterns(weight=[3, 1, 2])
    rows = frame.loc[frame.index.repeat(frame["weight"])].assign(weight=1)
    assert Encoder.learn(frame, ROLES) == Encoder.learn(rows, ROLES)


def test_numbers_have_mean_zero_and_a_missing_one_lies_there() -> None:
    frame = patterns(size=[1.0, None, 4.0], weight=[2, 5, 1])
    encoder = Encoder.learn(frame, ROLES)
    size = encoder.transform(frame)[:, encoder.columns.index("size")]
    assert size[1] == 0
    assert size[0] * 2 + size[2] == pytest.approx(0)


@pytest.mark.parametrize("share", [1, 1_000, 1_000_000])
def test_a_rare_flag_or_category_is_no_farther_than_a_common_one(share: int) -> None:
    frame = patterns(size=[0.0, 1.0, 1.0], is_web=[False, True, False], protocol=["tcp", "tcp", "gre"])
    frame["weight"] = [share, 1, 1]
    flag = Encoder.learn(frame, FeatureColumns(flags=("is_web",))).transform(frame[["is_web"]])
    category = Encoder.learn(frame, FeatureColumns(categorical=("protocol",))).transform(frame[["protocol"]])
    assert np.linalg.norm(flag[0] - flag[1]) == pytest.approx(1)
    assert np.linalg.norm(category[0] - category[2]) == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12), st.integers(1, 10**6))
def test_no_baseline_spans_more_than_ten_units_and_no_step_more_than_one(values: list[float], weight: int) -> None:
    frame = pd.DataFrame({"size": values, "weight": [weight] + [1] * (len(values) - 1)})
    points = Encoder.learn(frame, FeatureColumns(numeric=("size",))).transform(frame)
    assert np.ptp(points) <= 10 + 1e-9
    steps = np.diff(np.unique(frame["size"]))
    if len(steps):
        unit = Encoder.learn(frame, FeatureColumns(numeric=("size",))).dimensions[0].scale
        assert unit >= steps.min()


def test_the_unseen_and_the_rare_share_one_axis() -> None:
    names = [f"p{i:02d}" for i in range(14)]
    frame = pd.DataFrame({"protocol": names, "weight": range(14, 0, -1)})
    roles = FeatureColumns(categorical=("protocol",))
    encoder = Encoder.learn(frame, roles)
    assert encoder.columns == (*(f"protocol={name}" for name in names[:10]), "protocol=(other)")
    later = encoder.transform(pd.DataFrame({"protocol": ["p12", "never seen", None, "p00"]}))
    assert (later[0] == later[1]).all()
    assert (later[0] == later[2]).all()
    assert np.linalg.norm(later[0] - later[3]) == pytest.approx(1)


def test_constant_columns_are_reported_and_left_out() -> None:
    encoder = Encoder.learn(patterns(is_web=[True] * 3, protocol=["tcp"] * 3), ROLES)
    assert encoder.constant_columns == ("is_web", "protocol")
    assert encoder.columns == ("size",)


def test_a_baseline_of_constants_still_makes_a_space() -> None:
    encoder = Encoder.learn(patterns(size=[1.0] * 3, is_web=[True] * 3, protocol=["tcp"] * 3), ROLES)
    assert encoder.constant_columns == ROLES.names
    assert not encoder.transform(patterns(size=[1.0] * 3, is_web=[True] * 3, protocol=["tcp"] * 3)).any()
    assert encoder.transform(patterns()).any()


@pytest.mark.parametrize(
    ("later", "named"),
    [
        (patterns().drop(columns="protocol"), "lack the columns protocol"),
        (patterns().assign(duration=1.0), "does not know the columns duration"),
        (patterns().assign(size="large"), "size does not hold numbers"),
    ],
)
def test_other_columns_than_learned_are_an_error(later: pd.DataFrame, named: str) -> None:
    encoder = Encoder.learn(patterns(), ROLES)
    with pytest.raises(ColumnMismatchError, match=named):
        encoder.transform(later)


def test_columns_beside_the_features_are_on_record_and_may_come_again() -> None:
    encoder = Encoder.learn(patterns().assign(hour=3), ROLES)
    assert encoder.unused_columns == ("hour",)
    beside = patterns().assign(hour=7, pattern_id=1, log_date=None)
    assert (encoder.transform(beside) == encoder.transform(patterns())).all()


def test_an_encoder_comes_back_bit_for_bit() -> None:
    frame = patterns(size=[0.1, 0.2, 0.7], weight=[3, 1, 7])
    encoder = Encoder.learn(frame, ROLES)
    again = Encoder.from_json(encoder.to_json())
    assert again == encoder
    assert again.transform(frame).tobytes() == encoder.transform(frame).tobytes()


def test_points_can_be_read_in_the_unit_of_their_columns() -> None:
    frame = patterns(weight=[3, 1, 2])
    encoder = Encoder.learn(frame, ROLES)
    values = pd.DataFrame(encoder.unscaled(encoder.transform(frame)), columns=encoder.columns)
    assert values["size"].tolist() == pytest.approx(frame["size"].tolist())
    assert values["protocol=tcp"].tolist() == pytest.approx([1, 0, 1])
    back = encoder.scaled(values[["size", "is_web"]].to_numpy(), ["size", "is_web"])
    assert back == pytest.approx(encoder.transform(frame)[:, :2])


def test_standard_mode_is_scikit_learn_on_all_rows() -> None:
    frame = patterns(size=[0.1, None, 0.7], weight=[30, 1, 7]).assign(is_mail=False)
    roles = FeatureColumns(numeric=("size",), flags=("is_web", "is_mail"))
    rows = frame.loc[frame.index.repeat(frame["weight"]), list(roles.names)].astype(float).fillna(0)
    encoder = Encoder.learn(frame, roles, mode="standard")
    expected = StandardScaler().fit(rows).transform(frame[list(roles.names)].astype(float).fillna(0))
    assert encoder.transform(frame) == pytest.approx(expected, abs=1e-12)
    assert encoder.constant_columns == ("is_mail",)


def test_nothing_to_learn_from_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        Encoder.learn(patterns().head(0), ROLES)
