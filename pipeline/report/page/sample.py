"""The patterns of a night that its page looks at: how many entities each stands for, and where it lies.

What belongs here: what concerns the patterns alone. What does not: what models make of them (table_night).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.models.encoding import Encoder
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.report.page import questions
from pipeline.report.page.projection import weighted_pca


@dataclass(frozen=True)
class Sample:
    """The n patterns that stand for all of a night.

    Attributes:
        features: rows of the table of patterns, pattern_id and weight among them.
        represents: how many entities each stands for, shape (n,).
        drawn: places of those that are drawn.
        finding: rank of the finding that each was found for, or None.
        counts: entities, patterns and anomalies of the whole night.
    """

    features: pd.DataFrame
    represents: FloatArray
    drawn: IntArray
    finding: Sequence[int | None]
    counts: Mapping[str, int]

    @property
    def ids(self) -> IntArray:
        """Their pattern ids, shape (n,)."""
        ids: IntArray = self.features["pattern_id"].to_numpy()
        return ids


@dataclass(frozen=True)
class Space:
    """Where the n patterns of a sample lie in the d axes that models see.

    Attributes:
        encoder: of the models.
        points: encoded patterns, shape (n, d).
        known: whether the feature behind an axis is known, shape (n, d).
        mean, axes: of the principal components, shapes (d,) and (d, k).
        variance: share that each component explains.
    """

    encoder: Encoder
    points: FloatArray
    known: BoolArray
    mean: FloatArray
    axes: FloatArray
    variance: list[float]

    @classmethod
    def of(cls, sample: Sample, encoder: Encoder) -> "Space":
        """The places of the patterns."""
        points = encoder.transform(sample.features[list(encoder.inputs.names)])
        known = [sample.features[axis.column].notna().to_numpy() for axis in encoder.dimensions]
        return cls(encoder, points, np.column_stack(known), *weighted_pca(points, sample.represents))

    def components(self, places: IntArray) -> FloatArray:
        """Principal components of some patterns, shape (m, k)."""
        placed: FloatArray = (self.points[places] - self.mean) @ self.axes
        return placed


def sample_of(answer: pa.Table) -> Sample:
    """The sample.

    Args:
        answer: of `questions.night_patterns`, at least one row.
    """
    own = len(questions.OWN_COLUMNS)  # by place, since a feature may have any name
    facts, features = answer.select(range(own)), answer.select(range(own, answer.num_columns)).to_pandas()
    counts = {name: facts[name][0].as_py() for name in ("entities", "patterns", "anomalies")}
    represents = represented(features["weight"].to_numpy(float), facts["kept"].to_numpy(), counts["entities"])
    drawn = np.flatnonzero(facts["drawn"].to_numpy())
    return Sample(features, represents, drawn, facts["finding"].to_pylist(), counts)


def represented(weight: FloatArray, kept: BoolArray, entities: float) -> FloatArray:
    """How many entities each pattern stands for, shape (n,): itself, or, if it was drawn, those left out as well."""
    rest = entities - weight[kept].sum()
    drawn = weight[~kept].sum()
    return np.where(kept, weight, weight * (rest / drawn if drawn else 1.0))
