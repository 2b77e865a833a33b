"""Packet captures: files of every layout, headers of every kind, damage, and real captures packet by packet."""

import csv
import gzip
import json
import random
import struct
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import packet_helpers as made
import pytest
import zstandard
from ingest_helpers import Landing, staged
from packet_helpers import SYN, block, enhanced, ethernet, interface, ipv4, ipv6, pcap, pcapng, section, tcp, udp

from pipeline.config import Source
from pipeline.ingest import pcap as pcap_format
from pipeline.ingest.contract import Head
from pipeline.ingest.logstream import LogStream

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "packets"
MAC = made.MACS[6:]
START = datetime(2026, 1, 5, tzinfo=UTC)
real = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")


def read(tmp_path: Path, content: bytes, **source: Any) -> list[dict[str, Any]]:
    return staged(tmp_path, content, **({"format": "pcap"} | source))


def one(tmp_path: Path, packet: bytes, link: int = made.ETHERNET) -> dict[str, Any]:
    (row,) = read(tmp_path, pcap(packet, link=link))
    assert row["fault"] is None
    return row | {"details": json.loads(row["details"]) if row["details"] else {}}


def test_a_packet_is_an_event(tmp_path: Path) -> None:
    row = one(tmp_path, SYN)
    assert (row["action"], row["target"], row["protocol"]) == ("packet", "security_events", "6")
    assert row["timestamp"] == START + timedelta(seconds=1, microseconds=120_000)
    assert (row["source_ip"], row["source_port"]) == ("198.51.100.7", 50_000)
    assert (row["dest_ip"], row["dest_port"]) == ("10.0.0.1", 22)
    assert (row["bytes"], row["icmp_type"], row["line_number"]) == (54, None, 1)
    assert row["details"] == {"ttl": 64, "tcp_flags": "S", "tcp_window": 512}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [made.MICRO, made.NANO, made.MODIFIED])
def test_every_layout_gives_the_same_events(tmp_path: Path, order: str, magic: int) -> None:
    packets = [SYN, ethernet(ipv4(17, udp()))]
    rows = read(tmp_path, pcap(*packets, magic=magic, order=order))
    assert [row["timestamp"] - START for row in rows] == [
        timedelta(seconds=1, milliseconds=120),
        timedelta(seconds=2, milliseconds=240),
    ]
    assert rows == read(tmp_path, pcap(*packets)) == read(tmp_path, pcapng(*packets, order=order))


def test_the_length_on_the_wire_counts_where_less_was_captured(tmp_path: Path) -> None:
    (row,) = read(tmp_path, pcap(ethernet(ipv4(6, tcp(payload=bytes(1000)))), cut=1012))
    assert (row["bytes"], row["source_port"], row["dest_port"]) == (1054, 50_000, 22)


def test_sections_and_interfaces_have_clocks_and_links_of_their_own(tmp_path: Path) -> None:
    seconds = made.SECONDS
    content = (
        section()
        + interface(resolution=9)
        + interface(link=made.RAW, resolution=0x80 | 10, offset=seconds)
        + block(made.STATISTICS, bytes(12))
        + enhanced(SYN, seconds * 10**9 + 1500)
        + enhanced(ipv4(17, udp()), 512, number=1)
        + section(">")
        + interface(order=">")
        + block(made.OLD_PACKET, struct.pack(">HHIIII", 0, 0, *divmod(seconds * 10**6, 1 << 32), 54, 54) + SYN, ">")
    )
    rows = read(tmp_path, content)
    assert [row["protocol"] for row in rows] == ["6", "17", "6"]
    assert [(row["timestamp"] - START).total_seconds() for row in rows] == [1e-6, 0.5, 0]


def test_packets_without_a_time_are_rejected(tmp_path: Path) -> None:
    simple = block(made.SIMPLE, struct.pack("<I", 54) + SYN)
    rows = read(tmp_path, section() + interface() + simple + enhanced(SYN, made.SECONDS * 10**6))
    assert [row["fault"] for row in rows] == ["timestamp is missing", None]


