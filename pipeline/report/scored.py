"""The scored patterns of one feature table and night, and what is typical of some of them.

Reading them belongs in reading, choosing among them in candidates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.features.tables import FeatureTable
from pipeline.models.patterns import FloatArray, IntArray, numbers
from pipeline.models.usual import Usual
from pipeline.models.weighted import weighted_quantiles
from schemas.scores import CONSENSUS

HALF = 0.5
DIGITS = 9  # means are rounded, since patterns may come in any order


class PatternScore(NamedTuple):
    """What an algorithm says of a pattern."""

    score: float
    large_distance: float


@dataclass(frozen=True, eq=False)
class Scored:
    """What is known of the scored patterns of one feature table and night.

    Attributes:
        table: the feature table.
        scores: algorithm, cluster_id, pattern_id, weight, is_new, score, threshold, status, large_distance; one row per
            pattern and algorithm, the consensus among them.
        patterns: the features and weight of each pattern by pattern_id, and `is_known`: the baseline has it, too.
        limits: per algorithm, the baseline's 99th percentile of the distance: the unit of isolation.
        usual: per algorithm and feature, what is usual in its baseline.
        large: algorithm and cluster_id of the baseline's large clusters.
        records: for tables whose entities stand for many records, how many those of each pattern stand for.
    """

    table: FeatureTable
    scores: pd.DataFrame
    patterns: pd.DataFrame
    limits: Mapping[str, float]
    usual: Mapping[str, Mapping[str, Usual]]
    large: frozenset[tuple[str, int]]
    records: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def entities(self) -> int:
        """Entities of the night."""
        return int(self.patterns["weight"].sum())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features that are numbers."""
        return (*self.table.columns.numeric, *self.table.columns.flags)

    @cached_property
    def matrix(self) -> FloatArray:
        """These features of all patterns, shape (n, d)."""
        return np.column_stack([numbers(self.patterns, name) for name in self.names] or [np.empty(len(self.patterns))])

    def ranges(self, algorithm: str) -> dict[str, tuple[float, float]]:
        """What is usual of each feature that is a number, in the baseline of an algorithm."""
        return {
            name: (float(low), float(high)) for name, (low, high) in self.usual[algorithm].items() if name in self.names
        }

    def places(self, patterns: Iterable[int]) -> IntArray:
        """Where the patterns stand in `patterns` and `matrix`."""
        return self.patterns.index.get_indexer(list(patterns)).astype(np.int64)

    def of(self, algorithm: str, patterns: Iterable[int]) -> dict[int, PatternScore]:
        """The score and distance of some patterns by one algorithm; a night may have tens of thousands."""
        chosen = list(patterns)
        rows = self._by_algorithm[algorithm].loc[chosen]
        columns = (rows[name].tolist() for name in PatternScore._fields)
        return dict(zip(chosen, map(PatternScore, *columns), strict=True))

    @cached_property
    def _by_algorithm(self) -> dict[str, pd.DataFrame]:
        known = self.scores.set_index("pattern_id")
        return {str(name): rows[list(PatternScore._fields)] for name, rows in known.groupby("algorithm")}

    @cached_property
    def anomalies(self) -> frozenset[int] | None:
        """Patterns that are anomalies to the consensus; None without one."""
        rows = self.scores[self.scores["algorithm"] == CONSENSUS]
        return frozenset(rows.loc[rows["status"] == "anomaly", "pattern_id"].tolist()) if len(rows) else None


def typical(scored: Scored, patterns: Mapping[int, int]) -> dict[str, float]:
    """Median of each numeric feature and mean of each flag, over the entities of which it is known."""
    values = scored.matrix[scored.places(patterns)]
    weight = np.array(list(patterns.values()), dtype=np.float64)
    found = {}
    for place, name in enumerate(scored.names):
        known = ~np.isnan(values[:, place])
        if not known.any():
            continue
        column, rows = values[known, place], weight[known]
        if name in scored.table.columns.flags:
            found[name] = round(float(np.average(column, weights=rows)), DIGITS)
        else:
            found[name] = float(weighted_quantiles(column, rows, HALF))
    return found
