"""Connections as Zeek's conn.log writes them: tab-separated, with its header.

What belongs here: the look of the log and which connections get into it. What does not: what is measured.
"""

from collections.abc import Iterator
from datetime import date

from pipeline.samples.activity import Activity, Entry
from pipeline.samples.connections import UNANSWERED, Connection
from pipeline.samples.draws import words
from pipeline.samples.site import is_of_site

ONE_IN = 8  # the sensor is on some of the links only
MOST_PLANTED = 1_000
UNSET = "-"
STATES = ("S0", "REJ", "SF", "RSTO", "RSTR")
HISTORIES = ("S", "Sr", "ShADadFf", "ShADadR", "ShADadr")
FIELDS = {
    "ts": "time", "uid": "string", "id.orig_h": "addr", "id.orig_p": "port", "id.resp_h": "addr", "id.resp_p": "port",
    "proto": "enum", "service": "string", "duration": "interval", "orig_bytes": "count", "resp_bytes": "count",
    "conn_state": "string", "local_orig": "bool", "local_resp": "bool", "missed_bytes": "count", "history": "string",
    "orig_pkts": "count", "orig_ip_bytes": "count", "resp_pkts": "count", "resp_ip_bytes": "count",
    "tunnel_parents": "set[string]",
}  # fmt: skip


def header(day: date) -> str:
    """What stands before the connections of a day."""
    settings = (("set_separator", ","), ("empty_field", "(empty)"), ("unset_field", UNSET), ("path", "conn"))
    lines = [
        "#separator \\x09",
        *(f"#{name}\t{value}" for name, value in settings),
        f"#open\t{day:%Y-%m-%d}-00-00-00",
        "\t".join(("#fields", *FIELDS)),
        "\t".join(("#types", *FIELDS.values())),
    ]
    return "\n".join(lines)


def footer(day: date) -> str:
    """What stands after them."""
    return f"#close\t{day:%Y-%m-%d}-23-59-59"


def entries(activity: Activity) -> Iterator[Entry]:
    """A line per connection, at its end."""
    seen = activity.connections.thinned(ONE_IN, activity.night.grown(MOST_PLANTED))
    identifiers = words(activity.night.rng("zeek"), len(seen), 17)
    midnight = int(activity.midnight.timestamp()) * 1000
    for one, identifier in zip(seen.each(), identifiers, strict=True):
        values = (_seconds(midnight + one.start), f"C{identifier}", *_ends(one), *_measures(one), UNSET)
        yield Entry(one.end, "\t".join(map(str, values)), activity.name_of(one.planted))


def _ends(one: Connection) -> tuple[object, ...]:
    """Addresses, ports (of ICMP: type and code), transport, service."""
    ports = (8, 0) if one.transport == "icmp" else (one.source_port, one.dest_port)
    service = one.service if one.is_answered else ""
    return one.source, ports[0], one.dest, ports[1], one.transport, service or UNSET


def _measures(one: Connection) -> tuple[object, ...]:
    """From the duration to the bytes that came back with their headers."""
    measured = (_seconds(one.end - one.start), one.bytes_out, one.bytes_in)
    is_tcp = one.transport == "tcp"
    return (
        *((UNSET,) * 3 if one.ending == UNANSWERED else measured),
        "OTH" if one.transport == "icmp" else STATES[one.ending],
        *("T" if is_of_site(address) else "F" for address in (one.source, one.dest)),
        0,
        HISTORIES[one.ending] if is_tcp else "Dd" if one.is_answered else "D",
        *(one.packets_out, one.wire_out, one.packets_in, one.wire_in),
    )


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}000"
