"""Sources with a landing folder of their own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing, targeted_fields

from pipeline.ingest import staging
from pipeline.ingest.contract import RECORDS, Reader
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.json_records import json_records
from pipeline.ingest.targets import TARGETS
from pipeline.warehouse.engine import Warehouse


@pytest.fixture(scope="session")
def empty_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse file without rows, to be copied: that is faster than making its tables."""
    file = tmp_path_factory.mktemp("empty") / "warehouse.duckdb"
    with Warehouse(file).connect():
        return file


@pytest.fixture
def landing(tmp_path: Path, empty_warehouse: Path) -> Callable[..., Landing]:
    """Makes a source with the settings it is called with, in a folder of its own name."""

    def build(folder: str = "site", **source: Any) -> Landing:
        return Landing(tmp_path / folder, empty_warehouse, **source)

    return build


@pytest.fixture
def flat(landing: Callable[..., Landing]) -> Landing:
    """A source of flat JSON with our own column names."""
    return landing()


@pytest.fixture
def three(landing: Callable[..., Landing], monkeypatch: pytest.MonkeyPatch) -> Iterator[Landing]:
    """A source whose records say in `target` which table they belong to, whatever formats there are."""
    tables = tuple(target.spec.name for target in TARGETS.values())
    reader = Reader(RECORDS, json_records, targeted_fields)
    monkeypatch.setitem(FORMATS, "flat_json", replace(FORMATS["flat_json"], options=(), tables=tables, reader=reader))
    staging._plan.cache_clear()
    yield landing()
    staging._plan.cache_clear()
