"""Argus flows: who began them, ICMP in the place of ports, headers of several kinds, and the real files."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import staged

from pipeline.ingest.argus import recognise
from pipeline.ingest.contract import Head
from pipeline.ingest.detection import detect

REAL = Path(__file__).parents[3] / "shared/data/labelled_flows"
NAMES = "StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,SrcPkts,Label"
WHEN = "2026/01/05 03:12:09.120000"
NO_HEADER = "no header: there is no line above that names SrcAddr and DstAddr"


def flow(sign: str = "  ->", protocol: str = "tcp", ports: tuple[str, str] = ("50930", "22")) -> str:
    return f"{WHEN},1.5,{protocol},203.0.113.9,{ports[0]},{sign},198.51.100.20,{ports[1]},CON,0,,12,1844,902,7,Normal"


def read(folder: Path, *lines: str, **source: Any) -> list[dict[str, Any]]:
    return staged(folder, "\n".join(lines), format="argus", **source)


def only(folder: Path, *lines: str, **source: Any) -> dict[str, Any]:
    (row,) = read(folder, *lines, **source)
    assert row["fault"] is None
    return row


ENDS = ("source_ip", "source_port", "dest_ip", "dest_port", "bytes_out", "bytes_in", "packets_out", "packets_in")
FORTH = ["203.0.113.9", 50930, "198.51.100.20", 22, 902, 942, 7, 5]
BACK = ["198.51.100.20", 22, "203.0.113.9", 50930, 942, 902, 5, 7]


@pytest.mark.parametrize(
    ("sign", "ends"),
    [("  ->", FORTH), ("<->", FORTH), ("  <?>", FORTH), (" <?", FORTH), ("who", FORTH), ("", FORTH), ("  <-", BACK)],
)
def test_only_an_arrow_to_the_left_turns_a_flow(tmp_path: Path, sign: str, ends: list[Any]) -> None:
    row = only(tmp_path, NAMES, flow(sign))
    assert [row[name] for name in ENDS] == ends
    assert json.loads(row["details"] or '{"direction": ""}') == {"direction": sign.strip()}
    assert (row["protocol"], row["state"], row["duration"], row["label"]) == ("tcp", "CON", 1.5, "Normal")


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        (("0x0303", "0x8d8e"), (3, 3)),
        (("0x0d03", ""), (3, 13)),
        (("0x0008", "0x5c96"), (8, 0)),
        (("0x03", "0x0A"), (3, 10)),
        (("8", "0"), (8, 0)),
        (("0x08", "0x5c96"), (8, None)),
        (("", ""), (None, None)),
    ],
)
@pytest.mark.parametrize("protocol", ["icmp", "ipv6-icmp"])
def test_icmp_has_type_and_code_in_the_place_of_ports(
    tmp_path: Path, ports: tuple[str, str], expected: tuple[int | None, int | None], protocol: str
) -> None:
    row = only(tmp_path, NAMES, flow(protocol=protocol, ports=ports))
    assert (row["icmp_type"], row["icmp_code"]) == expected
    assert (row["source_port"], row["dest_port"]) == (None, None)


def test_protocols_without_ports_have_none(tmp_path: Path) -> None:
    rows = read(
        tmp_path, NAMES, flow(protocol="igmp", ports=("", "")), flow(protocol="esp", ports=("0xc0de", "0x0a1b"))
    )
    assert [(row["fault"], row["source_port"], row["dest_port"]) for row in rows] == [(None, None, None)] * 2


def test_times_are_in_the_zone_of_the_source(tmp_path: Path) -> None:
    row = only(tmp_path, NAMES, flow(), timezone="Europe/Prague")
    assert row["timestamp"].isoformat() == "2026-01-05T02:12:09.120000+00:00"


def test_what_the_source_sent_may_be_unknown(tmp_path: Path) -> None:
    without = only(tmp_path, NAMES.replace(",SrcPkts", ""), flow().replace(",7,Normal", ",Normal"))
    assert [without[name] for name in ENDS[-4:]] == [902, 942, None, None]
    both = only(tmp_path, "StartTime,SrcAddr,DstAddr,SrcBytes,DstBytes", f"{WHEN},203.0.113.9,198.51.100.20,9,8")
    assert [both[name] for name in ENDS[-4:]] == [9, 8, None, None]


def test_tabs_other_orders_and_a_second_header(tmp_path: Path) -> None:
    first = [line.replace(",", "\t") for line in (NAMES, flow())]
    rows = read(tmp_path, *first, "dstaddr,srcaddr,starttime,proto", f"198.51.100.20,203.0.113.9,{WHEN},udp")
    assert [(row["line_number"], row["fault"], row["protocol"]) for row in rows] == [(2, None, "tcp"), (4, None, "udp")]
    assert [row["dest_ip"] for row in rows] == ["198.51.100.20"] * 2


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([flow()], NO_HEADER),
        ([NAMES, flow()[:40]], "expected 16 columns, found 4"),
        ([NAMES.replace("StartTime", "When"), flow()], "the header lacks a column for: started"),
        ([NAMES, flow().replace("203.0.113.9", "00:15:17:2c:e5:2d")], "source_ip is no address"),
        ([NAMES, flow().replace("2026/01/05 ", "")], "timestamp cannot be read"),
        ([NAMES, flow().replace(",1844,", ",100,")], "bytes_in is no size"),
    ],
)
def test_what_cannot_be_read_is_rejected_with_the_reason(tmp_path: Path, lines: list[str], fault: str) -> None:
    (row,) = read(tmp_path, *lines)
    assert row["fault"] == fault


@pytest.mark.parametrize(
    ("line", "is_argus"), [(NAMES, True), (NAMES.replace(",", "\t"), True), ("time,src,dst", False)]
)
def test_files_are_recognised_by_their_header(line: str, is_argus: bool) -> None:
    assert bool(recognise(Head("x", line.encode(), (line,)))) is is_argus


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not there")
@pytest.mark.parametrize(
    ("name", "protocols", "sums", "icmp"),
    [
        # rows by `wc -l` less the header; protocols and ICMP by `cut | sort | uniq -c`; sums by awk
        (
            "slips_test2-malicious.binetflow",
            {"tcp": 3925, "udp": 2754, "icmp": 65, "igmp": 7},
            (26271460, 348705565 - 26271460, 206003, 491156 - 206003),
            {(8, 0): 6, (3, 3): 44, (3, 4): 15},
        ),
        (
            "slips_test4-malicious.binetflow",
            {"tcp": 220, "udp": 170, "icmp": 2, "arp": 2},
            (59842, 434264 - 59842, None, None),
            {(3, 3): 2},
        ),
    ],
)
def test_real_files_are_accounted_for(
    tmp_path: Path, name: str, protocols: dict[str, int], sums: tuple[int | None, ...], icmp: dict[Any, int]
) -> None:
    rows = read(tmp_path, (REAL / name).read_text())
    assert Counter(row["fault"] for row in rows) == {None: sum(protocols.values())}
    assert Counter(row["protocol"] for row in rows) == protocols
    said = [[row[column] for row in rows if row[column] is not None] for column in ENDS[-4:]]
    assert tuple(sum(values) if values else None for values in said) == sums
    found = Counter((row["icmp_type"], row["icmp_code"]) for row in rows if row["protocol"] == "icmp")
    assert found == icmp
    assert detect(REAL / name).format == "argus"
