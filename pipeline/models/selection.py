"""Choosing the number of clusters, the radius and the bandwidth from the baseline, with every candidate on record.

What belongs here: rules that look at fitted candidates. What does not: the algorithms' own code.
"""

from dataclasses import replace

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans

from pipeline.models.base import NEAR, Candidate
from pipeline.models.patterns import FloatArray, IntArray
from pipeline.models.sampling import Baseline
from pipeline.models.weighted import ROUNDING, weighted_quantiles, weighted_silhouette

LARGEST_K = 14
K_SAMPLE = 1_500
K_STARTS = 3
SILHOUETTE_TOLERANCE = 0.05

EPS_SAMPLE = 3_000
EPS_RANKS = np.linspace(0, 0.99, 100)
EPS_RANK_WITHOUT_KNEE = 0.95
EPS_WITHOUT_NEIGHBOURS = 0.5
# radii are distances that occur: a little more, so that rounding cannot put a pair at that distance out of reach
MARGIN = 1 + 1e-6

BANDWIDTH_SAMPLE = 1_000
BANDWIDTH_QUANTILE = 0.2
BANDWIDTH_QUANTILES = np.linspace(0.05, 0.5, 10).round(2)
# in category distances: a kernel on rows with a rare flag reaches those without it, even if they differ a little more
BANDWIDTH_FLOOR = float(np.hypot(1, NEAR))


def choose_k(baseline: Baseline, seed: int) -> tuple[Candidate, ...]:
    """The number of clusters by elbow and silhouette together; exactly one candidate is chosen.

    k-means runs for 2 to 14 clusters on a weighted sample. Of the peaks of the silhouette within 0.05 of the highest
    one, the one nearest to the elbow of the inertia is taken, of two the smaller. A silhouette without a peak only says
    that rows repeat: then the elbow decides alone, and without an elbow the highest silhouette. A baseline of a single
    point has one cluster.
    """
    sample = baseline.sample(K_SAMPLE, seed)
    if len(sample.points) == 1:
        return (Candidate("n_clusters", 1, inertia=0.0, chosen=True),)
    distances = cdist(sample.points, sample.points)
    tried = np.arange(2, min(LARGEST_K, len(sample.points)) + 1)
    candidates = [_try_k(int(k), sample, distances, seed) for k in tried]
    inertia, silhouette = (
        np.array([getattr(candidate, name) for candidate in candidates], dtype=np.float64)
        for name in ("inertia", "silhouette")
    )
    best = _best_k(tried, inertia, silhouette)
    return tuple(replace(candidate, chosen=position == best) for position, candidate in enumerate(candidates))


def choose_eps(baseline: Baseline, min_samples: int, seed: int) -> tuple[Candidate, ...]:
    """The radius of DBSCAN by the knee of the k-distance curve (Ester et al., 1996); exactly one candidate is chosen.

    The curve holds the k-distances of distinct points, without the highest hundredth: a few points far off would bend
    it at their own distance. Without a knee its 95th percentile is taken. The radius is never less than the distance
    of two rows that differ in a single flag or category, or else every combination of flags would be a cluster.
    """
    sample = baseline.sample(EPS_SAMPLE, seed)
    distance = k_distances(baseline, sample, min_samples)
    points = sample.represents / sample.weight
    curve = weighted_quantiles(distance, points, EPS_RANKS)
    knee = _knee(EPS_RANKS, curve, direction="increasing")
    position = np.searchsorted(EPS_RANKS, EPS_RANK_WITHOUT_KNEE if knee is None else knee)
    radius = max(float(curve[position]), baseline.category_distance) or EPS_WITHOUT_NEIGHBOURS
    chosen = radius * MARGIN
    tried = np.unique(np.append(curve[curve > 0] * MARGIN, chosen))
    ranks = [float(points[distance <= eps].sum() / points.sum()) for eps in tried]
    return tuple(
        Candidate("eps", float(eps), rank=rank, chosen=bool(eps == chosen))
        for eps, rank in zip(tried, ranks, strict=True)
    )


def k_distances(baseline: Baseline, sample: Baseline, min_samples: int) -> FloatArray:
    """Radius around each point of the sample that holds `min_samples` rows, its own point counted as one row.

    Without the last clause, every point that many rows share would have radius 0, and the curve would say nothing of
    how far apart distinct points lie. Where there are too few rows, the farthest of the nearest points decides.
    """
    n_nearest = min(min_samples, len(baseline.points))
    distance, position = KDTree(baseline.points).query(sample.points, k=range(1, n_nearest + 1))
    rows = baseline.weight[position]
    rows[:, 0] = 1
    is_enough = np.cumsum(rows, axis=1) >= min_samples
    is_enough[:, -1] = True
    return distance[np.arange(len(distance)), np.argmax(is_enough, axis=1)]


