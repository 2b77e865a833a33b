"""What is measured beside the notebook: sample logs, a bare read of them by the engine, and Shoal's nights.

Each function runs in a process of its own and imports what it needs itself, so that imports count as its time.
"""

import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

FIRST_NIGHT = date(2026, 1, 5)  # a Monday
WEEKEND = 0.6  # events of a weekend night beside a working day's
CONFIG = """\
home = "."

[engine]
threads = {threads}

[[sources]]
name = "edge_firewall"
format = "ecs_json"
path = {path}
"""
OUTSIDE_STEPS = "Dagster outside of steps"
OUTSIDE_RUNS = "imports, definitions, start and end"


def write_logs(landing: Path, events: int, nights: int) -> None:
    """About so many events over so many nights from a Monday on, one file a night."""
    from pipeline.samples.generate import write_samples

    weekend = sum((FIRST_NIGHT + timedelta(days=night)).weekday() >= 5 for night in range(nights))
    working_day = round(events / (nights - weekend + WEEKEND * weekend))
    truth = landing.parent / "ground_truth.csv"
    write_samples(landing, truth, first_night=FIRST_NIGHT, nights=nights, events_per_night=max(1, working_day))


def bare(files: list[Path], database: Path, threads: int) -> int:
    """Copy the files into a table as they are; gives the number of its rows."""
    import duckdb

    with duckdb.connect(database, config={"threads": threads}) as connection:
        connection.execute("set enable_progress_bar = false")
        names = [str(file) for file in files]
        connection.execute("create table events as select * from read_json($files)", {"files": names})
        return int(connection.execute("select count(*) from events").fetchall()[0][0])


def shoal(files: str, home: Path, nights: int, threads: int) -> None:
    """`shoal run` for the nights of the files that a glob names.

    Raises:
        SystemExit: a night failed; the command has said why.
    """
    last = FIRST_NIGHT + timedelta(days=nights - 1)
    # a JSON string is a TOML string
    config = CONFIG.format(threads=threads, path=json.dumps(files))
    command(home, config, "run", "--from", FIRST_NIGHT.isoformat(), "--to", last.isoformat())


def command(home: Path, config: str, *words: str) -> None:
    """`shoal` with some words and a configuration, which is written to a new home; the environment sets nothing.

    Raises:
        SystemExit: it failed; the command has said why.
    """
    for name in [name for name in os.environ if name.startswith("SHOAL_")]:
        del os.environ[name]
    from pipeline.cli import main

    home.mkdir(parents=True)
    file = home / "shoal.toml"
    file.write_text(config, encoding="utf-8")
    try:
        main(["--config", str(file), *words])
    except SystemExit as stop:
        if stop.code:
            raise


def notebook(files: list[Path], short: bool) -> dict[str, Any]:
    """The published notebook on the files, `short` with two candidates for its elbow; gives what `run` does."""
    from notebook import ELBOW, run

    return run(files, ELBOW[:2] if short else ELBOW)


def account(home: Path) -> dict[str, Any]:
    """What a finished home tells: the lines that were read, and from Dagster's event log where the time went.

    Returns:
        `lines`; `steps`, seconds by step, added up over nights, and what runs took besides; `nights`, for each night
        its seconds and its end in seconds since the epoch.
    """
    import duckdb

    from pipeline.instance import local_instance

    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        lines = connection.execute("select sum(lines) from raw.files").fetchall()[0][0]
    steps: dict[str, float] = {OUTSIDE_STEPS: 0.0}
    nights = {}
    with local_instance(home) as instance:
        for record in instance.get_run_records():
            whole = (record.end_time or 0) - (record.start_time or 0)
            nights[record.dagster_run.tags["dagster/partition"]] = {"seconds": whole, "end": record.end_time}
            for step in instance.get_run_step_stats(record.dagster_run.run_id):
                spent = (step.end_time or 0) - (step.start_time or 0)
                steps[step.step_key] = steps.get(step.step_key, 0.0) + spent
                whole -= spent
            steps[OUTSIDE_STEPS] += whole
    return {"lines": int(lines or 0), "steps": steps, "nights": dict(sorted(nights.items()))}
