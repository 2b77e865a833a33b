from collections.abc import Callable

import pandas as pd
import pytest
from feature_helpers import DAY_BEFORE, login

Features = Callable[..., pd.DataFrame]


def test_counts_of_a_user(features: Features) -> None:
    tried = [login(number, hour=2 + number / 100, success=False, session_minutes=None) for number in range(8)]
    used = [login(10, hour=10, session_minutes=15), login(11, hour=11, host="files", session_minutes=45)]
    other = login(20, user="bob", source_ip="10.0.0.2")
    row = features("users", [*tried, *used, other]).loc["ada"]
    assert (row["attempts"], row["failures"], row["sessions"], row["hosts"], row["sources"]) == (10, 8, 2, 2, 1)
    assert row["mean_session_minutes"] == 30
    # 10 attempts in 3 hours: the nearest power of the square root of 2 is 2 ** 1.5
    assert (row["attempts_per_hour"], row["attempts_per_hour_log2"]) == (2.8, 1.5)
    assert (row["session_minutes"], row["session_minutes_log2"]) == (31, 5)
    assert (row["failure_share"], row["off_hours_share"]) == (0.75, 0.75)
    assert row["failures_before_success_log2"] == 3


def test_a_guessed_password_is_told_from_a_slip(features: Features) -> None:
    def night(user: str, failures: int) -> list[dict[str, object]]:
        tries = [login(number, hour=3 + number / 60, user=user, success=False) for number in range(failures)]
        return [*tries, login(failures, hour=9, user=user)]

    guessed = [row | {"login_id": f"g{row['login_id']}"} for row in night("root", 31)]
    never = [row | {"login_id": f"n{row['login_id']}"} for row in night("pi", 31)[:-1]]
    found = features("users", [*night("ada", 1), *guessed, *never])["failures_before_success_log2"]
    assert found.to_dict() == {"ada": 1, "pi": 0, "root": 5}


def test_a_bot_is_regular_and_a_person_is_not(features: Features) -> None:
    bot = [login(number, hour=number / 4, user="backup") for number in range(20)]
    person = [
        login(100 + number, hour=hour, user="ada") for number, hour in enumerate((8, 8.1, 9.5, 9.6, 13, 16.9, 17, 21))
    ]
    twice = [login(200 + number, hour=number, user="rare") for number in range(3)]
    found = features("users", [*bot, *person, *twice])["interval_dispersion"]
    assert found["backup"] == 0
    assert found["ada"] >= 0.5
    assert pd.isna(found["rare"])


def test_sources_and_users_that_are_new(features: Features) -> None:
    before = [login(0, day=DAY_BEFORE), login(1, day=DAY_BEFORE, user="bob")]
    tonight = [login(2), login(3, source_ip="10.0.0.9"), login(4, source_ip="10.0.0.8"), login(5, user="eve")]
    found = features("users", [*before, *tonight])
    assert found["first_seen_sources"].to_dict() == {"ada": 2, "eve": 1}
    assert found["is_first_seen"].to_dict() == {"ada": False, "eve": True}
    assert found["days_since_first_seen"].to_dict() == {"ada": 1, "eve": 0}


def test_without_nights_before_nothing_is_new(features: Features) -> None:
    row = features("users", [login(0)]).loc["ada"]
    new = ["first_seen_sources", "first_seen_sources_log2", "is_first_seen", "days_since_first_seen"]
    assert row[new].isna().all()


@pytest.mark.parametrize("user", ["", "a\0b", "DROP TABLE users; --", "Ådåm 🦈"])
def test_odd_users_have_a_row_and_nobody_has_none(features: Features, user: str) -> None:
    odd = login(0, user=user, source_ip=None, host=None, success=None, session_minutes=None, service=None)
    found = features("users", [odd, login(1, user=None)])
    assert list(found.index) == [user]
    row = found.iloc[0]
    assert row[["failure_share", "session_minutes", "mean_session_minutes"]].isna().all()
    assert (row["hosts"], row["sources"]) == (0, 0)


def test_a_damaged_length_of_a_session_stays_within_bounds(features: Features) -> None:
    row = features("users", [login(0, session_minutes=1e300), login(1, session_minutes=0.0)]).loc["ada"]
    assert row["mean_session_minutes"] == 366 * 24 * 60 / 2