def choose_bandwidth(baseline: Baseline, seed: int, *, is_floored: bool = True) -> tuple[Candidate, ...]:
    """The bandwidth of mean shift: the mean distance within which a row has a fifth of all rows; exactly one is chosen.

    The rule is scikit-learn's `estimate_bandwidth` on the rows. Where many rows are equal, that may be 0 or nearly so:
    then the median distance of a point to its nearest is taken. As for DBSCAN, a single flag or category never
    separates: the bandwidth is a little more than the distance that it makes. Without `is_floored`, both hold only
    where the estimate is 0. A baseline of a single point has half of what separates two categories.
    """
    sample = baseline.sample(BANDWIDTH_SAMPLE, seed)
    curve = bandwidths(sample, BANDWIDTH_QUANTILES)
    estimate = float(curve[BANDWIDTH_QUANTILES == BANDWIDTH_QUANTILE][0])
    floor = max(BANDWIDTH_FLOOR * baseline.category_distance, _median_gap(sample.points)) * MARGIN or NEAR
    taken = max(estimate, floor) if is_floored else estimate or floor
    ranks = zip(curve[::-1], BANDWIDTH_QUANTILES[::-1], strict=True)
    tried = {float(value): float(rank) for value, rank in ranks if value > 0}
    return tuple(
        Candidate("bandwidth", value, rank=tried.get(value), chosen=value == taken) for value in sorted({*tried, taken})
    )


def bandwidths(baseline: Baseline, quantiles: FloatArray) -> FloatArray:
    """Mean distance of the rows to the farthest of the given share of rows, themselves included, per quantile."""
    distance = cdist(baseline.points, baseline.points)
    order = np.argsort(distance, axis=1)
    reached = np.cumsum(baseline.represents[order], axis=1)
    wanted = np.maximum(1, np.floor(baseline.represents.sum() * quantiles)) * (1 - ROUNDING)
    place = [np.argmax(reached >= rows, axis=1) for rows in wanted]
    ordered = np.take_along_axis(distance, order, axis=1)
    rows = np.arange(len(ordered))
    return np.array([np.average(ordered[rows, column], weights=baseline.represents) for column in place])


def chosen(candidates: tuple[Candidate, ...]) -> float:
    """The value that was taken."""
    return next(candidate.value for candidate in candidates if candidate.chosen)


def _median_gap(points: FloatArray) -> float:
    """Median distance of the points to their nearest, 0 for a single one."""
    return float(np.median(KDTree(points).query(points, k=2)[0][:, 1])) if len(points) > 1 else 0.0


def _try_k(k: int, sample: Baseline, distances: FloatArray, seed: int) -> Candidate:
    fitted = KMeans(n_clusters=k, n_init=K_STARTS, random_state=seed).fit(
        sample.points, sample_weight=sample.represents
    )
    labels: IntArray = fitted.labels_.astype(np.int64)
    silhouette = weighted_silhouette(distances, labels, sample.represents)
    return Candidate("n_clusters", k, inertia=float(fitted.inertia_), silhouette=silhouette)


def _best_k(tried: IntArray, inertia: FloatArray, silhouette: FloatArray) -> int:
    """Position of the number of clusters to take."""
    elbow = _knee(tried.astype(np.float64), inertia, direction="decreasing")
    before = np.append(-np.inf, silhouette[:-1])
    after = np.append(silhouette[1:], np.inf)
    peaks = np.flatnonzero((silhouette > before) & (silhouette > after))
    if not len(peaks):
        return int(np.argmax(silhouette) if elbow is None else np.searchsorted(tried, elbow))
    high = peaks[silhouette[peaks] >= silhouette[peaks].max() - SILHOUETTE_TOLERANCE]
    target = tried[high[np.argmax(silhouette[high])]] if elbow is None else elbow
    return int(high[np.argmin(np.abs(tried[high] - target))])


def _knee(x: FloatArray, y: FloatArray, *, direction: str) -> float | None:
    """The knee of a convex curve, or None if it has none."""
    if len(x) < 3 or y.max() == y.min():
        return None
    from kneed import KneeLocator  # noqa: PLC0415 - it brings matplotlib, which takes a second

    knee = KneeLocator(x, y, curve="convex", direction=direction).knee
    return None if knee is None else float(knee)