@pytest.mark.parametrize(("start", "fault"), [(0, "before 1990"), (4_000_000_000, "in the future")])
def test_clocks_that_are_wrong_are_rejected(tmp_path: Path, start: int, fault: str) -> None:
    (row,) = read(tmp_path, pcap(SYN, start=start))
    assert row["fault"] == f"timestamp is {fault}"


def test_times_beyond_all_measure_are_rejected(tmp_path: Path) -> None:
    rows = read(tmp_path, section() + interface(resolution=0) + enhanced(SYN, 2**64 - 1))
    assert [row["fault"] for row in rows] == ["timestamp is in the future"]


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (made.RAW, ipv4(6, tcp())),
        (12, ipv4(6, tcp())),
        (228, ipv4(6, tcp())),
        (made.LOOPBACK, b"\2\0\0\0" + ipv4(6, tcp())),
        (108, b"\0\0\0\2" + ipv4(6, tcp())),
        (made.COOKED, struct.pack(">HHH8sH", 0, 1, 6, bytes(8), 0x0800) + ipv4(6, tcp())),
        (made.COOKED_2, struct.pack(">HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, bytes(8)) + ipv4(6, tcp())),
        (made.ETHERNET, ethernet(bytes.fromhex("aaaa030000000800") + ipv4(6, tcp()), 48)),
        (made.ETHERNET, ethernet(bytes.fromhex("00010140") + ipv4(6, tcp()), 0x8847)),
        (made.ETHERNET, ethernet(bytes.fromhex("1100000100420021") + ipv4(6, tcp()), 0x8864)),
    ],
    ids=["raw", "raw-bsd", "ipv4", "loopback", "loopback-openbsd", "cooked", "cooked-2", "snap", "mpls", "pppoe"],
)
def test_link_layers_lead_to_the_same_packet(tmp_path: Path, link: int, packet: bytes) -> None:
    row = one(tmp_path, packet, link)
    assert (row["source_ip"], row["dest_port"], row["details"]["tcp_flags"]) == ("198.51.100.7", 22, "S")


def test_the_outer_vlan_is_told(tmp_path: Path) -> None:
    tag, inner = struct.pack(">HH", 0x2005, 0x0800), ipv4(6, tcp())
    assert one(tmp_path, ethernet(tag + inner, 0x8100))["details"]["vlan"] == 5
    row = one(tmp_path, ethernet(struct.pack(">HH", 7, 0x8100) + tag + inner, 0x88A8))
    assert (row["details"]["vlan"], row["dest_port"]) == (7, 22)


@pytest.mark.parametrize(
    ("headers", "next_header"),
    [
        (b"", 6),
        (b"\x06\0\1\4\0\0\0\0", 0),  # hop by hop
        (b"\x3c\0\1\4\0\0\0\0" + b"\x06\0\1\4\0\0\0\0", 0),  # and destination options
        (b"\x06\2\0\0" + bytes(20), 43),  # routing
        (b"\x06\0\0\1\0\0\0\1", 44),  # first fragment
    ],
)
def test_extension_headers_of_ipv6_are_passed_over(tmp_path: Path, headers: bytes, next_header: int) -> None:
    row = one(tmp_path, ethernet(ipv6(next_header, headers + tcp()), 0x86DD))
    assert (row["source_ip"], row["dest_ip"], row["protocol"]) == ("2001:db8::7", "2001:db8::1", "6")
    assert (row["source_port"], row["dest_port"], row["details"]["ttl"]) == (50_000, 22, 60)


def test_later_fragments_have_no_ports(tmp_path: Path) -> None:
    first = one(tmp_path, ethernet(ipv4(17, udp(payload=bytes(24)), offset=0x2000)))
    assert (first["dest_port"], first["details"]["fragment"]) == (53, 0)
    later = one(tmp_path, ethernet(ipv4(17, bytes(range(32)), offset=4)))
    assert (later["dest_port"], later["protocol"], later["details"]["fragment"]) == (None, "17", 32)
    later = one(tmp_path, ethernet(ipv6(0, b"\x2c\0\1\4\0\0\0\0\x11\0\0\x20\0\0\0\1" + bytes(range(32))), 0x86DD))
    assert (later["dest_port"], later["protocol"], later["details"]["fragment"]) == (None, "17", 32)


