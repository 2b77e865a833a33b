"""Loads stored models: those that score a night, the latest before it, or one by its id.

A night is scored by the model that was fitted for it, or by the champion that it could not replace, or by a pinned one.
"""

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

# a pinned model scores no night that it may have been fitted on
SERVING = """
    with own as (
        from models.fits where feature_table = $feature_table and log_date = $night
    ), champions as (
        select own.algorithm, before.model_id from own join models.fits as before on before.model_id = own.previous_id
        where not own.accepted
    ), pinned as (
        select p.algorithm, p.model_id from models.pins as p join models.fits as f using (model_id)
        where p.feature_table = $feature_table and f.log_date <= $night
    ), serving as (
        select coalesce(p.model_id, c.model_id, own.model_id) as model_id
        from own left join champions as c using (algorithm) left join pinned as p using (algorithm)
    )
    from models.fits semi join serving using (model_id)
"""
BEFORE = """
    from models.fits where feature_table = $feature_table and accepted and log_date < $night
    qualify row_number() over (partition by algorithm order by log_date desc) = 1
"""
BY_ID = "from models.fits where model_id = $model_id"
COMPONENTS = "from models.components where list_contains($model_ids, model_id)"
Fitted = FittedModel | ConsensusModel


def serving(warehouse: Warehouse, feature_table: str, night: date) -> dict[str, Fitted]:
    """By algorithm, and for the consensus, the model that scores the night; none for what was not fitted for it."""
    return _stored(warehouse, SERVING, feature_table=feature_table, night=night)


def load(warehouse: Warehouse, feature_table: str, night: date) -> dict[str, FittedModel]:
    """By algorithm, the models that score the night and have clusters: all but the consensus."""
    without = f"{SERVING} where algorithm <> $consensus"
    found = _stored(warehouse, without, feature_table=feature_table, night=night, consensus=CONSENSUS)
    return {name: model for name, model in found.items() if isinstance(model, FittedModel)}


def load_model(warehouse: Warehouse, model_id: str) -> Fitted | None:
    """The model of that id, if it is stored."""
    return next(iter(_stored(warehouse, BY_ID, model_id=model_id).values()), None)


def latest_before(warehouse: Warehouse, feature_table: str, night: date) -> dict[str, Fitted]:
    """By algorithm, and for the consensus, the accepted model of the latest night before the given one."""
    return _stored(warehouse, BEFORE, feature_table=feature_table, night=night)


def _stored(warehouse: Warehouse, query: str, **asked: Any) -> dict[str, Fitted]:
    with warehouse.connect() as connection:
        fits = connection.execute(query, asked).to_arrow_table().to_pylist()
        model_ids = [row["model_id"] for row in fits]
        components = connection.execute(COMPONENTS, {"model_ids": model_ids}).to_arrow_table()
    return {
        row["algorithm"]: _model(row, components.filter(pc.equal(components["model_id"], row["model_id"])))
        for row in fits
    }


def _model(row: dict[str, Any], components: pa.Table) -> Fitted:
    read = consensus_rows.from_rows if row["algorithm"] == CONSENSUS else from_rows
    return read(row, components)
