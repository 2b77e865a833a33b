"""What the detection benchmark runs: labelled sets as feature tables, Shoal's nights on them, the tool's references.

Each function runs in a process of its own. Here: files, configuration, and what a finished home tells. Not here: which
runs there are and how figures are shown (detection).
"""

import csv
import importlib.util
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import contestants

BASELINE_NIGHT, SCORED_NIGHT = "2026-01-05", "2026-01-06"
LABEL, BENIGN = "attack_type", "benign"
CONFIG = """\
home = "."
[thresholds]
max_alerts_per_night = {budget}
"""
TABLE = """
[[feature_tables]]
name = {name}
path = {path}
date = "log_date"
entity = "row_id"
numeric = {numeric}
log = {log}
categorical = {categorical}
label = "attack_type"
benign = ["benign"]
"""
SCORES = "select algorithm, entity_id::bigint as row_id, large_distance from scores.{} where log_date = $night"
EVALUATED = """
    select feature_table, algorithm, roc_auc as auc, average_precision as ap, precision_at_budget as p_budget
    from report.evaluation where log_date = $night and attack_type is null and not is_reference
"""
# PyOD's detectors as the tool calls them; what else it runs are plain recipes
REFERENCES = ("IForest", "ECOD", "COPOD", "HBOS", "CBLOF", "PCA", "KNN", "LOF", "GMM")
DEFAULT = "c02"


def tool(file: Path) -> ModuleType:
    """The tool that makes the sets and knows the figures."""
    found = importlib.util.spec_from_file_location("detection_tool", file)
    if found is None or found.loader is None:
        message = f"{file} is no Python module"
        raise ImportError(message)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def prepare(file: Path, data: Path, folder: Path, draw: int, sets: Sequence[str]) -> None:
    """Write some of the sets of one draw."""
    module = tool(file)
    everything = module.sources(data)
    module.sources = lambda _: {name: everything[name] for name in sets}
    module.prepare(data, folder, draw)


def references(file: Path, folder: Path, variants: Sequence[str], sets: Sequence[str]) -> None:
    """The tool's references and plain recipes on some of the sets; needs PyOD."""
    tool(file).references(folder, list(variants), list(sets))


def baseline_file(variant: str) -> str:
    """Where the tool writes the baseline of a contamination."""
    return "baseline.csv" if variant == DEFAULT else f"baseline_{variant}.csv"


def known(folder: Path, variant: str) -> dict[str, dict[str, float]]:
    """What the references reached on a set, as far as the tool has run them."""
    file = folder / f"references_{variant}.csv"
    if not file.exists():
        return {}
    with file.open(encoding="utf-8") as rows:
        names = ("auc", "ap", "p_budget", "r_budget")
        return {row["detector"]: {name: float(row[name]) for name in names} for row in csv.DictReader(rows)}


def shoal(file: Path, folder: Path, home: Path, variants: Sequence[str]) -> dict[str, Any]:
    """A baseline night and a scored one through the nightly job, a feature table for each contamination.

    Returns:
        By contamination and algorithm the tool's metrics of the scored night; under `differs` by how much, at most,
        what `report.evaluation` says differs from them.
    """
    module = tool(file)
    info = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    config = CONFIG.format(budget=info["night"]["budget"])
    inputs = home.parent / f"{home.name}-rows"
    inputs.mkdir(parents=True)
    for variant in variants:
        _, *frames = module.load_set(folder, variant)
        rows = inputs / f"{variant}.csv"
        write_rows(rows, dict(zip((BASELINE_NIGHT, SCORED_NIGHT), frames, strict=True)))
        config += section(f"set_{variant}", rows, info)
    contestants.command(home, config, "run", "--from", BASELINE_NIGHT, "--to", SCORED_NIGHT)
    return _told(module, home, variants, frames[1].set_index("row_id").label)


def write_rows(file: Path, nights: dict[str, Any]) -> None:
    """The rows of several nights as one CSV file, what is no attack labelled benign."""
    import pandas as pd

    dated = [rows.assign(log_date=night) for night, rows in nights.items()]
    rows = pd.concat(dated, ignore_index=True)
    rows[LABEL] = rows[LABEL].where(rows["label"] == 1, BENIGN)
    rows.drop(columns="label").to_csv(file, index=False)


def section(name: str, file: Path, info: dict[str, Any]) -> str:
    """The `[[feature_tables]]` section of a set."""
    # JSON's strings and lists are TOML's
    values = {
        "name": name,
        "path": str(file),
        "numeric": [column for column in info["numeric"] if column not in info["log"]],
        "log": info["log"],
        "categorical": info["categorical"],
    }
    return TABLE.format(**{key: json.dumps(value) for key, value in values.items()})


def _told(module: ModuleType, home: Path, variants: Sequence[str], labels: Any) -> dict[str, Any]:
    import duckdb

    found: dict[str, Any] = {}
    night = {"night": SCORED_NIGHT}
    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        for variant in variants:
            scores = connection.execute(SCORES.format(f"set_{variant}"), night).df().set_index("row_id")
            found[variant] = {
                name: module.metrics(labels.loc[own.index], own["large_distance"])
                for name, own in scores.groupby("algorithm")
            }
        evaluated = connection.execute(EVALUATED, night).df().to_dict("records")
    figures = ("auc", "ap", "p_budget")
    differs = [
        abs(row[figure] - found[row["feature_table"].removeprefix("set_")][row["algorithm"]][figure])
        for row in evaluated
        for figure in figures
        if row["feature_table"].startswith("set_")
    ]
    return {"figures": found, "differs": max(differs, default=None)}


def limit_threads() -> None:
    """One thread for numerical libraries; children inherit it."""
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})
