"""The models that scored a night, as far as its page shows them: fits, centres, and what was tried."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from pipeline.models.patterns import FloatArray
from pipeline.report.page.content import Rows
from pipeline.report.page.questions import answer
from pipeline.scoring.serving import models_in_service
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import NIGHT
from schemas.base import TableSpec
from schemas.scores import CONSENSUS

FITS = """
    select * exclude (usual) from models.fits where list_contains($models, model_id)
    order by feature_table, algorithm = $consensus, algorithm
"""
CENTERS = """
    select model_id, algorithm, stable_id as cluster_id, center from models.components
    where list_contains($models, model_id) and kind = 'cluster' and algorithm <> $consensus
    order by model_id, component_id
"""
SELECTION = """
    select * from models.selection where list_contains($models, model_id) order by feature_table, algorithm, candidate
"""


@dataclass(frozen=True)
class NightModels:
    """Rows of the model tables; one question each for all feature tables.

    Attributes:
        fits: rows of `models.fits`, the consensus after the algorithms.
        clusters: model_id, algorithm, cluster_id and center of the baseline's clusters.
        selection: rows of `models.selection`.
    """

    fits: Rows
    clusters: Rows
    selection: Rows

    @classmethod
    def load(cls, warehouse: Warehouse, night: date, scores: tuple[TableSpec, ...]) -> "NightModels":
        """The models that score the night; `scores` are all tables of pattern scores."""
        models = warehouse.fetch(models_in_service(scores), {NIGHT: night})["model_id"].to_pylist()
        asked = {"models": models, "consensus": CONSENSUS}
        return cls(*(answer(warehouse, sql, **asked).to_pylist() for sql in (FITS, CENTERS, SELECTION)))

    def of(self, table: str, algorithms: Iterable[str]) -> Rows:
        """The fits of a feature table's algorithms."""
        wanted = set(algorithms)
        return [fit for fit in self.fits if fit["feature_table"] == table and fit["algorithm"] in wanted]

    def selection_of(self, table: str) -> Mapping[str, Rows]:
        """What was tried for a feature table, by algorithm."""
        return by_algorithm(row for row in self.selection if row["feature_table"] == table)

    def centers(self, fits: Rows, mean: FloatArray, axes: FloatArray) -> Mapping[str, Rows]:
        """Centres of the fits' clusters in the plane, by algorithm: cluster_id, x, y.

        Those of a model that sees other axes than the first one cannot be placed and are left out.
        """
        alike = {fit["model_id"] for fit in fits if fit["encoder"] == fits[0]["encoder"]}
        own = [row for row in self.clusters if row["model_id"] in alike]
        if not own:
            return {}
        placed = in_plane((np.array([row["center"] for row in own]) - mean) @ axes)
        return by_algorithm(row | {"x": x, "y": y} for row, (x, y) in zip(own, placed, strict=True))


def by_algorithm(rows: Iterable[dict[str, Any]]) -> dict[str, Rows]:
    """Rows by their algorithm, in their order."""
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        parts[row["algorithm"]].append(row)
    return dict(parts)


def in_plane(points: FloatArray) -> FloatArray:
    """The first two coordinates of points, 0 where there is only one."""
    return np.pad(points[:, :2], ((0, 0), (0, max(0, 2 - points.shape[1]))))
