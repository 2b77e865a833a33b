"""The small picture of a night's patterns that Dagster's UI shows: an SVG of few marks, without a script."""

import base64
from typing import Any

import numpy as np
import pandas as pd

from pipeline.report.page.content import STATUSES, NightPage, Scored, TableNight
from pipeline.report.plots.figure import OTHER, colors, title
from pipeline.report.templates.environment import render


def summary_plot_svg(page: NightPage) -> str:
    """The first map of the night as a small image: `data:image/svg+xml;base64,...`, under 60 kB."""
    table = page.tables[0] if page.tables else None
    marks = binned(table) if table else []
    svg = render("scatter_svg.html", {"marks": marks, "night": page.night, "of": title(table.name) if table else ""})
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def binned(table: TableNight, marks: int = 484) -> list[dict[str, Any]]:
    """At most `marks` marks for a small image: the drawn patterns, added up in the cells of a square grid.

    Returns:
        per cell: x and y from 0 to 1, the colour role of its heaviest cluster, radius, whether it holds an anomaly.
    """
    algorithm = next(name for name, one in table.scored.items() if one.cluster is not None)
    scored, roles = table.scored[algorithm], colors(table.clusters[algorithm])
    spots = _spots(table, scored, int(marks**0.5))
    cells = spots.groupby("cell")[["weight", "anomaly", "x_sum", "y_sum"]].sum()
    heaviest = spots.groupby(["cell", "cluster_id"])["weight"].sum().reset_index().sort_values("weight", kind="stable")
    owner = heaviest.drop_duplicates("cell", keep="last").set_index("cell")["cluster_id"]
    return [
        {
            "x": row.x_sum / row.weight,
            "y": row.y_sum / row.weight,
            "role": roles.get(int(owner[row.Index]), OTHER),
            "radius": 2 + 1.4 * np.log10(row.weight),
            "anomaly": bool(row.anomaly),
        }
        for row in cells.itertuples()
    ]


def _spots(table: TableNight, scored: Scored, side: int) -> pd.DataFrame:
    """Marks with their cell of a grid of `side` by `side`, and their places times their weights."""
    spots = pd.DataFrame({"weight": table.marks.weight, "cluster_id": scored.cluster, "cell": 0})
    spots["anomaly"] = scored.status == STATUSES.index("anomaly")
    for axis in ("x", "y"):
        values = table.marks.places[axis]
        spots[axis] = (values - values.min()) / (np.ptp(values) or 1)
        spots["cell"] = spots["cell"] * side + (spots[axis] * side).astype(int).clip(upper=side - 1)
        spots[f"{axis}_sum"] = spots[axis] * spots["weight"]
    return spots
