"""Whole nights through the command line, on small sample logs: what a person runs, in real processes."""

import json
import re
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
from night_helpers import checksums, write_config

from pipeline.models.registry import ALGORITHMS
from schemas.registry import TABLES
from schemas.scores import CONSENSUS

NIGHTS = 7
MODELS = {*ALGORITHMS, CONSENSUS}
PLANTED = {
    "vertical_port_scan": "vertical_scan",
    "ssh_brute_force": "brute_force",
    "exfiltration": "exfiltration",
    "distributed_flood": "distributed_flood",
    "horizontal_port_scan": "horizontal_scan",
}
ROOT = Path(__file__).parents[1]
# shoal ui and shoal daemon never end by themselves; shoal run is run above
README_COMMANDS = [
    shlex.split(command)
    for command in re.findall(r"^\$ shoal (.*)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    if not command.startswith(("ui", "daemon", "run"))
]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def shoal(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline", "--config", str(folder / "shoal.toml"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("demo")
    write_config(folder, '[evaluation]\nlabels = "{home}/ground_truth.csv"\n')
    return folder, shoal(folder, "demo", "--nights", str(NIGHTS), "--events", "3000")


@pytest.fixture
def folder(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> Path:
    return demo[0]


def rows(folder: Path, sql: str) -> list[dict[str, object]]:
    answer = shoal(folder, "query", "--format", "json", sql)
    assert answer.returncode == 0, answer.stderr
    return [json.loads(line) for line in answer.stdout.splitlines()]


def beside_truth(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the published copy beside the planted attacks in {truth}; the command's queries read no other file."""
    truth = f"read_csv('{folder / 'home' / 'ground_truth.csv'}', header = true, all_varchar = true)"
    with duckdb.connect(folder / "home" / "published" / "shoal.duckdb", read_only=True) as connection:
        return connection.execute(sql.format(truth=truth)).fetchall()


def test_the_demo_ends_with_findings_and_the_path_of_the_report(
    demo: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, run = demo
    assert run.returncode == 0, run.stdout + run.stderr
    page = folder / "home" / "reports" / "2026-01-11" / "index.html"
    assert page.is_file()
    shown = run.stdout.replace("\n", "")
    assert "report:" in shown
    assert "next:" in shown
    assert "Detection beside the labels" in shown
    assert "Warning" not in run.stderr


def test_each_planted_attack_is_one_finding_by_its_name_among_the_first_five(folder: Path) -> None:
    found = beside_truth(
        folder,
        """
        select p.name, c.attack_pattern, c.rank
        from {truth} as p
        join report.suspicious_clusters as c on c.log_date = p.night::date
        join report.suspicious_events as s using (log_date, finding_id)
        join raw.security_events as e using (event_id)
        where p.kind = 'attack' and c.attack_pattern <> 'unnamed'
          and list_contains(string_split(p.source_ips, ' '), e.source_ip)
          and list_contains(string_split(p.dest_ips, ' '), e.dest_ip)
          and e.timestamp between p.first_event::timestamptz and p.last_event::timestamptz
        group by all
        """,
    )
    named = {name: (pattern, rank) for name, pattern, rank in found if name in PLANTED}
    assert len(found) == len(named)
    assert {name: pattern for name, (pattern, _) in named.items()} == PLANTED
    assert all(rank <= 5 for _, rank in named.values())


def test_a_new_application_is_no_first_finding_once_the_baseline_knows_it(folder: Path) -> None:
    ((target, port, first_night),) = beside_truth(
        folder,
        "select dest_ips, dest_ports::int, min(night) from {truth} where name = 'new_application' group by all",
    )
    assert first_night == "2026-01-06"
    about_it = rows(
        folder,
        f"""
        select log_date, rank from report.suspicious_clusters as c
        join report.suspicious_events as s using (log_date, finding_id) join raw.security_events as e using (event_id)
        where c.rank <= 5 and c.log_date > '{first_night}'
        group by all having avg((e.dest_ip = '{target}' and e.dest_port = {port})::int) > 0.5
        """,
    )
    assert about_it == []


def test_every_night_with_an_attack_is_evaluated_beside_what_was_planted(folder: Path) -> None:
    evaluated = rows(
        folder,
        """
        select attack_type, max(roc_auc) as auc from report.evaluation
        where algorithm = 'consensus' and feature_table = 'events' and attack_type is not null group by 1
        """,
    )
    found = {str(row["attack_type"]): row["auc"] for row in evaluated}
    assert found.keys() == {*PLANTED, "low_and_slow_beacon"}
    assert {name for name, auc in found.items() if isinstance(auc, float) and auc > 0.8} >= PLANTED.keys()


def test_every_event_has_one_score_per_algorithm_and_one_of_the_consensus(folder: Path) -> None:
    counted = rows(
        folder,
        "select log_date, algorithm, count(*) as n, count(distinct entity_id) as d from scores.events group by all",
    )
    events = {
        row["log_date"]: row["n"]
        for row in rows(folder, "select log_date, count(*) as n from raw.security_events group by 1")
    }
    assert len(counted) == len(MODELS) * NIGHTS
    assert {row["algorithm"] for row in counted} == MODELS
    assert all(row["n"] == row["d"] == events[row["log_date"]] for row in counted)


def test_only_the_consensus_has_no_clusters_and_no_part_in_findings(folder: Path) -> None:
    scored = rows(folder, "select algorithm, count(cluster_id) as n from scores.events group by 1 order by 1")
    assert {row["algorithm"] for row in scored if not row["n"]} == {CONSENSUS}
    assert not rows(folder, "from report.suspicious_clusters where list_contains(algorithms, 'consensus')")


@pytest.mark.parametrize("table", ["source_ips", "destination_ips"])
def test_every_address_of_every_night_has_one_score_per_algorithm_and_one_of_the_consensus(
    folder: Path, table: str
) -> None:
    counted = rows(
        folder,
        f"""
        select log_date, algorithm, count(*) as n, count(distinct entity_id) as d, any_value(f.n) as entities
        from scores.{table} join (select log_date, count(*) as n from features.{table} group by 1) as f using (log_date)
        group by all
        """,
    )
    assert len(counted) == len(MODELS) * NIGHTS
    assert all(row["n"] == row["d"] == row["entities"] > 0 for row in counted)


def test_no_night_is_scored_by_a_model_that_has_seen_it(folder: Path) -> None:
    fits = rows(folder, "select feature_table, log_date, trained_to, bootstrap from models.fits")
    # the firewall's log names no users and no connections
    counts = Counter(row["feature_table"] for row in fits)
    assert counts == dict.fromkeys(("events", "source_ips", "destination_ips"), len(MODELS) * NIGHTS)
    assert {row["log_date"] for row in fits if row["bootstrap"]} == {"2026-01-05"}
    assert all(row["bootstrap"] or str(row["trained_to"]) < str(row["log_date"]) for row in fits)


def test_the_budget_holds_and_alerts_belong_to_findings(folder: Path) -> None:
    alerts = rows(folder, "select log_date, count(*) as n from report.suspicious_events group by 1")
    assert all(0 < row["n"] <= 200 for row in alerts)
    orphans = rows(
        folder, "from report.suspicious_events anti join report.suspicious_clusters using (log_date, finding_id)"
    )
    assert orphans == []


def test_every_line_is_accounted_for(folder: Path) -> None:
    files = rows(folder, "select lines, accepted, duplicates, rejected from raw.files")
    assert len(files) == NIGHTS
    assert all(row["lines"] == row["accepted"] + row["duplicates"] + row["rejected"] > 0 for row in files)


def test_the_published_copy_holds_every_table(folder: Path) -> None:
    with duckdb.connect(folder / "home" / "published" / "shoal.duckdb", read_only=True) as connection:
        for name in TABLES:
            assert connection.execute(f"select count(*) from {name}").fetchall()[0][0] >= 0


def test_status_report_and_query_speak_of_the_nights(folder: Path) -> None:
    status = shoal(folder, "status")
    assert status.stdout.count("done") == NIGHTS
    report = shoal(folder, "report", "--date", "2026-01-07")
    assert report.returncode == 0
    assert "index.html" in report.stdout
    table = shoal(folder, "query", "select count(*) as events from raw.security_events")
    assert "events" in table.stdout


def test_running_the_same_nights_again_changes_no_table(folder: Path) -> None:
    before = checksums(folder / "home")
    again = shoal(folder, "run", "--from", "2026-01-06", "--to", "2026-01-07")
    assert again.returncode == 0, again.stderr
    assert checksums(folder / "home") == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run",), "--date"),
        (("run", "--from", "2026-01-07", "--to", "2026-01-06"), "swap"),
        (("run", "--date", "2025-12-31"), "first_night"),
        (("run", "--date", "2999-01-01"), "not ended"),
        (("query", ""), "empty"),
        (("query", "select * from nothing"), "nothing"),
        (("report", "--date", "2030-01-01"), "shoal run --date 2030-01-01"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    answer = shoal(folder, *arguments)
    assert answer.returncode == 2
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr


def test_it_can_be_asked_while_a_run_is_writing(folder: Path) -> None:
    command = [sys.executable, "-m", "pipeline", "--config", str(folder / "shoal.toml"), "run", "--date", "2026-01-11"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        answers = 0
        while run.poll() is None:
            assert rows(folder, "select count(*) as n from scores.events")[0]["n"]
            answers += 1
    assert run.returncode == 0
    assert answers >= 2


@pytest.mark.parametrize("arguments", README_COMMANDS, ids=" ".join)
def test_the_commands_of_the_readme_work(folder: Path, arguments: list[str]) -> None:
    answer = shoal(folder, *arguments)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip()
