"""The templates' environment: how values become text on a page.

Every value passes `visible_text` and then Jinja's autoescaping, whatever the template does; no template marks data as
safe. What does not belong here: what a page shows (page), how it looks (the templates themselves).
"""

from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.plots.figure import cluster_words, label, title
from pipeline.report.terminal import visible_text

MISSING = "-"
CELL_LIMIT = 80  # characters in a cell of a table


def render(template: str, values: dict[str, Any]) -> str:
    """The template with the values. A name that the values lack is an error, not an empty place."""
    return environment().get_template(template).render(values)


@cache
def environment() -> Environment:
    """The environment of all templates."""
    made = Environment(
        loader=PackageLoader("pipeline.report"),
        autoescape=True,
        finalize=shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["json.dumps_kwargs"] = {"allow_nan": False, "separators": (",", ":")}
    made.filters |= {"cell": cell, "clock": clock, "count": count, "figure": figure, "hourly": hourly, "label": label}
    made.filters |= {"cluster": cluster_words, "title_of": title}
    return made


def shown(value: Any) -> Any:
    """What becomes of every expression of a template before it is escaped."""
    if isinstance(value, Markup):
        return value
    return MISSING if value is None else visible_text(value)


def cell(value: object) -> str | None:
    """A value cut to the width of a table's cell."""
    return None if value is None else visible_text(value, CELL_LIMIT)


def count(value: float | None) -> str | None:
    """A whole number with thousands separated; a column with gaps comes as floats."""
    return None if value is None else f"{value:,.0f}"


def figure(value: object) -> str | None:
    """A value of a model's parameters or metrics, numbers to four digits."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if abs(value) >= 1000 or isinstance(value, int) else f"{value:.4g}"
    return cell(value)


def clock(moment: str | datetime | None, pattern: str = "%H:%M:%S") -> str | None:
    """Time of day in UTC; evidence carries times in ISO format."""
    if moment is None:
        return None
    return f"{datetime.fromisoformat(moment) if isinstance(moment, str) else moment:{pattern}}"


def hourly(pairs: list[list[Any]]) -> list[int]:
    """Counts of the hours 0 to 23 from [hour, count] pairs."""
    known = {int(hour): int(events) for hour, events in pairs}
    return [known.get(hour, 0) for hour in range(24)]
