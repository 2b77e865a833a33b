"""The format `cef`: ArcSight's Common Event Format, with or without a syslog header.

Here: its header, its extension of keys and values, both with escapes, and which events are logins: those that name a
user, are about logging in and say how it went. All else is an event.
"""

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import TEXTS
from pipeline.ingest.patterns import address, extracted, value_at, with_first_match
from pipeline.ingest.syslog import START, TIME, judged, line_records, share, with_host, with_timestamp
from pipeline.ingest.zones import known_offset

PATTERNS = (
    rf"{START}:? +(?:(?P<lead>[^ |]+) (?:[^ |]+ )*?)?CEF: ?[01]\|(?P<body>.*)$",
    r"^(?P<time>)(?P<lead>)[^|]*?CEF: ?[01]\|(?P<body>.*)$",
)
_PART = r"(?:[^|\\]|\\.)*"
_NAMES = ("vendor", "product", "version", "signature", "name", "severity")
_HEADER = "^" + r"\|".join(rf"(?P<{name}>{_PART})" for name in _NAMES) + r"(?:\|(?P<extension>.*))?$"
# a value goes on until a blank and the next key; with a blank in front of the first one, all are told alike
_KEY = r" ([A-Za-z0-9_.\[\]-]+)="
_ESCAPE = r"\\([\\=|])"
_CLOCK = rf"^(?P<time>{TIME})(?: (?P<zone>[A-Z]{{3,4}}))?$"
_ADDRESSES = {"source_ip": ("src", "c6a2"), "dest_ip": ("dst", "c6a3")}
_TEXTS = {"source_port": ("spt",), "dest_port": ("dpt",), "protocol": ("proto",), "service": ("app",)}
_WHEN = ("rt", "start", "end")
_ABOUT_LOGINS = r"(?i)log[ -]?[io]n|sign[ -]?[io]n|authenticat"
_WORKED = r"(?i)^(success|succeed|allow|accept|permit|pass|true|ok)"
_FAILED = r"(?i)^(fail|den[iy]|reject|refus|block|invalid|error|false)"
_FACTS = {
    "count": "cnt",
    "outcome": "outcome",
    "reason": "reason",
    "category": "cat",
    "source_user": "suser",
    "dest_user": "duser",
    "request": "request",
    "message": "msg",
    "bytes_in": "in",
    "bytes_out": "out",
}
_KEYS = sorted({*_WHEN, *_FACTS.values(), "act", "dhost", "dvchost"}.union(*_ADDRESSES.values(), *_TEXTS.values()))
EXAMPLE = """\
Jan  5 03:12:09 siem CEF:0|Vendor|Gateway|1.0|18|Connection refused|5|rt=1767582729000 src=203.0.113.9 spt=50930 \
dst=198.51.100.20 dpt=22 proto=TCP act=blocked in=44 msg=rule\\=7 matched"""


@ibis.udf.scalar.builtin(name="regexp_extract_all", signature=((dt.string, dt.string, dt.int64), TEXTS))
def _all_of(text: Any, pattern: Any, group: Any) -> Any:
    """What a group matches, each time that the pattern does."""


@ibis.udf.scalar.builtin(name="string_split_regex", signature=((dt.string, dt.string), TEXTS))
def _between(text: Any, pattern: Any) -> Any:
    """What stands between the matches of a pattern."""


@ibis.udf.scalar.builtin(name="list_position", signature=((TEXTS, dt.string), dt.int64))
def _place(texts: Any, text: Any) -> Any:
    """Where a text stands first, from 1."""


def fields(lines: ibis.Table, source: Source) -> ibis.Table:
    """By the keys of the extension, and by the header's name of what happened."""
    found = with_first_match(lines, "record", PATTERNS, "body")
    parsed = found.mutate(header=extracted(found.found["body"], _HEADER))
    headed = with_host(judged(parsed, parsed.header["severity"] != "", "no CEF header"), source)
    extension = ibis.literal(" ") + headed.header["extension"].strip()
    split = headed.mutate(keys=_all_of(extension, _KEY, 1), values=_between(extension, _KEY))
    told = split.mutate(**{_at(key): _text(value_at(split["values"], _place(split["keys"], key) + 1)) for key in _KEYS})
    return _with_columns(_with_moment(told, source))


def _at(key: str) -> str:
    """The column of a key's value."""
    return f"at_{key}"


def _text(value: ir.StringValue) -> ir.StringValue:
    """Without its escapes; null if there is nothing."""
    return value.contains("\\").ifelse(value.re_replace(_ESCAPE, r"\1"), value).nullif("")


def _with_moment(told: ibis.Table, source: Source) -> ibis.Table:
    """When the device says it was, otherwise when the line was sent."""
    timed = told.mutate(when=ibis.coalesce(*(told[_at(key)] for key in _WHEN)))
    split = timed.mutate(written=extracted(timed.when, _CLOCK))
    time = ibis.coalesce(split.written["time"].nullif(""), split.when, split.found["time"])
    offset = split.when.isnull().ifelse(split.offset, known_offset(split.written["zone"], source))
    return with_timestamp(split, time, offset)


def _with_columns(told: ibis.Table) -> ibis.Table:
    def first(*keys: str) -> ir.StringValue:
        return ibis.coalesce(*(told[_at(key)] for key in keys))

    head, outcome = {name: _text(told.header[name]) for name in _NAMES}, told[_at("outcome")]
    user, worked, failed = first("duser", "suser"), outcome.re_search(_WORKED), outcome.re_search(_FAILED)
    about = ibis.literal(" ").join([head["name"], *(told[_at(key)] for key in ("cat", "act"))])
    is_login = (user.notnull() & about.re_search(_ABOUT_LOGINS) & (worked | failed)).fill_null(False)
    sizes = [told[_at(key)].try_cast("int64") for key in ("in", "out")]
    facts = {name: told[_at(key)] for name, key in _FACTS.items()}
    return told.mutate(
        target=is_login.ifelse("logins", "security_events"),
        **{name: address(first(*keys)) for name, keys in _ADDRESSES.items()},
        **{name: first(*keys) for name, keys in _TEXTS.items()},
        action=ibis.coalesce(told[_at("act")], head["name"]),
        bytes=ibis.coalesce(sizes[0] + sizes[1], *sizes).cast("string"),
        user=user,
        success=worked.ifelse("true", "false"),
        host=ibis.coalesce(first("dhost", "dst", "dvchost"), told.host),
        details=details_of({name: head[name] for name in _NAMES} | facts),
    )


def recognise(head: Head) -> Recognition | None:
    """By the mark and the seven parts of the header."""
    part = share(head, r"CEF: ?[01]\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|.*\|")
    return Recognition(0.7 + 0.29 * part, "lines with CEF:0| and its header") if part > 0.5 else None


FORMAT = Format(
    name="cef",
    description="ArcSight Common Event Format, with or without a syslog header",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.logins"),
    reader=Reader(RECORDS, line_records, fields),
    judges=True,
    recognise=recognise,
)
