"""How far two stored models agree, on patterns that both may be asked about.

What belongs here: figures of agreement. What does not: the guard's rules, how people are told.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from pipeline.models.base import FittedModel
from pipeline.models.guard import FLAGGED_RANK
from pipeline.models.stored import Model
from pipeline.models.weighted import adjusted_rand
from pipeline.scoring.thresholds import position


@dataclass(frozen=True)
class Comparison:
    """Figures of agreement; all are of rows, but for the correlation, which is of patterns.

    Attributes:
        rows: that the models were asked about.
        rand: adjusted Rand index of their clusters; None where one of them shares out no clusters.
        correlation: Spearman's, of their distances; None where one of them has a single distance.
        flagged: shares above the 95th percentile of either baseline.
        both: share above both.
        kept: stable ids of clusters that both have.
    """

    rows: int
    rand: float | None
    correlation: float | None
    flagged: tuple[float, float]
    both: float
    kept: tuple[int, ...]


def compare(first: Model, second: Model, patterns: pd.DataFrame) -> Comparison:
    """Ask both models about patterns with weights."""
    weight = patterns["weight"].to_numpy(dtype=np.int64)
    distances = [model.measured(patterns) for model in (first, second)]
    above = [
        position(model.score_levels, distance) > FLAGGED_RANK
        for model, distance in zip((first, second), distances, strict=True)
    ]
    shares = [float(np.average(flags, weights=weight)) for flags in (*above, above[0] & above[1])]
    is_constant = any(np.ptp(distance) == 0 for distance in distances)
    rand, kept = _clusters(first, second, patterns)
    return Comparison(
        rows=int(weight.sum()),
        rand=rand,
        correlation=None if is_constant else float(spearmanr(*distances).statistic),
        flagged=(shares[0], shares[1]),
        both=shares[2],
        kept=kept,
    )


def _clusters(first: Model, second: Model, patterns: pd.DataFrame) -> tuple[float | None, tuple[int, ...]]:
    if not (isinstance(first, FittedModel) and isinstance(second, FittedModel)):
        return None, ()
    labels = [model.assign(model.encoder.transform(patterns)).cluster for model in (first, second)]
    rand = adjusted_rand(labels[0], labels[1], patterns["weight"].to_numpy(dtype=np.int64))
    kept = set(first.clusters.stable_ids.tolist()) & set(second.clusters.stable_ids.tolist())
    return rand, tuple(sorted(kept))
