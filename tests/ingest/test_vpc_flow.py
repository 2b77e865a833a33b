"""AWS VPC flow logs: version 2, fields that a header names, flows that were not recorded, and what cannot be read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import staged

from pipeline.ingest.contract import Head
from pipeline.ingest.vpc_flow import recognise

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
ACCEPTED = "2 123456789010 eni-1 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1767582729 1767582789 ACCEPT OK"
REJECTED = "2 123456789010 eni-1 2001:db8::9 2001:db8::1 49761 3389 6 1 40 1767582729 1767582729 REJECT OK"
PING = "2 123456789010 eni-1 203.0.113.12 172.31.16.139 0 0 1 4 336 1767582729 1767582789 ACCEPT OK"
NO_DATA = "2 123456789010 eni-1 - - - - - - - 1767582729 1767582789 - NODATA"
SKIPPED = "2 123456789010 eni-1 - - - - - - - 1767582729 1767582789 - SKIPDATA"


def read(folder: Path, *lines: str) -> list[dict[str, Any]]:
    return staged(folder, "\n".join(lines), format="vpc_flow")


@pytest.mark.parametrize("header", [[], [HEADER], [HEADER.replace("-", "_")]])
def test_flows_are_connections_in_one_direction(tmp_path: Path, header: list[str]) -> None:
    accepted, rejected = read(tmp_path, *header, ACCEPTED, REJECTED)
    assert [row["fault"] for row in (accepted, rejected)] == [None, None]
    assert accepted["line_number"] == len(header) + 1
    assert accepted["timestamp"].isoformat() == "2026-01-05T03:12:09+00:00"
    names = ("target", "source_ip", "source_port", "dest_ip", "dest_port", "protocol", "state", "duration")
    assert [accepted[name] for name in names] == [
        "connections", "172.31.16.139", 20641, "172.31.16.21", 22, "6", "ACCEPT", 60.0,
    ]  # fmt: skip
    assert [accepted[name] for name in ("bytes_out", "packets_out", "bytes_in", "packets_in")] == [4249, 20, None, None]
    assert (rejected["source_ip"], rejected["state"], rejected["duration"]) == ("2001:db8::9", "REJECT", 0.0)
    assert json.loads(accepted["details"]) == {"account_id": "123456789010", "interface_id": "eni-1"}


def test_icmp_has_no_ports(tmp_path: Path) -> None:
    (ping,) = read(tmp_path, PING)
    assert [ping[name] for name in ("source_port", "dest_port", "icmp_type", "icmp_code")] == [None] * 4


def test_what_was_not_recorded_is_an_event(tmp_path: Path) -> None:
    rows = read(tmp_path, NO_DATA, SKIPPED)
    assert [(row["target"], row["action"], row["fault"]) for row in rows] == [
        ("security_events", "NODATA", None),
        ("security_events", "SKIPDATA", None),
    ]
    assert json.loads(rows[0]["details"])["interface_id"] == "eni-1"


def test_a_header_names_other_fields(tmp_path: Path) -> None:
    header = "vpc-id srcaddr dstaddr protocol bytes start tcp-flags pkt-srcaddr flow-direction brand-new-field"
    row, other = read(
        tmp_path,
        header,
        "vpc-1 10.0.0.5 10.0.0.6 17 99 1767582729 2 203.0.113.9 ingress x",
        "end pkt-srcaddr pkt-dstaddr dstport protocol",
        "1767582729 203.0.113.9 10.0.0.6 53 17",
    )
    assert (row["source_ip"], row["bytes_out"], row["dest_port"], row["state"]) == ("10.0.0.5", 99, None, None)
    facts = {"vpc_id": "vpc-1", "tcp_flags": "2", "pkt_srcaddr": "203.0.113.9", "flow_direction": "ingress"}
    assert json.loads(row["details"]) == facts
    assert (other["line_number"], other["source_ip"], other["dest_port"], other["fault"]) == (
        4,
        "203.0.113.9",
        53,
        None,
    )


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([ACCEPTED[:30]], "expected 14 columns, found 4"),
        ([ACCEPTED + " vpc-1"], "expected 14 columns, found 15"),
        (["srcaddr dstaddr", "10.0.0.5 10.0.0.6"], "the header names neither start nor end"),
        ([ACCEPTED.replace("172.31.16.21", "web")], "dest_ip is no address"),
        ([ACCEPTED.replace("1767582789", "1767582700")], "duration is no number of seconds"),
        ([NO_DATA.replace("1767582729 1767582789", "- -")], "timestamp is missing"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_the_reason(tmp_path: Path, lines: list[str], fault: str) -> None:
    (row,) = read(tmp_path, *lines)
    assert row["fault"] == fault


def test_delivered_objects_are_compressed(tmp_path: Path) -> None:
    rows = staged(tmp_path, gzip.compress(f"{HEADER}\n{ACCEPTED}\n{NO_DATA}\n".encode()), format="vpc_flow")
    assert [row["fault"] for row in rows] == [None, None]


@pytest.mark.parametrize(
    ("lines", "is_flow_log"),
    [
        ([HEADER, ACCEPTED], True),
        ([HEADER.replace("-", "_")], True),
        ([ACCEPTED, NO_DATA, PING], True),
        ([ACCEPTED, "some", "thing else"], False),
        (["version of something", "1 2 3"], False),
        ([], False),
    ],
)
def test_files_are_recognised_by_a_header_or_by_most_of_their_lines(lines: list[str], is_flow_log: bool) -> None:
    assert bool(recognise(Head("x", "\n".join(lines).encode(), tuple(lines)))) is is_flow_log
