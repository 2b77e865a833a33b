"""What the options of commands have in common: how a day is read, how examples are shown."""

from datetime import date
from typing import Annotated

import typer


def day(text: str) -> date:
    """A day as ISO 8601 writes it.

    Raises:
        typer.BadParameter: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no day; write one such as 2026-01-05"
        raise typer.BadParameter(message) from None


def examples(*lines: str) -> str:
    """Examples for the end of a help text, a line each."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


Night = Annotated[date | None, typer.Option("--date", parser=day, metavar="DAY", help="the night, a UTC day")]
First = Annotated[date | None, typer.Option("--from", parser=day, metavar="DAY", help="first night")]
Last = Annotated[date | None, typer.Option("--to", parser=day, metavar="DAY", help="last night")]
Compatible = Annotated[
    bool,
    typer.Option(
        "--compat",
        help="with the columns and fixed parameters of the published recipes (K=5, n_init=10, eps=0.5,"
        " min_samples=5, random_state=42)",
    ),
]
