"""A real CSV file with our own column names; those that need a mapping are among the shared data."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ingest_helpers import Landing

FOLDER = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")


def test_rows_with_our_own_names_need_no_mapping(landing: Callable[..., Landing]) -> None:
    site = landing(format="csv", path=str(FOLDER / "firewall/secon_security_logs_head5.csv"))
    (report,) = site.read()
    assert (report.lines, report.accepted, report.duplicates, report.rejected) == (5, 5, 0, 0)
    # the packets are logged twice, once dropped and once noted; the fifth row has no partner
    actions = "select action, count(*) from raw.security_events group by all order by all"
    assert site.rows(actions) == [("chs add blocker 3", 3), ("chs dropped input", 2)]
    assert site.column("select distinct log_date::text from raw.security_events") == ["2025-03-28"]
