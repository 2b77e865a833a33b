"""Text becomes typed values, or a reason why not."""

import json
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing, event, staged

TIME = "2026-01-05T00:00:00Z"


def row(tmp_path: Path, **fields: Any) -> dict[str, Any]:
    (found,) = staged(tmp_path, json.dumps({"timestamp": TIME} | fields))
    return found


def values(tmp_path: Path, name: str, *texts: object, table: str = "security_events") -> list[object]:
    lines = "\n".join(json.dumps({"timestamp": TIME, name: text}) for text in texts)
    rows = staged(tmp_path, lines, table=table)
    return [found[name] if found["fault"] is None else found["fault"] for found in rows]


def test_ports_are_whole_numbers_of_16_bits(tmp_path: Path) -> None:
    texts = (0, 65_535, "22", " 22 ", "443.0", "", "-", None, 65_536, -1, "80.5", "http", "0x50", "1e3", True)
    wrong = "dest_port is no port"
    assert values(tmp_path, "dest_port", *texts) == [
        0, 65_535, 22, 22, 443, None, None, None, wrong, wrong, wrong, wrong, wrong, 1_000, wrong,
    ]  # fmt: skip
    assert values(tmp_path, "source_port", 70_000) == ["source_port is no port"]


def test_sizes_are_not_negative(tmp_path: Path) -> None:
    texts = (0, 44, "44.0", 10_000_000_000_000, "", -1, "many", "1e300", "nan")
    wrong = "bytes is no size"
    assert values(tmp_path, "bytes", *texts) == [0, 44, 44, 10_000_000_000_000, None, wrong, wrong, wrong, wrong]


@pytest.mark.parametrize("name", ["bytes_out", "bytes_in"])
def test_traffic_is_counted_in_both_directions(tmp_path: Path, name: str) -> None:
    assert values(tmp_path, name, 0, "44.0", -1, table="connections") == [0, 44, f"{name} is no size"]


@pytest.mark.parametrize("name", ["packets_out", "packets_in"])
def test_packets_are_whole(tmp_path: Path, name: str) -> None:
    wrong = f"{name} is no number of packets"
    assert values(tmp_path, name, 3, "0.5", "many", table="connections") == [3, wrong, wrong]


def test_icmp_types_and_codes_are_bytes(tmp_path: Path) -> None:
    for name, wrong in (("icmp_type", "icmp_type is no ICMP type"), ("icmp_code", "icmp_code is no ICMP code")):
        for table in ("security_events", "connections"):
            assert values(tmp_path, name, 0, "255", "-", 256, table=table) == [0, 255, None, wrong]


def test_lengths_of_time_are_not_negative(tmp_path: Path) -> None:
    texts = (0, "1.5", "2e3", "-", -0.1, "nan", "inf", "1:30")
    fields = (
        ("connections", "duration", "duration is no number of seconds"),
        ("logins", "session_minutes", "session_minutes is no number of minutes"),
    )
    for table, name, wrong in fields:
        assert values(tmp_path, name, *texts, table=table) == [0.0, 1.5, 2_000.0, None, wrong, wrong, wrong, wrong]


def test_success_is_true_or_false(tmp_path: Path) -> None:
    wrong = "success is neither true nor false"
    found = values(tmp_path, "success", True, "false", "TRUE", "", "-", "maybe", table="logins")
    assert found == [True, False, True, None, None, wrong]


def test_details_are_json(tmp_path: Path) -> None:
    texts = ({"a": 1}, '{"a":1}', "", "a is 1")
    assert values(tmp_path, "details", *texts) == ['{"a":1}', '{"a":1}', None, "details is no JSON"]


def test_addresses_have_one_spelling(tmp_path: Path) -> None:
    texts = ("198.51.100.7", " 198.51.100.7 ", "2001:DB8:0:0::7", "::ffff:198.51.100.7", "fe80::1%eth0", "", None)
    assert values(tmp_path, "source_ip", *texts) == [
        "198.51.100.7", "198.51.100.7", "2001:db8::7", "198.51.100.7", "fe80::1", None, None,
    ]  # fmt: skip
    texts = (
        "198.51.100",
        "256.1.1.1",
        "01.2.3.4",
        "198.51.100.7:80",
        "198.51.100.7/24",
        "host.example",
        "::g",
        "[::1]",
        "1.2.3.4.5",
    )
    assert values(tmp_path, "dest_ip", *texts) == ["dest_ip is no address"] * len(texts)


def test_all_that_is_wrong_is_named(tmp_path: Path) -> None:
    assert row(tmp_path, timestamp="never", source_ip="x", dest_port="y", bytes="z")["fault"] == (
        "timestamp cannot be read; source_ip is no address; dest_port is no port; bytes is no size"
    )


def test_rejected_records_are_kept_up_to_a_length(tmp_path: Path) -> None:
    assert row(tmp_path, dest_port="y")["raw_data"] == json.dumps({"timestamp": TIME, "dest_port": "y"})
    assert len(row(tmp_path, dest_port="y", more="ä" * 100_000)["raw_data"]) == 65_536


def test_texts_are_trimmed_and_nothing_is_null(tmp_path: Path) -> None:
    for name in ("action", "country", "label"):
        assert values(tmp_path, name, " drop ", "\tdrop", "", " ", "-", "- ") == [
            "drop",
            "drop",
            None,
            None,
            None,
            None,
        ]


@pytest.fixture
def posted(flat: Landing) -> Landing:
    """One event per action and protocol that must be understood."""
    actions = ["chs dropped input", "CHS ADD BLOCKER 3", "Accepted by rule 7", "Blocked", "something else", None]
    protocols = ["6", 17, "ICMPv6", "GRE", "tcp ", None]
    flat.put(
        "a.json", [event(n, action=a, protocol=p) for n, (a, p) in enumerate(zip(actions, protocols, strict=True))]
    )
    flat.read()
    return flat


def test_events_are_posted_with_verdicts_and_unified_protocols(posted: Landing) -> None:
    query = "select action, verdict, protocol from raw.security_events order by dest_port"
    assert posted.rows(query) == [
        ("chs dropped input", "blocked", "tcp"),
        ("CHS ADD BLOCKER 3", "other", "udp"),
        ("Accepted by rule 7", "allowed", "ipv6-icmp"),
        ("Blocked", "blocked", "gre"),
        ("something else", "other", "tcp"),
        (None, "other", None),
    ]
