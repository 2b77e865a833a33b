"""Rows of any table as CSV or JSON lines, as spreadsheets and programs can take them.

What does not belong here: where rows come from, and formats that say what a finding is (export).
"""

import csv
import io
import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pipeline.report.terminal import visible_text

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
Rows = list[tuple[Any, ...]]


def as_csv(names: list[str], rows: Rows, *, to_terminal: bool = False) -> str:
    """Rows as CSV; cells that a spreadsheet would run as formulas are defused with an apostrophe.

    On a terminal, control characters appear as Python writes them; in a file the data stays what it is.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_defused(value) for value in row] for row in [names, *rows])
    content = text.getvalue()
    return "\n".join(visible_text(line, limit=len(line)) for line in content.split("\n")) if to_terminal else content


def as_json(names: list[str], rows: Rows) -> str:
    """Rows as JSON lines, one object per row; times are ISO 8601, NaN and infinity null.

    Columns of one name are told apart by a number, since an object keeps only one of them.
    """
    keys = _told_apart(names)
    lines = (dict(zip(keys, map(_plain, row), strict=True)) for row in rows)
    return "".join(json.dumps(line, allow_nan=False) + "\n" for line in lines)


def _defused(value: Any) -> Any:
    if not isinstance(value, str | list | dict):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def _told_apart(names: Sequence[str]) -> list[str]:
    keys: list[str] = []
    for name in names:
        free = (key for number in range(len(names)) if (key := f"{name}_{number}" if number else name) not in keys)
        keys.append(next(free))
    return keys


def _plain(value: Any) -> Any:
    """The value in the types of JSON."""
    match value:
        case None | bool() | int() | str():
            return value
        case float() | Decimal():
            return float(value) if math.isfinite(value) else None
        case dict():
            return {key if isinstance(key, str) else str(_plain(key)): _plain(part) for key, part in value.items()}
        case list() | tuple():
            return [_plain(part) for part in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
