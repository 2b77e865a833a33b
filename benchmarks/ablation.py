"""What each part of the consensus brings: its recipe with one part left out, and a plain recipe with one part added.

Here: the recipes and their figures on the sets of benchmarks/detection.py. The consensus is fitted by itself, without
the nightly job. Not here: how good Shoal is beside others (detection).
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import detection
import detection_runs
import numpy as np
import pandas as pd

from pipeline.config import Training
from pipeline.models.base import Occasion
from pipeline.models.columns import FeatureColumns
from pipeline.models.consensus import fit_consensus
from pipeline.models.ensemble_recipe import RECIPE, Recipe
from pipeline.models.training import prepare

# as many members, however few spaces and weightings there are
ONE_WEIGHTING = {"log": 4, "raw": 6, "whitened": 8}
TWO_SPACES = {
    "log": {"raw": 4, "whitened": 5},
    "raw": {"log": 4, "whitened": 5},
    "whitened": {"log": 4, "raw": 5},
}
PLAIN = replace(
    RECIPE, spaces=("log",), weightings=("sqrt",), power=1.0, members={"log": 18}, large=1.0, trim=0.0,
    indicator_scale=1e-6,
)  # fmt: skip
RECIPES: dict[str, Recipe] = {
    "all of it": RECIPE,
    "without bounds on rare flags": replace(RECIPE, indicator_scale=1e-6),
    "without the rule of large clusters": replace(RECIPE, large=1.0),
    "without trimming of members": replace(RECIPE, trim=0.0),
    "without weights of cells": replace(RECIPE, weightings=("sqrt",), power=1.0, members=ONE_WEIGHTING),
    "only the weighting sqrt": replace(RECIPE, weightings=("sqrt",), members=ONE_WEIGHTING),
    "only the weighting distinct": replace(RECIPE, weightings=("distinct",), members=ONE_WEIGHTING),
    **{
        f"without the space {name}": replace(RECIPE, spaces=tuple(kept), members=kept)
        for name, kept in TWO_SPACES.items()
    },
    **{
        f"only members of {name}": replace(RECIPE, sample_sizes={name: size})
        for name, size in RECIPE.sample_sizes.items()
    },
    "none of it": PLAIN,
    "only bounds on rare flags": replace(PLAIN, indicator_scale=RECIPE.indicator_scale),
    "only the rule of large clusters": replace(PLAIN, large=RECIPE.large),
    "only trimming of members": replace(PLAIN, trim=RECIPE.trim),
    "only weights of cells": replace(PLAIN, weightings=RECIPE.weightings, power=RECIPE.power, members={"log": 9}),
    "only the three spaces": replace(PLAIN, spaces=RECIPE.spaces, members=ONE_WEIGHTING),
}
OCCASION = Occasion("set", date(2026, 1, 2), date(2026, 1, 1), date(2026, 1, 1), bootstrap=False, baseline="")
FIGURES = ("auc", "ap", "p_budget")


def figures(module: Any, folder: Path, variant: str, recipes: Sequence[str]) -> list[dict[str, Any]]:
    """By recipe the figures of one set and contamination."""
    info, baseline, night = module.load_set(folder, variant)
    columns = FeatureColumns(tuple(info["numeric"]), (), tuple(info["categorical"]), tuple(info["log"]))
    before, after = (_tamed(rows, columns) for rows in (baseline, night))
    prepared = prepare(before.assign(weight=1), columns, Training())
    return [
        {"recipe": name}
        | module.metrics(night.label, fit_consensus(prepared, OCCASION, 42, RECIPES[name]).distances(after))
        for name in recipes
    ]


def _tamed(rows: pd.DataFrame, columns: FeatureColumns) -> pd.DataFrame:
    """The features as their table would have them: null where there is no number, heavy tails as logarithms."""
    numbers = rows[list(columns.numeric)].apply(pd.to_numeric, errors="coerce")
    heavy = numbers[list(columns.logarithms)]
    return numbers.assign(**np.sign(heavy) * np.log1p(heavy.abs())).join(rows[list(columns.categorical)])


def main() -> None:
    """Measure, show, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", nargs="+", type=int, default=[0, 1, 2], help="splits into baseline and night")
    parser.add_argument("--recipes", nargs="+", choices=RECIPES, default=list(RECIPES), metavar="NAME")
    parser.add_argument("--prepared", type=Path, metavar="FOLDER", help="keep the sets there, take what is there")
    chosen = parser.parse_args()
    detection_runs.limit_threads()
    module, rows = detection_runs.tool(detection.TOOL), []
    with tempfile.TemporaryDirectory(prefix="shoal-ablation-") as scratch:
        for draw in chosen.draws:
            place = (chosen.prepared or Path(scratch)) / f"draw{draw}"
            if missing := [name for name in detection.SETS if not (place / name / "columns.json").exists()]:
                detection_runs.prepare(detection.TOOL, detection.DATA, place, draw, missing)
            for name in detection.SETS:
                for variant in detection.CONTAMINATION.values():
                    head = {"draw": draw, "set": name, "variant": variant}
                    rows += [head | found for found in figures(module, place / name, variant, chosen.recipes)]
                    print(f"draw {draw}, {name} {variant}", flush=True)
    frame = pd.DataFrame(rows)
    of = frame.groupby("recipe", sort=False)[list(FIGURES)].mean()
    of["worst_auc"] = frame.groupby(["recipe", "set", "variant"])["auc"].mean().groupby("recipe").min()
    print(of.to_string(float_format="{:.4f}".format))
    print(json.dumps({"recipes": of.to_dict("index")}))


if __name__ == "__main__":
    main()
