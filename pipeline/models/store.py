"""Loads stored models: those of a night, or the latest before it, and the consensus of a night."""

from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.models import consensus_rows
from pipeline.models.base import FittedModel
from pipeline.models.consensus import ConsensusModel
from pipeline.models.rows import from_rows
from pipeline.warehouse.engine import Warehouse
from schemas.scores import CONSENSUS

OF_NIGHT = "log_date = $night and algorithm <> $consensus"
BEFORE = "log_date < $night and algorithm <> $consensus"
CONSENSUS_OF_NIGHT = "log_date = $night and algorithm = $consensus"
NEWEST = """
    from models.fits where feature_table = $feature_table and accepted and {nights}
    qualify row_number() over (partition by algorithm order by log_date desc) = 1
"""
COMPONENTS = "from models.components where list_contains($model_ids, model_id)"


def load(warehouse: Warehouse, feature_table: str, night: date) -> dict[str, FittedModel]:
    """The accepted models that were fitted for the night, by algorithm."""
    return _newest(warehouse, feature_table, night, OF_NIGHT)


def latest_before(warehouse: Warehouse, feature_table: str, night: date) -> dict[str, FittedModel]:
    """By algorithm, the accepted model of the latest night before the given one."""
    return _newest(warehouse, feature_table, night, BEFORE)


def load_consensus(warehouse: Warehouse, feature_table: str, night: date) -> ConsensusModel | None:
    """The consensus that was fitted for the night, if there is one."""
    for row, components in _stored(warehouse, feature_table, night, CONSENSUS_OF_NIGHT):
        return consensus_rows.from_rows(row, components)
    return None


def _newest(warehouse: Warehouse, feature_table: str, night: date, nights: str) -> dict[str, FittedModel]:
    stored = _stored(warehouse, feature_table, night, nights)
    return {row["algorithm"]: from_rows(row, components) for row, components in stored}


def _stored(
    warehouse: Warehouse, feature_table: str, night: date, nights: str
) -> list[tuple[dict[str, Any], pa.Table]]:
    asked = {"feature_table": feature_table, "night": night, "consensus": CONSENSUS}
    with warehouse.connect() as connection:
        fits = connection.execute(NEWEST.format(nights=nights), asked).to_arrow_table().to_pylist()
        model_ids = [row["model_id"] for row in fits]
        components = connection.execute(COMPONENTS, {"model_ids": model_ids}).to_arrow_table()
    return [(row, components.filter(pc.equal(components["model_id"], row["model_id"]))) for row in fits]
