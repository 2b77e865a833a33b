"""Baseline cleaning: rows that the model before found extreme, or that an analyst called malicious, are not fitted on.

What a slow attack adds each night would otherwise be usual after a week. What belongs here: which rows are left out of
given patterns. What does not: where the patterns, the model and the judgements come from (`nightly`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.models.consensus import CHUNK, ConsensusModel
from pipeline.models.parallel import answers
from pipeline.models.patterns import FloatArray, IntArray

# of the rows of a clean baseline, one in a hundred lies beyond
EXTREME_RANK = 0.99
PART = 2 * CHUNK  # patterns that are measured in one go


@dataclass(frozen=True)
class Cleaned:
    """What is left of a baseline.

    Attributes:
        rows: its patterns, weights reduced; those that have none left are not there.
        extreme: rows left out for their distance.
        malicious: rows left out since an analyst called them so.
        share: of all rows, those left out for their distance.
        model_id: the consensus that measured, if one did.
    """

    rows: pd.DataFrame
    extreme: int = 0
    malicious: int = 0
    share: float = 0.0
    model_id: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """What the parameters of the fitted models tell of it."""
        return {
            "cleaned_rows": self.extreme,
            "cleaned_share": self.share,
            "cleaned_by": self.model_id,
            "malicious_rows": self.malicious,
        }


def clean(
    rows: pd.DataFrame, malicious: IntArray, benign: IntArray, champion: object, cap: float, most: int = 1
) -> Cleaned:
    """Leave out malicious rows, all of them, and extreme ones as far as the cap allows, the farthest first.

    Extreme is what lies farther than 99 % of the champion's baseline, the rows that were left out of that counted as
    the farthest: so a clean baseline does not lose another hundredth every night. A champion that was fitted on a
    single night knows too little. If nothing would be left, nothing is left out.

    Args:
        rows: patterns with `weight`, in canonical order.
        malicious: rows of each pattern that an analyst called malicious, shape (n,).
        benign: rows that one called benign, shape (n,): these are kept.
        champion: the latest accepted consensus before.
        cap: the largest share of the rows that may be left out for their distance.
        most: processes that measure distances, this one included.
    """
    weight = rows["weight"].to_numpy(dtype=np.int64)
    known = np.minimum(malicious, weight)
    if known.sum() == weight.sum():
        return Cleaned(rows)
    open_to_doubt = weight - known - np.minimum(benign, weight - known)
    extreme, model_id = np.zeros_like(weight), None
    if isinstance(champion, ConsensusModel) and champion.trained_to > champion.trained_from:
        distance = _distances(champion, rows, most)
        extreme = _farthest(distance, limit(champion), open_to_doubt, int(cap * weight.sum()))
        model_id = champion.model_id
    left = weight - known - extreme
    kept = rows.assign(weight=left)[left > 0].reset_index(drop=True)
    total = int(extreme.sum())
    return Cleaned(kept, total, int(known.sum()), total / int(weight.sum()), model_id)


def limit(champion: ConsensusModel) -> float:
    """The distance beyond which rows are extreme."""
    levels = champion.score_levels
    rank = EXTREME_RANK / (1 - float(champion.parameters.get("cleaned_share", 0.0)))
    return float(levels[min(int(np.ceil(rank * (len(levels) - 1))), len(levels) - 1)])


def _distances(champion: ConsensusModel, rows: pd.DataFrame, most: int) -> FloatArray:
    """What the champion measures of the rows, the same however they are divided among processes."""
    parts = ([(start, (champion, rows.iloc[start : start + PART]))] for start in range(0, len(rows), PART))
    measured = answers(ConsensusModel.distances, parts, most if len(rows) > PART else 1)
    return np.concatenate([distance for _, distance in measured])


def _farthest(distance: FloatArray, beyond: float, weight: IntArray, most: int) -> IntArray:
    """How many rows of each pattern are the farthest beyond a distance, `most` in all; ties in the given order."""
    order = np.argsort(-distance, kind="stable")
    order = order[distance[order] > beyond]
    reached = np.minimum(np.cumsum(weight[order]), most)
    taken = np.zeros_like(weight)
    taken[order] = np.diff(reached, prepend=0)
    return taken
