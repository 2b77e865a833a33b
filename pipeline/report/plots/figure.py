"""What every plot is: a small table with a way of drawing it, a title and a caption.

The table is what a screen reader and who wants the numbers get. Colours are named by role (`--series-1`, `--alert`);
the style sheet says what they are. Texts of a log are made visible here; escaping belongs to who draws.
"""

import math
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pipeline.report.page.content import Rows
from pipeline.report.terminal import visible_text
from pipeline.scoring.night import FIRST_NEW_ID

TEXT_LIMIT = 120
NAMES = {"kmeans": "k-means", "dbscan": "DBSCAN", "mean_shift": "mean shift", "gaussian_mixture": "Gaussian mixture"}
SERIES = tuple(f"--series-{place}" for place in range(1, 9))  # clusters with a colour of their own
OTHER, NOISE, ALERT, KNOWN, NEW = "--series-other", "--series-noise", "--alert", "--known", "--new"
OWN_COLORS_OF_FINDINGS = 4
NOISE_CLUSTER = -1
# one entity and several, by feature table
NOUNS = {
    "events": ("event", "events"),
    "users": ("user", "users"),
    "source_ips": ("source address", "source addresses"),
    "destination_ips": ("destination address", "destination addresses"),
    "connections": ("connection", "connections"),
}
ROWS = ("row", "rows")

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class Figure:
    """One plot.

    Attributes:
        key: unique within its feature table.
        kind: how kinds.js draws it.
        title: what it shows.
        caption: in words, what is drawn, what it says, and what was left out.
        columns: equally long lists of values, ready for JSON.
        headings: titles of those columns that its table shows, in their order.
        algorithm: the one it is about, or None.
        marked: the value that was chosen, if one was.
        options: what the kind needs besides.
    """

    key: str
    kind: str
    title: str
    caption: str
    columns: Columns
    headings: Mapping[str, str]
    algorithm: str | None = None
    marked: float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def label(algorithm: str) -> str:
    """The algorithm as people write it."""
    return NAMES.get(algorithm, algorithm.replace("_", " "))


def title(table: str) -> str:
    """A feature table as a heading."""
    return NOUNS.get(table, (table, table.replace("_", " ")))[1].capitalize()


def nouns(table: str) -> tuple[str, str]:
    """What an entity of a feature table is called: one, and several."""
    return NOUNS.get(table, ROWS)


def counted(number: int, table: str) -> str:
    """Such as "1 user" or "3,204 events"."""
    return f"{number:,} {nouns(table)[number != 1]}"


def left_out(rest: int, one: str, several: str) -> str:
    """The sentence of a caption that tells how much is not drawn; empty where all is."""
    if rest <= 0:
        return ""
    return f" 1 {one} is left out." if rest == 1 else f" {rest:,} {several} are left out."


@lru_cache(maxsize=4096)
def plain(value: Hashable) -> str:
    """Text of a log as a plot shows it: nothing hidden, nothing endless."""
    return visible_text(value, TEXT_LIMIT)


def numbers(column: Iterable[Any], digits: int = 4) -> list[float | None]:
    """Rounded numbers for JSON, which knows no NaN."""
    return [None if value is None or math.isnan(value) else round(float(value), digits) for value in column]


def cluster_words(cluster: int) -> str:
    """A cluster as a sentence names it; those that the baseline does not know are numbered for their night alone."""
    if cluster == NOISE_CLUSTER:
        return "noise"
    return f"cluster {cluster}" if cluster < FIRST_NEW_ID else f"new cluster {cluster - FIRST_NEW_ID + 1}"


def cluster_name(cluster: int) -> str:
    """A cluster as an axis names it."""
    return cluster_words(cluster).replace("cluster ", "")


def colors(groups: Rows) -> dict[int, str]:
    """A colour role per cluster of one algorithm: findings and large clusters have their own, the rest share one.

    Args:
        groups: cluster_id and finding of each cluster, the largest first.
    """
    found = [row["cluster_id"] for row in groups if row["finding"] is not None][:OWN_COLORS_OF_FINDINGS]
    named = list(dict.fromkeys([*found, *(row["cluster_id"] for row in groups)]))
    own = dict(zip([cluster for cluster in named if cluster != NOISE_CLUSTER], SERIES, strict=False))
    return {cluster: NOISE if cluster == NOISE_CLUSTER else own.get(cluster, OTHER) for cluster in named}
