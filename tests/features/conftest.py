"""Builds feature tables from a few raw rows, as a night does: in the engine, checked by their schemas."""

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from feature_helpers import NIGHT

from pipeline.config import Settings, Site
from pipeline.features.nightly import feature_rows, pattern_rows
from pipeline.features.tables import FEATURE_TABLES
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.storage import replace_rows
from schemas.registry import TABLES

Features = Callable[..., pd.DataFrame]
IDS = {"event_id": "raw.security_events", "connection_id": "raw.connections", "login_id": "raw.logins"}
EVERY_KIND = {"events": 1, "connections": 1, "logins": 1, "revision": 1}


@pytest.fixture(scope="session")
def own_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return Warehouse(tmp_path_factory.mktemp("features") / "warehouse.duckdb")


@pytest.fixture
def features(own_warehouse: Warehouse) -> Features:
    """Rows of a feature table of the night by entity, for raw rows of any table and night; `patterns` gives these."""

    def build(
        table: str,
        rows: Iterable[dict[str, Any]],
        *,
        zone: str = "UTC",
        seed_compatible: bool = False,
        patterns: bool = False,
    ) -> pd.DataFrame:
        spec, given = FEATURE_TABLES[table], list(rows)
        raw = {name: [row for row in given if key in row] for key, name in IDS.items()}
        raw["raw.nights"] = [{"log_date": night} | EVERY_KIND for night in {row["log_date"] for row in given}]
        settings = Settings(site=Site(timezone=zone), training={"seed_compatible": seed_compatible})
        with own_warehouse.transaction() as connection:
            for name, own in raw.items():
                incoming = pa.Table.from_pylist(own, schema=TABLES[name].arrow_schema())
                replace_rows(connection, TABLES[name], incoming, {})
            replace_rows(connection, spec.entities, feature_rows(spec, NIGHT, settings), {})
            replace_rows(connection, spec.patterns, pattern_rows(spec, NIGHT, settings), {})
            entities, distinct = (connection.table(part.name).df() for part in (spec.entities, spec.patterns))
        return distinct if patterns else entities.set_index("entity_id").sort_index()

    return build
