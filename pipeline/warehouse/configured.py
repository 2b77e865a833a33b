"""The tables that a warehouse has: those that every one has, and those of the configured feature tables."""

from pipeline.config import OwnTable, Settings
from pipeline.config_tables import logarithm
from schemas.base import TableSpec
from schemas.features.own import OwnSpecs, own_specs
from schemas.registry import TABLES


def specs_of(own: OwnTable) -> OwnSpecs:
    """The tables of one added feature table; the same each time it is asked."""
    logarithms = tuple((name, logarithm(name)) for name in own.log)
    return own_specs(own.name, tuple(own.numeric), logarithms, tuple(own.categorical), from_files=own.path is not None)


def tables(settings: Settings) -> dict[str, TableSpec]:
    """Every table by its name."""
    added = {spec.name: spec for own in settings.feature_tables for spec in specs_of(own).tables}
    return TABLES | added
