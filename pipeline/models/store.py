"""Loads stored models: the one of a night, or the latest before it."""

from datetime import date

import ibis
from ibis import _

from pipeline.models.base import FittedModel
from pipeline.models.rows import from_rows
from pipeline.warehouse.engine import Warehouse
from schemas.models import COMPONENTS, FITS


def load(warehouse: Warehouse, feature_table: str, algorithm: str, night: date) -> FittedModel | None:
    """The accepted model that was fitted for the night, or None."""
    return _newest(warehouse, _models_of(feature_table, algorithm).filter(_.log_date == night))


def latest_before(warehouse: Warehouse, feature_table: str, algorithm: str, night: date) -> FittedModel | None:
    """The accepted model of the latest night before the given one, or None."""
    return _newest(warehouse, _models_of(feature_table, algorithm).filter(_.log_date < night))


def _models_of(feature_table: str, algorithm: str) -> ibis.Table:
    fits = FITS.unbound()
    return fits.filter(fits.feature_table == feature_table, fits.algorithm == algorithm, fits.accepted)


def _newest(warehouse: Warehouse, fits: ibis.Table) -> FittedModel | None:
    rows = warehouse.fetch(fits.order_by(ibis.desc("log_date")).limit(1)).to_pylist()
    if not rows:
        return None
    components = COMPONENTS.unbound()
    return from_rows(rows[0], warehouse.fetch(components.filter(components.model_id == rows[0]["model_id"])))
