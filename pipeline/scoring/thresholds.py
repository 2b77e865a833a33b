"""Where a score becomes an anomaly. Thresholds come from the baseline's scores, never from the scored night."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pipeline.config_thresholds import Limit

FloatArray = npt.NDArray[np.float64]


def position(levels: FloatArray, distance: FloatArray) -> FloatArray:
    """Position of each distance in the baseline's own distribution: the share of baseline rows that lie nearer.

    Args:
        levels: the baseline's distances at even ranks from 0 to 1, ascending.
        distance: distances, shape (n,).

    Returns:
        Scores in [0, 1], shape (n,); 1 is farther than the whole baseline. Ties count as not nearer, so that a
        distance which many baseline rows share is not suspicious for being shared.
    """
    steps = len(levels) - 1
    right = np.searchsorted(levels, distance, side="left").clip(0, steps)
    left = (right - 1).clip(0)
    width = levels[right] - levels[left]
    inside = np.divide(distance - levels[left], width, out=np.zeros(len(distance)), where=width > 0)
    score = (left + inside.clip(0, 1)) / steps
    return np.where(distance > levels[-1], 1.0, np.where(right == 0, 0.0, score))


def threshold_score(levels: FloatArray, metrics: Mapping[str, float], limit: Limit) -> float:
    """The score above which an entity is an anomaly, by the configured method.

    Methods: `percentile` of the baseline; mean plus k standard deviations of the baseline's distances, given as the
    score of that distance; `manual`.

    Args:
        levels: the baseline's distances at even ranks.
        metrics: its `distance_mean` and `distance_std`.
        limit: method and value.
    """
    if limit.method == "percentile":
        return limit.percentile / 100
    if limit.method == "manual":
        return float(limit.manual or 0.0)
    distance = np.array([metrics["distance_mean"] + limit.sigma * metrics["distance_std"]])
    return float(position(levels, distance)[0])


def status(score: FloatArray, threshold: float) -> npt.NDArray[np.str_]:
    """normal, borderline or anomaly: strictly above the threshold, or in the same share of rows below it."""
    borderline = max(0.0, 1 - 2 * (1 - threshold))
    return np.where(score > threshold, "anomaly", np.where(score > borderline, "borderline", "normal"))
