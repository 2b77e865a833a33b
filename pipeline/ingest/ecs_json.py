"""The format `ecs_json`: firewall events as JSON in the Elastic Common Schema, as Security Onion exports them."""

import ibis

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.json_fields import with_fields
from pipeline.ingest.json_heads import recognised
from pipeline.ingest.json_records import json_records

# network.protocol is left out: it names the application's protocol, such as dns
PATHS = {
    "timestamp": ("@timestamp", "timestamp"),
    "source_ip": ("source.ip",),
    "source_port": ("source.port",),
    "dest_ip": ("destination.ip",),
    "dest_port": ("destination.port",),
    "action": ("event.action",),
    "protocol": ("network.transport", "network.iana_number"),
    "bytes": ("network.bytes", "source.bytes", "destination.bytes"),
    "country": ("source.geo.country_name", "source.geo.country_iso_code"),
    "label": ("label",),
}
WRAPPER = "_source"
NETWORK = ("source.ip", "destination.ip", "network.transport", "network.iana_number")
EXAMPLE = """\
{"@timestamp": "2026-01-05T03:12:09.120Z", "source": {"ip": "203.0.113.9", "port": 50930},
 "destination.ip": "198.51.100.20", "destination.port": 22, "network": {"transport": "tcp", "bytes": 44},
 "event": {"action": "chs dropped input"}, "source.geo.country_name": "Brazil"}"""


def fields(records: ibis.Table, source: Source) -> ibis.Table:
    """The fields by their ECS names; `columns` of the source may name others. Elasticsearch wraps what it exports."""
    return with_fields(records, PATHS | {name: (path,) for name, path in source.columns.items()}, WRAPPER)


def recognise(head: Head) -> Recognition | None:
    """By the time, and one end or the transport of the traffic, under their ECS names."""
    return recognised(head, _is_network_event, "Elastic Common Schema: @timestamp with source.ip or the like")


def _is_network_event(keys: set[str]) -> bool:
    names = {key.removeprefix(f"{WRAPPER}.") for key in keys}
    is_windows = any(name.startswith("winlog") for name in names)
    return "@timestamp" in names and not names.isdisjoint(NETWORK) and not is_windows


FORMAT = Format(
    name="ecs_json",
    description="Elastic Common Schema JSON, nested or with dotted keys, as Security Onion and Elasticsearch export it",
    example=EXAMPLE,
    options=("columns",),
    tables=("raw.security_events",),
    reader=Reader(RECORDS, json_records, fields),
    judges=True,
    recognise=recognise,
)
