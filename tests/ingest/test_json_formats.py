"""The JSON formats from bytes to events: layouts, compressions, where fields may stand."""

import gzip
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import zstandard
from ingest_helpers import staged

from pipeline.ingest.json_fields import pointers

NESTED = {
    "@timestamp": "2026-01-05T03:12:09.120Z",
    "source": {"ip": "198.51.100.9", "port": 50930, "geo": {"country_name": "Brazil"}},
    "destination": {"ip": "203.0.113.20", "port": 22},
    "event": {"action": "chs dropped input"},
    "network": {"transport": "tcp", "bytes": 44},
}
DOTTED = {
    "@timestamp": "2026-01-05T03:12:09.120Z",
    "source.ip": "198.51.100.9",
    "source.port": "50930",
    "source.geo.country_name": "Brazil",
    "destination.ip": "203.0.113.20",
    "destination.port": "22",
    "event.action": "chs dropped input",
    "network.transport": "tcp",
    "network.bytes": "44",
}
MIXED = {
    "@timestamp": 1767582729120,
    "source": {"ip": "198.51.100.9", "port": 50930.0, "geo.country_name": "Brazil"},
    "destination.ip": "203.0.113.20",
    "destination": {"port": 22},
    "event": {"action": "chs dropped input"},
    "network": {"iana_number": "6"},
    "source.bytes": 44,
}
PLACES = ("timestamp", "source_ip", "source_port", "dest_ip", "dest_port", "action", "bytes", "country", "fault")
RECORDS = [NESTED, DOTTED, MIXED, NESTED]
LAYOUTS = {
    "lines": "\n".join(json.dumps(record) for record in RECORDS),
    "carriage returns": "\r".join(json.dumps(record) for record in RECORDS),
    "array": "[\r\n" + ",\r\n".join(json.dumps(record) for record in RECORDS) + "\r\n]",
    "pretty": "\ufeff" + json.dumps(RECORDS, indent=2),
    "glued": json.dumps(RECORDS[:2], separators=(",", ":")) + json.dumps(RECORDS[2:]),
}
PACKERS: dict[str, Callable[[bytes], bytes]] = {"plain": bytes, "gz": gzip.compress, "zst": zstandard.compress}


def test_every_layout_and_compression_gives_the_same_events(tmp_path: Path) -> None:
    ids = {}
    for (layout, text), (packer, pack) in product(LAYOUTS.items(), PACKERS.items()):
        rows = staged(tmp_path, pack(text.encode()), format="ecs_json")
        ids[layout, packer] = [(row["event_id"], row["timestamp"], row["dest_port"]) for row in rows]
    expected = ids["lines", "plain"]
    assert len(set(expected)) == 4
    assert all(found == expected for found in ids.values())


def test_fields_are_found_nested_dotted_and_mixed(tmp_path: Path) -> None:
    rows = staged(tmp_path, LAYOUTS["lines"], format="ecs_json")
    found = [{name: row[name] for name in PLACES} for row in rows]
    assert found[0]["bytes"] == 44
    assert found[0]["country"] == "Brazil"
    assert found[0]["fault"] is None
    assert all(one == found[0] for one in found)
    assert [row["protocol"] for row in rows] == ["tcp", "tcp", "6", "tcp"]


ELSEWHERE: list[tuple[dict[str, Any], str, object]] = [
    ({"network": {"iana_number": 47}}, "protocol", "47"),
    ({"network.iana_number": "47"}, "protocol", "47"),
    ({"destination": {"bytes": 7}}, "bytes", 7),
    ({"source.bytes": 8, "destination.bytes": 7}, "bytes", 8),
    ({"source": {"geo": {"country_iso_code": "BR"}}}, "country", "BR"),
    ({"source.geo": {"country_name": "Brazil"}}, "country", "Brazil"),
    ({"source": None, "source.ip": "198.51.100.1"}, "source_ip", "198.51.100.1"),
    ({"source": {"ip": None}, "source.ip": "198.51.100.2"}, "source_ip", "198.51.100.2"),
    ({"source": "text", "source.ip": "198.51.100.3"}, "source_ip", "198.51.100.3"),
    ({"label": "attack"}, "label", "attack"),
    ({"source.geo.country_name": "  "}, "country", None),
    ({"event.action": "-"}, "action", None),
]


def test_fields_may_stand_elsewhere(tmp_path: Path) -> None:
    records = [{"@timestamp": "2026-01-05T03:12:09Z"} | fields for fields, _, _ in ELSEWHERE]
    rows = staged(tmp_path, "\n".join(map(json.dumps, records)), format="ecs_json")
    assert [row["fault"] for row in rows] == [None] * len(ELSEWHERE)
    found = [row[column] for row, (_, column, _) in zip(rows, ELSEWHERE, strict=True)]
    assert found == [value for *_, value in ELSEWHERE]


