"""How far the night's entities lie from what the baseline knows, binned, beside the baseline and the threshold."""

import numpy as np

from pipeline.models.patterns import FloatArray
from pipeline.report.page.content import STATUSES, Density, Scored

BINS = 40
SHOWN_RANK = 990  # of the 1,000 steps of a model's score levels; bins go on as far again
ANOMALY = STATUSES.index("anomaly")


def density(scored: Scored, represents: FloatArray, levels: FloatArray) -> Density:
    """The density of an algorithm.

    Args:
        scored: what it makes of n patterns.
        represents: how many entities each of them stands for, shape (n,).
        levels: the baseline's distances at 1,001 even ranks.
    """
    reach = min(max(levels[-1], scored.distance.max()), 2 * levels[SHOWN_RANK]) or 1.0
    edges = np.linspace(0, float(reach), BINS + 1)
    return Density(
        edges=edges,
        night=_shares(scored.distance, represents, edges),
        baseline=_shares(levels, np.ones(len(levels)), edges),
        limit=float(np.interp(scored.threshold, np.linspace(0, 1, len(levels)), levels)),
        beyond=float(represents[scored.status == ANOMALY].sum() / represents.sum()),
        expected=1 - scored.threshold,
    )


def _shares(values: FloatArray, weight: FloatArray, edges: FloatArray) -> FloatArray:
    counted, _ = np.histogram(values.clip(edges[0], edges[-1]), bins=edges, weights=weight)
    shares: FloatArray = counted / weight.sum()
    return shares
