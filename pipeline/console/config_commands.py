"""`shoal config`: what the configuration means, and whether services can start with it."""

import typer

from pipeline.console.context import console, settings

app = typer.Typer()
_config = typer.Typer(help="What the configuration means.")
app.add_typer(_config, name="config")


@_config.command("check")
def check() -> None:
    """Read the configuration and say what it means; errors name the key, the value and the remedy."""
    from pipeline.console.explaining import explain

    explain(settings(), console)


@_config.command("load", epilog="Unlike `shoal config check` it looks for no logs: they may come later.")
def load() -> None:
    """Load what the daemon and the web UI run; where that fails they would stay up and run nothing."""
    from pipeline.definitions import build_defs

    definitions = build_defs(settings())
    definitions.validate_loadable(definitions)
    console.print("the configuration and what it runs can be loaded")
