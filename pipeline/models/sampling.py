"""Seeded samples that bound what a fit costs; whoever draws says so in the model's parameters."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import KDTree

from pipeline.models.patterns import FloatArray, IntArray

PROBES = 500


@dataclass(frozen=True)
class Baseline:
    """Encoded patterns that a model is fitted on, or a sample of them.

    Attributes:
        points: distinct points in canonical order, shape (n, d).
        weight: rows that lie on each point, shape (n,).
        represents: rows that each point stands for: its weight, or more where it was drawn for others too.
        category_distance: distance of two rows that differ in one flag or category alone; 0 if no such column counts.
    """

    points: FloatArray
    weight: IntArray
    represents: FloatArray
    category_distance: float = 0.0

    def sample(self, size: int, seed: int) -> "Baseline":
        """At most `size` of the points, drawn in proportion to the rows they stand for.

        Points with many rows are certain to be in it; each of the others then stands for the same number of rows, so
        that sums over the sample are unbiased (systematic sampling with probability proportional to size).
        """
        if len(self.weight) <= size:
            return self
        taken, represents = drawn(self.represents, size, seed)
        return replace(self, points=self.points[taken], weight=self.weight[taken], represents=represents)


def drawn(represents: FloatArray, size: int, seed: int) -> tuple[IntArray, FloatArray]:
    """Positions of at most `size` points, drawn as `Baseline.sample` does, and the rows that each then stands for."""
    if len(represents) <= size:
        return np.arange(len(represents)), represents
    chance = inclusion_probabilities(represents, size)
    reached = np.cumsum(np.append(np.random.default_rng(seed).random(), chance))
    taken = np.flatnonzero(np.diff(np.floor(reached)))
    return taken, represents[taken] / chance[taken]


def inclusion_probabilities(size_of: FloatArray, size: int) -> FloatArray:
    """Probabilities proportional to `size_of`, at most 1, that add up to `size`, which is below the length."""
    descending = np.sort(size_of)[::-1]
    remaining = descending.sum() - np.concatenate([[0.0], np.cumsum(descending)[:-1]])
    step = remaining[:size] / (size - np.arange(size))
    certain = int(np.argmax(descending[:size] < step))
    return np.minimum(1.0, size_of / step[certain])


def neighbour_pairs(points: FloatArray, radius: float, seed: int) -> int:
    """Estimated ordered pairs of points within `radius`, each point paired with itself included."""
    probes = np.random.default_rng(seed).permutation(len(points))[:PROBES]
    counts = KDTree(points).query_ball_point(points[probes], radius, return_length=True)
    return round(float(np.mean(counts)) * len(points))
