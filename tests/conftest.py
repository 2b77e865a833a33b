"""Fixtures that several packages share: small settings in a folder of their own, and a warehouse with events."""

import os
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from night_helpers import put_into

from pipeline.config import Settings
from pipeline.warehouse.engine import Warehouse

# the tests themselves run side by side
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")
FIRST_NIGHT = date(2026, 1, 5)
# how long an example takes says more of the machine than of the code
hypothesis_settings.register_profile("shoal", deadline=None)
hypothesis_settings.load_profile("shoal")


@pytest.fixture(scope="module")
def own_dagster_home() -> Iterator[None]:
    """Put DAGSTER_HOME, which runs set to their home's, back after the tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", "")
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One ECS source, a home in the test's own folder."""
    source = {"name": "edge", "format": "ecs_json", "path": "{home}/landing/*.json*"}
    return Settings(home=tmp_path / "home", folder=tmp_path, sources=[source])


@pytest.fixture
def warehouse(settings: Settings) -> Warehouse:
    return Warehouse.of(settings)


@pytest.fixture
def put(warehouse: Warehouse) -> Callable[[str, list[dict[str, Any]]], None]:
    """Insert rows into a table; columns that a row does not name are null."""

    return put_into(warehouse)
