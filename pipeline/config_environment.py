"""Environment variables as a layer over the configuration file: `SHOAL_TRAINING__WINDOW_DAYS` is training.window_days.

What belongs here: which keys variables set, and which variable a fault comes from. What does not: what keys there are.
"""

import json
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.config_errors import ConfigError, Location

PREFIX, NESTED = "SHOAL_", "__"
CONFIG_VARIABLE = f"{PREFIX}CONFIG"
JSON_STARTS = ("[", "{")


class Variable(NamedTuple):
    """An environment variable, the keys on the way to what it sets, and the value."""

    name: str
    keys: tuple[str, ...]
    value: Any


def variables_of(environment: Mapping[str, str]) -> list[Variable]:
    """The variables that set keys, sections before the keys in them; empty ones count as not set.

    Raises:
        ConfigError: one begins like JSON and is none.
    """
    return [
        Variable(name, tuple(name.removeprefix(PREFIX).lower().split(NESTED)), _value(name, text))
        for name, text in sorted(environment.items())
        if name.startswith(PREFIX) and name != CONFIG_VARIABLE and text
    ]


def _value(name: str, text: str) -> Any:
    """Lists and tables are written as JSON; all else stays text until its key says what it is."""
    if not text.lstrip().startswith(JSON_STARTS):
        return text
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        message = f"environment variable {name} = {text!r} is no valid JSON: {error}; write lists and tables as JSON"
        raise ConfigError(message) from None


def overlaid(content: Mapping[str, Any], variables: Sequence[Variable]) -> dict[str, Any]:
    """The file's content with the variables over it, key by key; a list replaces the file's."""
    layers = (reduce(lambda value, key: {key: value}, reversed(it.keys), it.value) for it in variables)
    return reduce(_over, layers, dict(content))


def _over(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    return below | {key: _over(below.get(key), value) for key, value in above.items()}


def origin(file: Path, variables: Sequence[Variable], location: Location) -> str:
    """What the value at a location comes from: a variable, the file, or the file and variables for keys inside it."""
    setting = [variable for variable in variables if _sets(variable, location)]
    inside = [variable for variable in variables if variable.keys[: len(location)] == location]
    names = ", ".join(f"environment variable {variable.name}" for variable in setting or inside)
    if not names:
        return str(file)
    return names if setting else f"{file} with {names}"


def _sets(variable: Variable, location: Location) -> bool:
    """Whether the value at the location, or at the last one on the way that is no table, is the variable's."""
    if variable.keys != location[: len(variable.keys)]:
        return False
    value, rest = variable.value, location[len(variable.keys) :]
    while rest and isinstance(value, dict):
        if rest[0] not in value:
            return False
        value, rest = value[rest[0]], rest[1:]
    return True
