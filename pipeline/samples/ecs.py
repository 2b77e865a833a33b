"""Records as Security Onion exports them: Elastic Common Schema, nested in some, dotted keys in others.

What belongs here: the look of a record. What does not: which records there are. Every variant (nested or
dotted, with or without ports, with or without country) is the text of a whole record with gaps: joining pieces
is several times faster than building and serialising objects.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, product, repeat
from typing import Any, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.samples.draws import Flags, Ints
from pipeline.samples.records import ACTIONS, HOUR_MS, NO_PORT, TRANSPORTS, Records
from pipeline.samples.site import COUNTRY_NAMES, NO_COUNTRY, country_numbers, dotted, is_private

RECORDS_PER_CHUNK = 10_000  # few enough to stay in the processor's cache
DOTTED_PERCENT = 30
PLACEHOLDER = re.compile(r'"<(source_port|dest_port|size)>"|<(\w+)>')


def _texts(values: Iterable[object]) -> NDArray[Any]:
    """Values as the inside of JSON strings, to be looked up by number."""
    return np.array([json.dumps(str(value))[1:-1] for value in values], dtype=object)


PROTOCOLS = _texts(("TCP (SYN)", "UDP", "ICMP (type 8, code 0)", "ICMP (type 8, code 0)", "47", "47", "41"))
INTERFACES = _texts(("ether1-wan", "bridge-lan"))
ACTION_TEXTS, TRANSPORT_TEXTS, COUNTRY_TEXTS = _texts(ACTIONS), _texts(TRANSPORTS), _texts(COUNTRY_NAMES)
SECONDS = _texts(f"{second // 60:02}:{second % 60:02}" for second in range(3600))
HOURS = _texts(f"{hour:02}" for hour in range(24))
MILLISECONDS = _texts(f"{millisecond:03}" for millisecond in range(1000))
PORTS = _texts(range(65_536))


@dataclass(frozen=True)
class Template:
    """Text of a record in pieces, with a gap for each name between two of them."""

    pieces: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, record: dict[str, Any]) -> Self:
        """From a record whose strings hold `<name>` where a value goes; ports and sizes become numbers."""
        pieces = PLACEHOLDER.split(json.dumps(record, separators=(",", ":")))
        # splitting gives text, name of a number or None, name of a text or None, text, ...
        names = (number or text for number, text in zip(pieces[1::3], pieces[2::3], strict=True))
        return cls(tuple(pieces[::3]), tuple(names))

    def fill(self, columns: dict[str, list[str]]) -> list[str]:
        """One text per entry of the columns."""
        gaps = [(repeat(piece), columns[name]) for piece, name in zip(self.pieces, self.names, strict=False)]
        return list(map("".join, zip(*chain.from_iterable(gaps), repeat(self.pieces[-1]), strict=False)))


class Addresses(dict[int, str]):
    """Addresses in dotted form by number, each made when it is first asked for."""

    def __missing__(self, number: int) -> str:
        return self.setdefault(number, dotted(number))


def export(records: Records, day: date, rng: Generator) -> Iterator[bytes]:
    """The bytes of an export in pieces: a JSON array, one record a line, in the order given."""
    templates, addresses = _templates(day), Addresses()
    is_dotted = rng.integers(0, 100, size=len(records), dtype=np.int64) < DOTTED_PERCENT
    separator = "[\n"
    for start in range(0, len(records), RECORDS_PER_CHUNK):
        rows = slice(start, start + RECORDS_PER_CHUNK)
        yield (separator + ",\n".join(_lines(records.take(rows), is_dotted[rows], templates, addresses))).encode()
        separator = ",\n"
    yield b"\n]\n" if len(records) else b"[]\n"


def _lines(records: Records, is_dotted: Flags, templates: list[Template], addresses: Addresses) -> list[str]:
    countries = country_numbers(records.source)
    values = _values(records, countries, addresses)
    variant = is_dotted * 4 + (records.dest_port != NO_PORT) * 2 + (countries != NO_COUNTRY)
    lines = np.empty(len(records), dtype=object)
    for number, template in enumerate(templates):
        rows = np.flatnonzero(variant == number)
        columns = {name: values[name][rows].tolist() for name in set(template.names)}
        lines[rows] = template.fill(columns)
    return lines.tolist()


def _values(records: Records, countries: Ints, addresses: Addresses) -> dict[str, NDArray[Any]]:
    # a missing port or country (-1) looks up the last entry, which no template without it asks for
    return {
        "hour": HOURS[records.time // HOUR_MS],
        "second": SECONDS[records.time // 1000 % 3600],
        "millisecond": MILLISECONDS[records.time % 1000],
        "action": ACTION_TEXTS[records.action],
        "source_ip": _strings(map(addresses.__getitem__, records.source.tolist())),
        "source_port": PORTS[records.source_port],
        "country": COUNTRY_TEXTS[countries],
        "dest_ip": _strings(map(addresses.__getitem__, records.dest.tolist())),
        "dest_port": PORTS[records.dest_port],
        "transport": TRANSPORT_TEXTS[records.transport],
        "protocol": PROTOCOLS[records.transport],
        "size": _strings(map(str, records.size.tolist())),
        "interface": INTERFACES[is_private(records.source).astype(np.int8)],
    }


def _strings(values: Iterable[str]) -> NDArray[Any]:
    return np.array(list(values), dtype=object)


def _templates(day: date) -> list[Template]:
    """One per variant: nested before dotted, without ports before with, without country before with."""
    return [
        Template.of(_flat(record) if dotted else record)
        for dotted in (False, True)
        for record in (
            _record(day, ports=ports, country=country) for ports, country in product((False, True), repeat=2)
        )
    ]


def _record(day: date, *, ports: bool, country: bool) -> dict[str, Any]:
    ends = "<source_ip>:<source_port>-><dest_ip>:<dest_port>" if ports else "<source_ip>-><dest_ip>"
    return {
        "@timestamp": f"{day.isoformat()}T<hour>:<second>.<millisecond>Z",
        "ecs": {"version": "8.0.0"},
        "event": {
            "action": "<action>",
            "category": ["network"],
            "dataset": "mikrotik.firewall",
            "kind": "event",
        },
        "source": {
            "ip": "<source_ip>",
            **({"port": "<source_port>"} if ports else {}),
            **({"geo": {"country_name": "<country>"}} if country else {}),
        },
        "destination": {"ip": "<dest_ip>", **({"port": "<dest_port>"} if ports else {})},
        "network": {"transport": "<transport>", "bytes": "<size>"},
        "observer": {
            "name": "edge-1",
            "type": "firewall",
            "vendor": "MikroTik",
            "ingress": {"interface": {"name": "<interface>"}},
        },
        "message": f"firewall,info <action>: in:<interface>, proto <protocol>, {ends}, len <size>",
        "log": {"level": "info", "syslog": {"facility": {"name": "local0"}}},
        "tags": ["firewall", "syslog"],
    }


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
