"""Real CSV files that only a mapping can read: what one achieves, and what it cannot, row by row."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing

FOLDER = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")

# rows by wc -l less the header; why none of them can be read
UNREADABLE: dict[str, tuple[int, str, dict[str, Any]]] = {
    # ports and verdicts, but neither times nor addresses
    "firewall/uci_internet_firewall_rows1-40000.csv": (
        40_000,
        "the header has no column timestamp",
        {"columns": {"source_port": "Source Port", "dest_port": "Destination Port", "action": "Action"}},
    ),
    # logarithms of counters, without times
    "maccdc2012/conndataC_train.csv": (2530, "the header has no column timestamp", {"table": "connections"}),
    # seconds since a start that nobody tells
    "auth/lanl_redteam.txt": (
        749,
        "timestamp cannot be read",
        {"table": "logins", "columns": {"timestamp": "time", "user": "user@domain", "host": "destination"}},
    ),
    # month, day and time are columns of their own; the log itself is read as auth_log
    "auth/OpenSSH_2k.log_structured.csv": (2000, "timestamp cannot be read", {"columns": {"timestamp": "Time"}}),
}


@pytest.mark.parametrize("name", list(UNREADABLE))
def test_rows_without_a_moment_are_rejected_one_by_one(landing: Callable[..., Landing], name: str) -> None:
    rows, reason, source = UNREADABLE[name]
    site = landing(format="csv", path=str(FOLDER / name), **source)
    (report,) = site.read()
    assert (report.lines, report.accepted, report.rejected) == (rows, 0, rows)
    assert site.rows("select reason, count(*) from raw.rejected_lines group by all") == [(reason, rows)]
    assert report.reason == (reason if "header" in reason else None)


def test_rows_with_our_own_names_need_no_mapping(landing: Callable[..., Landing]) -> None:
    site = landing(format="csv", path=str(FOLDER / "firewall/secon_security_logs_head5.csv"))
    (report,) = site.read()
    assert (report.lines, report.accepted, report.duplicates, report.rejected) == (5, 5, 0, 0)
    # the packets are logged twice, once dropped and once noted; the fifth row has no partner
    actions = "select action, count(*) from raw.security_events group by all order by all"
    assert site.rows(actions) == [("chs add blocker 3", 3), ("chs dropped input", 2)]
    assert site.column("select distinct log_date::text from raw.security_events") == ["2025-03-28"]
