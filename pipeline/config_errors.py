"""Faults of the configuration as one sentence that names the key, the value and the remedy."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the key, the value and the remedy."""


def sentence(error: ValidationError, file: Path, settings: type[BaseModel]) -> str:
    """The first fault as one sentence; `settings` is the model that the keys belong to."""
    fault = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in fault["loc"]) or "configuration"
    if fault["type"] == "extra_forbidden":
        known = _keys_beside(settings, fault["loc"])
        close = get_close_matches(str(fault["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known keys there: {', '.join(known)}"
        return f"{file}: there is no key {key} (value {fault['input']!r}); {hint}"
    if fault["type"] == "missing":
        return f"{file}: {key} is missing; add it ({_description(settings, fault['loc'])})"
    message = fault["msg"].removeprefix("Value error, ")
    return f"{file}: {key} = {_shown(fault['input'])} cannot be used: {message[0].lower()}{message[1:]}"


def _shown(value: Any) -> str:
    return repr(value) if not isinstance(value, BaseModel | dict) else "(see there)"


def _model_at(settings: type[BaseModel], loc: tuple[int | str, ...]) -> type[BaseModel]:
    """The section that holds the key at `loc`."""
    model = settings
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        if part not in model.model_fields:
            break
        annotation = model.model_fields[part].annotation
        inner = get_args(annotation)
        candidate = inner[0] if inner else annotation
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            model = candidate
    return model


def _keys_beside(settings: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    return [name for name in _model_at(settings, loc).model_fields if name != "folder"]


def _description(settings: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    field = _model_at(settings, loc).model_fields.get(str(loc[-1]))
    return (field.description if field else None) or "see the sample shoal.toml"
