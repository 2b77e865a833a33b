"""`shoal notify`: messages that wait for their receivers."""

from typing import Annotated

import typer

from pipeline.console.context import FAILED, console, settings

app = typer.Typer()


@app.command()
def notify(
    trial: Annotated[bool, typer.Option("--test", help="send every channel a trial message instead")] = False,
) -> None:
    """Deliver now what waits in the outbox; every night does so too. Exit code 1 unless all arrived."""
    from pipeline.console.notifying import notify as deliver

    if not deliver(settings(), console, trial=trial):
        raise typer.Exit(FAILED)
