"""How good the clusters of a night are where nobody knows any labels: how far apart, how stable, how much agreed on.

All of it on the patterns of one feature table, which count by the rows that share them. What does not belong here:
comparisons with labels (evaluation_metrics), where patterns and models come from (evaluation).
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist

from pipeline.models.base import NOISE
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import FloatArray, IntArray
from pipeline.models.refits import refitted_labels
from pipeline.models.sampling import drawn
from pipeline.models.weighted import weighted_silhouette
from pipeline.scoring.evaluation_metrics import adjusted_rand, rank_correlation

# patterns whose silhouette is taken and whose clusters are compared, and those that are fitted again
SHOWN, FITTED = 300, 120
FEWEST = 2
Figures = dict[str, float | None]


@dataclass(frozen=True, eq=False)
class Scored:
    """What one algorithm says of the patterns of a night, in the order of their ids.

    Attributes:
        distance: `large_distance`, shape (n,).
        flagged: whether they are anomalies, shape (n,).
        cluster: id across nights, shape (n,); None for what knows no clusters.
        before: their clusters in the night before, NaN where it did not have them, shape (n,).
    """

    distance: FloatArray
    flagged: Any
    cluster: IntArray | None = None
    before: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class View:
    """Seeded samples of the patterns of a night as points; equal for all algorithms that see patterns alike.

    Attributes:
        shown: positions of the patterns whose clusters are looked at, shape (m,).
        represents: rows that each of them stands for, shape (m,).
        points: the same patterns, shape (m, d).
        samples: two samples to fit on, each points and the rows that they stand for.
    """

    shown: IntArray
    represents: FloatArray
    points: FloatArray
    samples: tuple[tuple[FloatArray, FloatArray], ...]

    @classmethod
    def of(cls, encoder: Encoder, patterns: pd.DataFrame, seed: int) -> "View":
        """The samples of the patterns: feature columns and `weight`."""
        weight = patterns["weight"].to_numpy(dtype=np.float64)
        shown, *fitted = (drawn(weight, size, seed + turn) for turn, size in enumerate((SHOWN, FITTED, FITTED)))
        points = [encoder.transform(patterns.iloc[taken]) for taken, _ in (shown, *fitted)]
        represents = [rows for _, rows in fitted]
        return cls(*shown, points[0], tuple(zip(points[1:], represents, strict=True)))


def cluster_figures(
    scored: Mapping[str, Scored], fits: Mapping[str, Mapping[str, Any]], patterns: pd.DataFrame, seed: int
) -> dict[str, Figures]:
    """Silhouette, stability and agreement by algorithm; what cannot be told is None.

    Args:
        scored: by algorithm, what it says of each pattern.
        fits: by algorithm that knows clusters, its row of `models.fits`.
        patterns: the feature columns and `weight`, in the same order.
        seed: of the samples.
    """
    weight = patterns["weight"].to_numpy()
    clusters = {name: one.cluster for name, one in scored.items() if one.cluster is not None}
    encoders = {fits[name]["encoder"] for name in clusters} if len(patterns) >= FEWEST else set()
    views = {text: View.of(Encoder.from_json(text), patterns, seed) for text in encoders}
    agreed = _means(scored, lambda a, b: rank_correlation(scored[a].distance, scored[b].distance, weight))
    alike = _means(clusters, lambda a, b: adjusted_rand(clusters[a], clusters[b], weight))
    found: dict[str, Figures] = {name: {"agreement": agreed[name]} for name in scored}
    for name, cluster in clusters.items():
        found[name] |= {
            "cluster_agreement": alike[name],
            "stability_nights": _since_the_model_before(scored[name], weight),
        }
        if view := views.get(fits[name]["encoder"]):
            found[name] |= {
                "silhouette": _silhouette(view, cluster[view.shown]),
                "stability_seeds": _between_seeds(view, name, json.loads(fits[name]["parameters"]), seed),
            }
    return found


def _silhouette(view: View, cluster: IntArray) -> float | None:
    inside = cluster != NOISE
    points = view.points[inside]
    return weighted_silhouette(cdist(points, points), cluster[inside], view.represents[inside])


def _between_seeds(view: View, algorithm: str, parameters: Mapping[str, Any], seed: int) -> float | None:
    """Agreement of two fits that differ in their sample and in their seed; None where one has no solution."""
    try:
        first, second = (
            refitted_labels(algorithm, sample, parameters, seed + turn, view.points)
            for turn, sample in enumerate(view.samples)
        )
    except ValueError:  # components of a sample may have no sound covariance
        return None
    return adjusted_rand(first, second, view.represents)


def _since_the_model_before(scored: Scored, weight: IntArray) -> float | None:
    if scored.cluster is None or scored.before is None:
        return None
    known = ~np.isnan(scored.before)
    return adjusted_rand(scored.cluster[known], scored.before[known].astype(np.int64), weight[known])


def _means(names: Iterable[str], compare: Callable[[str, str], float | None]) -> dict[str, float | None]:
    """By name, the mean of what comparing it with each other one gives, as far as that can be told."""
    found: dict[str, list[float]] = {name: [] for name in names}
    for first, second in combinations(found, 2):
        if (value := compare(first, second)) is not None:
            found[first].append(value)
            found[second].append(value)
    return {name: float(np.mean(values)) if values else None for name, values in found.items()}
