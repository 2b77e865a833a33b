"""Looks at the JSON objects with which a file begins, so that the JSON formats can be told from each other.

Here: objects, their keys, and how many of them fit. Not here: which keys make a format, reading whole files.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.ingest.contract import Head, Recognition
from pipeline.ingest.json_scanner import JsonScanner

DEEPEST = 8
SURE = 0.9


def leading_objects(head: Head, wrapper: str | None = None) -> list[dict[str, Any]]:
    """The whole JSON objects at the beginning of a file: lines, arrays, pretty-printed, all that the reader takes.

    Args:
        head: of the file.
        wrapper: key under which an object may wrap them, see `records_within`.
    """
    text = head.data.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    if text.lstrip()[:1] not in ("{", "["):
        return []
    # an object ends for sure where its line does
    records = JsonScanner(wrapper=wrapper).scan(f"{text}\n", final=False)
    found = (_parsed(text) for _, text, fault in records if text and not fault)
    return [item for item in found if isinstance(item, dict)]


def recognised(
    head: Head,
    fits: Callable[[set[str]], bool],
    why: str,
    confidence: float = SURE,
    wrapper: str | None = None,
) -> Recognition | None:
    """The answer of a JSON format: its confidence times the share of objects that fit, if most of them do.

    Args:
        head: of the file.
        fits: whether an object with these keys is of the format; nested ones are given with dots, as in `source.ip`.
        why: what its objects have that others do not.
        confidence: where all of them fit.
        wrapper: key under which an object may wrap them.
    """
    objects = leading_objects(head, wrapper)
    fitting = sum(fits(set(_paths(item))) for item in objects)
    return Recognition(confidence * fitting / len(objects), why) if 2 * fitting > len(objects) else None


def _parsed(text: str) -> Any:
    try:
        # a number's value does not matter here, and one of very many digits would be refused
        return json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return None


def _paths(item: dict[str, Any], prefix: str = "", depth: int = 1) -> Iterator[str]:
    for key, value in item.items():
        yield prefix + key
        if isinstance(value, dict) and depth < DEEPEST:
            yield from _paths(value, f"{prefix}{key}.", depth + 1)
