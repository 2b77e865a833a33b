"""A configuration with feature tables of a team, and what its nights leave behind."""

import csv
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipeline.config import Settings, load
from pipeline.config_tables import TAKEN_NAMES
from pipeline.definitions import build_defs
from pipeline.nights import NIGHTLY

FIRST, SECOND = date(2026, 1, 5), date(2026, 1, 6)
HOSTILE = 'who"; drop table raw.nights; --'
TABLE = """
[[feature_tables]]
name = "order"
path = "data/*.csv"
date = "day"
entity = 'who"; drop table raw.nights; --'
numeric = ["n", "self"]
log = ["balance"]
categorical = ["proto", 'select "x"']
label = "kind"
benign = ["normal"]
"""
HEADER = ["day", HOSTILE, "n", "self", "balance", "proto", 'select "x"', "kind"]


def write_csv(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([header, *rows])
    return file


def entities(night: date, count: int = 30) -> list[list[object]]:
    """Rows of a night; the last one is unlike the others."""
    rows: list[list[object]] = [
        [night, f"e{number}", number % 3, number / 7, -(10 ** (number % 4)), "tcp" if number % 2 else "udp",
         "'); --" if number % 5 else "", "normal"] for number in range(count - 1)
    ]  # fmt: skip
    return [*rows, [night, "odd", 400, 99, -1e9, "tcp", "x", "attack"]]


def configured(folder: Path, *sections: str, home: str = 'home = "home"\n') -> Settings:
    file = folder / "shoal.toml"
    file.write_text(home + "\n".join(sections), encoding="utf-8")
    return load(file)


def run(settings: Settings, *nights: date) -> list[dg.ExecuteInProcessResult]:
    """The nightly job of each night; but for the last one without the built-in feature tables, to save time."""
    job, instance = build_defs(settings).resolve_job_def(NIGHTLY), dg.DagsterInstance.ephemeral()
    built_in = tuple(f"{name}_" for name in TAKEN_NAMES)
    own = [
        key
        for key in job.asset_layer.selected_asset_keys
        if key.path[0] in {"raw", "report"} or not f"{key.path[1]}_".startswith(built_in)
    ]
    return [
        job.execute_in_process(
            partition_key=night.isoformat(),
            instance=instance,
            raise_on_error=False,
            asset_selection=None if night == nights[-1] else own,
        )
        for night in nights
    ]


def ask(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the published copy."""
    with duckdb.connect(settings.published_folder / "shoal.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()
