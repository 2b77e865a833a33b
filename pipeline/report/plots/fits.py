"""How models came about and where they draw the line: explained variance, choices, densities with their thresholds."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.report.page.content import Density, Rows
from pipeline.report.plots.figure import Figure, label, left_out, nouns, numbers

MOST_COMPONENTS = 20
RADII = {
    "eps": ("k-distance", "Distance to the k-th neighbour, by the share of {} that have it nearer."),
    "bandwidth": ("bandwidth", "Mean distance within which one of the {} has the given share of the others."),
}


def variance(explained: Sequence[float]) -> Figure:
    """Share of the variance that each principal component explains, and their sum."""
    total = np.cumsum(explained)
    first, rest = total[:MOST_COMPONENTS], len(total) - MOST_COMPONENTS
    fewer = left_out(rest, "weaker component", "weaker components")
    shown = total[min(2, len(total)) - 1]
    return Figure(
        key="variance",
        kind="variance",
        title="Explained variance",
        caption=f"The two components that the map shows hold {shown:.0%} of the variance.{fewer}",
        columns={
            "component": [*range(1, len(first) + 1)],
            "each": numbers(explained[:MOST_COMPONENTS]),
            "total": numbers(first),
        },
        headings={"component": "component", "each": "share", "total": "all up to it"},
    )


def density(table: str, algorithm: str, found: Density) -> Figure:
    """Distances of the night beside those of the baseline, and the threshold."""
    is_mixture = algorithm == "gaussian_mixture"
    return Figure(
        key=f"density-{algorithm}",
        kind="density",
        title=f"{'Density' if is_mixture else 'Distance'} and threshold, {label(algorithm)}",
        caption=(
            f"{found.beyond:.1%} of the {nouns(table)[1]} lie beyond the threshold (dotted), of the baseline "
            f"{found.expected:.1%}. The scale of the shares is logarithmic; the last bin holds all that is farther."
        ),
        columns={
            "start": numbers(found.edges[:-1]),
            "end": numbers(found.edges[1:]),
            "night": numbers(found.night, 5),
            "baseline": numbers(found.baseline, 5),
        },
        headings={"start": "from", "end": "to", "night": "share of the night", "baseline": "share of the baseline"},
        algorithm=algorithm,
        marked=round(found.limit, 4),
        options={
            "x_title": "depth below the highest density" if is_mixture else "distance to the nearest large cluster"
        },
    )


def selection(table: str, tried: Rows) -> Figure:
    """What was tried when a parameter was chosen: candidates of one algorithm and parameter, in their order."""
    taken = [row["candidate"] for row in tried if row["chosen"]]
    marked = round(taken[0], 6) if taken else None
    said = "None was taken." if marked is None else f"The dotted line is the value taken, {marked:g}."
    kinds = {"n_components": _weights, "n_clusters": _elbow}
    figure = kinds.get(tried[0]["parameter"], _radius)(table, tried, said)
    return replace(figure, algorithm=tried[0]["algorithm"], marked=marked)


def _elbow(table: str, tried: Rows, said: str) -> Figure:
    del table
    algorithm = tried[0]["algorithm"]
    return Figure(
        key=f"k-{algorithm}",
        kind="elbow",
        title=f"Choice of K, {label(algorithm)}",
        caption=f"Elbow of the inertia above, mean silhouette below, for each number of clusters K. {said}",
        columns={
            "k": _column(tried, "candidate"),
            "inertia": _column(tried, "inertia"),
            "silhouette": _column(tried, "silhouette"),
        },
        headings={"k": "K", "inertia": "inertia", "silhouette": "silhouette"},
    )


def _radius(table: str, tried: Rows, said: str) -> Figure:
    algorithm, parameter, several = tried[0]["algorithm"], tried[0]["parameter"], nouns(table)[1]
    name, meaning = RADII[parameter]
    return Figure(
        key=f"{parameter}-{algorithm}",
        kind="radius",
        title=f"Choice of {parameter}, {label(algorithm)}",
        caption=f"{meaning.format(several)} {said}",
        columns={"share": _column(tried, "rank"), "radius": _column(tried, "candidate")},
        headings={"share": f"share of the {several}", "radius": name},
        options={"x_title": f"share of the {several}", "y_title": name},
    )


def _weights(table: str, tried: Rows, said: str) -> Figure:
    algorithm, several = tried[0]["algorithm"], nouns(table)[1]
    return Figure(
        key=f"weights-{algorithm}",
        kind="weights",
        title=f"Weights of the components, {label(algorithm)}",
        caption=f"Share of the {several} in each component before the empty ones were left out. {said}",
        columns={"component": _column(tried, "candidate"), "weight": _column(tried, "weight")},
        headings={"component": "component", "weight": f"share of the {several}"},
        options={"y_title": f"share of the {several}"},
    )


def _column(rows: Rows, name: str) -> list[float | None]:
    return numbers(row[name] for row in rows)
