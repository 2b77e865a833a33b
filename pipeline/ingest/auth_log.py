"""The format `auth_log`: what sshd, PAM and the programs around them write to auth.log or secure.

Here: the line, and which messages are logins. sshd writes several lines about an attempt; its login is the line
`Accepted` or `Failed`, the only one that every attempt has exactly once, with user, address and method. Of other
services PAM's own line is the login. All else is an event. The lines of one message that was repeated are one record.
"""

import ibis
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.auth_messages import program, with_attempts, with_phrases, with_repeats
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.patterns import address, with_first_match
from pipeline.ingest.syslog import START, judged, line_records, share, with_header

_BOM = "\ufeff"
PATTERNS = (
    rf"{START}:? (?P<lead>[^ \[]+) (?P<tag>[^ :]+): (?P<message>.*)$",
    # RFC 5424: program, process, kind of message, structured data
    rf"{START} (?P<lead>[^ ]+) (?P<tag>[^ ]+ [^ ]+) [^ ]+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+)(?: {_BOM}?(?P<message>.*))?$",
    # without a host, without a program
    rf"{START}:? +(?P<lead>)(?P<tag>[^ :]+): (?P<message>.*)$",
    rf"{START}:? +(?P<lead>)(?P<tag>)(?P<message>.*)$",
)
_LOGOFF = "logoff"
_PROGRAM = r"(sshd|sshd-session|sudo|su|login|passwd|useradd|groupadd|CRON|crond?|systemd-logind)[\[(: ]"
EXAMPLE = """\
Jan  5 03:12:09 bastion sshd[4711]: Failed password for invalid user admin from 203.0.113.9 port 50930 ssh2
Jan  5 03:12:31 bastion sshd[4713]: Accepted publickey for deploy from 198.51.100.20 port 40112 ssh2: RSA SHA256:4dJ7
Jan  5 03:40:02 bastion sshd[4713]: pam_unix(sshd:session): session closed for user deploy"""


def fields(lines: ibis.Table, source: Source) -> ibis.Table:
    """A login where a message tells of one, an event otherwise."""
    found = with_first_match(lines, "record", PATTERNS, "time")
    headed = with_header(judged(found, found.found["time"] != "", "no syslog line"), source)
    told = with_repeats(headed.mutate(tag=headed.found["tag"], message=headed.found["message"]))
    return _with_columns(with_phrases(_with_logins(with_attempts(told))))


def _with_logins(tried: ibis.Table) -> ibis.Table:
    """Adds which messages are logins, and by what they tell so."""
    # by `none` a client asks which methods there are
    flags = {
        "is_attempt": (tried.attempt["result"] != "") & (tried.attempt["method"] != "none"),
        "is_session": tried.session["what"] != "",
        "is_failure": tried.failure["what"] != "",
    }
    known = tried.mutate(**{name: flag.fill_null(False) for name, flag in flags.items()})
    return known.mutate(is_login=known.is_attempt | known.is_session | known.is_failure)


def _with_columns(told: ibis.Table) -> ibis.Table:
    attempt, failure = told.attempt, told.failure
    is_attempt, is_session, is_failure = told.is_attempt, told.is_session, told.is_failure
    is_accepted = is_attempt & (attempt["result"] == "Accepted")
    has_session = (is_accepted | is_session | told.is_end) & told.tag.re_search("[0-9]")
    nothing = ibis.null(str)
    return told.mutate(
        target=told.is_login.ifelse("logins", "security_events"),
        source_ip=ibis.cases(
            (is_attempt, address(attempt["source"])), (is_failure, address(failure["source"])), else_=told.seen
        ),
        user=ibis.cases(
            (is_attempt, attempt["user"]),
            (is_session, told.session["user"]),
            (is_failure, ibis.coalesce(failure["user"].nullif(""), failure["caller"])),
        ),
        success=told.is_login.ifelse((is_accepted | is_session).ifelse("true", "false"), nothing),
        service=ibis.cases((is_attempt, "ssh"), (told.is_login, told.pam["service"])),
        session_id=has_session.ifelse(told.tag, nothing),
        action=ibis.cases(
            (told.is_end, _LOGOFF), (~told.is_login, ibis.coalesce(told.phrase, program(told.tag).nullif(""), "other"))
        ),
        details=_details(told),
    )


def _details(told: ibis.Table) -> ir.StringValue:
    repeated = {"repeated": told.repeated.try_cast("int64")}
    attempt = {
        "method": told.attempt["method"],
        "port": told.attempt["port"].try_cast("int64"),
        "unknown_user": (told.attempt["unknown"] != "").nullif(False),
    }
    return ibis.cases(
        (told.is_attempt, details_of(attempt | repeated)),
        (told.phrase.isnull() & ~told.is_login, details_of({"message": told.message} | repeated)),
        else_=details_of(repeated),
    )


def recognise(head: Head) -> Recognition | None:
    """By the programs that write such logs."""
    part = share(head, rf"{START}.{{0,80}}? {_PROGRAM}")
    return Recognition(0.5 + 0.45 * part, "syslog lines of sshd, sudo, cron and the like") if part > 0.5 else None


FORMAT = Format(
    name="auth_log",
    description="auth.log or secure of Linux and BSD: logins by sshd and PAM",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.logins"),
    reader=Reader(RECORDS, line_records, fields),
    recognise=recognise,
)
