"""Packets as CSV: the fields of tshark and of scapy's table, clocks with a zone, and a real file."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import START, Landing, staged

from pipeline.ingest import packet_csv
from pipeline.ingest.contract import Head

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "packets"
TSHARK = (
    "frame.time,frame.len,ip.src,ipv6.src,ip.dst,ipv6.dst,ip.proto,ipv6.nxt,tcp.srcport,udp.srcport,tcp.dstport,"
    "udp.dstport,icmp.type,icmp.code,ip.ttl,tcp.flags,dns.qry.name\n"
)
# the columns that are known of the published table of 39
SCAPY = (
    "timestamp,esrc,edst,etype,vlan,isrc,idst,iproto,iplen,ipttl,tsport,tdport,twindow,utsport,utdport,ulen,len,"
    "icmpcode,icmptype,dhcphoptions,dnsopcode,ntpmode\n"
)
TIME = '"Jan  5, 2026 00:00:00.123456789 UTC"'
MICROSECONDS = timedelta(microseconds=123_456)


def read(tmp_path: Path, text: str, **source: Any) -> list[dict[str, Any]]:
    return staged(tmp_path, text, **({"format": "packet_csv"} | source))


def test_fields_of_tshark(tmp_path: Path) -> None:
    tcp, dns, icmp, arp = read(
        tmp_path,
        f"{TSHARK}{TIME},74,198.51.100.7,,10.0.0.1,,6,,50000,,22,,,,64,0x0012,\n"
        f"{TIME},90,,2001:db8::7,,2001:db8::1,,17,,50000,,53,,,,,example.com\n"
        f'{TIME},98,"198.51.100.7,10.0.0.9",,"10.0.0.1,10.0.0.8",,"1,17",,,,,,3,1,"63,1",,\n'
        f"{TIME},42,,,,,,,,,,,,,,,\n",
    )
    assert {row["fault"] for row in (tcp, dns, icmp, arp)} == {None}
    assert (tcp["timestamp"], tcp["action"], tcp["bytes"]) == (START + MICROSECONDS, "packet", 74)
    assert (tcp["source_ip"], tcp["source_port"]) == ("198.51.100.7", 50_000)
    assert (tcp["dest_ip"], tcp["dest_port"], tcp["protocol"]) == ("10.0.0.1", 22, "6")
    assert json.loads(tcp["details"]) == {"ttl": 64, "tcp_flags": "SA"}
    assert (dns["source_ip"], dns["dest_port"], dns["protocol"]) == ("2001:db8::7", 53, "17")
    assert json.loads(dns["details"]) == {"dns_query": "example.com"}
    # the packet that an ICMP message quotes is not the packet
    assert (icmp["source_ip"], icmp["dest_ip"], icmp["protocol"]) == ("198.51.100.7", "10.0.0.1", "1")
    assert (icmp["icmp_type"], icmp["icmp_code"], icmp["dest_port"]) == (3, 1, None)
    assert (arp["source_ip"], arp["protocol"], arp["bytes"], arp["details"]) == (None, None, 42, None)


def test_columns_of_scapy(tmp_path: Path) -> None:
    text = (
        f"{SCAPY}2012-03-16 18:00:00,00:16,00:50,2048,,192.168.202.79,192.168.229.251,6,60.0,64,50465,80,512,,,,,,,,,\n"
        "2012-03-16 18:00:00.5,,,2048,120.0,192.168.202.79,192.168.229.1,17.0,78,64.0,,,,50000.0,53.0,58.0,78,,,,0.0,\n"
        "2012-03-16 18:00:01,,,2048,,192.168.202.79,192.168.229.1,1,84,64,,,,,,,84,0,8,,,\n"
    )
    tcp, udp, icmp = read(tmp_path, text)
    assert {row["fault"] for row in (tcp, udp, icmp)} == {None}
    assert tcp["timestamp"] == datetime(2012, 3, 16, 18, tzinfo=UTC)
    assert (tcp["source_ip"], tcp["source_port"], tcp["dest_port"]) == ("192.168.202.79", 50_465, 80)
    assert (tcp["bytes"], json.loads(tcp["details"])) == (60, {"ttl": 64, "tcp_window": 512, "ethertype": 2048})
    assert (udp["source_port"], udp["dest_port"], udp["protocol"]) == (50_000, 53, "17.0")
    assert json.loads(udp["details"]) == {"ttl": 64, "vlan": 120, "ethertype": 2048, "dns_opcode": 0}
    assert (icmp["icmp_type"], icmp["icmp_code"], icmp["dest_port"]) == (8, 0, None)


@pytest.mark.parametrize(
    ("clock", "zone", "hours"),
    [
        ("Jan  5, 2026 00:00:00.000000000 UTC", "UTC", 0),
        ("Jan 5, 2026 00:00:00 CST", "UTC", 6),
        ("Jul  5, 2026 00:00:00.5 CDT", "UTC", 5),
        ("Jan  5, 2026 00:00:00 CET", "America/New_York", -1),
        ("Jan  5, 2026 00:00:00 CST", "Asia/Shanghai", -8),
        ("Jul  5, 2026 00:00:00 IST", "Asia/Kolkata", -5.5),
        ("Jul  5, 2026 00:00:00", "Europe/Berlin", -2),
        ("Jan  5, 2026 00:00:00 Central Standard Time", "America/Chicago", 6),
        ("2026-01-05T00:00:00.000000000-0600", "Asia/Tokyo", 6),
        ("2026-01-05T00:00:00.123456789Z", "Asia/Tokyo", 0),
    ],
)
def test_clocks_show_their_zone_or_that_of_the_source(tmp_path: Path, clock: str, zone: str, hours: float) -> None:
    (row,) = read(tmp_path, f'frame.time,ip.src\n"{clock}",10.0.0.1\n', timezone=zone)
    midnight = datetime(2026, 7 if clock.startswith("Jul") else 1, 5, tzinfo=UTC)
    assert row["fault"] is None
    assert row["timestamp"].replace(microsecond=0) == midnight + timedelta(hours=hours)


@pytest.mark.parametrize("clock", ["Jul  5, 2026 00:00:00 IST", "Foo  5, 2026 00:00:00 UTC", "0.000123"])
def test_clocks_that_could_mean_anything_are_rejected(tmp_path: Path, clock: str) -> None:
    (row,) = read(tmp_path, f'frame.time,ip.src\n"{clock}",10.0.0.1\n')
    assert row["fault"] == "timestamp cannot be read"


def test_seconds_since_1970_are_preferred(tmp_path: Path) -> None:
    (row,) = read(tmp_path, f"frame.time,frame.time_epoch,ip.src\n{TIME},{int(START.timestamp())}.5,10.0.0.1\n")
    assert row["timestamp"] == START + timedelta(seconds=0.5)


def test_a_header_without_a_time_rejects_every_row(tmp_path: Path) -> None:
    rows = read(tmp_path, "ip.src,ip.dst\n10.0.0.1,10.0.0.2\n" * 2)
    assert {row["fault"] for row in rows} == {"the header has no column frame.time_epoch or timestamp or frame.time"}


def test_tabs_may_stand_between_the_fields(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "frame.time_epoch\tip.src\n1767571200\t10.0.0.1\n", delimiter="\t")
    assert (row["timestamp"], row["source_ip"]) == (START, "10.0.0.1")


def test_both_kinds_are_recognised() -> None:
    for header in (TSHARK.strip(), SCAPY.strip(), '"frame.time_epoch","ip.src"'):
        answer = packet_csv.recognise(Head("any.csv", b"", (header,)))
        assert answer is not None
        assert answer.confidence > 0.9
    for header in ("timestamp,source_ip", "frame.time,size", "isrc,idst"):
        assert packet_csv.recognise(Head("any.csv", b"", (header,))) is None
    assert packet_csv.recognise(Head("any.csv", b"", ())) is None


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")
def test_every_row_of_the_real_file_is_an_event(landing: Callable[..., Landing]) -> None:
    site = landing(format="packet_csv", path=str(FOLDER / "*.csv"))
    (report,) = site.read()
    # wc -l less the header
    assert (report.lines, report.accepted, report.rejected) == (745, 745, 0)
    # cut -d, -f8 | sort | uniq -c, where frame.time counts for two
    protocols = site.rows("select protocol, count(*) from raw.security_events group by all")
    assert Counter(dict(protocols)) == {"tcp": 553, "udp": 156, "igmp": 8, "icmp": 8, None: 20}
    first, last = site.rows("select min(timestamp), max(timestamp) from raw.security_events")[0]
    # Dec 31, 2009 18:00:29.651780000 CST and 18:04:20.218104000
    assert first == datetime(2010, 1, 1, 0, 0, 29, 651_780, UTC)
    assert last == datetime(2010, 1, 1, 0, 4, 20, 218_104, UTC)
    assert site.column("select count(*) from raw.security_events where source_ip is null") == [20]