def test_icmp_has_a_type_and_a_code_and_no_ports(tmp_path: Path) -> None:
    unreachable = struct.pack(">BBHI", 3, 10, 0, 0) + ipv4(6, tcp())
    row = one(tmp_path, ethernet(ipv4(1, unreachable)))
    assert (row["icmp_type"], row["icmp_code"], row["source_port"], row["dest_port"]) == (3, 10, None, None)
    row = one(tmp_path, ethernet(ipv6(58, struct.pack(">BBHI", 135, 0, 0, 0) + bytes(16)), 0x86DD))
    assert (row["icmp_type"], row["icmp_code"], row["protocol"]) == (135, 0, "58")


def test_ports_are_read_of_every_protocol_that_has_them(tmp_path: Path) -> None:
    ports = struct.pack(">HH", 7, 9) + bytes(16)
    for protocol in (6, 17, 33, 132, 136):
        row = one(tmp_path, ethernet(ipv4(protocol, ports[:10] if protocol == 6 else ports)))
        assert (row["protocol"], row["source_port"], row["dest_port"]) == (str(protocol), 7, 9)
    row = one(tmp_path, ethernet(ipv4(47, ports)))
    assert (row["protocol"], row["source_port"]) == ("47", None)


def test_what_is_not_ip_is_kept_without_addresses(tmp_path: Path) -> None:
    who_has = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + MAC + bytes([10, 0, 0, 1]) + bytes(6) + bytes([10, 0, 0, 2])
    row = one(tmp_path, ethernet(who_has, 0x0806))
    assert (row["source_ip"], row["dest_ip"], row["protocol"]) == (None, None, None)
    assert row["details"] == {"network": "arp", "sender": "10.0.0.1", "target": "10.0.0.2"}
    assert one(tmp_path, ethernet(bytes(40), 0x88CC))["details"] == {"network": "ethertype 0x88cc"}
    tagged = struct.pack(">HH", 5, 0x88CC) + bytes(40)
    assert one(tmp_path, ethernet(tagged, 0x8100))["details"] == {"vlan": 5, "network": "ethertype 0x88cc"}
    assert one(tmp_path, ethernet(b"\x42\x42\x03" + bytes(35), 38))["details"] == {"network": "stp"}
    assert one(tmp_path, bytes(40), 105)["details"] == {"network": "link type 105"}


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (made.ETHERNET, b""),
        (made.ETHERNET, MAC),
        (made.RAW, b""),
        (made.RAW, b"\x45"),
        (made.RAW, ipv4(4, b"").replace(b"\0\x14", b"\0\0") * 3000),  # layers without end
        (made.RAW, b"\x41" + ipv4(6, tcp())[1:]),  # a header shorter than a header can be
        (228, bytes(3)),
    ],
)
def test_headers_that_cannot_be_read_leave_a_packet(tmp_path: Path, link: int, packet: bytes) -> None:
    row = one(tmp_path, packet, link)
    assert (row["details"], row["source_ip"], row["bytes"]) == ({"network": "malformed"}, None, len(packet))


def test_an_empty_file_and_one_without_packets_have_no_records(tmp_path: Path) -> None:
    assert read(tmp_path, b"") == read(tmp_path, pcap()) == read(tmp_path, pcapng()) == []


