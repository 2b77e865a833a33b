"""The plots of a night as plain values: which series there are, what they are called, and what a mark tells.

A series names its colour by role (`--series-1`, `--alert`); the style sheet says what that is. How a kind of plot is
drawn stands in templates/report.js. Text of a log is made visible and escaped here: Plotly reads a subset of HTML.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from pipeline.report.terminal import visible_text

MAX_MARKS = 3_000
MAX_BARS = 30
TEXT_LIMIT = 120
OWN_COLORS_OF_FINDINGS = 4
NAMES = {"kmeans": "k-means", "dbscan": "DBSCAN", "gaussian_mixture": "Gaussian mixture"}
RADII = {
    "eps": ("k-distance", "Distance to the k-th neighbour, by the share of events that have it nearer."),
    "bandwidth": ("bandwidth", "Mean distance within which an event has the given share of the others."),
}
SERIES = tuple(f"--series-{place}" for place in range(1, 9))  # clusters with a colour of their own
OTHER, NOISE, ALERT = "--series-other", "--series-noise", "--alert"
DRAWN_IN_ORDER = (OTHER, *SERIES, NOISE)  # later ones lie over earlier ones
VERDICTS = {"allowed": SERIES[0], "blocked": SERIES[1], "other": OTHER}
TOLD = [
    "pattern_id", "cluster_id", "is_new", "weight", "watch", "protocol", "verdict", "status", "score",
    "rank", "explanation",
]  # fmt: skip
SIZE_KINDS = {"finding": ALERT, "noise": OTHER, "new, no finding": SERIES[1], "known to the baseline": SERIES[0]}

Series = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """One plot.

    Attributes:
        key: unique in the page.
        kind: how report.js draws it.
        title: what it shows.
        caption: in words, what is drawn, what it says, and what was left out.
        series: name, role of the colour and columns of values; ready for JSON.
        marked: the value on the first axis that was chosen, if one was.
    """

    key: str
    kind: str
    title: str
    caption: str
    series: list[Series]
    marked: float | None = None


def label(algorithm: str) -> str:
    """The algorithm as people write it."""
    return NAMES.get(algorithm, algorithm.replace("_", " "))


@lru_cache(maxsize=1024)
def plot_text(value: Hashable) -> str:
    """Text for Plotly: visible, and with nothing left that it would read as a tag or an entity."""
    return escape(visible_text(value, TEXT_LIMIT), quote=False)


def numbers(column: Iterable[Any], digits: int = 4) -> list[float | None]:
    """Rounded numbers for JSON, which knows no NaN."""
    return [None if pd.isna(value) else round(float(value), digits) for value in column]


def colors(patterns: pd.DataFrame) -> dict[int, str]:
    """A colour role per cluster of one algorithm: findings and heavy clusters have their own, the rest share one."""
    clusters = patterns.groupby("cluster_id").agg(mass=("weight", "sum"), findings=("finding_id", "count"))
    clusters = clusters.sort_values("mass", ascending=False, kind="stable")
    found = clusters.index[clusters["findings"] > 0][:OWN_COLORS_OF_FINDINGS]
    named = [*found, *clusters.index.difference([*found, -1], sort=False)]
    own = dict(zip(named, SERIES, strict=False))
    return {int(cluster): NOISE if cluster == -1 else own.get(cluster, OTHER) for cluster in clusters.index}


def sample(patterns: pd.DataFrame, marks: int = MAX_MARKS, seed: int = 42) -> pd.DataFrame:
    """At most `marks` patterns: anomalies first, by score, then a seeded draw of the others."""
    if len(patterns) <= marks:
        return patterns
    anomalous = patterns["status"].eq("anomaly")
    kept = patterns[anomalous].nlargest(marks, "score")
    drawn = patterns[~anomalous].sample(marks - len(kept), random_state=seed)
    return pd.concat([kept, drawn])


def scatter(patterns: pd.DataFrame, centers: pd.DataFrame, findings: pd.DataFrame) -> Figure:
    """The patterns of one algorithm in the plane of the first two principal components."""
    algorithm, roles = str(patterns["algorithm"].iloc[0]), colors(patterns)
    shown = sample(patterns).merge(findings[["finding_id", "rank", "explanation"]], on="finding_id", how="left")
    shown = shown.assign(role=shown["cluster_id"].map(roles))
    shown = shown.sort_values(["weight", "pattern_id"], ascending=[False, True])
    series = [_marks(shown[shown["role"] == role], role) for role in DRAWN_IN_ORDER if role in set(shown["role"])]
    anomalies = int(patterns["status"].eq("anomaly").sum())
    sampled = f" Drawn are {len(shown):,}: anomalies first, then a random sample." if len(shown) < len(patterns) else ""
    caption = (
        f"{len(patterns):,} distinct patterns of events in {len(roles):,} clusters; {anomalies:,} are "
        f"anomalies (diamonds). Larger marks stand for more events, numbers for findings.{sampled}"
    )
    coloured = [cluster for cluster, role in roles.items() if role in SERIES]
    series.append(_centers(centers[centers["algorithm"].eq(algorithm) & centers["cluster_id"].isin(coloured)]))
    return Figure(f"scatter-{algorithm}", "scatter", f"Patterns by {label(algorithm)} cluster", caption, series)


def _marks(rows: pd.DataFrame, role: str) -> Series:
    clusters = rows["cluster_id"].unique()
    names = {OTHER: "smaller clusters", NOISE: "noise"}
    return {
        "name": names.get(role, f"cluster {clusters[0]}"),
        "role": role,
        "x": numbers(rows["x"]),
        "y": numbers(rows["y"]),
        "anomaly": rows["status"].eq("anomaly").tolist(),
        "weight": rows["weight"].tolist(),
        "rank": [None if pd.isna(rank) else int(rank) for rank in rows["rank"]],
        "finding": [None if pd.isna(rank) else key for rank, key in zip(rows["rank"], rows["finding_id"], strict=True)],
        "text": [_told(row) for row in rows[TOLD].to_dict("records")],
    }


def _told(row: dict[Any, Any]) -> str:
    """What hovering over a pattern shows."""
    protocol, verdict, status = (plot_text(row[column]) for column in ("protocol", "verdict", "status"))
    found = "" if pd.isna(row["rank"]) else f"<br>finding {row['rank']:.0f}: {plot_text(row['explanation'])}"
    return (
        f"<b>pattern {row['pattern_id']}</b>, cluster {row['cluster_id']}{', new' if row['is_new'] else ''}"
        f"<br>{row['weight']:,} events from {row['watch']} h on, {protocol}, {verdict}"
        f"<br>{status}, score {row['score']:.3f}{found}"
    )


def _centers(centers: pd.DataFrame) -> Series:
    return {
        "name": "centre in the baseline",
        "role": "--text",
        "centers": True,
        "x": numbers(centers["x"]),
        "y": numbers(centers["y"]),
        "text": [f"cluster {cluster}" for cluster in centers["cluster_id"]],
    }


def sizes(clusters: pd.DataFrame, findings: pd.DataFrame) -> Figure:
    """Events per cluster of one algorithm, the largest first."""
    algorithm = str(clusters["algorithm"].iloc[0])
    shown = clusters.merge(findings[["finding_id", "rank"]], on="finding_id", how="left")
    shown = shown.sort_values(["size", "cluster_id"], ascending=[False, True]).head(MAX_BARS)
    *special, known = SIZE_KINDS
    holds = [shown["rank"].notna(), shown["cluster_id"].eq(-1), shown["is_new"].astype(bool)]
    kinds = np.select(holds, special, known).tolist()
    series = {
        "name": "events",
        "role": [SIZE_KINDS[kind] for kind in kinds],
        "kind": kinds,
        "x": ["noise" if cluster == -1 else str(cluster) for cluster in shown["cluster_id"]],
        "y": shown["size"].tolist(),
        "text": [f"{rank:.0f}" if pd.notna(rank) else "" for rank in shown["rank"]],
    }
    rest = len(clusters) - len(shown)
    left_out = f" The {rest:,} smallest are left out." if rest else ""
    caption = f"Events per cluster, the largest first, on a logarithmic scale; numbers are findings.{left_out}"
    return Figure(f"sizes-{algorithm}", "sizes", f"Sizes of the {label(algorithm)} clusters", caption, [series])


def variance(explained: list[float]) -> Figure:
    """Share of the patterns' variance that each principal component explains, and their sum."""
    total = np.cumsum(explained)
    series = [
        {"name": "each component", "role": SERIES[0], "y": numbers(explained)},
        {"name": "all up to it", "role": SERIES[1], "y": numbers(total)},
    ]
    shown = total[min(2, len(total)) - 1]
    caption = f"The two components that the scatter plots show hold {shown:.0%} of the patterns' variance."
    return Figure("variance", "variance", "Explained variance", caption, series)


