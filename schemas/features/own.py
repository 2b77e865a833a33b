"""Feature tables that a team adds: their schemas follow from what the configuration says of their columns."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from schemas.base import Date, Float, Int64, Table, TableSpec, Text, column
from schemas.features.common import ENTITY_PATTERN, LABEL, LOG_DATE, PATTERN_ID, REVISION
from schemas.scores import PER_NIGHT, score_tables

Attributes = dict[str, tuple[Any, Any]]  # by name: a column's type and description


class OwnSpecs(NamedTuple):
    """The tables of one added feature table; `nights` is kept where its rows come from files."""

    entities: TableSpec
    patterns: TableSpec
    pattern_scores: TableSpec
    scores: TableSpec
    nights: TableSpec | None

    @property
    def tables(self) -> tuple[TableSpec, ...]:
        """All that there are."""
        return tuple(spec for spec in self if spec is not None)


class OwnNights(Table):
    """One row per night of which the files of a feature table have rows."""

    log_date: Date = column("the night", unique=True)
    rows: Int64 = column("rows that name an entity; 0 once the files have none any more", ge=0)
    revision: Int64 = column("hash of the night's rows: what is built of others is stale", ge=1)


@cache
def own_specs(
    name: str, numeric: tuple[str, ...], logarithms: tuple[tuple[str, str], ...], categorical: tuple[str, ...],
    *, from_files: bool,
) -> OwnSpecs:  # fmt: skip
    """The tables of an added feature table.

    Args:
        name: its name.
        numeric: columns of numbers.
        logarithms: columns of heavy-tailed numbers, each with the name of its logarithm.
        categorical: columns of texts.
        from_files: whether its rows come from files.
    """
    numbers = {one: f"{one}, null where it is no number" for one in numeric}
    logs = {log: f"ln(1 + |x|) of {plain}, with the sign of x" for plain, log in logarithms}
    texts = {one: f"{one}, unknown where there is none" for one in categorical}
    exact = {plain: f"{plain}, null where it is no number" for plain, _ in logarithms}
    features = _named("feature", Float, numbers | logs, nullable=True) | _named("category", Text, texts)
    entities = _model(
        "OwnFeatures",
        f"One row per entity and night of the configured table {name}.",
        {"entity_id": (Text, column("the entity")), "log_date": (Date, LOG_DATE), "pattern_id": (Int64, ENTITY_PATTERN)}
        | features
        | _named("exact", Float, exact, nullable=True)
        | {"revision": (Int64, REVISION), "label": (Text, LABEL)},
    )
    patterns = _model(
        "OwnPatterns",
        f"One row per distinct feature row of a night of the configured table {name}.",
        features
        | {"log_date": (Date, LOG_DATE), "pattern_id": (Int64, PATTERN_ID)}
        | {"weight": (Int64, column("entities of the night that share it", ge=1)), "revision": (Int64, REVISION)},
    )
    pattern_scores, scores = score_tables(name, name, "the entity", PER_NIGHT)
    return OwnSpecs(
        TableSpec(f"features.{name}", entities, PER_NIGHT),
        TableSpec(f"features.{name}_patterns", patterns, ("log_date", "pattern_id")),
        pattern_scores,
        scores,
        TableSpec(f"features.{name}_nights", OwnNights, ("log_date",)) if from_files else None,
    )


def _named(role: str, kind: Any, described: Mapping[str, str], *, nullable: bool = False) -> Attributes:
    """Columns of any name: their attributes have names of ours, so none can hide what a model has."""
    return {
        f"{role}_{place}": (kind, column(what, nullable=nullable, alias=name))
        for place, (name, what) in enumerate(described.items())
    }


def _model(kind: str, what: str, attributes: Attributes) -> type[Table]:
    types = {name: of for name, (of, _) in attributes.items()}
    fields = {name: field for name, (_, field) in attributes.items()}
    return type(kind, (Table,), {"__doc__": what, "__annotations__": types, **fields})
