"""Maps: the night's patterns as marks in a plane, coloured by the clusters of an algorithm.

The marks of a feature table are the same on all its maps; a view says what an algorithm makes of each of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.report.page.content import Marks, Rows, Scored
from pipeline.report.plots.figure import Columns, Figure, cluster_words, colors, counted, label, numbers, plain

PLANE = ("attempts", "minutes")
FEWEST_NEIGHBOURS = 12  # patterns below which neighbourhoods say nothing
HEADINGS = {
    "entity": "entity", "cluster": "cluster", "status": "status", "score": "score", "finding": "finding",
    "reason": "what is unusual",
}  # fmt: skip


def marks(drawn: Marks, scored: Mapping[str, Scored]) -> Columns:
    """What the maps of a feature table share: entity, weight, reason, and the places of each mark.

    Args:
        drawn: the marks.
        scored: what the algorithms make of them; of these the highest score gives the reason.
    """
    judged = list(scored.values())
    highest = np.argmax([one.score for one in judged], axis=0)
    reasons = [judged[which].reason[at] for at, which in enumerate(highest)]
    return {
        "entity": [plain(entity) for entity in drawn.entities],
        "weight": drawn.weight.tolist(),
        "reason": [plain(reason) for reason in reasons],
        **{name: numbers(values, 3) for name, values in drawn.places.items()},
    }


def view(scored: Scored, groups: Rows, finding: Sequence[int | None]) -> dict[str, Any]:
    """What one algorithm makes of the marks: cluster, status (by place in STATUSES), score and finding of each.

    Args:
        scored: what it makes of them; the consensus knows no clusters.
        groups: all clusters of the algorithm that night.
        finding: rank of the finding that each mark was found for, or None: then that of its cluster holds.
    """
    found = {row["cluster_id"]: row["finding"] for row in groups}
    clusters = [None] * len(scored.score) if scored.cluster is None else scored.cluster.tolist()
    return {
        "cluster": [None if cluster is None else cluster_words(cluster) for cluster in clusters],
        "status": scored.status.tolist(),
        "score": numbers(scored.score, 3),
        "finding": [found.get(cluster) if own is None else own for own, cluster in zip(finding, clusters, strict=True)],
        "colors": {cluster_words(cluster): role for cluster, role in colors(groups).items()},
    }


def components(
    table: str, algorithm: str, shown: int, counts: Mapping[str, int], centers: Rows, explained: Sequence[float]
) -> Figure:
    """The plane of the first two principal components, with the baseline's centres.

    Args:
        table: the feature table.
        algorithm: the algorithm.
        shown: how many patterns are drawn.
        counts: entities and patterns of the whole night.
        centers: cluster_id, x, y of the baseline's centres.
        explained: share of the variance by principal component.
    """
    crosses = " Crosses are the baseline's centres." if centers else ""
    caption = f"{_drawn(table, shown, counts)} Diamonds lie above the threshold, numbers are findings.{crosses}"
    columns = _crosses(centers, "x", "y")
    figure = _map(f"pca-{algorithm}", "Principal components", caption, algorithm, ("x", "y"), columns)
    shares = [f" ({share:.0%} of the variance)" for share in explained[:2]]
    x, y, *_ = [*shares, "", ""]
    titles = {"x_title": f"first principal component{x}", "y_title": f"second principal component{y}"}
    return replace(figure, options={**figure.options, **titles})


def neighbours(algorithm: str) -> Figure:
    """The t-SNE of the same patterns."""
    caption = (
        "t-SNE of the same patterns: those that are alike lie together; distances between groups and their sizes mean "
        "nothing, and the axes have no unit."
    )
    figure = _map(f"tsne-{algorithm}", "Neighbourhoods (t-SNE)", caption, algorithm, ("tsne_x", "tsne_y"), {})
    return replace(figure, options={**figure.options, "unitless": True})


def attempts(algorithm: str, means: Rows) -> Figure:
    """Login attempts per hour against minutes of a session, with the means of the clusters."""
    caption = (
        "Login attempts per hour against the mean length of a session, both on logarithmic scales; crosses are the "
        "means of the clusters. Users without a session of known length lie at the bottom."
    )
    columns = _crosses(means, *PLANE)
    titles = {"x_title": "login attempts per hour", "y_title": "minutes per session", "missing": "no session"}
    figure = _map(f"attempts-{algorithm}", "Attempts against session length", caption, algorithm, PLANE, columns)
    return replace(figure, options={**figure.options, **titles})


def _crosses(centers: Rows, x: str, y: str) -> Columns:
    return {
        "center_x": numbers((row[x] for row in centers), 3),
        "center_y": numbers((row[y] for row in centers), 3),
        "center": [cluster_words(row["cluster_id"]) for row in centers],
    }


def _map(key: str, title: str, caption: str, algorithm: str, plane: tuple[str, str], columns: Columns) -> Figure:
    options = {"x": plane[0], "y": plane[1]}
    return Figure(key, "map", f"{title}, {label(algorithm)}", caption, columns, HEADINGS, algorithm, options=options)


def _drawn(table: str, shown: int, counts: Mapping[str, int]) -> str:
    """What the marks stand for, and how they were chosen."""
    patterns = counts["patterns"]
    what = f"{patterns:,} distinct pattern{'s' * (patterns != 1)} of {counted(counts['entities'], table)}"
    if shown >= patterns:
        return f"Each mark is one of {what}, larger for more."
    return (
        f"{shown:,} of {what}, larger for more: the highest scores, the most frequent, and a random draw of the others."
    )
