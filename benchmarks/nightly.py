"""The nightly run beside a bare read of the same files and beside the published notebook, in one run.

python benchmarks/nightly.py                              ten million events in ten nights, without the notebook
python benchmarks/nightly.py --events 1000000 --nights 1  one night, with the notebook

The last line is one JSON object with all figures.
"""

import argparse
import json
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from measure import Measured, measure
from notebook import notebook

FIRST = date(2026, 1, 5)
MEMORY_BAR_MIB, BARE_BAR, NOTEBOOK_BAR = 2048, 5.0, 10.0
CONFIG = """\
home = "home"
[[sources]]
name = "edge_firewall"
format = "ecs_json"
path = "{home}/landing/*.json"
"""


def generate(folder: str, events: int, nights: int) -> None:
    from pipeline.samples.generate import write_samples

    home = Path(folder) / "home"
    # weekend nights are quieter: a working day holds a little more than the mean
    weekend = sum((FIRST.toordinal() + night) % 7 in (6, 0) for night in range(nights))
    per_night = int(events / (nights - weekend + 0.6 * weekend))
    write_samples(
        home / "landing", home / "ground_truth.csv", first_night=FIRST, nights=nights, events_per_night=per_night
    )


def bare(folder: str) -> int:
    with duckdb.connect(Path(folder) / "bare.duckdb") as connection:
        connection.execute("set enable_progress_bar = false")
        files = str(Path(folder) / "home" / "landing" / "*.json")
        connection.execute("create table events as from read_json($files, union_by_name = true)", {"files": files})
        return int(connection.execute("select count(*) from events").fetchall()[0][0])


def shoal(folder: str, nights: int) -> dict[str, float]:
    from datetime import timedelta

    from pipeline.config import load
    from pipeline.definitions import build_defs
    from pipeline.nights import local_instance, run_night

    settings = load(Path(folder) / "shoal.toml")
    definitions, spent = build_defs(settings), StepClock()
    with local_instance(settings.home_folder) as instance:
        for night in range(nights):
            fault = run_night(definitions, instance, FIRST + timedelta(days=night), spent.step)
            if fault:
                sys.exit(fault)
            sys.stderr.write(f"  night {night + 1} of {nights}\n")
    return spent.seconds


class StepClock:
    """Seconds per step, added up over nights."""

    def __init__(self) -> None:
        import time

        self.now, self.seconds = time.perf_counter, {}
        self.last = self.now()

    def step(self, name: str) -> None:
        moment = self.now()
        self.seconds[name] = round(self.seconds.get(name, 0.0) + moment - self.last, 2)
        self.last = moment


def compare(events: int, nights: int, with_notebook: bool) -> dict[str, Any]:
    """All figures of one run."""
    folder = tempfile.mkdtemp(prefix="shoal-bench-")
    try:
        (Path(folder) / "shoal.toml").write_text(CONFIG, encoding="utf-8")
        measure("sample logs", generate, folder, events, nights)
        runs = {"bare": measure("bare read", bare, folder), "shoal": measure("shoal", shoal, folder, nights)}
        if with_notebook:
            files = sorted(str(file) for file in (Path(folder) / "home" / "landing").glob("*.json"))
            runs["notebook"] = measure("notebook", notebook, files)
    finally:
        shutil.rmtree(folder)
    return figures(runs, nights)


def figures(runs: dict[str, Measured], nights: int) -> dict[str, Any]:
    steps = runs["shoal"].result
    found: dict[str, Any] = {
        "events": runs["bare"].result,
        "nights": nights,
        "bare_seconds": runs["bare"].seconds,
        "shoal_seconds": runs["shoal"].seconds,
        "shoal_to_bare": round(runs["shoal"].seconds / runs["bare"].seconds, 2),
        "bare_peak_mib": runs["bare"].peak_mib,
        "shoal_peak_mib": runs["shoal"].peak_mib,
        "steps": dict(sorted(steps.items(), key=lambda item: -item[1])[:14]),
    }
    if "notebook" in runs:
        script = runs["notebook"]
        found |= {
            "notebook_peak_mib": script.peak_mib,
            **{f"notebook_{name}": value for name, value in script.result.items()},
        }
        found["notebook_to_shoal"] = round(script.result["seconds_without_dbscan"] / runs["shoal"].seconds, 2)
    return found


def show(found: dict[str, Any], judged: bool) -> None:
    print(f"{found['events']:,} events in {found['nights']} nights")
    print(f"  bare read   {found['bare_seconds']:8.1f} s {found['bare_peak_mib']:8,.0f} MiB")
    ratio = f"{found['shoal_to_bare']} times the bare read"
    print(f"  shoal       {found['shoal_seconds']:8.1f} s {found['shoal_peak_mib']:8,.0f} MiB   {ratio}")
    if "notebook_to_shoal" in found:
        print(
            f"  notebook    {found['notebook_seconds_without_dbscan']:8.1f} s {found['notebook_peak_mib']:8,.0f} MiB   "
            f"{found['notebook_to_shoal']} times shoal, without DBSCAN "
            f"({found['notebook_dbscan_seconds']} s on {found['notebook_dbscan_rows']:,} rows)"
        )
    print("  where the time goes: " + ", ".join(f"{name} {seconds} s" for name, seconds in found["steps"].items()))
    if judged:
        bars = {
            f"at most {BARE_BAR:g} times the bare read": found["shoal_to_bare"] <= BARE_BAR,
            f"at most {MEMORY_BAR_MIB:,} MiB": found["shoal_peak_mib"] <= MEMORY_BAR_MIB,
        }
        if "notebook_to_shoal" in found:
            bars[f"at least {NOTEBOOK_BAR:g} times faster than the notebook"] = (
                found["notebook_to_shoal"] >= NOTEBOOK_BAR
            )
        for bar, met in bars.items():
            print(f"  {'met   ' if met else 'MISSED'} {bar}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000_000, help="events in all, about")
    parser.add_argument("--nights", type=int, default=10, help="nights that they spread over")
    parser.add_argument(
        "--notebook", action=argparse.BooleanOptionalAction, help="with the notebook; by default for one night"
    )
    parser.add_argument("--smoke", action="store_true", help="only whether it runs: no bars")
    chosen = parser.parse_args()
    with_notebook = chosen.nights == 1 or chosen.smoke if chosen.notebook is None else chosen.notebook
    found = compare(chosen.events, chosen.nights, with_notebook)
    show(found, judged=not chosen.smoke)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
