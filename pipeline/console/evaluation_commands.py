"""`shoal evaluate`: how good the scores of a night are."""

from typing import Annotated

import typer

from pipeline.console.context import console, settings
from pipeline.console.options import Night, examples

app = typer.Typer()


@app.command(epilog=examples("shoal evaluate --date 2026-01-07", "shoal evaluate --date 2026-01-07 --references"))
def evaluate(
    night: Night = None,
    references: Annotated[
        bool, typer.Option("--references", help="fit reference detectors on the same baseline and show them beside")
    ] = False,
) -> None:
    """Compare the stored scores of a night, by default yesterday's, with labels; nothing is stored."""
    from pipeline.console.evaluating import show_evaluation

    show_evaluation(settings(), night, console, references=references)
