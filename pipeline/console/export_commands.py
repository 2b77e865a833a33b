"""`shoal export`: what other systems get of a night."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from pipeline.console.context import console, settings
from pipeline.console.options import day, examples

app = typer.Typer()


@app.command(
    epilog=examples(
        "shoal export --date 2026-01-11 --format csv -o findings.csv",
        "shoal export --date 2026-01-11 --format ecs --what events | filebeat ...",
        "shoal export --date 2026-01-11 --format stix -o feeds/",
    )
)
def export(
    night: Annotated[date, typer.Option("--date", parser=day, metavar="DAY", help="the night, a UTC day")],
    name: Annotated[str, typer.Option("--format", metavar="NAME", help="csv, parquet, json, ecs, ocsf or stix")],
    what: Annotated[str, typer.Option(metavar="WHAT", help="findings, or the events to look at")] = "findings",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="PATH", help="a file, or a folder to put one in"),
    ] = None,
) -> None:
    """Export the findings or the suspicious events of a night for other systems; the same night gives the same bytes.

    csv, parquet and json (an object a line) hold the tables as they are; ecs is what Elastic indexes, a document a
    line; ocsf a Detection Finding a line; stix one STIX 2.1 bundle, whose indicators hold for 30 days and name public
    addresses on the hostile side of attack patterns only. The published copy is read, never the live file.
    """
    from pipeline.console.exporting import export_night

    file = export_night(settings(), night, name, what, output)
    if file:
        console.print(f"wrote {file}", markup=False, soft_wrap=True)
