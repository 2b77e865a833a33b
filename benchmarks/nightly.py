"""Shoal's nights beside a bare read of the same files and beside the published notebook, measured in one run.

Here: which runs there are, their figures, the bars. Not here: what a run does (contestants, notebook), how a process
is measured (measure).
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import contestants
from measure import Measured, measure

RUNS = ("bare", "shoal", "notebook")
USUAL, SMOKE = (10_000_000, 10), (20_000, 2)
MOST_TIMES_BARE, MOST_MIB, LEAST_TIMES_FASTER, MOST_GROWTH = 5.0, 2048.0, 10.0, 1.25
SHOWN_STEPS = 12
THREADS = 2
HELP = """\
Writes sample firewall logs and measures, each in a process of its own:
  bare      DuckDB: create table as select * from read_json(files), into a database file
  shoal     `shoal run` for all nights, through Dagster; and, where there are several, for the first one alone
  notebook  the published notebook as one script, on the first night's file
Prints seconds, peak resident memory and ratios, where Shoal's time goes, the bars, and as its last line one JSON
object with all figures. A missed bar is said and is no error. Nothing else should run on the machine meanwhile;
"others" is the number of cores that something else kept busy all the same.
"""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, help=f"about so many in all; default {USUAL[0]}, with --smoke {SMOKE[0]}")
    parser.add_argument(
        "--nights", type=int, help=f"that they spread over; default {USUAL[1]}, with --smoke {SMOKE[1]}"
    )
    parser.add_argument("--smoke", action="store_true", help="small, and without bars: does it still run?")
    parser.add_argument("--only", type=_names, default=RUNS, metavar="RUN,...", help=f"some of {','.join(RUNS)}")
    parser.add_argument("--keep", action="store_true", help="keep the logs and the warehouses, and say where they are")
    chosen = parser.parse_args(given)
    events, nights = SMOKE if chosen.smoke else USUAL
    chosen.events = events if chosen.events is None else chosen.events
    chosen.nights = nights if chosen.nights is None else chosen.nights
    if min(chosen.events, chosen.nights) < 1:
        parser.error("--events and --nights must be positive")
    return chosen


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := sorted(set(names) - set(RUNS)):
        message = f"there is no {unknown[0]!r}; name some of {', '.join(RUNS)}"
        raise argparse.ArgumentTypeError(message)
    return names


def measured(chosen: argparse.Namespace, folder: Path) -> dict[str, Measured]:
    """All runs that were asked for, by name; `first night` is Shoal's on that night alone."""
    landing = folder / "landing"
    measure("sample logs", contestants.write_logs, landing, chosen.events, chosen.nights)
    files = sorted(landing.glob("*.json"))
    runs = {}
    if "bare" in chosen.only:
        runs["bare"] = measure("bare", contestants.bare, files, folder / "bare.duckdb", THREADS)
    if "shoal" in chosen.only:
        everything, home = str(landing / "*.json"), folder / "shoal"
        runs["shoal"] = measure("shoal", contestants.shoal, everything, home, chosen.nights, THREADS)
        runs["account"] = measure("Dagster's event log", contestants.account, home)
        if chosen.nights > 1 and not chosen.smoke:
            alone = folder / "first_night"
            runs["first night"] = measure("shoal, one night", contestants.shoal, str(files[0]), alone, 1, THREADS)
    if "notebook" in chosen.only:
        runs["notebook"] = measure("notebook, one night", contestants.notebook, files[:1], chosen.smoke)
    return runs


def figures(chosen: argparse.Namespace, runs: dict[str, Measured]) -> dict[str, Any]:
    """What the last line says: seconds, MiB, events, and ratios of seconds."""
    found: dict[str, Any] = {"asked_events": chosen.events, "nights": chosen.nights, "threads": THREADS}
    for name in ("bare", "shoal", "first night", "notebook"):
        if run := runs.get(name):
            found[name.replace(" ", "_")] = {"seconds": run.seconds, "peak_mib": run.peak_mib, "others": run.others}
    if bare := runs.get("bare"):
        found["events"] = found["bare"]["events"] = bare.result
    if shoal := runs.get("shoal"):
        found["shoal"] |= _of_shoal(shoal, runs["account"].result)
        found["events"] = found["shoal"]["events"]
    if script := runs.get("notebook"):
        found["notebook"] |= script.result
        found.setdefault("events", script.result["rows"])
    return found | {"ratios": ratios(found)}


