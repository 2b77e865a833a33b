"""What is measured of the report: nights of sample logs through `shoal run`, and the report's own functions afterwards.

Each function runs in a process of its own and imports what it needs itself. Here: the runs. Not here: which there are,
how they are shown (report).
"""

import json
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import contestants

FIRST_NIGHT = contestants.FIRST_NIGHT
FIREWALL = "ecs_json"
TRUTH = "ground_truth.csv"
CONFIG = """\
home = "."

[engine]
threads = {threads}

[evaluation]
labels = {labels}
"""
SOURCE = """
[[sources]]
name = "{name}"
format = "{name}"
path = {path}
"""


def last_of(nights: int) -> date:
    """The last night, the one that is measured."""
    return FIRST_NIGHT + timedelta(days=nights - 1)


def write_logs(landing: Path, events: int, nights: int) -> None:
    """Logs of all sensors, with about so many firewall events on each night."""
    from pipeline.samples.generate import write_samples
    from pipeline.samples.sensors import SENSORS

    write_samples(
        landing / FIREWALL, landing / TRUTH, first_night=FIRST_NIGHT, nights=nights, events_per_night=events,
        sensors={name: landing / name for name in SENSORS},
    )  # fmt: skip


def run_nights(landing: Path, home: Path, nights: int, threads: int) -> None:
    """`shoal run` for all nights of the logs.

    Raises:
        SystemExit: a night failed; the command has said why.
    """
    # a JSON string is a TOML string
    config = CONFIG.format(threads=threads, labels=json.dumps(str(landing / TRUTH)))
    for folder in sorted(path for path in landing.iterdir() if path.is_dir()):
        config += SOURCE.format(name=folder.name, path=json.dumps(str(folder / "*")))
    contestants.command(home, config, "run", "--from", FIRST_NIGHT.isoformat(), "--to", last_of(nights).isoformat())


def account(home: Path, nights: int) -> dict[str, Any]:
    """Of the last night: `events`, `findings`, `alerts`, and `steps`, the seconds of each step of its run."""
    import duckdb

    query = """
        select events, findings, alerts, durations from report.nights join report.night_runs using (log_date)
        where log_date = $night
    """
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute(query, {"night": last_of(nights)}).fetchall()
    events, findings, alerts, durations = rows[0]
    return {"events": events, "findings": findings, "alerts": alerts, "steps": json.loads(durations)}


def report(home: Path, nights: int) -> dict[str, Any]:
    """Make the report of the last night once more, without Dagster and without storing its tables.

    Returns:
        `seconds` and `cpu` of each part; imports are in neither. `page_bytes`, the size of the page.
    """
    from pipeline import config
    from pipeline.report.night import findings_of
    from pipeline.report.page.gathering import all_nights, gather
    from pipeline.report.page.writing import write_index, write_page
    from pipeline.warehouse.engine import Warehouse

    settings = config.load(home / "shoal.toml")
    warehouse, night = Warehouse.of(settings), last_of(nights)
    seconds: dict[str, float] = {}
    cpu: dict[str, float] = {}

    def timed(part: str, function: Callable[[], Any]) -> Any:
        wall, used = time.perf_counter(), time.process_time()
        result = function()
        seconds[part], cpu[part] = time.perf_counter() - wall, time.process_time() - used
        return result

    with warehouse.connect():
        timed("findings", lambda: findings_of(warehouse, night, settings))
        every = timed("nights", lambda: all_nights(warehouse))
        shown = timed("gather", lambda: gather(warehouse, settings, night, every))
    page = timed("page", lambda: write_page(home / "again", shown))
    timed("index", lambda: write_index(home / "again", every))
    return {"seconds": seconds, "cpu": cpu, "page_bytes": page.stat().st_size}
