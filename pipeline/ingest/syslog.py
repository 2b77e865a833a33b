"""What the syslog formats share: lines, and the header that says when and on which host.

Here: RFC 3164 with and without year and zone, RFC 5424, times as in RFC 3339, all with or without <PRI>. Not here: what
a message says; each format has patterns of its own for a whole line, which start with `START`.
"""

import re
from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.contract import Head
from pipeline.ingest.delimited import filled
from pipeline.ingest.engine_functions import variable
from pipeline.ingest.lines import line_batches
from pipeline.ingest.logstream import LogStream

_ISO = r"2[0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
# Jan  5 03:12:09, Jan 05 2026 03:12:09, jan/05/2026 03:12:09
_MONTH_FIRST = r"[A-Za-z][a-z]{2}[ /] ?[0-9]{1,2}[ /][0-9]{2}(?:[0-9]{2} [0-9]{2})?:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?"
TIME = f"(?:{_ISO}|{_MONTH_FIRST})"
# priority, version, marks of a clock that is not set; the word that follows is the host, unless it is a zone
START = rf"^(?:<[0-9]{{1,3}}>(?:1 )?:?)?[*.]?(?P<time>{TIME})"

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDecjanfebmaraprmayjunjulaugsepoctnovdec"
_NUMBERS = "01 02 03 04 05 06 07 08 09 10 11 12 " * 2
# North America as in RFC 822, and zones whose short names mean one thing
_OFFSETS = {
    **dict.fromkeys(("UTC", "GMT", "WET"), "+00:00"),
    **dict.fromkeys(("CET", "WEST", "BST"), "+01:00"),
    **dict.fromkeys(("CEST", "EET"), "+02:00"),
    **dict.fromkeys(("EEST", "MSK"), "+03:00"),
    "JST": "+09:00",
    "AEST": "+10:00",
    "AEDT": "+11:00",
    "EDT": "-04:00",
    **dict.fromkeys(("EST", "CDT"), "-05:00"),
    **dict.fromkeys(("CST", "MDT"), "-06:00"),
    **dict.fromkeys(("MST", "PDT"), "-07:00"),
    "PST": "-08:00",
}
_FILE_MOMENT = "file_moment"
_LEAP_DAY = "02-29"


@ibis.udf.scalar.builtin(name="rtrim", signature=((dt.string, dt.string), dt.string))
def _without_end(text: Any, characters: Any) -> Any:
    """The text without these characters at its end."""


def line_records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The lines of a file; blank ones are no records."""
    del source
    return map(filled, line_batches(stream))


def share(head: Head, pattern: str) -> float:
    """How many of a file's first lines a pattern matches, from 0 to 1."""
    return sum(1 for line in head.lines if re.search(pattern, line)) / max(len(head.lines), 1)


def with_header(lines: ibis.Table) -> ibis.Table:
    """Adds `timestamp` and `host` by the groups `time` and `lead`, the word that follows it."""
    lead = _without_end(lines.found["lead"], ":")
    is_zone = lead.isin(list(_OFFSETS))
    offset = is_zone.ifelse(lead.cases(*_OFFSETS.items()), "")
    return lines.mutate(timestamp=moment_text(lines.found["time"], offset), host=is_zone.ifelse(ibis.null(str), lead))


def moment_text(time: ir.StringValue, offset: ir.StringValue) -> ir.StringValue:
    """A time that `TIME` matches, as ISO 8601; the offset goes to times that start with the month."""
    return (time < "A").ifelse(time, _month_first(time, offset))


def judged(lines: ibis.Table, sign: str, reason: str) -> ibis.Table:
    """Adds `canonical`, and `fault` where the group `sign` of what was found is empty."""
    fault = ibis.coalesce(lines.fault, (lines.found[sign] == "").ifelse(reason, ibis.null(str)))
    return lines.mutate(fault=fault, canonical=fault.isnull().ifelse(lines.record, ibis.null(str)))


def _month_first(time: ir.StringValue, offset: ir.StringValue) -> ir.StringValue:
    """By the places of its parts, once the day has two characters."""
    even = (time.substr(5, 1) == " ").ifelse(time.substr(0, 4) + "0" + time.substr(4), time)
    month = ibis.literal(_NUMBERS).substr(ibis.literal(_MONTHS).find(even.substr(0, 3)), 2)
    day = month + "-" + even.substr(4, 2).replace(" ", "0") + " "
    has_year = even.substr(11, 1) == " "
    clock = has_year.ifelse(even.substr(12), even.substr(7))
    year = has_year.ifelse(even.substr(7, 4), _year(day + clock))
    return year + "-" + day + clock + offset


def _year(time: ir.StringValue) -> ir.StringValue:
    """The latest year in which a time without a year is not more than a day after the file was written."""
    latest = variable(_FILE_MOMENT) + ibis.interval(days=1)
    this_year = latest.year()
    year = (time <= latest.strftime("%m-%d %H:%M:%S")).ifelse(this_year, this_year - 1)
    return time.startswith(_LEAP_DAY).ifelse(year - year % 4, year).cast("string")
