"""What a migration is."""

from collections.abc import Callable
from typing import NamedTuple

import duckdb

Step = Callable[[duckdb.DuckDBPyConnection], object]


def nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """A part of a migration that has nothing to do."""
    del connection


class Migration(NamedTuple):
    """The step from one version to the next: tables first, then their rows."""

    reshape: Step = nothing
    fill: Step = nothing
