"""Shoal's ingestion beside the plainest reads of the same bytes, measured in one run.

Here: which runs there are, their figures, the bars. Not here: what a run does (readings), the logs (log_files), how a
process is measured (measure).
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import readings
from log_files import TEXTS, write_log
from measure import Measured, measure

FORMATS = (*TEXTS, "pcap")
# one of every kind of run
SMOKE_FORMATS = ("cisco_asa", "pcap")
USUAL, SMOKE = 1_000_000, 2_000
MOST_TIMES_BARE = {"zeek": 2.5, "suricata_eve": 2.5, "cisco_asa": 4.0, "auth_log": 4.0}
MOST_GROWTH = 1.25
THREADS = 2
HELP = """\
Writes logs and measures, each in a process of its own and with as many threads:
  bare         DuckDB: create table as select * from read_csv, read_json, or the lines; of a capture, a loop of dpkt
  taken apart  of lines: the same with one regular expression, which makes columns of them
  shoal        `shoal ingest`
Prints seconds, processor seconds, peak resident memory and ratios, the bars, and as its last line one JSON object with
all figures. A missed bar is said and is no error. Nothing else should run on the machine meanwhile; "others" is the
number of cores that something else kept busy all the same: where it is high, believe the processor seconds.
"""


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=_sizes, help=f"per file, such as 1000000,5000000; default {USUAL}")
    parser.add_argument("--formats", type=_names, metavar="FORMAT,...", help=",".join(FORMATS))
    parser.add_argument("--smoke", action="store_true", help="few, small, without bars: does it run, and count right?")
    chosen = parser.parse_args(given)
    chosen.formats = chosen.formats or (SMOKE_FORMATS if chosen.smoke else FORMATS)
    chosen.records = chosen.records or ((SMOKE,) if chosen.smoke else (USUAL,))
    return chosen


def _sizes(text: str) -> tuple[int, ...]:
    sizes = tuple(sorted(int(size) for size in text.split(",")))
    if sizes[0] < 1:
        message = "name positive numbers of records"
        raise argparse.ArgumentTypeError(message)
    return sizes


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := sorted(set(names) - set(FORMATS)):
        message = f"there is no {unknown[0]!r}; name some of {', '.join(FORMATS)}"
        raise argparse.ArgumentTypeError(message)
    return names


def measured(form: str, records: int, folder: Path) -> dict[str, Any]:
    """The figures of one file.

    Raises:
        SystemExit: a run did not find all records.
    """
    title = f"{form}, {records:,} records"
    file = measure(f"{title}: log", write_log, form, folder / "log", records).result
    runs, home = {}, folder / "shoal"
    if form == "pcap":
        runs["bare"] = measure(f"{title}: dpkt", readings.packet_loop, file)
    else:
        database = folder / "bare.duckdb"
        runs["bare"] = measure(f"{title}: bare", readings.bare, readings.BARE[form], file, database, THREADS)
    if query := readings.TAKEN_APART.get(form):
        database = folder / "parts.duckdb"
        runs["taken_apart"] = measure(f"{title}: taken apart", readings.bare, query, file, database, THREADS)
    runs["shoal"] = measure(f"{title}: shoal", readings.shoal, form, file, home, THREADS)
    found = {"shoal": measure(f"{title}: account", readings.accepted, home).result}
    found |= {name: run.result for name, run in runs.items() if name != "shoal"}
    for name, count in found.items():
        if count != records:
            sys.exit(f"{title}: {name} found {count:,}")
    return {"format": form, "records": records, "bytes": file.stat().st_size} | _figures(runs)


def _figures(runs: dict[str, Measured]) -> dict[str, Any]:
    shoal, bare = runs["shoal"], runs["bare"]
    figures: dict[str, Any] = {
        name: {"seconds": run.seconds, "cpu": run.cpu, "peak_mib": run.peak_mib, "others": run.others}
        for name, run in runs.items()
    }
    ratios = {"seconds": shoal.seconds / bare.seconds, "cpu": shoal.cpu / bare.cpu}
    if parts := runs.get("taken_apart"):
        ratios["cpu_to_taken_apart"] = shoal.cpu / parts.cpu
    return figures | {"ratios": {name: round(ratio, 2) for name, ratio in ratios.items()}}


def bars(files: list[dict[str, Any]]) -> dict[str, bool]:
    """The bars that the figures allow to judge, and whether they are met."""
    judged = {}
    for file in files:
        if most := MOST_TIMES_BARE.get(file["format"]):
            text = f"{file['format']}, {file['records']:,} records: at most {most:g} times the bare read"
            judged[text] = file["ratios"]["seconds"] <= most
    for form in dict.fromkeys(file["format"] for file in files):
        peaks = [file["shoal"]["peak_mib"] for file in files if file["format"] == form]
        if len(peaks) > 1:
            text = f"{form}: memory of the largest file at most {MOST_GROWTH:g} times that of the smallest"
            judged[text] = peaks[-1] <= MOST_GROWTH * peaks[0]
    return judged


def show(file: dict[str, Any]) -> None:
    """The figures of one file for people."""
    print(f"\n{file['format']}, {file['records']:,} records, {file['bytes'] / 1e6:,.0f} MB, {THREADS} threads")
    print(f"  {'':14}{'seconds':>10}{'processor':>11}{'peak MiB':>10}{'others':>8}")
    for name in ("bare", "taken_apart", "shoal"):
        if run := file.get(name):
            figures = f"{run['seconds']:>10,.1f}{run['cpu']:>11,.1f}{run['peak_mib']:>10,.0f}{run['others']:>8.2f}"
            print(f"  {name.replace('_', ' '):14}{figures}")
    told = ", ".join(f"{name.replace('_', ' ')} {ratio:g}" for name, ratio in file["ratios"].items())
    print(f"  times the bare read: {told}")


def main(given: Sequence[str] | None = None) -> None:
    """Measure, show, and print the figures."""
    chosen = arguments(given)
    files = []
    for form in chosen.formats:
        for records in chosen.records:
            with tempfile.TemporaryDirectory(prefix="shoal-bench-") as folder:
                files.append(measured(form, records, Path(folder)))
            show(files[-1])
    found: dict[str, Any] = {"threads": THREADS, "files": files}
    if not chosen.smoke:
        found["bars"] = bars(files)
        print("\nbars")
        for bar, is_met in found["bars"].items():
            print(f"  {'met   ' if is_met else 'MISSED'}  {bar}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
