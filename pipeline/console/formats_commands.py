"""`shoal formats`: what can be read."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.console.context import FAILED, console

app = typer.Typer()
_formats = typer.Typer(help="List the log formats that can be read, or say which one a file is of.")
app.add_typer(_formats, name="formats")


@_formats.callback(invoke_without_command=True)
def formats(context: typer.Context) -> None:
    """List the log formats that can be read, each with an example and its options."""
    from pipeline.console.formats import show_formats

    if context.invoked_subcommand is None:
        show_formats(console)


@_formats.command()
def detect(files: Annotated[list[Path], typer.Argument(metavar="FILE", help="log files")]) -> None:
    """Say which format each file is, how sure that is and why; exit code 1 unless all were recognised."""
    from pipeline.console.formats import show_detected

    if missing := [file for file in files if not file.is_file()]:
        message = f"{missing[0]} is no file"
        raise typer.BadParameter(message)
    if not show_detected(files, console):
        raise typer.Exit(FAILED)
