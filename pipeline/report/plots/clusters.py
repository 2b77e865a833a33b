"""The clusters of an algorithm: how large they are, when they occur, and what they are made of."""

import re
from typing import Any

import numpy as np

from pipeline.models.scaling import Dimension
from pipeline.report.page.content import Profile, Rows
from pipeline.report.page.profiles import leading
from pipeline.report.plots.figure import (
    ALERT,
    KNOWN,
    NEW,
    NOISE,
    NOISE_CLUSTER,
    Figure,
    cluster_name,
    counted,
    label,
    left_out,
    nouns,
    numbers,
    plain,
)
from pipeline.scoring.phrases import phrase_of

MAX_BARS = 30
MAX_FEATURES = 16
MAX_HOURS = 10
HOURS = 24
NOT_TOLD = {"hour_sin", "hour_cos"}  # positions on a circle say nothing to people; hours have a plot of their own
KINDS = {"finding": ALERT, "noise": NOISE, "new, no finding": NEW, "known to the baseline": KNOWN}


def sizes(table: str, algorithm: str, groups: Rows) -> Figure:
    """Entities per cluster of one algorithm, the largest first."""
    shown, several = groups[:MAX_BARS], nouns(table)[1]
    fewer = left_out(len(groups) - len(shown), "smaller cluster", "smaller clusters")
    number = f"{len(groups):,} cluster{'s' * (len(groups) != 1)}"
    of_them = f"{number} of {counted(sum(row['size'] for row in groups), table)}"
    return Figure(
        key=f"sizes-{algorithm}",
        kind="sizes",
        title=f"Cluster sizes, {label(algorithm)}",
        caption=f"{of_them}, the largest first, on a logarithmic scale; numbers are findings.{fewer}",
        columns={
            "cluster": [cluster_name(row["cluster_id"]) for row in shown],
            "kind": [_kind(row) for row in shown],
            "score": numbers((row["mean_score"] for row in shown), 3),
            **{name: [row[name] for row in shown] for name in ("size", "patterns", "finding")},
        },
        headings={
            "cluster": "cluster", "size": several, "patterns": "patterns", "kind": "kind", "score": "mean score",
            "finding": "finding",
        },
        algorithm=algorithm,
        options={"roles": KINDS, "y_title": several},
    )  # fmt: skip


def _kind(row: dict[str, Any]) -> str:
    if row["finding"] is not None:
        return "finding"
    if row["cluster_id"] == NOISE_CLUSTER:
        return "noise"
    return "new, no finding" if row["is_new"] else "known to the baseline"


def hours(table: str, algorithm: str, counts: Rows, groups: Rows) -> Figure:
    """Entities of the leading clusters by hour, each in shares of its own."""
    shown, several = leading(groups)[:MAX_HOURS], nouns(table)[1]
    by_cluster = {cluster: [0] * HOURS for cluster in shown}
    for row in counts:
        if row["cluster_id"] in by_cluster:
            by_cluster[row["cluster_id"]][row["hour"]] = row["entities"]
    fewer = left_out(len(groups) - len(shown), "further cluster", "further clusters")
    return Figure(
        key=f"hours-{algorithm}",
        kind="hours",
        title=f"Hours by cluster, {label(algorithm)}",
        caption=f"When the {several} of a cluster happen, in the site's time: each row adds up to 100 %.{fewer}",
        columns={
            "cluster": [cluster_name(cluster) for cluster in shown],
            **{str(hour): [row[hour] for row in by_cluster.values()] for hour in range(HOURS)},
        },
        headings={"cluster": "cluster", **{str(hour): f"{hour} h" for hour in range(HOURS)}},
        algorithm=algorithm,
        options={"shares": [numbers(count / max(sum(row), 1) for count in row) for row in by_cluster.values()]},
    )


def centers(algorithm: str, profile: Profile) -> Figure:
    """The means of the leading clusters, features by clusters, in each feature's own unit."""
    told = [place for place, axis in enumerate(profile.axes) if axis.column not in NOT_TOLD]
    widest = np.nan_to_num(np.abs(profile.deviations[:, told])).max(axis=0)
    shown = np.sort(np.array(told)[np.argsort(-widest, kind="stable")[:MAX_FEATURES]])
    names = [cluster_name(cluster) for cluster in profile.clusters]
    axes = [profile.axes[place] for place in shown]
    units = [_percent if profile.shares[place] else phrase_of(profile.axes[place].column).unit for place in shown]
    fewer = left_out(len(told) - len(shown), "feature that differs less", "features that differ less")
    return Figure(
        key=f"centers-{algorithm}",
        kind="centers",
        title=f"What the clusters are made of, {label(algorithm)}",
        caption=(
            "Means of the night's clusters in each feature's own unit; the colour says how far they lie above or below "
            f"the baseline's mean, in its standard units. Clusters of findings come first.{fewer}"
        ),
        columns={
            "feature": [axis_name(axis) for axis in axes],
            **{
                name: [None if np.isnan(mean) else unit(mean) for unit, mean in zip(units, means[shown], strict=True)]
                for name, means in zip(names, profile.means, strict=True)
            },
        },
        headings={"feature": "feature", **{name: name for name in names}},
        algorithm=algorithm,
        options={"clusters": names, "deviation": [numbers(row, 2) for row in profile.deviations[:, shown].T]},
    )


def axis_name(axis: Dimension) -> str:
    """An axis as people read it: the feature without the ending that says what it counts in, and the category."""
    name = re.sub(r"_log(2|10)?$", "", axis.column).removeprefix("is_").replace("_", " ")
    return plain(name if axis.category is None else f"{name}: {axis.category}")


def _percent(share: float) -> str:
    return f"{share:.0%}"
