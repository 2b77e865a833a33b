"""What is usual at the site: shares and feature ranges of the baseline's patterns, weighted by their events."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.models.weighted import weighted_quantiles
from pipeline.scoring.phrases import PHRASES

LOW, HIGH = 0.05, 0.95


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
    weight = patterns["weight"].to_numpy(dtype=np.float64)
    if not weight.sum():
        return Usual()
    ranges, spread = {}, {}
    for feature in (name for name in PHRASES if name in patterns):
        values = patterns[feature].to_numpy(dtype=np.float64, na_value=np.nan)
        known = ~np.isnan(values)
        if known.any():
            low, high = weighted_quantiles(values[known], weight[known], (LOW, HIGH)).tolist()
            ranges[feature] = (low, high)
            mean = np.average(values[known], weights=weight[known])
            spread[feature] = max(float(np.sqrt(np.average((values[known] - mean) ** 2, weights=weight[known]))), 0.25)
    return Usual(
        night_share=night_share,
        blocked_share=float(np.average(patterns["verdict"] == "blocked", weights=weight)),
        ranges=ranges,
        spread=spread,
    )
