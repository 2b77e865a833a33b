"""The format `cisco_asa`: syslog of Cisco ASA firewalls, and of PIX, FWSM and Firepower, which write the same.

Here: the line, and which table a message belongs to. Connections are events when they are built and connections when
they are torn down, so that none counts twice. A login is what the AAA service says of it, because it speaks once for
every way in; the messages of the way in itself (605004, 611101 and others) are events.
"""

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.cisco_asa_messages import ENDED, LOGIN, RULE, with_meaning
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import MOMENT, WALL_CLOCK
from pipeline.ingest.patterns import address, extracted_where, with_first_match
from pipeline.ingest.syslog import START, judged, line_records, share, with_header

_TAG = r"%(?:ASA|PIX|F(?:TD|WSM))-(?:[a-z]+-)?[0-7]-(?P<number>[0-9]{6}):? (?P<body>.*)$"
PATTERNS = (
    rf"{START}:? +(?:(?P<lead>[^ %:][^ ]*) )?(?:: )?{_TAG}",
    # with the words of a relay or of RFC 5424 before it
    rf"{START}:? +(?P<lead>[^ %:][^ ]*)(?: +[^ %]+){{1,7}} +{_TAG}",
)
_LOGIN = (
    r"^AAA user authentication (?P<result>Successful|Rejected) ?: (?:reason = (?P<reason>.*?) ?: )?"
    r"(?:server = +(?P<server>[^ ]+) *|local database ?)[,:] [Uu]ser = ?(?P<user>.*?)"
    r"(?: ?: user IP = (?P<source>[^ ]+))?$"
)
_END = (
    r" duration (?P<duration>[0-9:]+) bytes (?P<bytes>[0-9]+) ?"
    r"(?P<state>[^(]*?)(?: from [^ ]+)?(?: ?\(.*)?$"
)
_INTERVAL = dt.Interval("s")
_HAS_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})$"
EXAMPLE = """\
2026-01-05T03:12:09-06:00 fw1 : %ASA-4-106023: Deny tcp src outside:203.0.113.9/50930 dst dmz:198.51.100.20/22 by \
access-group "outside_in" [0x0, 0x0]
Jan 05 2026 03:12:31: %ASA-6-302014: Teardown TCP connection 71 for outside:203.0.113.9/50931 to \
dmz:198.51.100.20/443 duration 0:00:21 bytes 5120 TCP FINs"""


@ibis.udf.scalar.builtin(name="epoch", signature=((_INTERVAL,), dt.float64))
def _seconds(interval: Any) -> Any:
    """The length of an interval."""


def fields(lines: ibis.Table, source: Source) -> ibis.Table:
    """By the number of the message."""
    found = with_first_match(lines, "record", PATTERNS, "number")
    headed = with_header(judged(found, found.found["number"] != "", "no Cisco ASA message"), source)
    meant = with_meaning(headed.mutate(number=headed.found["number"], body=headed.found["body"]))
    logged = meant.mutate(
        login=extracted_where(meant.kind == LOGIN, meant.body, _LOGIN),
        end=extracted_where(meant.kind == ENDED, meant.body, _END),
    )
    is_login = logged.login["result"].fill_null("") != ""
    target = ibis.cases((logged.kind == ENDED, "connections"), (is_login, "logins"), else_="security_events")
    return _with_columns(logged.mutate(target=target))


def _with_columns(told: ibis.Table) -> ibis.Table:
    end, login = told.end, told.login
    is_login, is_connection = told.target == "logins", told.target == "connections"
    nothing = ibis.null(str)
    lasted = end["duration"].try_cast(_INTERVAL)
    return told.mutate(
        timestamp=is_connection.ifelse(_earlier(told.timestamp, lasted), told.timestamp),
        duration=_seconds(lasted).cast("string"),
        state=end["state"],
        source_ip=is_login.ifelse(address(login["source"]), told.source_ip),
        user=login["user"],
        success=is_login.ifelse((login["result"] == "Successful").ifelse("true", "false"), nothing),
        service=is_login.ifelse("aaa", nothing),
        details=_details(told, is_login),
    )


def _earlier(timestamp: ir.StringValue, interval: ir.IntervalValue) -> ir.StringValue:
    """When something began that had lasted so long at a time; as it stands if it cannot be read."""
    began = timestamp.re_search(_HAS_ZONE).ifelse(
        (timestamp.try_cast(MOMENT) - interval).cast("string"),
        (timestamp.try_cast(WALL_CLOCK) - interval).cast("string"),
    )
    return ibis.coalesce(began, timestamp)


def _details(told: ibis.Table, is_login: ir.BooleanValue) -> ir.StringValue:
    rule = {"access_list": told.rule["list"], "hits": told.rule["hits"].try_cast("int64")}
    return ibis.cases(
        (told.kind == RULE, details_of(rule)),
        (told.kind == ENDED, details_of({"bytes": told.end["bytes"].try_cast("int64")})),
        (is_login, details_of({name: told.login[name] for name in ("server", "reason")})),
        (told.action.startswith("ASA "), details_of({"message": told.body})),
    )


def recognise(head: Head) -> Recognition | None:
    """By the tag that every message carries."""
    part = share(head, rf"{START}.*{_TAG}")
    return Recognition(0.6 + 0.39 * part, "syslog lines with %ASA- and a number") if part > 0.5 else None


FORMAT = Format(
    name="cisco_asa",
    description="syslog of Cisco ASA, PIX, FWSM and Firepower firewalls",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.connections", "raw.logins"),
    reader=Reader(RECORDS, line_records, fields),
    judges=True,
    recognise=recognise,
)
