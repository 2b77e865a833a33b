"""Faults of the configuration as one sentence that names the key, the value and the remedy."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

Location = tuple[int | str, ...]  # the keys, and positions in lists, on the way to a value
Origin = Callable[[Location], str]  # the file or the variable that the value at a location comes from
LONGEST = 80  # characters of a value that are repeated
SHAPES = {
    "model_type": "it is a section; give it keys of its own",
    "list_type": 'it is a list; write it as ["one", "two"]',
    "tuple_type": "it is a list; write it as [1, 2]",
}


# what the system says, wherever it says it, and what helps
REMEDIES = {
    "No space left on device": "free some space or lower [retention], then run it again; nothing is half-written",
    "disk is full": "free some space or lower [retention], then run it again; nothing is half-written",
    "disk I/O error": "see whether the disk is full or fails, then run it again; nothing is half-written",
    "Disk quota exceeded": "raise the quota or lower [retention], then run it again; nothing is half-written",
    "File too large": "raise the limit on the size of files (ulimit -f), then run it again; nothing is half-written",
    "Permission denied": "let the user that runs Shoal write there, then run it again",
    "Read-only file system": "mount it for writing or name another home, then run it again",
}


def with_remedy(sentence: str) -> str:
    """What went wrong, with what helps against it where that is known and not said yet."""
    if any(remedy in sentence for remedy in REMEDIES.values()):
        return sentence
    return next((f"{sentence}; {remedy}" for cause, remedy in REMEDIES.items() if cause in sentence), sentence)


class UsageError(ValueError):
    """What was asked for cannot be done; the message says why and what can."""


class ConfigError(UsageError):
    """The configuration cannot be used; the message names the key, the value and the remedy."""


def sentence(error: ValidationError, settings: type[BaseModel], source_of: Origin) -> str:
    """The first fault as one sentence; `settings` is the model that the keys belong to."""
    fault = error.errors(include_url=False)[0]
    location, kind = fault["loc"], fault["type"]
    key = ".".join(str(part) for part in location) or "configuration"
    place = source_of(location)
    if kind == "extra_forbidden":
        known = list(_model_at(settings, location).model_fields)
        close = get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known keys there: {', '.join(known)}"
        what = f"section {key}" if _is_section(fault["input"]) else f"key {key} (value {_shown(fault['input'])})"
        return f"{place}: there is no {what}; {hint}"
    if kind == "missing":
        return f"{place}: {key} is missing; add it ({_description(settings, location)})"
    message = SHAPES.get(kind, fault["msg"].removeprefix("Value error, "))
    return f"{place}: {key} = {_shown(fault['input'])} cannot be used: {message[0].lower()}{message[1:]}"


def _shown(value: Any) -> str:
    # sections may hold secrets, and are long
    if _is_section(value):
        return "(see there)"
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _is_section(value: Any) -> bool:
    """Whether it is a section, or a list that has some."""
    values = value if isinstance(value, list) else [value]
    return any(isinstance(it, BaseModel | dict) for it in values)


def _model_at(settings: type[BaseModel], location: Location) -> type[BaseModel]:
    """The section that holds the key at a location."""
    model = settings
    for part in location[:-1]:
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


def _description(settings: type[BaseModel], location: Location) -> str:
    field = _model_at(settings, location).model_fields.get(str(location[-1]))
    return (field.description if field else None) or "see the sample shoal.toml"
