"""The small picture of a night's patterns that Dagster's UI shows: an SVG of few marks, without a script."""

import base64
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipeline.report.plots import by_algorithm, colors
from pipeline.report.templates.environment import render


def summary_plot_svg(night: date, patterns: pd.DataFrame) -> str:
    """The first scatter plot as a small image: `data:image/svg+xml;base64,...`, under 60 kB.

    Args:
        night: the UTC day.
        patterns: those of the night, as in `page.NightReport`.
    """
    frames = by_algorithm(patterns)
    marks = binned(frames[0]) if frames else []
    svg = render("scatter_svg.html", {"marks": marks, "night": night})
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def binned(patterns: pd.DataFrame, marks: int = 484) -> list[dict[str, Any]]:
    """At most `marks` marks for a small image: patterns of one algorithm, added up in the cells of a square grid.

    Returns:
        per cell: x and y from 0 to 1, the colour role of its heaviest cluster, radius, whether it holds an anomaly.
    """
    side, roles = int(marks**0.5), colors(patterns)
    spots = patterns[["weight", "cluster_id"]].assign(anomaly=patterns["status"].eq("anomaly"), cell=0)
    for axis in ("x", "y"):
        spots[axis] = (patterns[axis] - patterns[axis].min()) / (np.ptp(patterns[axis]) or 1)
        spots["cell"] = spots["cell"] * side + (spots[axis] * side).astype(int).clip(upper=side - 1)
        spots[f"{axis}_sum"] = spots[axis] * spots["weight"]
    cells = spots.groupby("cell")[["weight", "anomaly", "x_sum", "y_sum"]].sum()
    heaviest = spots.groupby(["cell", "cluster_id"])["weight"].sum().reset_index().sort_values("weight", kind="stable")
    owner = heaviest.drop_duplicates("cell", keep="last").set_index("cell")["cluster_id"]
    return [
        {
            "x": row.x_sum / row.weight,
            "y": row.y_sum / row.weight,
            "role": roles[int(owner[row.Index])],
            "radius": 2 + 1.4 * np.log10(row.weight),
            "anomaly": bool(row.anomaly),
        }
        for row in cells.itertuples()
    ]
