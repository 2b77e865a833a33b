"""What is read from the published copy: here a DuckDB file with only the rows that a question needs."""

from datetime import date
from pathlib import Path

import duckdb

from pipeline.report.tables import gone_findings

EARLIER, BEFORE, NIGHT = (date(2026, 1, day) for day in (9, 11, 12))


def test_what_the_report_before_showed_and_the_night_has_lost_comes_by_its_rank(tmp_path: Path) -> None:
    rows = [
        (EARLIER, "scan", 1, "vertical_scan", "new"), (BEFORE, "scan", 7, "vertical_scan", "steady"),
        (NIGHT, "scan", None, "vertical_scan", "gone"),
        (BEFORE, "odd", 2, "unnamed", "new"), (NIGHT, "odd", None, "unnamed", "gone"),
        (EARLIER, "hidden", 2, "unnamed", "new"), (BEFORE, "hidden", None, "unnamed", "steady"),
        (NIGHT, "hidden", None, "unnamed", "gone"),
        (BEFORE, "lasting", 1, "unnamed", "new"), (NIGHT, "lasting", 1, "unnamed", "steady"),
    ]  # fmt: skip
    with duckdb.connect(tmp_path / "shoal.duckdb") as connection:
        connection.execute("create schema report")
        connection.execute(
            "create table report.finding_history "
            "(log_date date, finding_id varchar, rank bigint, attack_pattern varchar, state varchar)"
        )
        connection.executemany("insert into report.finding_history values (?, ?, ?, ?, ?)", rows)
    assert gone_findings(tmp_path, NIGHT) == [(BEFORE, 2, None), (BEFORE, 7, "vertical_scan")]
    assert gone_findings(tmp_path, BEFORE) == []
