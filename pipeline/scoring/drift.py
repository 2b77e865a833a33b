"""Effect sizes of drift: how far a night's counts are from its baseline's, and how far beyond what is usual.

An effect size does not grow with the rows, but that of few rows is noisy: what sampling alone may reach, and what the
baseline's own nights reach against each other, is no drift. What belongs here: pure functions of counts. What does not:
where counts come from (`drift_counts`), bounds and words.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from pipeline.models.patterns import FloatArray, IntArray

# ratios of shares below one in a thousand say nothing of how much has changed
LEAST_SHARE = 1e-3
# of nights that are drawn from the baseline's own distribution, one in so many exceeds the noise
CHANCE = 1e-4
# in bits, the divergence is near an eighth of the index in nats where both are small
INDEX_PER_BIT = 8 * np.log(2)


@dataclass(frozen=True)
class Distance:
    """A distance between a night and its baseline.

    Attributes:
        value: of the night.
        usual: what noise and the baseline's own nights reach.
        drift: how far the value is beyond that; 0 if it is not.
    """

    value: float
    usual: float
    drift: float


def shares(counts: IntArray) -> FloatArray:
    """Counts by bin, shape (..., k), as shares: half a row is added to each bin, and `LEAST_SHARE` of all."""
    k = counts.shape[-1]
    smooth = (counts + 0.5) / (counts.sum(axis=-1, keepdims=True) + 0.5 * k)
    return (smooth + LEAST_SHARE) / (1 + LEAST_SHARE * k)


def stability_index(night: IntArray, baseline: IntArray) -> FloatArray:
    """Population stability index: the symmetric Kullback-Leibler divergence of binned shares, in nats, never negative.

    Args:
        night: counts by bin, shape (..., k).
        baseline: those that they are compared with, the same shape.
    """
    p, q = shares(night), shares(baseline)
    return np.maximum(((p - q) * np.log(p / q)).sum(axis=-1), 0.0)


def jensen_shannon(night: IntArray, baseline: IntArray) -> FloatArray:
    """Jensen-Shannon distance to base 2, from 0 to 1 (Endres and Schindelin, 2003); shapes as in `stability_index`."""
    p, q = shares(night), shares(baseline)
    middle = (p + q) / 2
    divergence = ((p * np.log2(p / middle)).sum(axis=-1) + (q * np.log2(q / middle)).sum(axis=-1)) / 2
    return np.sqrt(np.clip(divergence, 0.0, 1.0))


def noise(night: IntArray, baseline: IntArray) -> float:
    """The stability index that sampling alone reaches or exceeds with probability `CHANCE`.

    Over the sum of the reciprocal sizes it follows a chi-squared distribution with one degree of freedom less than
    there are bins (Yurdakul and Naranjo, 2020).
    """
    bins = int(((night + baseline) > 0).sum())
    return float(chdtri(max(bins - 1, 1), CHANCE) * (1 / night.sum() + 1 / baseline.sum()))


def index_and_distance(night: IntArray, nights: IntArray) -> tuple[Distance, Distance]:
    """Stability index and Jensen-Shannon distance of a night, with what is usual.

    Usual is what noise reaches beyond the baseline's night that is farthest from the others: a Sunday is no drift to a
    week that had one.

    Args:
        night: counts by bin, shape (k,), not all 0.
        nights: those of each night of the baseline, shape (m, k), none of them all 0.
    """
    seen = (night + nights.sum(axis=0)) > 0
    night, nights = night[seen], nights[:, seen]
    baseline = nights.sum(axis=0)
    chance = noise(night, baseline)
    index, distance = float(stability_index(night, baseline)), float(jensen_shannon(night, baseline))
    usual, squared = chance, chance / INDEX_PER_BIT
    if len(nights) > 1:
        usual += float(stability_index(nights, baseline - nights).max())
        squared += float(jensen_shannon(nights, baseline - nights).max() ** 2)
    beyond = float(np.sqrt(max(distance**2 - squared, 0.0)))
    return (
        Distance(index, usual, max(index - usual, 0.0)),
        Distance(distance, float(np.sqrt(min(squared, 1.0))), beyond),
    )


def level(drift: float, bounds: tuple[float, float]) -> str:
    """none, warning or error: whether the bounds are reached."""
    warning, error = bounds
    return "error" if drift >= error else "warning" if drift >= warning else "none"
