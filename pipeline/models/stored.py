"""What every stored model knows of itself, an algorithm's and the consensus of them alike.

What a model finds, and how it measures, belongs to `base` and `consensus`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import pandas as pd

from pipeline.models.patterns import BoolArray, FloatArray
from pipeline.models.usual import Usual


class Encodes(Protocol):
    """What makes points of feature rows; how differs between the algorithms and the consensus."""

    def to_json(self) -> str:
        """Everything needed to encode the same way again, bit for bit."""


@dataclass(frozen=True, eq=False)
class Model:
    """What every stored model knows of itself: an algorithm's, and the consensus of them.

    Attributes:
        model_id: feature table, algorithm, night and a hash of the content.
        feature_table, log_date, trained_from, trained_to, bootstrap, baseline: see `base.Occasion`.
        previous_id: the latest accepted model before, whose cluster ids live on and which scores in place of this one
            if this one is not accepted.
        accepted: whether it was found sound; see `guard`.
        reason: what speaks against it, if anything does.
        rows, patterns: size of the baseline.
        parameters, metrics: JSON values.
        usual: what the baseline's rows have in each feature column; see `usual`.
        score_levels: the baseline's large distances at 1,001 even ranks, by rows, ascending.
        encoder: from feature rows to points.
    """

    model_id: str
    feature_table: str
    algorithm: str
    log_date: date
    trained_from: date
    trained_to: date
    bootstrap: bool
    baseline: str
    previous_id: str | None
    accepted: bool
    reason: str | None
    rows: int
    patterns: int
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    usual: Mapping[str, Usual]
    score_levels: FloatArray
    encoder: Encodes

    def measured(self, rows: pd.DataFrame, alone: BoolArray | None = None) -> FloatArray:
        """How far rows are from the usual, which scores are positions of, shape (n,).

        Those marked `alone` are measured as if the model had not been fitted on them, where it keeps its points.
        """
        raise NotImplementedError

    @property
    def explained_columns(self) -> list[str]:
        """The feature columns that distances are explained by, in their order."""
        raise NotImplementedError
