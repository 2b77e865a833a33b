"""A feature table that a team adds: where its rows come from, and what each of their columns is.

What belongs here: what one `[[feature_tables]]` section may say. What does not: how its rows are read
(features.own_rows), what follows from it (features.own_tables).
"""

from collections import Counter
from typing import get_args

from pydantic import Field, field_validator, model_validator

from pipeline.config_sections import AlgorithmName, Section, without_nul

# tables that there are, and the ends of the names of tables and assets that follow from a feature table's
BUILT_IN = ("events", "users", "source_ips", "destination_ips", "connections")
TAKEN_NAMES = frozenset({*BUILT_IN} | {"event", "user", "source_ip", "destination_ip", "connection"})
TAKEN_ENDS = ("patterns", "nights", "features", "models", "scores", "schema", "consensus", *get_args(AlgorithmName))
BOOKKEEPING = ("entity_id", "log_date", "pattern_id", "revision", "weight", "label")
LOG_END = "_log"


class OwnTable(Section):
    """A feature table of a team's own."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="lower-case name: x gives features.x and scores.x")
    path: str | None = Field(
        None,
        min_length=1,
        description="glob of CSV files with a header, or of Parquet files, from the folder of the configuration file; "
        "{home} is the home folder",
    )
    sql: str | None = Field(
        None, min_length=1, description="in place of path: one SELECT over the raw tables, for the night $night"
    )
    date: str = Field(description="column that says which night a row belongs to; times count as UTC")
    entity: str = Field(description="column that identifies a row within a night")
    numeric: list[str] = Field(default_factory=list, description="columns of numbers")
    log: list[str] = Field(
        default_factory=list, description="columns of heavy-tailed numbers x: models see ln(1 + |x|) with the sign of x"
    )
    categorical: list[str] = Field(default_factory=list, description="columns of texts")
    label: str | None = Field(None, description="column of 0 and 1 or of texts; never a feature")
    benign: list[str] = Field(["0", "0.0", "false"], description="labels that say that a row is benign")

    @field_validator("path")
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        return without_nul(value) if value else value

    @field_validator("name")
    @classmethod
    def _is_free(cls, value: str) -> str:
        if value in TAKEN_NAMES:
            message = "Shoal has tables of that name; choose another"
            raise ValueError(message)
        if end := next((end for end in TAKEN_ENDS if value.endswith(f"_{end}")), None):
            message = f"what follows from a feature table is named like that; choose one that does not end in _{end}"
            raise ValueError(message)
        return value

    @field_validator("date", "entity", "label")
    @classmethod
    def _is_a_name(cls, value: str | None) -> str | None:
        return value if value is None else _named(value)

    @field_validator("numeric", "log", "categorical")
    @classmethod
    def _are_names(cls, value: list[str]) -> list[str]:
        return [_named(name) for name in value]

    @model_validator(mode="after")
    def _fits_together(self) -> "OwnTable":
        if (self.path is None) == (self.sql is None):
            message = f"the table {self.name} needs either path or sql; give one of them"
            raise ValueError(message)
        if not (self.numeric or self.log or self.categorical):
            message = f"the table {self.name} has no features; name columns under numeric, log or categorical"
            raise ValueError(message)
        features = {name.lower() for name in self.features}
        if clash := next((name for name in (self.label, self.entity) if name and name.lower() in features), None):
            message = f"the table {self.name} has the column {clash} as a feature and as label or entity; name it once"
            raise ValueError(message)
        stored = Counter(name.lower() for name in (*self.features, *map(logarithm, self.log), *BOOKKEEPING))
        if twice := next((name for name, times in stored.items() if times > 1), None):
            message = (
                f"the table {self.name} would have two columns {twice}, which the engine cannot tell apart; name each "
                f"column once, and rename what is called like one of {', '.join(BOOKKEEPING)}"
            )
            raise ValueError(message)
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that features are made of, in the order of their roles."""
        return (*self.numeric, *self.log, *self.categorical)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        return (self.date, self.entity, *self.features, *((self.label,) if self.label else ()))


def logarithm(name: str) -> str:
    """The feature that a heavy-tailed column becomes."""
    return f"{name}{LOG_END}"


def _named(value: str) -> str:
    if not value.strip() or not value.isprintable():
        message = "a column's name holds characters that can be seen and no others; give the name of a column"
        raise ValueError(message)
    return value