@pytest.mark.parametrize("whole", [pcap(SYN, SYN), pcapng(SYN, SYN)], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("missing", [1, 30, 60])
def test_a_cut_last_packet_is_the_only_one_lost(tmp_path: Path, whole: bytes, missing: int) -> None:
    rows = read(tmp_path, whole[:-missing])
    assert [(row["line_number"], row["fault"] is None) for row in rows] == [(1, True), (2, False)]
    assert rows[1]["fault"].startswith("the file ends within a packet: ")
    assert rows[1]["raw_data"] is not None


def test_damage_is_shown_on_the_file(landing: Callable[..., Landing]) -> None:
    site = landing(format="pcap")
    site.put("cut.pcap", pcap(SYN, SYN)[:-10])
    (report,) = site.read()
    assert (report.lines, report.accepted, report.rejected) == (2, 1, 1)
    assert report.reason == "the file ends within a packet: 44 of 54 bytes are there"
    assert site.rows("select line_number, reason from raw.rejected_lines") == [(2, report.reason)]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"timestamp,source_ip\n", "neither a pcap nor a pcapng file"),
        (made.section()[:8] + bytes(20), "neither a pcap nor a pcapng file"),
        (
            pcap() + struct.pack("<IIII", made.SECONDS, 0, 1 << 30, 60) + bytes(99),
            "a packet of 1073741824 bytes cannot be",
        ),
        (section() + struct.pack("<II", 6, 1 << 30) + bytes(99), "a block of 1073741824 bytes cannot be"),
        (section() + struct.pack("<II", 6, 8) + bytes(99), "a block of 8 bytes cannot be"),
        (section() + enhanced(SYN, 1), "a block that makes no sense"),
        (section() + block(1, bytes(8) + b"\x09"), "a block that makes no sense"),
    ],
)
def test_files_that_cannot_be_read_on_say_so_once(tmp_path: Path, content: bytes, fault: str) -> None:
    (row,) = read(tmp_path, content)
    assert row["fault"].startswith(fault)