def _of_shoal(run: Measured, told: dict[str, Any]) -> dict[str, Any]:
    nights = told["nights"].values()
    outside = run.seconds - sum(night["seconds"] for night in nights)
    spent = told["steps"] | {contestants.OUTSIDE_RUNS: outside}
    return {
        "events": told["lines"],
        "steps": {name: round(spent[name], 2) for name in sorted(spent, key=lambda name: -spent[name])},
        "night_seconds": [round(night["seconds"], 1) for night in nights],
        "peak_mib_until_night": [run.peak_until(night["end"]) for night in nights],
    }


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """Shoal's seconds beside the bare read, the notebook's beside Shoal's one night, and growth of memory."""
    of = {}
    one_night = found.get("shoal" if found["nights"] == 1 else "first_night")
    if "shoal" in found and "bare" in found:
        of["shoal_to_bare"] = found["shoal"]["seconds"] / found["bare"]["seconds"]
    if one_night and "notebook" in found:
        of["notebook_to_shoal"] = found["notebook"]["without_dbscan"]["seconds"] / one_night["seconds"]
    if one_night and found["nights"] > 1:
        of["peak_all_nights_to_one"] = found["shoal"]["peak_mib"] / one_night["peak_mib"]
    return {name: round(value, 3) for name, value in of.items()}


def bars(found: dict[str, Any]) -> dict[str, bool]:
    """The bars that the figures allow to judge, and whether they are met."""
    of, judged = found["ratios"], {}
    if "shoal_to_bare" in of:
        judged[f"at most {MOST_TIMES_BARE:g} times the bare read"] = of["shoal_to_bare"] <= MOST_TIMES_BARE
    if "shoal" in found:
        judged[f"at most {MOST_MIB:,.0f} MiB"] = found["shoal"]["peak_mib"] <= MOST_MIB
    if "notebook_to_shoal" in of:
        text = f"one night at least {LEAST_TIMES_FASTER:g} times faster than the notebook without DBSCAN"
        judged[text] = of["notebook_to_shoal"] >= LEAST_TIMES_FASTER
    if "peak_all_nights_to_one" in of:
        text = f"memory of all nights at most {MOST_GROWTH:g} times that of one"
        judged[text] = of["peak_all_nights_to_one"] <= MOST_GROWTH
    return judged


def show(found: dict[str, Any]) -> None:
    """The figures for people."""
    print(f"{found['events']:,} events in {found['nights']} nights, {THREADS} threads\n")
    print(f"{'':34}{'seconds':>10}{'peak MiB':>10}{'others':>8}")
    _row("bare read", found.get("bare"))
    _row("shoal, all nights", found.get("shoal"), _times(found, "shoal_to_bare", "times the bare read"))
    _row("shoal, first night alone", found.get("first_night"))
    if script := found.get("notebook"):
        best, faster = (
            script["without_dbscan"] | {"others": script["others"]},
            _times(found, "notebook_to_shoal", "times Shoal's one night"),
        )
        _row("notebook, first night, no DBSCAN", best, faster)
        refused = f", refused for all {script['rows']:,}: too much memory" if script["dbscan_refused"] else ""
        dbscan = {"seconds": script["parts"]["dbscan"], "peak_mib": script["peak_mib"], "others": script["others"]}
        _row("  its DBSCAN", dbscan, f"on {script['dbscan_rows']:,} rows{refused}")
        print("  its parts: " + ", ".join(f"{part} {seconds} s" for part, seconds in script["parts"].items()))
    if shoal := found.get("shoal"):
        print("\nwhere Shoal's time goes, seconds over all nights")
        for step, seconds in list(shoal["steps"].items())[:SHOWN_STEPS]:
            print(f"  {step:44}{seconds:>9.1f}{seconds / shoal['seconds']:>7.0%}")


def _row(name: str, run: dict[str, Any] | None, note: str = "") -> None:
    if run:
        print(f"{name:34}{run['seconds']:>10,.1f}{run['peak_mib']:>10,.0f}{run['others']:>8.2f}  {note}".rstrip())


def _times(found: dict[str, Any], ratio: str, text: str) -> str:
    return f"{found['ratios'][ratio]:.2f} {text}" if ratio in found["ratios"] else ""


def main(given: Sequence[str] | None = None) -> None:
    """Measure, show, and print the figures."""
    chosen = arguments(given)
    folder = Path(tempfile.mkdtemp(prefix="shoal-bench-"))
    try:
        found = figures(chosen, measured(chosen, folder))
    finally:
        if chosen.keep:
            sys.stderr.write(f"kept: {folder}\n")
        else:
            shutil.rmtree(folder)
    show(found)
    if not chosen.smoke:
        found["bars"] = bars(found)
        print("\nbars, meant for ten million events in ten nights, and for one million in the one night")
        for bar, is_met in found["bars"].items():
            print(f"  {'met   ' if is_met else 'MISSED'}  {bar}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
