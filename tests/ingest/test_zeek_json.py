"""Zeek's JSON logs: the same rows as TSV, the ways to write ids and times, and the type of log where none is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing
from zeek_helpers import CONN, CONN_ROW, ENDS, IDS, only, read, tsv

from pipeline.ingest.contract import Head, Recognition
from pipeline.ingest.zeek import recognise
from pipeline.ingest.zeek_names import type_in_file_name

ENDS_JSON = dict(zip(IDS, [1767582729.12, ENDS[1], ENDS[2], 50930, ENDS[4], 22], strict=True))
NOT_SHARED = ("position", "line_number", "digest", "event_id", "raw_data")


def as_json(name: str, text: str) -> Any:
    """A value as Zeek writes it in JSON, in place of its text in TSV."""
    if name == "answers":
        return text.split(",")
    if text in ("T", "F"):
        return text == "T"
    try:
        return json.loads(text)
    except ValueError:
        return text


PAIRS = {
    "conn": [CONN, CONN_ROW, [*ENDS[:3], "8", ENDS[4], "0", "icmp", "-", "-", "-", "-", "OTH", "1", "0"]],
    "dns": [[*IDS, "proto", "query", "rcode_name", "answers"], [*ENDS, "udp", "a.b", "NOERROR", "c.d,192.0.2.7"]],
    "http": [[*IDS, "method", "host", "uri", "status_code", "response_body_len"],
             [*ENDS, "GET", "a.b", "/é?q=\"x\\\"", "200", "512"]],
    "ssh": [[*IDS, "auth_success", "client"], [*ENDS, "F", "SSH-2.0-x"], [*ENDS, "T", "-"], [*ENDS, "-", "-"]],
    "kerberos": [[*IDS, "client", "service", "success"], [*ENDS, "ann/HQ", "krbtgt/HQ", "T"]],
    "files": [["ts", "fuid", "tx_hosts", "rx_hosts", "seen_bytes"], [ENDS[0], "F1", "192.0.2.1", "192.0.2.2", "1"]],
}  # fmt: skip


@pytest.mark.parametrize("log_type", PAIRS)
def test_the_same_records_give_the_same_rows_in_both_notations(tmp_path: Path, log_type: str) -> None:
    names, *rows = PAIRS[log_type]
    objects = [
        {"_path": log_type} | {name: as_json(name, text) for name, text in zip(names, row, strict=True) if text != "-"}
        for row in rows
    ]
    for item in objects:
        item |= {name: [item[name]] for name in ("tx_hosts", "rx_hosts") if name in item}
    of_tsv = read(tmp_path, tsv(log_type, names, *rows))
    of_json = read(tmp_path, "\n".join(map(json.dumps, objects)))
    assert all(row["fault"] is None for row in of_tsv)
    assert [stored(row) for row in of_json] == [stored(row) for row in of_tsv]


def stored(row: dict[str, Any]) -> dict[str, Any]:
    """What is compared: ids come from the text, which differs."""
    details = json.loads(row["details"] or "{}")
    return {name: value for name, value in row.items() if name not in NOT_SHARED} | {"details": details}


@pytest.mark.parametrize(
    "ids",
    [
        {"id": {"orig_h": "192.0.2.1", "orig_p": 5, "resp_h": "192.0.2.2", "resp_p": 6}},
        {"id.orig_h": "192.0.2.1", "id.orig_p": 5, "id.resp_h": "192.0.2.2", "id.resp_p": 6},
        {"id_orig_h": "192.0.2.1", "id_orig_p": "5", "id_resp_h": "192.0.2.2", "id_resp_p": "6"},
    ],
)
@pytest.mark.parametrize("key", ["_path", "@stream", "@path"])
def test_ids_and_types_may_be_written_in_several_ways(tmp_path: Path, ids: dict[str, Any], key: str) -> None:
    row = only(tmp_path, json.dumps({key: "conn", "ts": "2026-01-05T03:12:09.120Z", "uid": "C1"} | ids))
    assert (row["target"], row["timestamp"].isoformat()) == ("connections", "2026-01-05T03:12:09.120000+00:00")
    found = [row[name] for name in ("source_ip", "source_port", "dest_ip", "dest_port")]
    assert found == ["192.0.2.1", 5, "192.0.2.2", 6]


def test_a_file_may_hold_several_types_and_be_one_array(tmp_path: Path) -> None:
    objects = [
        {"_path": "conn", "_write_ts": 9} | ENDS_JSON,
        {"_path": "ssh", "auth_success": True} | ENDS_JSON,
        {"_path": "x509", "id": "F1"} | {"ts": ENDS_JSON["ts"]},
    ]
    targets = ["connections", "logins", "security_events"]
    lines = read(tmp_path, "\n".join(map(json.dumps, objects)))
    array = read(tmp_path, json.dumps(objects, indent=1))
    assert [row["target"] for row in lines] == targets
    assert [row["event_id"] for row in array] == [row["event_id"] for row in lines]


@pytest.mark.parametrize(
    ("keys", "action"),
    [
        ({"conn_state": "SF"}, "conn"),
        ({"AA": False}, "dns"),
        ({"request_body_len": 0}, "http"),
        ({"resumed": True}, "ssl"),
        ({"auth_attempts": 0}, "ssh"),
        ({"security_protocol": "HYBRID"}, "rdp"),
        ({"query": "x"}, "zeek"),
    ],
)
def test_the_keys_tell_the_type_of_log_where_nothing_else_does(
    tmp_path: Path, keys: dict[str, Any], action: str
) -> None:
    assert only(tmp_path, json.dumps(ENDS_JSON | keys))["action"] == action


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conn.log", "conn"),
        ("netflowlabeler_conn.json.log", "conn"),
        ("rdp.json.gz", "rdp"),
        ("http.0000-0100.log.gz", "http"),
        ("SMB_FILES-2026-01-05.json", "smb_files"),
        ("ssh-attack_conn.log", "conn"),
        ("combined_zeek.log", None),
        ("connection.log", None),
    ],
)
def test_a_file_is_named_after_its_type_of_log(name: str, expected: str | None) -> None:
    assert type_in_file_name(name) == expected


def test_records_that_do_not_name_their_type_have_that_of_the_file(landing: Callable[..., Landing]) -> None:
    site = landing(format="zeek")
    site.put("dns.json", json.dumps(ENDS_JSON | {"query": "x"}) + "\n" + json.dumps(ENDS_JSON | {"_path": "weird"}))
    site.read()
    assert set(site.column("select action from raw.security_events")) == {"dns", "weird"}


def test_what_is_damaged_is_kept_aside_with_the_reason(tmp_path: Path) -> None:
    lines = [
        json.dumps(ENDS_JSON),
        '{"ts": 1}}',
        json.dumps(ENDS_JSON | {"ts": 928.9}),
        '{"uid": "C1"}',
        '{"ts": [1], "id": [2], "AA": {}}',
        '{"ts"',
    ]
    rows = read(tmp_path, "\n".join(lines))
    assert [row["fault"].partition(":")[0] if row["fault"] else None for row in rows] == [
        None, "no valid JSON", "relative time", "timestamp is missing", "timestamp cannot be read", "no valid JSON",
    ]  # fmt: skip


def head(name: str, *lines: str) -> Head:
    return Head(name, "\n".join(lines).encode(), lines)


def test_files_are_recognised_by_header_or_keys() -> None:
    sure = recognise(head("x", *tsv("conn", CONN, CONN_ROW).splitlines()))
    by_keys = recognise(head("x", json.dumps(ENDS_JSON), json.dumps({"_path": "weird", "ts": 1})))
    headerless = recognise(head("x", "\t".join(CONN_ROW)))
    assert isinstance(sure, Recognition)
    assert isinstance(by_keys, Recognition)
    assert isinstance(headerless, Recognition)
    assert sure.confidence > by_keys.confidence > 0.9 > headerless.confidence


@pytest.mark.parametrize(
    "line",
    [
        '{"timestamp": "2026-01-05T03:12:09Z", "event_type": "flow", "src_ip": "203.0.113.9"}',
        '{"ts": 1, "msg": "hello"}',
        "1.000000\tx\ty",
        "# a comment",
        "",
    ],
)
def test_other_files_are_not_recognised(line: str) -> None:
    assert recognise(head("conn.log", line)) is None
