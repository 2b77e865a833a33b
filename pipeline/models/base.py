"""What every fitted algorithm looks like: its clusters as arrays, how it assigns points, and the model around them.

What belongs here: the types that algorithms, storage, scoring and the report share. What does not: any one algorithm.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd

from pipeline.config import Training
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.models.sampling import Baseline
from pipeline.models.stored import Model

NOISE = -1
# clusters of a single point have no spread: half of what separates two categories still counts as the same place
NEAR = 0.5


@dataclass(frozen=True)
class Candidate:
    """One value that was tried for a parameter, and what spoke for it."""

    parameter: str
    value: float
    inertia: float | None = None
    silhouette: float | None = None
    rank: float | None = None
    weight: float | None = None
    chosen: bool = False


@dataclass(frozen=True, eq=False)
class Gaussians:
    """The densities of clusters around their centres, where an algorithm knows them.

    Attributes:
        log_peaks: log density at the centre, the weight of the component included, shape (k,).
        factors: Cholesky factors of the precisions, shape (k, d) where these are diagonal, else (k, d, d).
        levels: distance from the centre, in standard deviations, of the cluster's own rows at 101 even ranks from the
            nearest to the farthest, shape (k, 101).
    """

    log_peaks: FloatArray
    factors: FloatArray
    levels: FloatArray

    def take(self, order: IntArray) -> "Gaussians":
        """Those of some clusters, in the given order."""
        return Gaussians(self.log_peaks[order], self.factors[order], self.levels[order])


@dataclass(frozen=True, eq=False)
class Shape:
    """What an algorithm found, before its clusters are measured and ordered.

    Attributes:
        centers: centres of the clusters, shape (k, d), or None where clusters are given by core points.
        core_points: core points, shape (m, d); none for algorithms that assign by centre.
        core_clusters: cluster of each core point, shape (m,).
        parameters: parameters, seeds and fallbacks; JSON values.
        metrics: what the fit says of itself; JSON values.
        candidates: values that were tried for the chosen parameter.
        gaussians: densities around the centres, if the algorithm assigns by them.
    """

    centers: FloatArray | None
    core_points: FloatArray
    core_clusters: IntArray
    parameters: dict[str, Any]
    metrics: dict[str, Any]
    candidates: tuple[Candidate, ...]
    gaussians: Gaussians | None = None


@dataclass(frozen=True, eq=False)
class Clusters:
    """The clusters of a model, the largest first; the position is the component id.

    Attributes:
        centers: shape (k, d), in scaled units.
        masses: share of the baseline's rows, shape (k,).
        spreads: distance from the centre within which 99 % of the rows lie, in scaled units, shape (k,).
        is_large: whether distances to it count as normal (CBLOF's rule), shape (k,).
        stable_ids: ids across nights, shape (k,).
        core_points: shape (m, d), ordered by cluster; none for algorithms that assign by centre.
        core_clusters: component id of each core point, shape (m,).
        core_masses: share of the baseline's rows on each core point, shape (m,).
        gaussians: densities around the centres; none for algorithms that assign by distances alone.
    """

    centers: FloatArray
    masses: FloatArray
    spreads: FloatArray
    is_large: BoolArray
    stable_ids: IntArray
    core_points: FloatArray
    core_clusters: IntArray
    core_masses: FloatArray
    gaussians: Gaussians | None = None

    @property
    def references(self) -> FloatArray:
        """What `Assignment.reference` is a position in: the core points where there are some, or else the centres."""
        return self.core_points if len(self.core_points) else self.centers


@dataclass(frozen=True, eq=False)
class Assignment:
    """Where points lie among the clusters of a model; all arrays have shape (n,).

    Attributes:
        cluster: component id, -1 for noise.
        within: inside the reach of the cluster.
        distance: to the nearest cluster, in scaled units or as the algorithm measures it.
        large_distance: to the nearest large cluster, measured alike.
        reference: position of what `large_distance` is measured to in `Clusters.references`; explanations start from
            there. Without it they do from the nearest centre of a large cluster.
        gap: to the nearest centre in scaled units, where `distance` is measured otherwise.
        density_rank: share of the cluster's rows that are no nearer to its centre, where it has a density.
    """

    cluster: IntArray
    within: BoolArray
    distance: FloatArray
    large_distance: FloatArray
    reference: IntArray | None = None
    gap: FloatArray | None = None
    density_rank: FloatArray | None = None

    @property
    def scaled_distance(self) -> FloatArray:
        """Distance to the nearest cluster in scaled units, whatever `distance` is."""
        return self.distance if self.gap is None else self.gap


class Assign(Protocol):
    """How an algorithm assigns points to its clusters."""

    def __call__(
        self, clusters: Clusters, parameters: Mapping[str, Any], points: FloatArray, *, alone: BoolArray | None = None
    ) -> Assignment:
        """Assign `points`, shape (n, d).

        Those marked `alone` are measured as if the model had not been fitted on them: a core point at distance 0 is
        passed over.
        """


@dataclass(frozen=True)
class Algorithm:
    """An algorithm as the rest of the pipeline sees it.

    Attributes:
        name: as in the configuration and the tables.
        fit: chooses the parameters and fits; the seed comes with the settings.
        assign: assigns points to the clusters.
    """

    name: str
    fit: Callable[[Baseline, Training], Shape]
    assign: Assign


@dataclass(frozen=True)
class Occasion:
    """What a model is fitted for and on; none of it changes what an algorithm finds in given rows.

    Attributes:
        feature_table: name such as `events`.
        log_date: night that the model will score.
        trained_from, trained_to: first and last night of the baseline that had rows.
        bootstrap: the baseline is the night itself, for want of an earlier one.
        baseline: the nights of the baseline with the revisions of their logs.
    """

    feature_table: str
    log_date: date
    trained_from: date
    trained_to: date
    bootstrap: bool
    baseline: str


@dataclass(frozen=True, eq=False)
class FittedModel(Model):
    """One algorithm fitted on one feature table for one night.

    Attributes:
        clusters: what it found.
        assigner: how it assigns points to them.
        candidates: what was tried; empty once loaded from rows.
    """

    encoder: Encoder
    clusters: Clusters
    assigner: Assign = field(repr=False)
    candidates: tuple[Candidate, ...] = ()

    def measured(self, rows: pd.DataFrame, alone: BoolArray | None = None) -> FloatArray:
        """The distances of rows to the nearest large cluster, shape (n,); see `Assign` for those marked `alone`."""
        points = self.encoder.transform(rows)
        return self.assigner(self.clusters, self.parameters, points, alone=alone).large_distance

    @property
    def explained_columns(self) -> list[str]:
        """The feature columns that have axes in the model, in their order."""
        return list(dict.fromkeys(axis.column for axis in self.encoder.dimensions))

    @property
    def next_stable_id(self) -> int:
        """The smallest stable id that neither this model nor one before it has used."""
        return int(self.parameters["next_stable_id"])

    def assign(self, points: FloatArray) -> Assignment:
        """Where encoded points, shape (n, d), lie among the clusters."""
        return self.assigner(self.clusters, self.parameters, points)

    def stable(self, cluster: IntArray) -> IntArray:
        """The ids across nights of component ids; noise stays -1."""
        return np.append(self.clusters.stable_ids, NOISE)[cluster]
