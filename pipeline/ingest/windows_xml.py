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
START = re.compile(rb"<Event[\s>]")
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
    # no field of ours, but part of what identifies an event
    "EventRecordID": "<EventRecordID>([0-9]+)",
}
DATA = "<Data Name="
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


@ibis.udf.scalar.builtin(signature=((TEXTS, dt.int64, dt.int64), TEXTS))
def list_slice(texts: Any, first: Any, last: Any) -> Any:
    """The texts from the first to the last, counted from 1; the last of all is -1."""


@ibis.udf.scalar.builtin(signature=((dt.string, dt.string, dt.int64), dt.string))
def split_part(text: Any, separator: Any, part: Any) -> Any:
    """A part of a text between separators, counted from 1."""


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
    data = list_slice(event.split(DATA), 2, -1).map(_member).join(",").nullif("")
    # the engine leaves nulls out when it joins
    return ibis.literal("{") + ibis.literal(",").join([*system, data]) + "}"


def _member(data: ir.StringValue) -> ir.StringValue:
    """What follows the name's attribute: the name in quotes of either kind, and the value, as a member of an object."""
    name = split_part(data, data[0], 2)
    # behind an element without a value stand blanks at most
    value = split_part(split_part(data, ">", 2), "<", 1).strip()
    return quoted(name) + ":" + quoted(reduce(lambda text, entity: text.replace(*entity), ENTITIES.items(), value))


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
        for boundary in _boundaries(text):
            if boundary > at:
                records += self._passed(text[at:boundary])
                at = boundary
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


def _boundaries(text: bytes) -> list[int]:
    """Where events start and where they end, in order; both are found faster by themselves."""
    starts = [start.start() for start in START.finditer(text)]
    return sorted(starts + [end.end() for end in re.finditer(END, text)])


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
