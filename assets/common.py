"""What all table assets share: key, owner, kinds, description and column schema, taken from the table's own schema."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import FeatureTable
from schemas.base import TableSpec
from schemas.registry import TABLES

OWNER = "team:security-data"
TABLES_KEY = "shoal/tables"
WAREHOUSE_POOL = "warehouse"  # of every step that opens the live file, which has one writer at a time
# for what touches the world outside: folders that others fill or read
RETRIES = dg.RetryPolicy(max_retries=2, delay=1, backoff=dg.Backoff.EXPONENTIAL)


def asset_key(spec: TableSpec) -> dg.AssetKey:
    """The asset key of a table is its name."""
    return dg.AssetKey([spec.database, spec.table])


def column_schema(spec: TableSpec) -> dg.TableSchema:
    """Columns with types, nullability and descriptions, as the web UI shows them."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name,
                type=str(column.dtype),
                description=column.description,
                constraints=dg.TableColumnConstraints(nullable=column.nullable, unique=column.unique),
            )
            for name, column in spec.columns().items()
        ]
    )


def described(
    group: str, kinds: set[str], tables: list[TableSpec], metadata: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Arguments of `dg.asset` and `dg.AssetSpec` for an asset that fills the given tables."""
    schema = {"dagster/column_schema": column_schema(tables[0])} if tables else {}
    names = {TABLES_KEY: [spec.name for spec in tables], "dagster/table_name": tables[0].name} if tables else {}
    return {
        "group_name": group,
        "owners": [OWNER],
        "kinds": kinds,
        "metadata": schema | names | dict(metadata or {}),
    }


def tables_by_step(settings: Settings) -> list[list[FeatureTable]]:
    """Feature tables that share a step: those of the pipeline, then alone each that a team adds, for that may fail."""
    tables = list(feature_tables(settings).values())
    return [[table for table in tables if not table.own], *([table] for table in tables if table.own)]


def tables_of(metadata: Mapping[str, Any], tables: Mapping[str, TableSpec] = TABLES) -> list[TableSpec]:
    """The tables that an asset fills, from its metadata."""
    return [tables[name] for name in metadata.get(TABLES_KEY, [])]
