"""How assets exchange tables: loads are expressions that need no connection, stores are one checked transaction.

An asset that returns an Ibis expression, or a `Dated` one, fills the table of its own key; one that returns a mapping
fills each table named in it. The rows of the night (and of the asset's `scope`) are replaced.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg
import ibis

from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.storage import Rows, replace_rows

SCOPE = "shoal/scope"


class TableIOManager(dg.IOManager):
    """Tables of the warehouse, by asset key."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse

    def load_input(self, context: dg.InputContext) -> ibis.Table:
        """The table of the upstream asset, restricted to the nights that are asked for."""
        spec = self.warehouse.tables[".".join(context.asset_key.path)]
        table = spec.unbound()
        if spec.night is None or not context.has_asset_partitions:
            return table
        keys = sorted(context.asset_partition_keys)
        first, last = date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])
        night = table[spec.night]
        return table.filter(night == first if first == last else night.between(first, last))

    def handle_output(self, context: dg.OutputContext, obj: Rows | Mapping[str, Rows]) -> None:
        """Replace the night's rows of each table; all tables of one asset change together."""
        tables = obj if isinstance(obj, Mapping) else {".".join(context.asset_key.path): obj}
        night = date.fromisoformat(context.partition_key) if context.has_asset_partitions else None
        with self.warehouse.transaction() as connection:
            counts = {}
            for name, rows in tables.items():
                spec = self.warehouse.tables[name]
                scope: dict[str, Any] = dict(context.definition_metadata.get(SCOPE, {}))
                if spec.night is not None and night is not None:
                    scope[spec.night] = night
                counts[name] = replace_rows(connection, spec, rows, scope)
        context.add_output_metadata(_row_counts(counts))


def _row_counts(counts: dict[str, int]) -> dict[str, Any]:
    if len(counts) == 1:
        return {"dagster/partition_row_count": next(iter(counts.values()))}
    return {f"rows of {name}": count for name, count in counts.items()}
