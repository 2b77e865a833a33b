"""What a night asks of the features: its own rows, and up-to-date patterns of the baseline window before it."""

from datetime import date
from functools import lru_cache

import ibis
from duckdb import DuckDBPyConnection
from ibis import _

from pipeline.config import Settings, Site
from pipeline.features.patterns import collapse, with_pattern
from pipeline.features.raw_night import RawNight
from pipeline.features.revisions import revisions
from pipeline.features.tables import FeatureTable
from pipeline.upkeep.horizons import check_kept
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import FIRST, LAST, MOST_KEPT, NIGHT, Dated, window_dates
from pipeline.warehouse.storage import replace_rows
from schemas.base import of_night, of_nights
from schemas.features import EMPTY_NIGHTS

MADE_LATER = ("pattern_id", "revision")


def feature_rows(table: FeatureTable, night: date, settings: Settings) -> Dated:
    """Feature rows of a night from the raw tables, with the revision of the logs that they are built from."""
    window_days, mode = settings.training.window_days, settings.training.seed_compatible
    return Dated(_features(table, window_days, settings.site, mode), window_dates(night, window_days))


@lru_cache(maxsize=MOST_KEPT)
def _features(table: FeatureTable, window_days: int, site: Site, seed_compatible: bool) -> ibis.Table:
    types = {name: kind for name, kind in table.entities.schema().items() if name not in MADE_LATER}
    built = table.build(RawNight(NIGHT, FIRST, LAST), site)[list(types)].cast(types)
    rows = with_pattern(built, table, seed_compatible=seed_compatible)
    now = revisions(table, window_days).filter(_.log_date == NIGHT)[["log_date", "revision"]]
    return rows.inner_join(now, "log_date")[list(table.entities.schema())]


def pattern_rows(table: FeatureTable, night: date, settings: Settings) -> Dated:
    """Patterns of a night's feature rows."""
    return Dated(_patterns(table, settings.training.seed_compatible), {NIGHT: night})


@lru_cache(maxsize=MOST_KEPT)
def _patterns(table: FeatureTable, seed_compatible: bool) -> ibis.Table:
    return collapse(of_night(table.entities, NIGHT), table, seed_compatible=seed_compatible)


def outdated(warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings) -> list[date]:
    """Nights of the baseline window whose patterns are missing, of another mode, or rest on logs that have changed."""
    window_days, mode = settings.training.window_days, settings.training.seed_compatible
    asked = _outdated(table, window_days, mode)
    return sorted(warehouse.fetch(asked, window_dates(night, window_days))["log_date"].to_pylist())


@lru_cache(maxsize=MOST_KEPT)
def _outdated(table: FeatureTable, window_days: int, seed_compatible: bool) -> ibis.Table:
    built = of_nights(table.patterns, FIRST, LAST).group_by("log_date").agg(built=_.revision.min(), **_mode(table))
    empty = of_nights(EMPTY_NIGHTS, FIRST, LAST).filter(_.feature_table == table.name)
    nights = revisions(table, window_days).filter(_.log_date.between(FIRST, LAST)).left_join(built, "log_date")
    nights = nights.drop("log_date_right").left_join(empty.select("log_date", emptied=_.revision), "log_date")
    # a night that lost all its rows has no patterns to be out of date
    current = (nights.rows > 0).ifelse(nights.revision, 0)
    is_empty = nights.built.isnull() & (nights.emptied == current).fill_null(False)
    is_wrong = (nights.built.fill_null(0) != current) & ~is_empty
    if table.seed_only:
        is_wrong |= (nights.is_seed != seed_compatible).fill_null(False)
    return nights.filter(is_wrong)[["log_date"]]


def _mode(table: FeatureTable) -> dict[str, ibis.Value]:
    """Aggregate: whether patterns tell apart what only the published recipe does, where that makes a difference."""
    if not table.seed_only:
        return {}
    return {"is_seed": ibis.coalesce(*(_[name] for name in table.seed_only)).notnull().any()}


def catch_up(warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings) -> list[date]:
    """Build the outdated nights of the baseline window, so that a baseline does not depend on which nights were run.

    Each night is one transaction. Scores and reports of these nights stay as they are: they are stale, and say so.

    Raises:
        NightRemovedError: the retention has removed logs that the baseline is built from.
    """
    with warehouse.connect() as connection:
        check_kept(connection, night, settings.training.window_days)
    nights = outdated(warehouse, table, night, settings)
    for day in nights:
        with warehouse.transaction() as connection:
            if table.own:
                table.own.stage(connection, day)
            replace_rows(connection, table.entities, feature_rows(table, day, settings), {"log_date": day})
            patterns = replace_rows(connection, table.patterns, pattern_rows(table, day, settings), {"log_date": day})
            _note_empty(connection, table, day, settings, is_empty=not patterns)
    return nights


def _note_empty(
    connection: DuckDBPyConnection, table: FeatureTable, night: date, settings: Settings, *, is_empty: bool
) -> None:
    """Note that a night's logs give no entities, so that it is not built again for every later night."""
    now = revisions(table, settings.training.window_days).filter(_.log_date == night)
    noted = now.select(feature_table=ibis.literal(table.name), log_date=_.log_date, revision=_.revision)
    scope = {"feature_table": table.name, "log_date": night}
    replace_rows(connection, EMPTY_NIGHTS, noted.filter(ibis.literal(is_empty)), scope)
