"""A tiny night through the nightly job: labels of windows and of a column, the stored evaluation, Dagster's table."""

import csv
import json
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from pipeline.config import load
from pipeline.definitions import build_defs
from pipeline.nights import NIGHTLY
from pipeline.scoring import evaluation_references

NIGHT = date(2026, 1, 5)
CONFIG = """\
home = "home"
[training]
algorithms = ["kmeans"]
consensus = false
[evaluation]
labels = "{home}/truth.csv"
references = true
[[sources]]
name = "edge"
format = "ecs_json"
path = "edge.json"
[[feature_tables]]
name = "hosts"
path = "hosts.csv"
date = "day"
entity = "host"
numeric = ["n"]
label = "kind"
"""
TRUTH = [
    ["night", "kind", "name", "source_ips", "dest_ips", "dest_ports", "first_event", "last_event"],
    [NIGHT, "attack", "scan", "198.51.100.7", "10.0.0.9", "", f"{NIGHT}T03:00:00Z", f"{NIGHT}T03:59:59Z"],
]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def record(hour: int, minute: int, source: str, port: int) -> str:
    fields = {
        "@timestamp": f"{NIGHT}T{hour:02}:{minute:02}:00.000Z", "source.ip": source, "source.port": 40_000,
        "destination.ip": "10.0.0.9", "destination.port": port, "event.action": "accept", "network.transport": "tcp",
        "network.bytes": 500,
    }  # fmt: skip
    return json.dumps(fields)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dg.ExecuteInProcessResult]:
    folder = tmp_path_factory.mktemp("evaluated")
    (folder / "home").mkdir()
    (folder / "shoal.toml").write_text(CONFIG, encoding="utf-8")
    usual = [record(8 + number % 9, number % 60, f"10.0.1.{number % 5}", 443) for number in range(60)]
    scan = [record(3, number, "198.51.100.7", number + 1) for number in range(20)]
    (folder / "edge.json").write_text("\n".join([*usual, *scan]) + "\n", encoding="utf-8")
    hosts = [["day", "host", "n", "kind"], *([NIGHT, f"h{number}", number % 4, 0] for number in range(30))]
    for file, rows in ((folder / "home/truth.csv", TRUTH), (folder / "hosts.csv", [*hosts, [NIGHT, "odd", 99, 1]])):
        with file.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows(rows)
    job = build_defs(load(folder / "shoal.toml")).resolve_job_def(NIGHTLY)
    with pytest.MonkeyPatch.context() as patch:
        # PyOD compiles for ten seconds
        patch.setattr(evaluation_references, "has_pyod", lambda: False)
        result = job.execute_in_process(partition_key=NIGHT.isoformat(), instance=dg.DagsterInstance.ephemeral())
    return folder, result


def test_the_published_evaluation_counts_attacks_of_windows_and_of_label_columns(
    night: tuple[Path, dg.ExecuteInProcessResult],
) -> None:
    with duckdb.connect(night[0] / "home/published/shoal.duckdb", read_only=True) as connection:
        told = connection.execute(
            "select feature_table, algorithm, attack_type, benign, attacks, roc_auc from report.evaluation order by all"
        ).fetchall()
    found = {tuple(row[:3]): tuple(row[3:]) for row in told}
    assert found["events", "kmeans", None][:2] == found["events", "kmeans", "scan"][:2] == (60, 20)
    assert found["source_ips", "kmeans", "scan"][:2] == (5, 1)
    assert found["destination_ips", "kmeans", None] == (0, 1, None)
    assert found["hosts", "kmeans", None] == (30, 1, 1.0)
    assert ("hosts", "kmeans", "1") not in found
    assert found["hosts", "isolation_forest", None] == (30, 1, 1.0)


def test_dagsters_ui_shows_the_figures(night: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    (event,) = night[1].asset_materializations_for_node("report__evaluation")
    table = event.metadata["evaluation"].value
    assert "**Beside labels**" in table
    assert r"| hosts | kmeans | 1\.000 |" in table
