"""Windows events written as XML: finds them in text of any layout and brings them to the flat JSON of event collectors.

Here: where an event starts and ends, on one line or on many, and its values. Not here: what they mean.
"""

import re
from collections.abc import Iterator
from functools import reduce
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.ingest.contract import MAX_RECORD, MAX_REJECTED_TEXT, TOO_LONG, Record, record_batch
from pipeline.ingest.details import quoted
from pipeline.ingest.engine_functions import TEXTS
from pipeline.ingest.logstream import LogStream

END = b"</Event>"
BOUNDARY = re.compile(rb"</Event>|(?=<Event[\s>])")
# what stands around events rather than in them
SURROUNDINGS = re.compile(rb"(?:\s|<\?xml[^>]*>|</?Events\b[^>]*>)*")
NO_EVENT = "no Windows event"
NOT_CLOSED = "event without its end"
# of `System`; quotes are single ones where Windows itself writes the text
PARTS = {
    "EventID": r"<EventID[^>]*>\s*([0-9]+)",
    "TimeCreated": r"""<TimeCreated[^>]* SystemTime=["']([^"']*)""",
    "Computer": "<Computer>([^<]*)",
    "Channel": "<Channel>([^<]*)",
    "ProviderName": r"""<Provider[^>]* Name=["']([^"']*)""",
    "Keywords": "<Keywords>([^<]*)",
}
DATA = r"""<Data Name=["'][^"'<>]*["'](?:\s*/>|>[^<]*)"""
NAME, VALUE = r"""["']([^"'<>]*)["']""", r">([^<]*)$"
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


@ibis.udf.scalar.builtin(name="regexp_extract_all", signature=((dt.string, dt.string, dt.int64), TEXTS))
def all_matches(text: Any, pattern: Any, group: Any) -> Any:
    """What a group matches in each match of a pattern."""


def xml_events(stream: LogStream) -> Iterator[pa.RecordBatch]:
    """The events of a file, a batch at a time; text between them, and events that are cut, are records with a fault."""
    finder = _Finder()
    for chunk in stream:
        yield record_batch(finder.take(chunk))
    yield record_batch(finder.last(stream.damage))


def as_json(event: ir.StringValue) -> ir.StringValue:
    """A JSON object of an event's values by their names; parts that it lacks are left out."""
    system = [
        ibis.literal(f'"{name}":') + quoted(event.re_extract(pattern, 1).nullif("")) for name, pattern in PARTS.items()
    ]
    data = all_matches(event, DATA, 0).map(_member).join(",").nullif("")
    # the engine leaves nulls out when it joins
    return ibis.literal("{") + ibis.literal(",").join([*system, data]) + "}"


def compact(event: ir.StringValue) -> ir.StringValue:
    """An event without the blanks that depend on its layout."""
    return event.re_replace(r">\s+<", "><")


def _member(data: ir.StringValue) -> ir.StringValue:
    value = reduce(lambda text, entity: text.replace(*entity), ENTITIES.items(), data.re_extract(VALUE, 1))
    return quoted(data.re_extract(NAME, 1)) + ":" + quoted(value)


class _Finder:
    """Takes text piece by piece and gives the events that are complete."""

    def __init__(self) -> None:
        self._rest = b""
        self._line = 1
        # lines that were left out of an event that is too long
        self._lines_cut: int | None = None

    def take(self, chunk: bytes) -> list[Record]:
        """The records that a chunk completes."""
        text = self._rest + chunk
        records: list[Record] = []
        at = 0
        for boundary in BOUNDARY.finditer(text):
            if boundary.end() > at:
                records += self._passed(text[at : boundary.end()])
                at = boundary.end()
        self._rest = text[at:]
        if len(self._rest) > MAX_RECORD:
            self._lines_cut = (self._lines_cut or 0) + self._rest.count(b"\n", MAX_REJECTED_TEXT)
            self._rest = self._rest[:MAX_REJECTED_TEXT]
        return records

    def last(self, damage: str | None) -> list[Record]:
        """What is left when the file ends, and why it ended early."""
        is_cut = self._lines_cut is not None
        records = self._passed(self._rest, damage)
        return [*records, (self._line, None, damage)] if damage and (is_cut or not records) else records

    def _passed(self, piece: bytes, damage: str | None = None) -> list[Record]:
        found = _event(piece, self._line, damage if self._lines_cut is None else TOO_LONG)
        self._line += piece.count(b"\n") + (self._lines_cut or 0)
        self._lines_cut = None
        return found


def _event(piece: bytes, line: int, fault: str | None) -> list[Record]:
    """The record in a text, if it holds more than what stands around events."""
    around = SURROUNDINGS.match(piece)
    start = around.end() if around else 0
    event = piece[start:].rstrip()
    if not event:
        return []
    if not fault and len(event) > MAX_RECORD:
        event, fault = event[:MAX_REJECTED_TEXT], TOO_LONG
    is_event, is_closed = event.startswith(b"<Event"), event.endswith(END)
    fault = fault or (NO_EVENT if not is_event else None if is_closed else NOT_CLOSED)
    return [(line + piece.count(b"\n", 0, start), event.decode(errors="ignore"), fault)]
