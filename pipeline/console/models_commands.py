"""`shoal models` and `shoal rescore`: the stored models, and nights scored again with one of them."""

from datetime import date
from typing import Annotated

import typer

from pipeline.console.context import console, settings
from pipeline.console.options import Night, day, examples

app = typer.Typer()
_models = typer.Typer(help="Stored models: list, show, compare and pin them.")
app.add_typer(_models, name="models")

ModelId = Annotated[str, typer.Argument(metavar="ID", help="id of a stored model, as list shows it")]


@_models.callback(invoke_without_command=True)
def models(context: typer.Context) -> None:
    """List, show, compare and pin stored models; without a command, list those of the newest night."""
    if context.invoked_subcommand is None:
        models_list()


@_models.command("list", epilog=examples("shoal models list", "shoal models list --date 2026-01-07"))
def models_list(night: Night = None) -> None:
    """List the models fitted for a night, by default the newest, whether they were accepted, and what scores it."""
    from pipeline.console.models import list_models

    list_models(settings(), console, night)


@_models.command("show")
def models_show(model_id: ModelId) -> None:
    """Show a model's parameters, metrics and clusters."""
    from pipeline.console.models import show_model

    show_model(settings(), console, model_id)


@_models.command("compare")
def models_compare(first: ModelId, second: ModelId) -> None:
    """Say how far two models of a feature table agree on the nights that both were fitted on."""
    from pipeline.console.models import compare_models

    compare_models(settings(), console, first, second)


@_models.command(
    "pin", epilog=examples('shoal models pin events-kmeans-2026-01-09-0a1b2c3d --reason "before the migration"')
)
def models_pin(
    model_id: ModelId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="why")],
    owner: Annotated[
        str | None, typer.Option(metavar="NAME", help="who answers for it; by default who runs the command")
    ] = None,
) -> None:
    """Let a model score all nights that are run from now, from the one that it was fitted for on."""
    from pipeline.console.models import pin_model

    pin_model(settings(), console, model_id, reason, owner)


@_models.command("unpin", epilog=examples("shoal models unpin events-kmeans"))
def models_unpin(
    pin_id: Annotated[str, typer.Argument(metavar="PIN", help="feature table and algorithm, such as events-kmeans")],
) -> None:
    """Let nights be scored by their own models again."""
    from pipeline.console.models import unpin_model

    unpin_model(settings(), console, pin_id)


@app.command(epilog=examples("shoal rescore --date 2026-01-09 --model events-kmeans-2026-01-07-0a1b2c3d"))
def rescore(
    night: Annotated[date, typer.Option("--date", parser=day, metavar="DAY", help="the night, a UTC day")],
    model: Annotated[str, typer.Option(metavar="ID", help="id of a stored model")],
) -> None:
    """Score a night again with a stored model, in place of the scores of its algorithm, and make the report anew."""
    from pipeline.console.rescoring import rescore_night

    rescore_night(settings(), console, night, model)
