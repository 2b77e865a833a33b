"""The format `windows_events`: events of Windows as collectors export them in JSON, or as Windows writes them in XML.

Here: the notations, brought to the same columns. JSON may be flat (NXLog, Azure), nest the data of the event under
`winlog.event_data` (Winlogbeat), `Event.EventData` (converters of EVTX files), `EventData` or `properties` (Azure), or
write Winlogbeat's path with dots; XML is turned into flat JSON first. What the columns mean stands in `windows_fields`.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.beginning import beginning
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.engine_functions import json_extract, json_valid
from pipeline.ingest.json_fields import with_fields
from pipeline.ingest.json_heads import recognised
from pipeline.ingest.json_records import records_within
from pipeline.ingest.json_shapes import shaped, texts
from pipeline.ingest.logstream import LogStream
from pipeline.ingest.windows_fields import DATA, with_meaning
from pipeline.ingest.windows_xml import as_json, xml_events

# of Azure's diagnostic settings
WRAPPER = "records"
EVENT = '{"Event":'
DOTTED = '"winlog.event_data.'
_SYSTEM = texts("EventID", "TimeCreated", "Computer", "Channel", "Provider")
_FLAT = (
    _SYSTEM
    | texts("@timestamp", "TimeGenerated", "time", "EventTime", "Hostname", "ProviderName", "SourceName")
    | texts("EventSourceName", "Category", "Activity", "EventType", "Keywords")
)
SHAPE = (
    _FLAT
    | texts("winlog.event_id", "winlog.channel", "winlog.computer_name", "winlog.provider_name", "winlog.task")
    | texts("event.code", "event.outcome", "EventData", "properties")
    | {
        "winlog": texts("event_id", "channel", "computer_name", "provider_name", "task", "event_data"),
        "event": texts("code", "outcome"),
        "System": _SYSTEM,
    }
)
# an attribute of an XML element, as converters name it
_NAME, _TIME = r"""Name"\s*:\s*"([^"]*)""", r"""SystemTime"\s*:\s*"([^"]*)"""
# plain, or the text of such an element
_NUMBER = r"""^(?:\{.*"#text":"?)?([0-9]+)"""
_MILLISECONDS = r"^/Date\(([0-9]+)\)/$"
EXAMPLE = """\
{"@timestamp": "2026-01-05T03:12:09.120Z", "EventID": 4625, "Channel": "Security", "Hostname": "FILES-1.example.com",
 "SourceName": "Microsoft-Windows-Security-Auditing", "TargetUserName": "lena", "TargetDomainName": "EXAMPLE",
 "LogonType": "3", "IpAddress": "203.0.113.9", "IpPort": "50930", "Status": "0xc000006d"}"""


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The events of a file, which its first character tells to be XML or JSON."""
    return xml_events(stream) if beginning(stream.path).startswith(b"<") else records_within(WRAPPER)(stream, source)


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields of every kind of event, and the table that it belongs to."""
    del source
    is_xml = records.fault.isnull() & records.record.startswith("<")
    told = records.mutate(original=records.record, xml=is_xml.ifelse(records.record, ibis.null(str)))
    # a column of its own, since the engine is slow at texts taken apart under a condition
    written = told.mutate(written=as_json(told.xml))
    valid = with_fields(written.mutate(record=written.xml.isnull().ifelse(written.record, written.written)), {})
    opened = valid.canonical.startswith(EVENT).ifelse(json_extract(valid.canonical, "/Event"), valid.canonical)
    # looking costs much less than replacing
    is_dotted = opened.contains(DOTTED)
    top = valid.mutate(document=is_dotted.ifelse(opened.replace(DOTTED, '"'), opened))
    outer = top.mutate(outer=shaped(top.document, SHAPE))
    data = ibis.coalesce(_data(outer.outer), outer.document)
    inner = outer.mutate(data=shaped(data, _FLAT | texts(*DATA)))
    events = inner.mutate(**_columns(inner.outer, inner.data))
    return with_meaning(events).mutate(record=events.original)


def recognise(head: Head) -> Recognition | None:
    """By the names of XML elements, or by the keys that every event has, whoever exported it."""
    if head.data.lstrip().startswith(b"<") and b"<Event" in head.data and b"<EventID" in head.data:
        return Recognition(0.97, "Windows events as XML")
    return recognised(head, _is_event, "Windows events: EventID with Channel, Computer or the like", 0.95, WRAPPER)


def _is_event(keys: set[str]) -> bool:
    names = {key.removeprefix("properties.").removeprefix("Event.System.") for key in keys}
    is_exported = "EventID" in names and not names.isdisjoint(("Channel", "Computer", "Hostname", "SourceName"))
    return is_exported or "winlog.event_id" in names or {"event.code", "winlog.channel"} <= names


def _data(event: ir.StructValue) -> ir.StringValue:
    """The JSON object with what the event says, where it has one."""
    found = ibis.coalesce(event.winlog.event_data, event.EventData, event.properties)
    return (found.startswith("{") & json_valid(found)).ifelse(found, ibis.null(str))


def _columns(top: ir.StructValue, data: ir.StructValue) -> dict[str, ir.StringValue]:
    """Which event it is, when and where it was logged."""
    winlog, system = top.winlog, top.System

    def flat(*names: str) -> list[ir.StringValue]:
        return [event[name] for name in names for event in (top, data)]

    number = ibis.coalesce(
        winlog.event_id, system.EventID, top["winlog.event_id"], *flat("EventID"), top["event.code"], top.event.code
    )
    provider = ibis.coalesce(
        winlog.provider_name,
        system.Provider,
        top["winlog.provider_name"],
        *flat("SourceName", "EventSourceName", "ProviderName", "Provider"),
    )
    times = flat("TimeCreated", "@timestamp", "TimeGenerated", "time", "EventTime")
    audit = [top.event.outcome, top["event.outcome"], *flat("EventType", "Keywords")]
    return {
        "event_id": number.re_extract(_NUMBER, 1).nullif(""),
        "timestamp": _time(ibis.coalesce(system.TimeCreated, *times)),
        "host": ibis.coalesce(
            winlog.computer_name, system.Computer, top["winlog.computer_name"], *flat("Computer", "Hostname")
        ),
        "channel": ibis.coalesce(winlog.channel, system.Channel, top["winlog.channel"], *flat("Channel")),
        "provider": provider.startswith("{").ifelse(provider.re_extract(_NAME, 1), provider),
        "task": ibis.coalesce(winlog.task, top["winlog.task"], *flat("Category", "Activity")),
        # the engine leaves nulls out when it joins
        "audit": ibis.literal(" ").join(audit).lower(),
    }


def _time(text: ir.StringValue) -> ir.StringValue:
    is_element, is_date = text.startswith("{"), text.startswith("/")
    return ibis.cases((is_element, text.re_extract(_TIME, 1)), (is_date, text.re_extract(_MILLISECONDS, 1)), else_=text)


FORMAT = Format(
    name="windows_events",
    description="Windows events: JSON of Winlogbeat, NXLog, Azure or an EVTX converter, or XML",
    example=EXAMPLE,
    options=(),
    tables=("raw.security_events", "raw.logins"),
    reader=Reader(RECORDS, records, fields),
    recognise=recognise,
)
