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
from pipeline.ingest.zones import known_offset

_ISO = r"2[0-9]{3}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
# Jan  5 03:12:09, Jan 05 2026 03:12:09, jan/05/2026 03:12:09
_MONTH_FIRST = r"[A-Za-z][a-z]{2}[ /] ?[0-9]{1,2}[ /][0-9]{2}(?:[0-9]{2} [0-9]{2})?:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?"
TIME = f"(?:{_ISO}|{_MONTH_FIRST})"
# priority, version, marks of a clock that is not set; the word that follows is the host, unless it is a zone
START = rf"^(?:<[0-9]{{1,3}}>(?:1 )?:?)?[*.]?(?P<time>{TIME})"

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDecjanfebmaraprmayjunjulaugsepoctnovdec"
_NUMBERS = "01 02 03 04 05 06 07 08 09 10 11 12 " * 2
_FILE_MOMENT = "file_moment"
# of a line, where formats are told apart
_MOST_LOOKED_AT = 2000
_LEAP_DAY = "02-29"


@ibis.udf.scalar.builtin(name="rtrim", signature=((dt.string, dt.string), dt.string))
def _without_end(text: Any, characters: Any) -> Any:
    """The text without these characters at its end."""


@ibis.udf.scalar.builtin(name="substring", signature=((dt.string, dt.int64, dt.int64), dt.string))
def _part(text: Any, first: Any, length: Any) -> Any:
    """Characters of a text from the first, counted from 1; Ibis writes `substr` as something that costs more."""


@ibis.udf.scalar.builtin(name="strpos", signature=((dt.string, dt.string), dt.int64))
def _place(text: Any, part: Any) -> Any:
    """Where a part of a text starts, from 1; 0 if it is none."""


def line_records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The lines of a file; blank ones are no records."""
    del source
    return map(filled, line_batches(stream))


def share(head: Head, pattern: str) -> float:
    """How many of a file's first lines a pattern matches, from 0 to 1.

    No two parts of a pattern may take the same text, because Python tries all ways to share it out on hostile lines.
    """
    found = sum(1 for line in head.lines if re.search(pattern, line[:_MOST_LOOKED_AT]))
    return found / max(len(head.lines), 1)


def with_header(lines: ibis.Table, source: Source) -> ibis.Table:
    """Adds `timestamp` and `host` by the groups `time` and `lead`, the word that follows it."""
    headed = with_host(lines, source)
    return with_timestamp(headed, headed.found["time"], headed.offset)


def with_host(lines: ibis.Table, source: Source) -> ibis.Table:
    """Adds `host` by the group `lead`, or, where that is the name of a zone, what to write behind the time."""
    named = lines.mutate(lead=_without_end(lines.found["lead"], ":"))
    zoned = named.mutate(offset=known_offset(named.lead, source))
    return zoned.mutate(host=zoned.offset.isnull().ifelse(zoned.lead, ibis.null(str)))


def with_timestamp(table: ibis.Table, time: ir.StringValue, offset: ir.StringValue) -> ibis.Table:
    """Adds `timestamp`, ISO 8601 of a time that `TIME` matches; a year that it lacks becomes part of `canonical`.

    One that starts with the month is taken apart by the places of its parts, once the day has two characters.

    Args:
        table: judged, with what the expressions need.
        time: as it stands in the log.
        offset: of its zone, if that is known; for times that start with the month.
    """
    # in steps, because the engine would work out again what is not a column
    is_short = _part(time, 6, 1) == " "
    even = table.mutate(time=is_short.ifelse(_part(time, 1, 4) + "0" + _part(time, 5, 40), time))
    has_year = _part(even.time, 12, 1) == " "
    month = _part(_NUMBERS, _place(_MONTHS, _part(even.time, 1, 3)), 2)
    cut = even.mutate(
        year=has_year.ifelse(_part(even.time, 8, 4), ibis.null(str)),
        day=month + "-" + _part(even.time, 5, 2).replace(" ", "0"),
        clock=_part(even.time, has_year.ifelse(13, 8), 40),
    )
    year = cut.year.fill_null(_year(cut.day + " " + cut.clock))
    dated = year + "-" + cut.day + " " + cut.clock + offset.fill_null("")
    is_iso = cut.time < "A"
    # the same line in the file of another year is another record
    identity = (is_iso | cut.year.notnull()).ifelse(cut.canonical, year + " " + cut.canonical)
    return cut.mutate(timestamp=is_iso.ifelse(cut.time, dated), canonical=identity).drop("time", "year", "day", "clock")


def judged(lines: ibis.Table, is_whole: ir.BooleanValue, reason: str) -> ibis.Table:
    """Adds `canonical`, and the reason as `fault` to lines that are not whole."""
    fault = ibis.coalesce(lines.fault, is_whole.fill_null(False).ifelse(ibis.null(str), reason))
    return lines.mutate(fault=fault, canonical=fault.isnull().ifelse(lines.record, ibis.null(str)))


def _year(time: ir.StringValue) -> ir.StringValue:
    """The latest year in which a time that names none is not more than a day after the file was written."""
    latest = variable(_FILE_MOMENT) + ibis.interval(days=1)
    this_year = latest.year()
    year = (time <= latest.strftime("%m-%d %H:%M:%S")).ifelse(this_year, this_year - 1)
    return time.startswith(_LEAP_DAY).ifelse(year - year % 4, year).cast("string")