def test_compressed_captures_are_read_and_their_damage_is_told(tmp_path: Path) -> None:
    packets = [
        ethernet(ipv4(6, tcp(source=number, payload=random.Random(number).randbytes(99)))) for number in range(200)
    ]
    plain = pcap(*packets)
    squeezed = gzip.compress(plain)
    rows = read(tmp_path, plain)
    assert rows == read(tmp_path, squeezed) == read(tmp_path, zstandard.compress(plain))
    cut = read(tmp_path, squeezed[: len(squeezed) // 2])
    assert 0 < len(cut) - 1 < 200
    assert cut[:-1] == rows[: len(cut) - 1]
    assert cut[-1]["fault"] == "archive damaged: it ends too early"


def test_a_file_that_vanishes_is_no_empty_capture(tmp_path: Path) -> None:
    stream = LogStream(tmp_path / "gone.pcap")
    assert list(pcap_format.records(stream, Source(name="edge", format="pcap", path="*"))) == []
    assert isinstance(stream.error, FileNotFoundError)


def test_batches_follow_each_other_without_a_gap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcap_format, "BATCH", 7)
    rows = read(tmp_path, pcap(*[SYN] * 21)[:-1])
    assert [row["line_number"] for row in rows] == list(range(1, 22))
    assert [row["fault"] for row in rows].count(None) == 20


def test_what_identifies_a_packet_is_its_time_its_lengths_and_its_beginning(tmp_path: Path) -> None:
    long = ethernet(ipv4(17, udp(payload=bytes(1000))))
    rows = read(tmp_path, pcap(SYN, SYN) + pcap(SYN)[24:] + pcap(long)[24:], keep_raw=True)
    assert len({row["event_id"] for row in rows}) == 4
    assert rows[0]["digest"] == rows[2]["digest"]
    assert rows[0]["raw_data"] == f"1767571201120000000 54 54 {SYN.hex()}"
    assert rows[3]["raw_data"] == f"1767571201120000000 1042 1042 {long[:256].hex()}"


@pytest.mark.parametrize("content", [pcap(), pcap(magic=made.NANO, order=">"), pcap(magic=made.MODIFIED), pcapng()])
def test_captures_are_recognised(content: bytes) -> None:
    answer = pcap_format.recognise(Head("any", content, ()))
    assert answer is not None
    assert answer.confidence == 1


def test_other_files_are_not_taken_for_captures() -> None:
    assert pcap_format.recognise(Head("trace.pcap", b"timestamp,source_ip\n", ("timestamp,source_ip",))) is None


@pytest.mark.parametrize("whole", [pcap(*[SYN] * 9), pcapng(*[SYN] * 9)], ids=["pcap", "pcapng"])
def test_mutated_files_give_numbered_records_and_no_error(tmp_path: Path, whole: bytes) -> None:
    path, source = tmp_path / "mutated", Source(name="edge", format="pcap", path="*")
    draw = random.Random(1)
    for _ in range(500):
        mutated = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            mutated[draw.randrange(len(mutated))] = draw.randrange(256)
        path.write_bytes(mutated[: draw.choice([len(mutated), draw.randrange(len(mutated))])])
        stream = LogStream(path)
        batches = list(pcap_format.records(stream, source))
        rows = [row for batch in batches for row in batch.select(["line_number", "fault"]).to_pylist()]
        assert [row["line_number"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["fault"] for row in rows if row["fault"]] == ([stream.damage] if stream.damage else [])


# counted with scapy 2.8
PROTOCOLS = {
    "slips_ssh-bruteforce.pcap": {"6": 1178},
    "slips_test7-malicious.pcap": {"6": 1407, "17": 485 + 43, "58": 10 + 8, "1": 10, "2": 6, None: 31},
    "suricata_verify_zerologon.pcap": {"6": 1012},
    "suspicious-time.pcap": {"6": 553, "17": 156, "1": 8, "2": 8, None: 20},
}
BYTES = {
    "slips_ssh-bruteforce.pcap": 247_092,
    "slips_test7-malicious.pcap": 307_820,
    "suricata_verify_zerologon.pcap": 106_096,
    "suspicious-time.pcap": 293_958,
}
ICMP = {
    "slips_test7-malicious.pcap": {(3, 1): 3, (3, 10): 3, (3, 13): 2, (8, 0): 1, (3, 3): 1},
    "suspicious-time.pcap": {(11, 0): 8},
}


@real
@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_every_packet_of_the_real_captures_is_an_event(tmp_path: Path, name: str) -> None:
    rows = read(tmp_path, (FOLDER / name).read_bytes())
    assert {row["fault"] for row in rows} == {None}
    assert Counter(row["protocol"] for row in rows) == PROTOCOLS[name]
    assert sum(row["bytes"] for row in rows) == BYTES[name]
    icmp = Counter((row["icmp_type"], row["icmp_code"]) for row in rows if row["protocol"] == "1")
    assert icmp == ICMP.get(name, {})
    without = [row for row in rows if row["source_ip"] is None]
    assert len(without) == PROTOCOLS[name].get(None, 0)
    assert all(json.loads(row["details"])["network"] == "arp" for row in without)


@real
def test_the_account_of_the_real_captures_balances(landing: Callable[..., Landing]) -> None:
    site = landing(format="pcap", path=str(FOLDER / "*.pcap"))
    accounts = [(Path(report.path).name, report.accepted, report.rejected, report.reason) for report in site.read()]
    assert accounts == [(name, sum(PROTOCOLS[name].values()), 0, None) for name in sorted(PROTOCOLS)]
    brute_force = "source_file = 'slips_ssh-bruteforce.pcap' and dest_port = 902"
    assert site.column(f"select count(*) from raw.security_events where {brute_force}") == [647]
    syns = (
        "select count(*) from raw.security_events where details->>'tcp_flags' = 'S' and source_file like 'slips_test7%'"
    )
    assert site.column(syns) == [633]


@real
def test_a_capture_says_what_tshark_says_of_it(tmp_path: Path) -> None:
    rows = read(tmp_path, (FOLDER / "suspicious-time.pcap").read_bytes())
    with (FOLDER / "suspicious-time.csv").open(newline="") as file:
        expected = list(csv.DictReader(file))
    for row, told in zip(rows, expected, strict=True):
        assert row["line_number"] == int(told["frame.number"])
        assert (row["source_ip"] or "", row["dest_ip"] or "") == (told["ip.src"], told["ip.dst"])
        assert (row["protocol"] or "") == told["ip.proto"]
        local = datetime.strptime(told["frame.time"][:-7], "%b %d, %Y %H:%M:%S.%f").replace(tzinfo=UTC)
        assert row["timestamp"] == local + timedelta(hours=6)