def selection(tried: pd.DataFrame) -> Figure:
    """What was tried when a parameter was chosen: candidates of one algorithm and parameter."""
    rows, algorithm = tried.sort_values("candidate"), str(tried["algorithm"].iloc[0])
    taken = numbers(rows["candidate"][rows["chosen"].astype(bool)], 6)
    marked = taken[0] if taken else None
    said = "None was taken." if marked is None else f"The dotted line is the value taken, {marked:g}."
    parameter = str(tried["parameter"].iloc[0])
    if parameter in RADII:
        name, meaning = RADII[parameter]
        series = [{"name": name, "role": SERIES[0], "x": numbers(rows["rank"]), "y": numbers(rows["candidate"])}]
        title, caption = f"Choice of {parameter} for {label(algorithm)}", f"{meaning} {said}"
        return Figure(f"{parameter}-{algorithm}", "k_distance", title, caption, series, marked)
    if parameter == "n_components":
        series = [{"name": "weight", "role": SERIES[0], "x": numbers(rows["candidate"]), "y": numbers(rows["weight"])}]
        caption = f"Share of the events in each component before the empty ones were left out. {said}"
        title = f"Choice of components for {label(algorithm)}"
        return Figure(f"components-{algorithm}", "weights", title, caption, series, marked)
    series = [
        {"name": name, "role": role, "x": numbers(rows["candidate"]), "y": numbers(rows[name])}
        for name, role in (("inertia", SERIES[0]), ("silhouette", SERIES[1]))
    ]
    caption = f"Elbow of the inertia above, mean silhouette below, for each number of clusters K. {said}"
    return Figure(f"k-{algorithm}", "elbow", f"Choice of K for {label(algorithm)}", caption, series, marked)


