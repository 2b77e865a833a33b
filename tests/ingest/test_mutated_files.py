"""A thousand files with accidents: no line of them is lost, none counts twice, and none stops the ingestion."""

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest_helpers import START, Landing
from mutations import mutated
from packet_helpers import SYN, ethernet, ipv4, ipv6, pcap, pcapng, udp

from pipeline.ingest.formats import FORMATS

SOME, ALL = range(8), range(8, 54)
# every line that is not blank is a record
BY_LINE = {"auth_log", "cef", "cisco_asa", "iptables", "mikrotik", "pf"}
PACKETS = (SYN, ethernet(ipv6(17, udp()), 0x86DD), ethernet(ipv4(1, b"\x03\x03" + bytes(6))))


def parquet() -> bytes:
    times = pa.array([START + timedelta(seconds=number) for number in range(3)])
    columns = {"timestamp": times, "source_ip": ["203.0.113.9", "2001:db8::9", None], "dest_port": [22, 443, None]}
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


# what the example of a format does not show
MORE = {
    "parquet": [parquet()],
    "pcap": [pcap(*PACKETS), pcap(*PACKETS, order=">"), pcapng(*PACKETS)],
    "suricata_eve": [json.dumps([json.loads(FORMATS["suricata_eve"].example)] * 3).encode()],
    "windows_events": [
        b'<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><EventID>4625</EventID>'
        b'<TimeCreated SystemTime="2026-01-05T03:12:09.120Z"/><Computer>FILES-1</Computer></System><EventData>'
        b'<Data Name="TargetUserName">lena</Data><Data Name="IpAddress">203.0.113.9</Data></EventData></Event>\n' * 3
    ],
    "zeek": [
        b'{"_path":"conn","ts":1767582729.12,"uid":"C1","id.orig_h":"203.0.113.9","id.orig_p":50930,"proto":"tcp"}\n'
        b'{"@stream":"ssh","ts":"2026-01-05T03:12:09Z","uid":"C2","id":{"orig_h":"203.0.113.9"},"auth_success":false}\n'
    ],
}
ODDITIES = "select count(*) from raw.rejected_lines where coalesce(reason, '') = ''"


def whole_files(name: str) -> list[bytes]:
    """Files of a format without any accident."""
    examples = [] if "(binary" in FORMATS[name].example else [FORMATS[name].example.encode() + b"\n"]
    return [*examples, *(example * 5 for example in examples), *MORE.get(name, [])]


def damaged(name: str, number: int) -> bytes:
    random = Random(f"{name} {number}")
    return mutated(random.choice(whole_files(name)), random)


@pytest.mark.parametrize("numbers", [SOME, pytest.param(ALL, marks=pytest.mark.slow)], ids=["some", "all"])
@pytest.mark.parametrize("name", FORMATS)
def test_every_line_of_a_damaged_file_is_accounted_for(
    landing: Callable[..., Landing], name: str, numbers: range
) -> None:
    site = landing(format=name)
    contents = [damaged(name, number) for number in numbers]
    for number, content in enumerate(contents):
        site.put(f"{number:02}.log", content)
    # that accounts balance and tables hold what they say is asserted while reading
    reports = site.read()
    states = Counter(report.state for report in reports)
    assert set(states) <= {"new", "moved", "unreadable"}
    # of this one nothing can be read without its end
    reasons = {report.reason or "" for report in reports if report.state == "unreadable"}
    assert all(name == "parquet" and reason.startswith("Parquet cannot be read: ") for reason in reasons)
    assert site.column(ODDITIES) == [0]
    assert sum(report.accepted for report in reports) > 0
    assert sum(report.rejected for report in reports) + states["unreadable"] > 0
    if name in BY_LINE:
        for report, content in zip(reports, contents, strict=True):
            assert_lines_are_counted(report.lines, content)


def assert_lines_are_counted(lines: int, content: bytes) -> None:
    """By Python's own idea of text; what is blank besides spaces is left open."""
    if content.startswith(b"\x1f\x8b"):
        return
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    visible = sum(any("!" <= character <= "~" for character in line) for line in text)
    assert visible <= lines <= len(text)
