"""`shoal daemon`: the nights by themselves."""

import typer

from pipeline.console.context import Chosen, console, settings

app = typer.Typer()


@app.command(epilog="Ctrl-C stops it. A team runs it as a service: see docs/operations.md.")
def daemon() -> None:
    """Run every night by itself: the schedule, late logs, retries; stays until it is stopped."""
    from pipeline.console.web import run_daemon

    run_daemon(settings(), Chosen.config, console)