def hours(counts: pd.DataFrame) -> Figure:
    """Events of the whole night by hour and verdict."""
    by_hour = counts.pivot_table(index="hour", columns="verdict", values="events", aggfunc="sum", fill_value=0)
    table = by_hour.reindex(range(24), fill_value=0)
    series = [
        {"name": plot_text(verdict), "role": VERDICTS.get(verdict, OTHER), "y": table[verdict].tolist()}
        for verdict in sorted(table.columns)
    ]
    busiest = int(table.sum(axis=1).to_numpy().argmax())
    caption = f"Events of the night by hour of the site's day; most came at {busiest} h."
    return Figure("hours", "hours", "Hours of the night by verdict", caption, series)


def finding_hours(counts: pd.DataFrame, findings: pd.DataFrame) -> Figure:
    """When each finding happened: its events by hour, each row in shares of its own total."""
    known = findings.sort_values("rank")
    table = counts.pivot_table(index="finding_id", columns="hour", values="events", aggfunc="sum", fill_value=0)
    table = table.reindex(index=known["finding_id"], columns=range(24), fill_value=0)
    shares = table.div(table.sum(axis=1).clip(lower=1), axis=0)
    series = {
        "name": "findings",
        "role": ALERT,
        "y": [f"finding {rank}" for rank in known["rank"]],
        "z": [numbers(row) for row in shares.to_numpy()],
        "events": table.to_numpy().tolist(),
        "finding": known["finding_id"].tolist(),
    }
    caption = "Events of each finding by hour of the site's day, coloured by their share of the finding."
    return Figure("finding-hours", "finding_hours", "Hours of the findings", caption, [series])


def by_algorithm(frame: pd.DataFrame, *more: str) -> list[pd.DataFrame]:
    """One frame per algorithm (and per value of further columns), the well-known algorithms first."""
    if frame.empty:
        return []
    parts = dict(list(frame.groupby(["algorithm", *more])))
    known = list(NAMES)
    order = sorted(parts, key=lambda key: (known.index(key[0]) if key[0] in known else len(known), key))
    return [parts[key] for key in order]
