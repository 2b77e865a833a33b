"""How the nights stand: done, stale or failed, with rows, rejected lines and alerts."""

import json
from collections.abc import Iterator

from rich.console import Console
from rich.filesize import decimal
from rich.table import Column, Table

from pipeline.config import Settings
from pipeline.console.querying import ask
from pipeline.features.own_tables import feature_tables
from pipeline.instance import local_instance
from pipeline.nights import failed_nights
from pipeline.report.states import night_states
from pipeline.report.terminal import safe_text
from pipeline.upkeep.measures import bytes_of
from pipeline.warehouse.queries import compile_sql

NIGHTS = """
    with states as ({states})
    select log_date::varchar as night, coalesce(state || ': ' || why, state),
           coalesce(r.events, 0) as events, r.connections, r.logins,
           n.rejected, n.anomalies, n.alerts, n.findings
    from states left join raw.nights as r using (log_date) left join report.nights as n using (log_date)
    order by 1
"""
COUNTED = ("events", "flows", "logins", "rejected", "flagged", "alerts", "findings")
SLOWEST = 3
LATEST = """
    select log_date::varchar, round(seconds, 1), durations, models_accepted, models_kept, rejected_share, drift
    from report.nights join report.night_runs using (log_date) order by finished_at desc limit 1
"""
FILES = """
    select count(*), coalesce(sum(lines), 0), coalesce(sum(accepted), 0), coalesce(sum(duplicates), 0),
           coalesce(sum(rejected), 0)
    from raw.files
"""
UNREAD = """
    select path, coalesce(reason, 'every line was rejected') from raw.files
    where reason is not null or (rejected > 0 and accepted + duplicates = 0)
    order by path
"""


def stale_nights(settings: Settings) -> list[str]:
    """Nights whose results rest on logs, baselines or models that have changed since.

    Raises:
        NothingPublishedError: nothing has been read yet.
    """
    states = compile_sql(night_states(settings.training.window_days, feature_tables(settings)))
    _, nights = ask(settings, f"select log_date::varchar from ({states}) where state = 'stale' order by 1")  # noqa: S608
    return [night for (night,) in nights]


def show_status(settings: Settings, console: Console) -> None:
    """Print the state of every night and of what was read.

    Raises:
        NothingPublishedError: nothing has been read yet.
    """
    _, nights = ask(
        settings,
        NIGHTS.format(states=compile_sql(night_states(settings.training.window_days, feature_tables(settings)))),
    )
    with local_instance(settings.home_folder) as instance:
        failed = failed_nights(instance)
    counted = (Column(name, justify="right", no_wrap=True) for name in COUNTED)
    table = Table(Column("night", no_wrap=True), "state", *counted, padding=0)
    for night, state, *counts in nights:
        shown = "failed" if night in failed else state
        table.add_row(night, shown, *("" if count is None else f"{count:,}" for count in counts))
    for missed in sorted(failed - {row[0] for row in nights}):
        table.add_row(missed, "failed", *[""] * len(COUNTED))
    console.print(table)
    _, [(files, lines, accepted, duplicates, rejected)] = ask(settings, FILES)
    totals = f"{accepted:,} accepted, {duplicates:,} duplicates, {rejected:,} rejected"
    console.print(f"{files:,} files, {lines:,} lines read: {totals}")
    for line in _latest_run(settings):
        console.print(line)
    console.print(_on_disk(settings))
    _, unread = ask(settings, UNREAD)
    if unread:
        console.print(f"{len(unread):,} of them could not be read, or not to their end:")
    for fault in unread:
        console.print(safe_text("  {}: {}".format(*fault)), soft_wrap=True)


def _latest_run(settings: Settings) -> Iterator[str]:
    """What the run that ended last took and found, in lines."""
    _, rows = ask(settings, LATEST)
    for night, seconds, durations, accepted, kept, rejected, drift in rows:
        steps = sorted(json.loads(durations).items(), key=lambda step: -step[1])[:SLOWEST]
        slowest = ", ".join(f"{step} {took:.1f}" for step, took in steps)
        yield f"latest run: night {night}, {seconds} s; its slowest steps: {slowest}"
        shares = [f"{rejected:.1%} of lines rejected"] if rejected is not None else []
        shares += [f"drift: {drift}"] if drift is not None else []
        yield ", ".join([f"{accepted} models accepted, {kept} kept from before", *shares])


def _on_disk(settings: Settings) -> str:
    """What is there now: the row of the latest run was written before its published copy."""
    places = (
        ("warehouse", settings.warehouse_file),
        ("published copy", settings.published_folder),
        ("pages", settings.reports_folder),
    )
    return "on disk: " + ", ".join(f"{name} {decimal(bytes_of(path))}" for name, path in places)
