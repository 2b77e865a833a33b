"""What is usual at the site: shares and feature ranges of the baseline's patterns, weighted by their events."""

from dataclasses import dataclass, field
from typing import cast

import numpy as np
import pandas as pd

from pipeline.models.columns import FeatureColumns
from pipeline.models.patterns import FloatArray, IntArray, Patterns, numbers, weights
from pipeline.models.usual import usual_values
from pipeline.scoring.phrases import PHRASES

LEAST_SPREAD = 0.25


@dataclass(frozen=True)
class Usual:
    """The site's own base rates.

    Attributes:
        night_share: share of events between 0 and 5 h.
        blocked_share: share of blocked events.
        ranges: per feature, the values below which 5 % and 95 % of the baseline's events lie.
        spread: per feature, its standard deviation, at least a floor that a nearly constant feature needs.
    """

    night_share: float = 0.0
    blocked_share: float = 0.0
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    spread: dict[str, float] = field(default_factory=dict)


def measure(patterns: pd.DataFrame, night_share: float) -> Usual:
    """Base rates of the given patterns (feature columns and `weight`) and the share of their events before 5 h."""
    if patterns.empty:
        return Usual()
    weight = weights(patterns)
    told = FeatureColumns(numeric=tuple(name for name in PHRASES if name in patterns))
    ranges = usual_values(Patterns(patterns, weight), told)
    return Usual(
        night_share=night_share,
        blocked_share=float(np.average(patterns["verdict"] == "blocked", weights=weight)),
        ranges=cast("dict[str, tuple[float, float]]", ranges),
        spread={name: _spread(numbers(patterns, name), weight) for name in ranges},
    )


def _spread(values: FloatArray, weight: IntArray) -> float:
    known = ~np.isnan(values)
    mean = np.average(values[known], weights=weight[known])
    return max(float(np.sqrt(np.average((values[known] - mean) ** 2, weights=weight[known]))), LEAST_SPREAD)
