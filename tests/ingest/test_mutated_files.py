"""A thousand files with accidents: no line of them is lost, none counts twice, and none stops the ingestion."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ingest_helpers import START, Landing
from mutations import mutated
from packet_helpers import SYN, ethernet, ipv4, ipv6, pcap, pcapng, udp

from pipeline.config import Source
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.logstream import LogStream

ONE_BY_ONE, TOGETHER = range(4), range(4, 52)
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
WITHOUT_A_REASON = "select count(*) from raw.rejected_lines where coalesce(reason, '') = ''"


def whole_files(name: str) -> list[bytes]:
    """Files of a format without any accident."""
    examples = [] if "(binary" in FORMATS[name].example else [FORMATS[name].example.encode() + b"\n"]
    return [*examples, *(example * 5 for example in examples), *MORE.get(name, [])]


def damaged(name: str, number: int) -> bytes:
    random = Random(f"{name} {number}")
    return mutated(random.choice(whole_files(name)), random)


@pytest.mark.parametrize("name", FORMATS)
def test_every_line_of_a_damaged_file_is_accounted_for(landing: Callable[..., Landing], name: str) -> None:
    site = landing(format=name)
    contents = [damaged(name, number) for number in ONE_BY_ONE]
    for number, content in enumerate(contents):
        site.put(f"{number:02}.log", content)
    # that accounts balance and tables hold what they say is asserted while reading
    reports = site.read()
    assert {report.state for report in reports} <= {"new", "moved", "unreadable"}
    # of this one nothing can be read without its end
    reasons = {report.reason or "" for report in reports if report.state == "unreadable"}
    assert all(name == "parquet" and reason.startswith("Parquet cannot be read: ") for reason in reasons)
    assert site.column(WITHOUT_A_REASON) == [0]
    if name in BY_LINE:
        for report, content in zip(reports, contents, strict=True):
            fewest, most = lines_of(content)
            assert fewest <= report.lines <= most


@pytest.mark.parametrize("name", FORMATS)
def test_a_thousand_damaged_files_lose_no_line(
    landing: Callable[..., Landing], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """As one delivery for each format, of which the reader takes file by file: a transaction for each takes longer."""
    contents = [damaged(name, number) for number in TOGETHER]
    entry, found = FORMATS[name], Counter[int]()

    def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
        del stream
        for number, content in enumerate(contents):
            path = tmp_path / f"{number:02}.log"
            path.write_bytes(content)
            try:
                for batch in entry.reader.records(LogStream(path), source):
                    found[number] += len(batch)
                    yield batch
            except OSError:
                assert name == "parquet"

    monkeypatch.setitem(FORMATS, name, replace(entry, reader=replace(entry.reader, records=records)))
    site = landing(format=name)
    site.put("all.log", "")
    (report,) = site.read()
    assert (report.state, report.lines) == ("new", found.total())
    assert min(report.accepted, report.rejected or len(contents) - len(found)) > 0
    assert site.column(WITHOUT_A_REASON) == [0]
    if name in BY_LINE:
        for number, content in enumerate(contents):
            fewest, most = lines_of(content)
            assert fewest <= found[number] <= most


def lines_of(content: bytes) -> tuple[int, int]:
    """How many lines there are at least and at most, by Python's idea of text; archives may hold any number."""
    if content.startswith(b"\x1f\x8b"):
        return 0, 1000
    text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return sum(any("!" <= character <= "~" for character in line) for line in text), len(text)