def test_exports_of_elasticsearch_wrap_the_record(tmp_path: Path) -> None:
    wrapped = [{"_index": "logs", "_source": NESTED}, {"_index": "logs", "_source": DOTTED}]
    told = NESTED | {"message": 'a "_source" of trouble', "_source": "text"}
    rows = staged(tmp_path, json.dumps([*wrapped, told]), format="ecs_json")
    assert [row["fault"] for row in rows] == [None] * 3
    assert [row["dest_port"] for row in rows] == [22] * 3
    assert [row["country"] for row in rows] == ["Brazil"] * 3


def test_what_is_no_json_is_rejected_as_it_stands(tmp_path: Path) -> None:
    text = '{"timestamp": "2026-01-05 00:00:00"}\n{"timestamp": oops}\n17\n{"timestamp": "2026-01-05 00:00:01",}\n'
    rows = staged(tmp_path, text)
    assert [(row["line_number"], row["fault"], row["raw_data"]) for row in rows[:3]] == [
        (1, None, None),
        (2, "no valid JSON", '{"timestamp": oops}'),
        (3, "no JSON object", "17"),
    ]


def test_flat_records_use_our_names(tmp_path: Path) -> None:
    record = {
        "timestamp": "2026-01-05 03:12:09.120",
        "source_ip": "198.51.100.9",
        "source_port": 50930,
        "dest_ip": "203.0.113.20",
        "dest_port": 22,
        "action": "drop",
        "protocol": "udp",
        "bytes": 44,
        "country": "Brazil",
        "label": "scan",
    }
    (row,) = staged(tmp_path, json.dumps(record))
    assert {name: row[name] for name in record if name != "timestamp"} == {
        name: value for name, value in record.items() if name != "timestamp"
    }


def test_a_source_maps_columns_to_names_and_paths_of_its_own(tmp_path: Path) -> None:
    client = {"client": {"ip": "198.51.100.9"}, "client.port": 5}
    record = {"when": "2026-01-05 00:00:00", "a/b~c": "drop", "$.x": 9} | client
    mapped = {"source_ip": "client.ip", "source_port": "client.port", "action": "a/b~c", "bytes": "$.x"}
    (row,) = staged(tmp_path, json.dumps(record), columns=mapped | {"timestamp": "when"})
    assert (row["fault"], row["source_ip"], row["source_port"], row["action"], row["bytes"]) == (
        None, "198.51.100.9", 5, "drop", 9,
    )  # fmt: skip


def test_a_path_may_be_mixed_at_any_place() -> None:
    assert sorted(pointers("a.b.c")) == ["/a.b.c", "/a.b/c", "/a/b.c", "/a/b/c"]
    assert pointers("a.b.c")[0] == "/a/b/c"
    assert pointers("a") == ["/a"]
    assert pointers("a.b.c.d.e") == ["/a/b/c/d/e", "/a.b.c.d.e"]


def test_records_are_kept_where_the_source_asks(tmp_path: Path) -> None:
    text = '[\n{"timestamp": "2026-01-05 00:00:00", "x": 1},\n{"timestamp": "2026-01-05 00:00:01"}\n]\n'
    assert [row["raw_data"] for row in staged(tmp_path, text)] == [None, None]
    assert [row["raw_data"] for row in staged(tmp_path, text, keep_raw=True)] == [
        '{"timestamp": "2026-01-05 00:00:00", "x": 1}',
        '{"timestamp": "2026-01-05 00:00:01"}',
    ]


HOSTILE = [
    "'; drop table raw.files; --",
    'quote " and \\ and \u2028 and \u0000 and \x1b[31m',
    "<script>alert(1)</script>",
    "\U0001f600 \u202e right to left",
    "x" * 100_000,
    "{home} $path %s {0}",
]


def test_hostile_text_is_only_text(tmp_path: Path) -> None:
    records = [{"timestamp": "2026-01-05 00:00:00", "action": text, "country": text, "label": text} for text in HOSTILE]
    lines = [json.dumps(record, ensure_ascii=escaped) for escaped in (True, False) for record in records]
    rows = staged(tmp_path, "\n".join(lines))
    assert [row["fault"] for row in rows] == [None] * len(lines)
    for column in ("action", "country", "label"):
        assert [row[column] for row in rows] == HOSTILE * 2


def test_bytes_that_are_no_text_are_read_as_best_they_can(tmp_path: Path) -> None:
    rows = staged(tmp_path, b'{"timestamp": "2026-01-05 00:00:00", "action": "caf\xe9"}\n\x00\x01\xff\n')
    assert rows[0]["action"] == "caf\ufffd"
    assert rows[1]["fault"] == "no JSON object"
    assert rows[1]["raw_data"] == "\x00\x01\ufffd"
