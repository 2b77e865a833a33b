"""Stored models for people: which there are, what one is, how two differ, pinning one.

`list` and `show` read the published copy, the others the live warehouse. Scoring a night again is in `rescoring`.
"""

import getpass
from datetime import UTC, date, datetime
from typing import Any

from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console.querying import show
from pipeline.features.own_tables import feature_tables
from pipeline.features.patterns import add_up
from pipeline.models.comparison import compare
from pipeline.models.rescoring import find_model
from pipeline.models.stored import Model
from pipeline.people.editing import remove, write
from pipeline.report.terminal import safe_text
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import connect
from schemas.base import of_nights
from schemas.pins import PINS

LISTED = """
    with scored as ({scored})
    select f.feature_table as "table", f.algorithm, f.model_id as "fitted for the night",
           if(f.accepted, 'yes', 'no') as accepted, s.model_id as "scores the night",
           date_diff('day', g.log_date, f.log_date) as "its age", if(p.pin_id is null, '', 'yes') as pinned,
           f.reason
    from models.fits as f
    left join scored as s on s.feature_table = f.feature_table and s.algorithm = f.algorithm
    left join models.fits as g on g.model_id = s.model_id
    left join models.pins as p on p.feature_table = f.feature_table and p.algorithm = f.algorithm
    where f.log_date = $night
    order by 1, 2
"""
SCORED = """
    select distinct '{name}' as feature_table, algorithm, model_id from {scores} where log_date = $night
"""
NEWEST = "select max(log_date) from models.fits"
FIT = "select * exclude (encoder, usual, score_levels) from models.fits where model_id = $model_id"
CLUSTERS = """
    select stable_id as cluster, round(mass, 4) as mass, is_large as "large", round(spread, 3) as spread
    from models.components where model_id = $model_id and kind = 'cluster' and member = 0 order by component_id
"""


def list_models(settings: Settings, console: Console, night: date | None) -> None:
    """Print the models that were fitted for a night, by default the newest, and those that score it."""
    tables = feature_tables(settings).values()
    scored = " union all ".join(SCORED.format(name=table.name, scores=table.pattern_scores.name) for table in tables)
    with connect(settings.published_folder) as connection:
        chosen = night or connection.execute(NEWEST).fetchall()[0][0]
        cursor = connection.execute(LISTED.format(scored=scored), {"night": chosen})
        names, rows = [column[0] for column in cursor.description or []], cursor.fetchall()
    if not rows:
        message = f"no models were fitted for {chosen or 'any night'}; run one with `shoal run --date DAY`"
        raise UsageError(message)
    console.print(f"night {chosen}:")
    show(console, names, rows)
    most = settings.training.max_model_age
    for table, algorithm, _, _, serving, age, *_ in rows:
        if age is not None and age > most:
            console.print(
                f"{table} {algorithm}: {serving} is {age:,} nights old, more than training.max_model_age = {most}",
                soft_wrap=True,
            )


def show_model(settings: Settings, console: Console, model_id: str) -> None:
    """Print what a model is and its clusters.

    Raises:
        UsageError: there is none of that id.
    """
    with connect(settings.published_folder) as connection:
        cursor = connection.execute(FIT, {"model_id": model_id})
        names, rows = [column[0] for column in cursor.description or []], cursor.fetchall()
        if not rows:
            message = f"there is no model {model_id!r}; `shoal models list` shows those of a night"
            raise UsageError(message)
        clusters = connection.execute(CLUSTERS, {"model_id": model_id})
        heads, found = [column[0] for column in clusters.description or []], clusters.fetchall()
    for name, value in zip(names, rows[0], strict=True):
        console.print(f"{name}: ", safe_text("" if value is None else value), sep="", soft_wrap=True)
    if found:
        show(console, heads, found)


def compare_models(settings: Settings, console: Console, first_id: str, second_id: str) -> None:
    """Print how far two models agree on the rows of the nights that both were fitted on, or else on those of either.

    Raises:
        UsageError: there is no such model, or they are of different feature tables.
    """
    warehouse = Warehouse.of(settings)
    with warehouse.connect():
        first, second = find_model(warehouse, first_id), find_model(warehouse, second_id)
        if first.feature_table != second.feature_table:
            message = f"{first_id} is of {first.feature_table}, {second_id} of {second.feature_table}; name two of one"
            raise UsageError(message)
        table = feature_tables(settings)[first.feature_table]
        nights = _shared(first, second)
        patterns = warehouse.fetch(add_up(of_nights(table.patterns, *nights), table).order_by("pattern_id"))
    found = compare(first, second, patterns.to_pandas())
    told: dict[str, Any] = {
        "rows compared": f"{found.rows:,} of {nights[0]} to {nights[1]}",
        "adjusted Rand index of their clusters": _figure(found.rand),
        "rank correlation of their distances": _figure(found.correlation),
        "share above their 95th percentile": " and ".join(f"{share:.1%}" for share in found.flagged),
        "share above both": f"{found.both:.1%}",
        "clusters that both have": ", ".join(map(str, found.kept)) or "none",
    }
    show(console, ["", "value"], [*told.items()])


def pin_model(settings: Settings, console: Console, model_id: str, reason: str, owner: str | None) -> None:
    """Let a model score the nights from the one that it was fitted for, until it is unpinned.

    Raises:
        UsageError: there is no such model.
    """
    model = find_model(Warehouse.of(settings), model_id)
    pin = {
        "pin_id": f"{model.feature_table}-{model.algorithm}",
        "feature_table": model.feature_table,
        "algorithm": model.algorithm,
        "model_id": model_id,
        "owner": owner or getpass.getuser(),
        "reason": reason,
        "created_at": datetime.now(UTC),
    }
    write(settings, PINS, pin)
    console.print(
        f"{model_id} scores {model.feature_table} by {model.algorithm} in the nights from {model.log_date} on that are "
        f"run from now; undo with: shoal models unpin {pin['pin_id']}",
        soft_wrap=True,
    )


def unpin_model(settings: Settings, console: Console, pin_id: str) -> None:
    """Let nights be scored by the models that are fitted for them again.

    Raises:
        UsageError: nothing is pinned under that name.
    """
    remove(settings, PINS, pin_id)
    console.print(f"{pin_id} is unpinned: nights that are run from now are scored by their own models", soft_wrap=True)


def _shared(first: Model, second: Model) -> tuple[date, date]:
    """First and last night that both were fitted on; of either, where they share none."""
    start, end = max(first.trained_from, second.trained_from), min(first.trained_to, second.trained_to)
    if start <= end:
        return start, end
    return min(first.trained_from, second.trained_from), max(first.trained_to, second.trained_to)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
