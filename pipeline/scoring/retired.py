"""Takes out of a night what algorithms left there that are configured no more: a night run again is a night anew."""

from collections.abc import Sequence
from datetime import date

from pipeline.features.tables import FeatureTable
from pipeline.warehouse.engine import Warehouse
from schemas.models import TABLES as MODEL_TABLES


def retire(warehouse: Warehouse, table: FeatureTable, night: date, algorithms: Sequence[str]) -> None:
    """Delete the night's models and scores of all algorithms but these, in one transaction."""
    kept = {"night": night, "algorithms": list(algorithms)}
    others = "log_date = $night and not list_contains($algorithms, algorithm)"
    with warehouse.transaction() as connection:
        connection.execute(f"delete from {table.pattern_scores.name} where {others}", kept)  # noqa: S608 - our name
        for spec in MODEL_TABLES:
            of_table = f"delete from {spec.name} where feature_table = $feature_table and {others}"  # noqa: S608
            connection.execute(of_table, kept | {"feature_table": table.name})
