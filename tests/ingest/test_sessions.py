"""A login lasts until the first logoff of its session, in the same file."""

from collections.abc import Callable

import pytest
from ingest_helpers import Landing, of

MINUTES = 'select "user", session_minutes from raw.logins order by timestamp'


def login(second: int, user: str, **fields: object) -> dict[str, object]:
    return of("logins", second, user=user) | fields


def logoff(second: int, **fields: object) -> dict[str, object]:
    return of("security_events", second, action="logoff") | fields


def test_the_first_logoff_that_is_not_before_the_login_ends_its_session(three: Landing) -> None:
    a, b = {"session_id": "0x1", "host": "web1"}, {"session_id": "0x1", "host": "web2"}
    three.put(
        "a.json",
        [
            logoff(5, **a),
            login(10, "ann", **a),
            login(20, "bob", **b),
            login(30, "eve", session_id="0x2", host="web1"),
            login(40, "no session", host="web1"),
            login(50, "no host", session_id="7"),
            of("security_events", 60, action="logon", **a),
            logoff(130, **b),
            logoff(140, session_id="7"),
            logoff(190, **a),
            logoff(250, **a),
        ],
    )
    three.read()
    assert three.rows(MINUTES) == [
        ("ann", 3.0),
        ("bob", pytest.approx(110 / 60)),
        ("eve", None),
        ("no session", None),
        ("no host", 1.5),
    ]


def test_what_the_log_says_itself_and_other_files_are_left_alone(three: Landing) -> None:
    three.put("a.json", [login(1, "ann", session_id="1", session_minutes=9), login(2, "bob", session_id="2")])
    three.put("b.json", [logoff(61, session_id="1"), logoff(62, session_id="2")])
    three.read()
    assert three.rows(MINUTES) == [("ann", 9.0), ("bob", None)]


def test_a_logoff_that_is_rejected_ends_nothing(three: Landing) -> None:
    three.put("a.json", [login(1, "ann", session_id="1"), logoff(61, session_id="1", dest_port="x")])
    (report,) = three.read()
    assert report.rejected == 1
    assert three.rows(MINUTES) == [("ann", None)]


def test_a_logoff_does_not_end_what_had_the_session_before_another_login(landing: Callable[..., Landing]) -> None:
    site = landing(format="auth_log")
    site.put(
        "auth-20260109.log",
        "Jan  5 03:00:00 h sshd[4711]: Accepted password for root from 203.0.113.9 port 1 ssh2\n"
        "Jan  9 03:00:00 h sshd[4711]: Accepted password for ann from 198.51.100.3 port 2 ssh2\n"
        "Jan  9 04:00:00 h sshd[4711]: pam_unix(sshd:session): session closed for user ann\n",
    )
    assert site.state() == ["new"]
    assert site.rows(MINUTES) == [("root", None), ("ann", 60.0)]


def test_a_logoff_at_the_moment_of_the_next_login_ends_the_one_before(three: Landing) -> None:
    a = {"session_id": "1"}
    three.put("a.json", [login(0, "ann", **a), logoff(60, **a), login(60, "bob", **a), logoff(180, **a)])
    three.read()
    assert three.rows(MINUTES)[0] == ("ann", 1.0)


def test_a_login_that_failed_neither_opens_nor_takes_over_a_session(three: Landing) -> None:
    a = {"session_id": "1"}
    three.put("a.json", [login(0, "ann", **a), login(30, "eve", success=False, **a), logoff(60, **a)])
    three.read()
    assert three.rows(MINUTES) == [("ann", 1.0), ("eve", None)]


@pytest.mark.parametrize(("named", "minutes"), [("ann", 1.0), ("ANN", 1.0), (None, 1.0), ("bob", None)])
def test_a_logoff_that_names_a_user_ends_only_logins_of_that_one(
    three: Landing, named: str | None, minutes: float | None
) -> None:
    three.put("a.json", [login(0, "ann", session_id="1"), logoff(60, session_id="1", user=named)])
    three.read()
    assert three.rows(MINUTES) == [("ann", minutes)]
