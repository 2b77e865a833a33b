"""Logins in auth.log: one for each attempt, whoever chose the name, and the sessions that follow."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing
from syslog_helpers import DATA, only, records

from pipeline.config import Verdicts
from pipeline.ingest.verdicts import verdict

REAL = DATA / "auth" / "OpenSSH_2k.log"
A, EVIL = "203.0.113.9", "192.0.2.66"
CERTIFICATE = f"from {A} port 5 ssh2: RSA-CERT SHA256:x ID y from {EVIL} port 7 ssh2: a b (serial 0) CA RSA SHA256:y"
LOGIN = ("target", "user", "source_ip", "success", "service")


def told(folder: Path, *messages: str, program: str = "sshd[71]") -> list[dict[str, Any]]:
    return records(folder, [f"Jan  5 03:12:09 bastion {program}: {message}" for message in messages], format="auth_log")


@pytest.mark.parametrize(
    ("message", "user", "success", "facts"),
    [
        (f"Failed password for root from {A} port 5 ssh2", "root", False, {"method": "password", "port": 5}),
        (
            f"Failed password for invalid user a b from {A} port 5 ssh2",
            *("a b", False, {"method": "password", "port": 5, "unknown_user": True}),
        ),
        (f"Failed password for illegal user a from {A} port 5", "a", False, {"unknown_user": True}),
        (f"Failed password for invalid user  from {A} port 5 ssh2", None, False, {"unknown_user": True}),
        (
            f"Failed keyboard-interactive/pam for a from {A} port 5 ssh2",
            "a",
            False,
            {"method": "keyboard-interactive/pam"},
        ),
        (f"Failed publickey for a from {A} port 5 ssh2: RSA SHA256:4dJ7/x+", "a", False, {"method": "publickey"}),
        (f"Accepted publickey for a from {A} port 5 ssh2: RSA 39:33:99", "a", True, {"method": "publickey", "port": 5}),
        (f"Accepted password for a from {A} port 5 ssh2", "a", True, {"method": "password"}),
        (
            f"Accepted publickey for a {CERTIFICATE}",
            *("a", True, {"method": "publickey"}),
        ),
        (f"message repeated 5 times: [ Failed password for root from {A} port 5 ssh2]", "root", False, {"repeated": 5}),
        # names that look like the rest of the line
        (
            f"Failed password for invalid user root from {EVIL} port 22 ssh2 from {A} port 5 ssh2",
            *(f"root from {EVIL} port 22 ssh2", False, {"port": 5}),
        ),
        (
            f"Failed password for invalid user x from {EVIL} port 22 ssh2: RSA y from {A} port 5 ssh2",
            *(f"x from {EVIL} port 22 ssh2: RSA y", False, {"port": 5}),
        ),
        (
            f"Failed password for invalid user Accepted password for b from {A} port 5 ssh2",
            *("Accepted password for b", False, {}),
        ),
        (f"Failed password for invalid user ] message repeated from {A} port 5 ssh2", "] message repeated", False, {}),
    ],
)
def test_sshd_says_who_tried_from_where(
    tmp_path: Path, message: str, user: str | None, success: bool, facts: dict[str, Any]
) -> None:
    (row,) = told(tmp_path, message)
    assert row["fault"] is None
    assert only(row, *LOGIN) == ("logins", user, A, success, "ssh")
    assert facts.items() <= json.loads(row["details"]).items()
    # only what may be a session is to be ended by a logoff
    assert row["session_id"] == ("sshd[71]" if success else None)


def test_the_lines_about_one_attempt_are_one_login(tmp_path: Path) -> None:
    rows = told(
        tmp_path,
        f"Invalid user joe from {A}",
        "input_userauth_request: invalid user joe [preauth]",
        "pam_unix(sshd:auth): check pass; user unknown",
        f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={A} ",
        f"Failed password for invalid user joe from {A} port 5 ssh2",
        f"Failed none for invalid user joe from {A} port 5 ssh2",
        f"PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost={A}  user=root",
        f"Connection closed by {A} [preauth]",
    )
    assert [(row["target"], row["action"], row["source_ip"]) for row in rows] == [
        ("security_events", "invalid user", A),
        ("security_events", "input_userauth_request: invalid user", None),
        ("security_events", "check pass; user unknown", None),
        ("security_events", "authentication failure", A),
        ("logins", None, A),
        ("security_events", "failed", A),
        ("security_events", "pam", A),
        ("security_events", "connection closed", A),
    ]


@pytest.mark.parametrize(
    ("message", "action", "seen"),
    [
        (f"Invalid user {EVIL} from {A} port 5", "invalid user", A),
        (f"Invalid user x from {EVIL} port 22 from {A}", "invalid user", A),
        (f"input_userauth_request: invalid user x {EVIL} [preauth]", "input_userauth_request: invalid user", None),
        (f"Connection closed by invalid user x {EVIL} port 1 {A} port 5 [preauth]", "connection closed", A),
        (f"Connection reset by authenticating user root {A} port 5 [preauth]", "connection reset", A),
        (f"Disconnected from user joe {A} port 5", "disconnected", A),
        (f"Received disconnect from {A} port 5:11: Bye from {EVIL} port 7", "received disconnect", A),
        (f"Received disconnect from {A}: 11: {EVIL}", "received disconnect", A),
        ("Received disconnect from 2001:db8::7 port 5:11: Bye", "received disconnect", "2001:db8::7"),
        (f"error: maximum authentication attempts exceeded for invalid user a from {A} port 5 ssh2 [preauth]", None, A),
        (f"Disconnecting: Too many authentication failures for {EVIL} [preauth]", "disconnecting", None),
        (f"reverse mapping checking getaddrinfo for h.example [{A}] failed - POSSIBLE BREAK-IN ATTEMPT!", None, A),
        (f"Bad protocol version identification 'x from {EVIL} port 1' from {A} port 5", None, A),
        (f"User root from {A} not allowed because not listed in AllowUsers", "login denied", A),
        ("Did not receive identification string from host.example", "did not receive identification string", None),
        (f"Failed publickey for x {CERTIFICATE}", "failed", None),
        ("Server listening on 0.0.0.0 port 22.", "sshd", None),
    ],
)
def test_other_lines_of_sshd_are_events(tmp_path: Path, message: str, action: str | None, seen: str | None) -> None:
    (row,) = told(tmp_path, message)
    assert only(row, "target", "source_ip", "user") == ("security_events", seen, None)
    assert row["action"] == (action or row["action"])
    assert verdict(row["action"], Verdicts()) == ("blocked" if action == "login denied" else "other")


@pytest.mark.parametrize(
    ("program", "message", "expected"),
    [
        (
            "su[9]",
            "pam_unix(su:session): session opened for user root(uid=0) by joe(uid=1000)",
            ("root", None, True, "su"),
        ),
        (
            "login[9]",
            "pam_unix(login:session): session opened for user a b by LOGIN(uid=0)",
            ("a b", None, True, "login"),
        ),
        (
            "vsftpd[9]",
            f"pam_unix(vsftpd:auth): authentication failure; logname= uid=0 tty=ftp ruser=x rhost={EVIL} rhost={A}",
            (f"x rhost={EVIL}", A, False, "vsftpd"),
        ),
        (
            "su",
            "pam_unix(su:auth): authentication failure; logname=joe uid=1 euid=0 tty=pts/1 ruser=joe rhost=  user=root",
            ("root", None, False, "su"),
        ),
    ],
)
def test_pam_tells_of_logins_to_other_services(
    tmp_path: Path, program: str, message: str, expected: tuple[Any, ...]
) -> None:
    (row,) = told(tmp_path, message, program=program)
    assert only(row, *LOGIN) == ("logins", *expected)


@pytest.mark.parametrize(
    ("program", "message", "action"),
    [
        ("CRON[9]", "pam_unix(cron:session): session opened for user root by (uid=0)", "session opened"),
        ("sudo", "pam_unix(sudo:session): session opened for user root by joe(uid=1000)", "session opened"),
        ("sudo", "pam_unix(sudo:session): session closed for user root", "session closed"),
        ("sudo", "     joe : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls", "sudo"),
        (
            "su[9]",
            "pam_sss(su:auth): authentication failure; uid=1 ruser=a rhost=",
            "authentication failure",
        ),
        ("/usr/sbin/useradd[9]", "new user: name=x, UID=1", "useradd"),
        ("sshd[9]", "pam_unix(sshd:session): session opened for user joe by (uid=0)", "session opened"),
    ],
)
def test_what_nobody_logged_in_by_is_an_event(tmp_path: Path, program: str, message: str, action: str) -> None:
    (row,) = told(tmp_path, message, program=program)
    assert only(row, "target", "action", "session_id") == ("security_events", action, None)


def test_the_words_of_other_programs_are_kept(tmp_path: Path) -> None:
    (row,) = told(tmp_path, 'joe : 3 incorrect password attempts ; "x"', program="sudo")
    assert json.loads(row["details"]) == {"message": 'joe : 3 incorrect password attempts ; "x"'}


def test_a_line_without_a_program_is_an_event(tmp_path: Path) -> None:
    (row,) = records(tmp_path, "Jan  5 03:12:09 bastion last message repeated 2 times", format="auth_log")
    assert only(row, "fault", "action") == (None, "other")


def test_sessions_last_until_they_are_closed(landing: Callable[..., Landing]) -> None:
    site = landing(format="auth_log")
    site.put(
        "auth-20260105.log",
        "Jan  5 03:12:09 a sshd[71]: Failed password for joe from 203.0.113.9 port 5 ssh2\n"
        "Jan  5 03:12:09 a sshd[71]: Accepted password for joe from 203.0.113.9 port 5 ssh2\n"
        "Jan  5 03:13:09 b sshd[71]: pam_unix(sshd:session): session closed for user joe\n"
        "Jan  5 03:14:09 a su[99]: pam_unix(su:session): session opened for user root by joe(uid=1000)\n"
        "Jan  5 03:15:09 a su[99]: pam_unix(su:session): session closed for user root\n"
        "Jan  5 03:42:09 a sshd[71]: pam_unix(sshd:session): session closed for user joe\n",
    )
    assert site.state() == ["new"]
    query = 'select "user", success, session_minutes from raw.logins order by line_number'
    assert site.rows(query) == [("joe", False, None), ("joe", True, 30.0), ("root", True, 1.0)]
    assert site.column("select count(*) from raw.security_events where action = 'logoff'") == [3]


@pytest.mark.skipif(not REAL.is_file(), reason=f"{REAL} is not there")
def test_the_real_log_is_read_to_the_line(landing: Callable[..., Landing]) -> None:
    site = landing(format="auth_log", path=str(REAL))
    (report,) = site.read()
    # wc -l says 1,999, because the last line has no end
    assert (report.lines, report.accepted, report.rejected) == (2000, 2000, 0)
    # grep -c 'Failed password', `Accepted`, the rest
    assert dict(site.rows("select success, count(*) from raw.logins group by all")) == {False: 520, True: 1}
    assert site.column("select count(*) from raw.security_events") == [2000 - 521]
    # grep -c 'invalid user.* from' among the failed
    unknown = "select count(*) from raw.logins where details ->> 'unknown_user' = 'true'"
    assert site.column(unknown) == [135]
    # the session of the only one who got in: opened 09:32:20, closed 09:45:06
    assert site.rows('select "user", source_ip, host, round(session_minutes, 2) from raw.logins where success') == [
        ("fztu", "119.137.62.142", "LabSZ", 12.77)
    ]
    actions = Counter(site.column("select action from raw.security_events"))
    # grep -c of each phrase; `authentication failure;` of PAM itself, not its `more authentication failures`
    assert actions["received disconnect"] == 468
    assert actions["authentication failure"] == 494
    assert actions["invalid user"] == actions["input_userauth_request: invalid user"] == 113
    assert actions["reverse mapping checking"] == 85
    # all but the six whose rhost is a name
    seen = "select count(source_ip) from raw.security_events where action = 'authentication failure'"
    assert site.column(seen) == [488]
