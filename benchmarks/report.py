"""How long it takes from the scores of a night to its finished page, measured on one large night.

Here: which runs there are, their figures, the bar. Not here: what a run does (report_runs), how a process is measured
(measure).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import report_runs
from measure import measure

USUAL, SMOKE = 1_000_000, 2_000
MOST_SECONDS = 5.0
NIGHTS = 2  # the second one is scored by models of the first, and is the one that is measured
THREADS = 2
TO_PAGE = ("findings", "findings_schema", "report_expectations", "report__page")
BESIDE = ("report__drift", "report__evaluation")  # what the page shows of other topics; it waits for both
HELP = """\
Writes sample logs of all sensors for two equal nights, runs both with `shoal run`, and prints of the second one, in
seconds: every step of its run from the findings to the finished page, drift and evaluation, which the page shows too,
and the report's own functions once more in a fresh process, with their processor seconds. Then the bar, and as its last
line one JSON object with all figures. A missed bar is said and is no error. Nothing else should run on the machine
meanwhile; "others" is the number of cores that something else kept busy all the same.
"""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, help=f"of each night; default {USUAL}, with --smoke {SMOKE}")
    parser.add_argument("--smoke", action="store_true", help="small, and without a bar: does it still run?")
    chosen = parser.parse_args(given)
    chosen.events = chosen.events or (SMOKE if chosen.smoke else USUAL)
    if chosen.events < 1:
        parser.error("--events must be positive")
    return chosen


def measured(events: int, folder: Path) -> dict[str, Any]:
    """The figures of the last night."""
    landing, home = folder / "landing", folder / "shoal"
    measure("sample logs", report_runs.write_logs, landing, events, NIGHTS)
    nights = measure("shoal run", report_runs.run_nights, landing, home, NIGHTS, THREADS)
    told = measure("account", report_runs.account, home, NIGHTS).result
    again = measure("report", report_runs.report, home, NIGHTS)
    steps = told.pop("steps")
    if missing := {*TO_PAGE, *BESIDE} - set(steps):
        sys.exit(f"no step of the run is called {', '.join(sorted(missing))}")
    return told | {
        "asked_events": events,
        "nights_seconds": nights.seconds,
        "night_seconds": round(sum(steps.values()), 2),
        "steps": {name: round(steps[name], 2) for name in (*TO_PAGE, *BESIDE)},
        "scores_to_page": round(sum(steps[name] for name in TO_PAGE), 2),
        "with_drift_and_evaluation": round(sum(steps[name] for name in (*TO_PAGE, *BESIDE)), 2),
        "again": {
            "seconds": {name: round(spent, 2) for name, spent in again.result["seconds"].items()},
            "cpu": {name: round(spent, 2) for name, spent in again.result["cpu"].items()},
        },
        "page_bytes": again.result["page_bytes"],
        "peak_mib": again.peak_mib,
        "others": nights.others,
    }


def show(found: dict[str, Any]) -> None:
    """The figures for people."""
    print(f"{found['events']:,} events, {found['findings']} findings, a page of {found['page_bytes'] / 1e6:.1f} MB")
    print(f"\nsteps of the night's run, of {found['night_seconds']:,.1f} s in all; others {found['others']:.2f}")
    for name in TO_PAGE:
        print(f"  {name:34}{found['steps'][name]:>8.2f}")
    print(f"  {'from scores to page':34}{found['scores_to_page']:>8.2f}")
    for name in BESIDE:
        print(f"  {name:34}{found['steps'][name]:>8.2f}")
    print(f"\nonce more, in a fresh process: peak {found['peak_mib']:,.0f} MiB\n{'':36}{'seconds':>8}{'processor':>11}")
    again = found["again"]
    for part, seconds in again["seconds"].items():
        print(f"  {part:34}{seconds:>8.2f}{again['cpu'][part]:>11.2f}")


def main(given: Sequence[str] | None = None) -> None:
    """Measure, show, and print the figures."""
    chosen = arguments(given)
    with tempfile.TemporaryDirectory(prefix="shoal-bench-") as folder:
        found = measured(chosen.events, Path(folder)) | {"nights": NIGHTS, "threads": THREADS}
    show(found)
    if not chosen.smoke:
        bar = f"at most {MOST_SECONDS:g} s from scores to page, meant for a night of a million events"
        found["bars"] = {bar: found["scores_to_page"] <= MOST_SECONDS}
        print(f"\n  {'met   ' if found['bars'][bar] else 'MISSED'}  {bar}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
