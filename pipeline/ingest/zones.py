"""Short names of time zones, such as CST, that logs write behind a local time.

Many of them mean several zones. One that the source's own zone goes by means that zone; then those count that are
listed here: North America as in RFC 822, and names that are used for one zone only.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from pipeline.config import Source

OFFSETS = {
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
_UTC = "UTC"
_WINTER_AND_SUMMER = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))


def known_offset(name: ir.StringValue, source: Source) -> ir.StringValue:
    """What to write behind a local time for the zone of a name: an offset, or nothing where it is the source's zone.

    Null where no zone of that name is known.
    """
    zone = ZoneInfo(source.timezone)
    own = {moment.astimezone(zone).tzname() or "" for moment in _WINTER_AND_SUMMER}
    return name.cases(*(OFFSETS | dict.fromkeys(sorted(own - {""}), "")).items())


def offset_of(name: ir.StringValue, source: Source) -> ir.StringValue:
    """As `known_offset`, and nothing to write where there is no name.

    A name that is not known stands for the source's zone where that is set, since names may be long or local; otherwise
    the offset is null.
    """
    unknown = (name == "").ifelse("", ibis.null(str)) if source.timezone == _UTC else ibis.literal("")
    return ibis.coalesce(known_offset(name, source), unknown)
