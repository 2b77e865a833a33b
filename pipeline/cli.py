"""The `shoal` command. It talks to people; everything that it does belongs in `console` and beyond.

Dagster takes seconds to import, so what needs it is imported by the commands that need it.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console

from pipeline.config_errors import UsageError, with_remedy
from pipeline.console import (
    config_commands,
    daemon_commands,
    evaluation_commands,
    export_commands,
    formats_commands,
    models_commands,
    notify_commands,
    people_commands,
)
from pipeline.console.context import FAILED, WRONG_USAGE, Chosen, console, settings
from pipeline.console.options import Compatible, First, Last, Night, examples
from pipeline.garbage import look_seldom

LONGEST = 4_000  # characters of a fault that are shown

app = typer.Typer(
    help="Finds groups of suspicious behaviour in security logs, every night.",
    epilog="Start with `shoal demo`; for your own logs edit shoal.toml, then `shoal config check` and `shoal run`.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
TOPICS = (
    config_commands,
    daemon_commands,
    evaluation_commands,
    export_commands,
    formats_commands,
    models_commands,
    notify_commands,
    people_commands,
)
for topic in TOPICS:
    app.add_typer(topic.app)


class Shape(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="configuration file; by default SHOAL_CONFIG or ./shoal.toml")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="show tracebacks")] = False,
) -> None:
    """Options of every command."""
    Chosen.config, Chosen.debug = config, debug
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG_USAGE)


@app.command(epilog=examples("shoal demo", "SHOAL_HOME=/tmp/tryout shoal demo --nights 3 --events 2000"))
def demo(
    nights: Annotated[int, typer.Option(min=1, max=60, help="nights of sample logs")] = 7,
    events: Annotated[int, typer.Option(min=500, help="background events per night")] = 3_000,
    seed: Annotated[int, typer.Option(help="same seed, same bytes")] = 7,
) -> None:
    """Write sample logs, run all their nights and print what was found."""
    from pipeline.console.demo import demo as run_demo

    run_demo(settings(), console, nights, events, seed)


@app.command(
    epilog=examples(
        "shoal run --date 2026-01-07",
        "shoal run --from 2026-01-05 --to 2026-01-11",
        "shoal run --date 2026-01-07 --compat",
    )
)
def run(
    night: Night = None,
    first: First = None,
    last: Last = None,
    compat: Compatible = False,
) -> None:
    """Run the nightly job for one night, or for all from one to another, through Dagster."""
    if (night is None) == (first is None or last is None) or (night and (first or last)):
        message = "say which nights: either --date, or --from and --to"
        raise UsageError(message)
    start, end = (night, night) if night else (first, last)
    assert start is not None and end is not None  # noqa: S101, PT018 - shown above
    if end < start:
        message = f"--to {end} lies before --from {start}; swap them"
        raise UsageError(message)
    from pipeline.console.running import run_nights, span

    chosen = settings()
    run_nights(chosen.compatible() if compat else chosen, span(start, end), console)


@app.command(epilog="Reads only what is new or has changed; `shoal run` does the same before it scores a night.")
def ingest() -> None:
    """Read all that has landed, without models, and print what became of each file."""
    from pipeline.console.ingesting import ingest_all

    ingest_all(settings(), console)


@app.command()
def status() -> None:
    """Show the nights: done, stale or failed, with rows, rejected lines and alerts."""
    from pipeline.console.status import show_status

    show_status(settings(), console)


@app.command(
    epilog=examples(
        'shoal query "select * from report.nights"',
        'shoal query --format csv "from report.suspicious_events" > alerts.csv',
        'shoal query "describe raw.security_events"',
    )
)
def query(
    sql: Annotated[
        str, typer.Argument(help="one SELECT over the tables, such as: select * from report.suspicious_clusters")
    ],
    shape: Annotated[
        Shape,
        typer.Option(
            "--format",
            help="table, csv (cells that a spreadsheet would run start with an apostrophe), or json (an object a line)",
        ),
    ] = Shape.TABLE,
) -> None:
    """Ask the published copy; it can be read while a run is writing, and a query changes nothing."""
    from pipeline.console.querying import ask, show
    from pipeline.feeds.rows import as_csv, as_json

    names, rows = ask(settings(), sql)
    if shape is Shape.TABLE:
        show(console, names, rows)
    else:
        to_terminal = sys.stdout.isatty()
        sys.stdout.write(as_csv(names, rows, to_terminal=to_terminal) if shape is Shape.CSV else as_json(names, rows))


@app.command(epilog=examples("shoal report --date 2026-01-07", "shoal report --date 2026-01-07 --limit 3"))
def report(night: Night = None, limit: Annotated[int, typer.Option(min=1, help="findings shown")] = 20) -> None:
    """Print the ranked findings of a night, by default yesterday's, and where its page is."""
    from pipeline.report.tables import counted, gone_findings, is_published, published_findings
    from pipeline.report.terminal import findings_table, gone_line

    chosen = settings()
    day = night or datetime.now(UTC).date() - timedelta(days=1)
    page = chosen.reports_folder / day.isoformat() / "index.html"
    if not page.is_file() or not is_published(chosen.published_folder, day):
        message = f"night {day} has no report; run it with `shoal run --date {day}`"
        raise UsageError(message)
    console.print(findings_table(published_findings(chosen.published_folder, day, day), limit=limit))
    if gone := gone_findings(chosen.published_folder, day):
        console.print(gone_line(gone), soft_wrap=True)
    _, suppressed = counted(chosen.published_folder, day)
    if suppressed:
        console.print(f"{suppressed:,} more suppressed, kept in report.suppressed_clusters (why: shoal suppress)")
    console.print(f"report: {page}", markup=False, soft_wrap=True)


@app.command()
def ui(port: Annotated[int, typer.Option(min=1, max=65535, help="port on localhost")] = 3000) -> None:
    """Start Dagster's web UI on localhost with this project loaded."""
    from pipeline.console.web import serve

    serve(settings(), Chosen.config, port, console)


def main(arguments: list[str] | None = None) -> None:
    """Run the command: exit code 0 done, 1 the run failed, 2 wrong usage or configuration."""
    look_seldom()
    Chosen.config, Chosen.debug = None, False
    sys.exit(_guarded(lambda: app(arguments, prog_name="shoal", standalone_mode=False)))


def _guarded(command: Callable[[], object]) -> int:
    """Turn errors into one clear sentence and an exit code."""
    try:
        code = command()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else FAILED
    except typer.TyperException as fault:
        context = getattr(fault, "ctx", None)
        hint = f"; see {context.command_path} --help" if context else ""
        return _say(fault, f"{fault.format_message().rstrip('.')}{hint}", WRONG_USAGE)
    except UsageError as fault:
        return _say(fault, str(fault), WRONG_USAGE)
    except (OSError, RuntimeError, duckdb.Error) as fault:
        return _say(fault, with_remedy(str(fault)), FAILED)
    return code if isinstance(code, int) else 0


def _say(fault: Exception, sentence: str, code: int) -> int:
    if Chosen.debug:
        raise fault
    from pipeline.report.terminal import visible_text

    shown = visible_text(" ".join(sentence.split()), limit=LONGEST)
    Console(stderr=True, highlight=False).print(f"shoal: {shown}", soft_wrap=True, markup=False, emoji=False)
    return code
