"""What the clusters of a night are made of: the means of their features, over the patterns that stand for all."""

from collections.abc import Sequence

import numpy as np

from pipeline.models.encoding import Encoder
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.report.page.content import Profile, Rows

MOST_CLUSTERS = 12
DIGITS = 6


def profile(
    encoder: Encoder, points: FloatArray, known: BoolArray, represents: FloatArray, cluster: IntArray, groups: Rows
) -> Profile:
    """The profile of an algorithm's leading clusters.

    Args:
        encoder: what made points of the patterns.
        points: the patterns as points, shape (n, d).
        known: whether their values are known, shape (n, d); means are of those that are.
        represents: how many entities each pattern stands for, shape (n,).
        cluster: stable id of each pattern's cluster, shape (n,).
        groups: all clusters of the night: cluster_id, size, finding.
    """
    here = set(cluster.tolist())
    shown = [one for one in leading(groups) if one in here][:MOST_CLUSTERS]
    means = cluster_means(points, known, represents, cluster, shown)
    shares = [axis.category is not None or axis.column in encoder.inputs.flags for axis in encoder.dimensions]
    # sums of fractions leave traces where the mean is 0
    return Profile(shown, encoder.dimensions, shares, np.round(encoder.unscaled(means), DIGITS) + 0.0, means)


def cluster_means(
    values: FloatArray, known: BoolArray, represents: FloatArray, cluster: IntArray, clusters: Sequence[int]
) -> FloatArray:
    """Means of what is known in each of k clusters, shape (k, d); NaN where nothing is."""
    belongs = np.where(np.asarray(clusters)[:, None] == cluster, represents, 0.0)
    weight = np.einsum("kn,nd->kd", belongs, known.astype(np.float64))
    sums = np.einsum("kn,nd->kd", belongs, np.where(known, values, 0.0))
    return np.divide(sums, weight, out=np.full_like(sums, np.nan), where=weight > 0)


def leading(groups: Rows) -> list[int]:
    """The clusters of an algorithm, those of findings first, then the largest."""
    order = sorted(groups, key=lambda row: (row["finding"] is None, -row["size"], row["cluster_id"]))
    return [row["cluster_id"] for row in order]
