"""What every command shares: the options that stand before it, the settings they choose, the console, exit codes."""

from pathlib import Path

from rich.console import Console

from pipeline.config import Settings, load

FAILED, WRONG_USAGE = 1, 2

console = Console(highlight=False)


class Chosen:
    """The options that stand before the command."""

    config: Path | None = None
    debug: bool = False


def settings() -> Settings:
    """The settings that the options before the command choose."""
    return load(Chosen.config)
