"""Zeek logs for tests, and what the engine makes of them."""

import json
from pathlib import Path
from typing import Any

from ingest_helpers import staged

IDS = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"]
TS = "1767582729.120000"
ENDS = [TS, "CHhAvVGS1DHFjwGM9", "203.0.113.9", "50930", "198.51.100.20", "22"]
CONN = [*IDS, "proto", "service", "duration", "orig_bytes", "resp_bytes", "conn_state", "orig_pkts", "resp_pkts"]
CONN_ROW = [*ENDS, "tcp", "ssh", "2.134000", "1024", "2048", "SF", "12", "10"]


def tsv(path: str, names: list[str], *rows: list[str], types: list[str] | None = None) -> str:
    """A log as Zeek writes it."""
    header = [
        "#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", f"#path\t{path}",
        "#open\t2026-01-05-03-12-00", "\t".join(["#fields", *names]), "\t".join(["#types", *(types or names)]),
    ]  # fmt: skip
    return "\n".join([*header, *("\t".join(row) for row in rows), "#close\t2026-01-05-04-00-00"]) + "\n"


def read(folder: Path, content: str | bytes) -> list[dict[str, Any]]:
    return staged(folder, content, format="zeek")


def only(folder: Path, content: str | bytes) -> dict[str, Any]:
    """The one record of a file, which has no fault, with its details as a dictionary."""
    (row,) = read(folder, content)
    assert row["fault"] is None
    return row | {"details": json.loads(row["details"] or "{}")}


def faults(rows: list[dict[str, Any]]) -> list[tuple[int, str | None]]:
    return sorted((row["line_number"], row["fault"]) for row in rows)
