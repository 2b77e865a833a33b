"""The same events in another notation are the same rows, but for ids; in another layout even those."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import staged

DATA = Path(__file__).parents[3] / "shared/data"
LOGS = [
    "zat/conn.log",
    "zat/dns.log",
    "zat/files.log",
    "zat/http.log",
    "zat/notice.log",
    "zat/ssl.log",
    "zat/weird.log",
    "rita_proxy/http.log",
    "rita_proxy/ssl.log",
    "rita_missing_host/2024-04-19/conn.1500-1600.log.gz",
    "rita_missing_host/2024-04-19/ssh.0300-0400.log.gz",
]
OF_A_LAYOUT = {"position", "line_number"}
OF_A_NOTATION = OF_A_LAYOUT | {"digest", "event_id"}

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")


def content(name: str) -> bytes:
    data = (DATA / name).read_bytes()
    return gzip.decompress(data) if name.endswith(".gz") else data


def rows(folder: Path, data: bytes | str, name: str, without: set[str]) -> list[dict[str, Any]]:
    """What is read, in any order; the details as an object."""
    found = [
        {key: value for key, value in row.items() if key not in without}
        | {"details": json.loads(row["details"] or "{}")}
        for row in staged(folder, data, format=name)
    ]
    return sorted(found, key=str)


def json_of_zeek(tsv: str) -> str:
    """A TSV log as Zeek writes it with `LogAscii::use_json`: typed values, without those that are not set."""
    head = {line.split("\t")[0]: line.split("\t")[1:] for line in tsv.splitlines() if line.startswith("#")}
    records = []
    for line in tsv.splitlines():
        if not line.startswith("#"):
            values = zip(head["#fields"], head["#types"], line.split("\t"), strict=True)
            record = {key: _typed(kind, text) for key, kind, text in values if text != "-"}
            records.append(json.dumps({"_path": head["#path"][0]} | record))
    return "\n".join(records) + "\n"


def _typed(kind: str, text: str) -> Any:
    if kind.startswith(("set[", "vector[", "table[")):
        inner = kind.partition("[")[2].rstrip("]")
        return [] if text == "(empty)" else [_typed(inner, part) for part in text.split(",")]
    if kind in {"count", "int", "port"}:
        return int(text)
    if kind in {"time", "interval", "double"}:
        return float(text)
    return text == "T" if kind == "bool" else text


@pytest.mark.parametrize("name", LOGS)
def test_zeek_tells_the_same_as_tsv_and_as_json(tmp_path: Path, name: str) -> None:
    tsv = content(f"zeek_tsv/{name}").decode()
    told = rows(tmp_path, tsv, "zeek", OF_A_NOTATION)
    assert told
    assert rows(tmp_path, json_of_zeek(tsv), "zeek", OF_A_NOTATION) == told


@pytest.mark.parametrize("layout", [{}, {"indent": 2}], ids=["in one line", "indented"])
def test_suricata_tells_the_same_as_lines_and_as_an_array(tmp_path: Path, layout: dict[str, int]) -> None:
    lines = content("suricata/slips_test6-malicious.suricata.json").splitlines()[:1500]
    told = rows(tmp_path, b"\n".join(lines), "suricata_eve", OF_A_LAYOUT)
    assert {row["target"] for row in told} == {"security_events", "connections"}
    array = json.dumps([json.loads(line) for line in lines], **layout)
    assert rows(tmp_path, array, "suricata_eve", OF_A_LAYOUT) == told


def test_packed_or_not_a_log_tells_the_same(tmp_path: Path) -> None:
    packed = (DATA / "zeek_tsv/zat/http.log.gz").read_bytes()
    assert packed.startswith(b"\x1f\x8b")
    told = rows(tmp_path, content("zeek_tsv/zat/http.log"), "zeek", set())
    assert len(told) == 150
    assert rows(tmp_path, packed, "zeek", set()) == told
