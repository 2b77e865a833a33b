"""The feature tables of a configuration: Shoal's own and, made from their sections, those that a team adds.

How rows of an added table are read belongs in own_rows, what a section may say in config_tables.
"""

import ibis
from ibis import _

from pipeline.config import OwnTable, Settings, Site
from pipeline.config_tables import logarithm
from pipeline.features.own_rows import OwnRows
from pipeline.features.raw_night import RawNight
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.models.columns import FeatureColumns
from pipeline.warehouse.configured import specs_of
from schemas.raw import CONNECTIONS, LOGINS, SECURITY_EVENTS


def feature_tables(settings: Settings) -> dict[str, FeatureTable]:
    """Every feature table by its name."""
    return FEATURE_TABLES | {own.name: own_table(own, settings) for own in settings.feature_tables}


def check_own_tables(settings: Settings) -> None:
    """Raise unless the rows of every added table can be read.

    Raises:
        ConfigError: no file, a missing column, or a wrong query; names the table and the remedy.
    """
    for own in settings.feature_tables:
        OwnRows(own, settings).check()


def own_table(own: OwnTable, settings: Settings) -> FeatureTable:
    """What follows from a section; a query looks back as far as the window, since it may."""
    specs, rows = specs_of(own), OwnRows(own, settings)
    logarithms = tuple(map(logarithm, own.log))
    columns = FeatureColumns(
        numeric=(*own.numeric, *logarithms), categorical=tuple(own.categorical), logarithms=logarithms
    )

    def build(night: RawNight, site: Site) -> ibis.Table:
        del site
        return _features(own, rows.staged, night)

    return FeatureTable(
        name=own.name,
        raw=(SECURITY_EVENTS, CONNECTIONS, LOGINS) if own.sql is not None else (),
        entities=specs.entities,
        patterns=specs.patterns,
        pattern_scores=specs.pattern_scores,
        scores=specs.scores,
        build=build,
        columns=columns,
        seed_columns=columns,
        looks_back=own.sql is not None,
        own=rows,
        nights=specs.nights,
    )


def _features(own: OwnTable, staged: str, night: RawNight) -> ibis.Table:
    """Feature rows from the temporary table of a night's rows."""
    kinds = {"entity_id": "string", "log_date": "date", "label": "string"}
    kinds |= {
        f"c{place}": "string" if name in own.categorical else "float64" for place, name in enumerate(own.features)
    }
    rows = ibis.table(kinds, name=staged).filter(_.log_date == night.night)
    values = {name: rows[f"c{place}"] for place, name in enumerate(own.features)}
    logs = [signed_log(values[name]).name(logarithm(name)) for name in own.log]
    return rows.select("entity_id", "log_date", "label", *(value.name(name) for name, value in values.items()), *logs)


def signed_log(value: ibis.Value) -> ibis.Value:
    """ln(1 + |x|) with the sign of x; null for null."""
    return value.sign() * (value.abs() + 1).ln()
