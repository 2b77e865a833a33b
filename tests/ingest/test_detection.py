"""Which format a file is of: the choice among answers, hostile content, and every real file."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.ingest import detection
from pipeline.ingest.contract import Head, Recognition
from pipeline.ingest.detection import HEAD_BYTES, MOST_LINES, detect
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.unrecognised import UNRECOGNISED

DATA = Path(__file__).parents[3] / "shared/data"
BINARY_FORMATS = {"parquet", "pcap"}  # their examples are words for bytes

FLAT = json.dumps({"timestamp": "2026-01-05 03:12:09", "source_ip": "203.0.113.9", "bytes": 44}) + "\n"
NESTED = {"@timestamp": "2026-01-05T03:12:09Z", "source": {"ip": "203.0.113.9"}, "event": {"action": "drop"}}
DOTTED = {"@timestamp": "2026-01-05T03:12:09Z", "destination.ip": "203.0.113.9", "event.action": "drop"}
ROWS = "timestamp,source_ip,action\n" + "2026-01-05 03:12:09,203.0.113.9,drop\n" * 3


def put(folder: Path, content: str | bytes, name: str = "some.log") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in BINARY_FORMATS])
def test_the_example_of_a_format_is_recognised_as_it(tmp_path: Path, name: str) -> None:
    found = detect(put(tmp_path, FORMATS[name].example))
    assert found.format == name
    assert 0 < found.confidence <= 1
    assert found.why


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (json.dumps(NESTED), "ecs_json"),
        (json.dumps([NESTED, DOTTED], indent=2), "ecs_json"),
        (json.dumps([DOTTED]) + json.dumps([{"_source": NESTED}]), "ecs_json"),
        (json.dumps({"_source": DOTTED}) + "\r\n", "ecs_json"),
        (FLAT * 5000, "flat_json"),
        ("{damaged\n" + FLAT * 5, "flat_json"),
        (f"[{FLAT.strip()},{FLAT.strip()}]", "flat_json"),
        (ROWS, "csv"),
        (ROWS.replace("\n", "\r"), "csv"),
        ("\ufeff" + ROWS, "csv"),
        ("\n  \n" + ROWS, "csv"),
        ('"timestamp","user"\n', "csv"),
    ],
)
@pytest.mark.parametrize("packed", [bytes, gzip.compress, zstandard.compress])
def test_generic_formats_are_told_by_what_their_records_name(tmp_path: Path, content: str, name: str, packed) -> None:
    assert detect(put(tmp_path, packed(content.encode()))).format == name


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b" \r\n\t\n", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (gzip.compress(b"x" * 1000, mtime=0)[:8], "archive damaged: it ends too early"),
        (b"\0\1\2\3" * 100, "binary data"),
        (b"# Notes\n\nSome words about logs.\n", UNRECOGNISED),
        (b'{"a": 1}\n', UNRECOGNISED),
        (b"[" * 100_000, UNRECOGNISED),
        (b'{"a":' * 10_000, UNRECOGNISED),
        (b"{}" * 100, UNRECOGNISED),
        (FLAT.encode() + b'{"other": 1}\n' * 2, UNRECOGNISED),
        (b"timestamp,action\n2026-01-05,drop\n", UNRECOGNISED),
    ],
)
def test_what_no_format_recognises_has_a_reason(tmp_path: Path, content: bytes, why: str) -> None:
    assert detect(put(tmp_path, content)) == detection.Detection(None, 0.0, why)


def test_the_surest_format_wins_then_the_order_of_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sure(name: str, confidence: float | None):
        answer = None if confidence is None else Recognition(confidence, name)
        return replace(FORMATS["csv"], name=name, recognise=lambda _: answer)

    answers = {"late": 0.4, "none": None, "best": 0.9, "equal": 0.9, "weak": 0.5}
    monkeypatch.setattr(detection, "FORMATS", {name: sure(name, answer) for name, answer in answers.items()})
    found = detect(put(tmp_path, "x"))
    assert (found.format, found.confidence, found.why) == ("best", 0.9, "best")
    assert [other.format for other in found.runners_up] == ["equal", "weak", "late"]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("one\n\n \ntwo", ("one", "two")),
        ("one\rtwo\r\nthree", ("one", "two", "three")),
        ("x\n" * 1000, ("x",) * MOST_LINES),
        ("x" * (HEAD_BYTES - 4) + "\nyyyy\n", ("x" * (HEAD_BYTES - 4),)),
        ("x" * (HEAD_BYTES + 1), ()),
        ("x" * HEAD_BYTES, ("x" * HEAD_BYTES,)),
    ],
)
def test_a_head_has_whole_lines_that_are_not_blank(tmp_path: Path, content: str, lines: tuple[str, ...]) -> None:
    head, _ = detection._head(put(tmp_path, content))
    assert head.lines == lines
    assert head.data == content.encode()[:HEAD_BYTES]
    assert head.name == "some.log"


# a file that starts like one format and goes on like another, with bytes of any kind in between
PIECES = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([entry.example.encode() + b"\n" for entry in FORMATS.values()]),
    st.sampled_from(
        [b"{", b"[", b'"', b"#fields\t", b"<Event ", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\n", b",", b"\xef\xbb\xbf"]
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(PIECES, max_size=8), cut=st.integers(0, 400), is_packed=st.booleans())
def test_no_content_raises(tmp_path: Path, pieces: list[bytes], cut: int, is_packed: bool) -> None:
    content = b"".join(pieces)
    content = content[: max(0, len(content) - cut)]
    found = detect(put(tmp_path, gzip.compress(content)[: -1 - cut % 9] if is_packed else content))
    assert found.format in {None, *FORMATS}
    assert found.why
    assert all(0 < other.confidence <= found.confidence <= 1 for other in found.runners_up)


# every file of the shared data; what has no time, or names for its columns that only a mapping can tell, is None
REAL_FILES = {
    "README.md": None,
    "auth/*.log": "auth_log",
    "auth/*.csv": None,
    "auth/*.txt": None,
    "cloud_audit/*": "s3_access",
    "firewall/cisco_asa_firewall.log": "cisco_asa",
    "firewall/format_samples/iptables-*": "iptables",
    "firewall/format_samples/mikrotik-*": "mikrotik",
    "firewall/format_samples/pf-*": "pf",
    "firewall/secon_*.csv": "csv",
    "firewall/uci_*.csv": None,
    "geoip/*": None,
    "honeypot/*": None,
    "kdd99/*": None,
    "labelled_flows/*.binetflow": "argus",
    "labelled_flows/*.labeled": "zeek",
    "labelled_flows/unsw_*.csv": None,
    "maccdc2012/*": None,
    "nsl_kdd/*": None,
    "packets/*.csv": "packet_csv",
    "packets/*.pcap": "pcap",
    "suricata/*": "suricata_eve",
    "windows_events/*": "windows_events",
    "zeek_json/**/*": "zeek",
    "zeek_tsv/**/*": "zeek",
}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
@pytest.mark.parametrize(("pattern", "name"), REAL_FILES.items())
def test_real_files_are_recognised(pattern: str, name: str | None) -> None:
    found = {str(path): detect(path).format for path in DATA.glob(pattern) if path.is_file()}
    assert found
    assert found == dict.fromkeys(found, name)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
def test_every_real_file_has_one_case() -> None:
    named = Counter(path for pattern in REAL_FILES for path in DATA.glob(pattern) if path.is_file())
    assert named == Counter(path for path in DATA.rglob("*") if path.is_file())


SSHD = "Jan  5 03:12:09 gate-1 sshd[411]: Failed password for root from 203.0.113.9 port 50930 ssh2\n"
PACKET = "Jan  5 03:12:09 gate-1 kernel: IN=eth0 OUT= SRC=203.0.113.9 DST=198.51.100.20 LEN=44 PROTO=TCP SPT=1 DPT=2\n"
WINLOGBEAT = {
    "@timestamp": "2026-01-05T03:12:09.120Z",
    "source": {"ip": "203.0.113.9", "port": 50930},
    "event": {"code": "4625", "provider": "Microsoft-Windows-Security-Auditing", "action": "logon-failed"},
    "winlog": {"event_id": "4625", "channel": "Security", "event_data": {"TargetUserName": "anna", "LogonType": "3"}},
}
FILEBEAT = NESTED | {"suricata": {"eve": {"event_type": "alert", "flow_id": 7}}, "event": {"module": "suricata"}}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (SSHD * 6 + PACKET * 2, "auth_log"),
        (SSHD * 2 + PACKET * 6, "iptables"),
        (json.dumps(WINLOGBEAT) + "\n", "windows_events"),
        (json.dumps(FILEBEAT) + "\n", "ecs_json"),
        (json.dumps({"timestamp": "2026-01-05T03:12:09Z", "event_type": "flow", "src_ip": "::1"}), "suricata_eve"),
        (json.dumps({"ts": 1767582729.12, "uid": "C1", "id.orig_h": "203.0.113.9", "user": "anna"}), "zeek"),
    ],
)  # fmt: skip
def test_formats_that_look_alike_are_kept_apart(tmp_path: Path, content: str, name: str) -> None:
    assert detect(put(tmp_path, content)).format == name


@pytest.mark.parametrize(
    "part",
    [
        " in:a out:b, proto c",
        " in:a out:b",
        "rule a(b) ",
        "rule a(b): [",
        "IN=a OUT=b ",
        "IN=a OUT=b SRC=c DST=d LEN=",
        "SRC=",
        "CEF:0|",
        "%ASA-a",
        "-",
        "a,b",
        " ",
    ],
)
@pytest.mark.parametrize("start", ["", "Jan  5 03:12:09 router firewall,info "])
def test_lines_that_nearly_fit_everywhere_are_soon_decided(start: str, part: str) -> None:
    # a pattern that goes back over such a line for each of its parts would not come to an end
    line = (start + part * HEAD_BYTES)[:HEAD_BYTES]
    head = Head("some.log", line.encode(), (line,) * MOST_LINES)
    answers = {name: entry.recognise(head) for name, entry in FORMATS.items()}
    assert not {"pf", "iptables", "cisco_asa"} & {name for name, answer in answers.items() if answer}
