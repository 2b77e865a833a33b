"""Well-known outlier detectors on the rows that Shoal's models see: what else people would use, for comparison only.

They are fitted on the baseline's rows and score the night's patterns; where a score counts as an anomaly follows the
same thresholds. scikit-learn's IsolationForest is always there, PyOD's come with the extra `shoal[evaluation]`. None
of them takes part in what Shoal flags.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from warnings import catch_warnings

import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import IsolationForest
from threadpoolctl import threadpool_limits

from pipeline.config_thresholds import Limit
from pipeline.models.columns import FeatureColumns
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import FloatArray, IntArray, collapse
from pipeline.models.training import SCORE_RANKS, distance_metrics
from pipeline.models.weighted import weighted_quantiles
from pipeline.scoring.evaluation_clusters import Scored
from pipeline.scoring.thresholds import position, status, threshold_score

ISOLATION_FOREST = "isolation_forest"
TREES = 200
# these detectors know no weights, so rows are repeated; beyond, a seeded sample of them
MOST_ROWS = 20_000
LEAST_SINGULAR = 1e-6
Detector = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]
# by name: module of pyod.models, class, arguments
PYOD: Mapping[str, tuple[str, str, dict[str, Any]]] = {
    "ecod": ("ecod", "ECOD", {"n_jobs": 1}),
    "copod": ("copod", "COPOD", {"n_jobs": 1}),
    "hbos": ("hbos", "HBOS", {}),
    "cblof": ("cblof", "CBLOF", {"random_state": 0, "n_jobs": 1}),
    "pca": ("pca", "PCA", {"random_state": 0}),
    "knn": ("knn", "KNN", {"n_jobs": 1}),
    "lof": ("lof", "LOF", {"n_jobs": 1}),
    "gmm": ("gmm", "GMM", {"random_state": 0}),
}
WITHOUT_PYOD = (
    "of the reference detectors only IsolationForest is here; install the others with: pip install 'shoal[evaluation]'"
)


def has_pyod() -> bool:
    """Whether PyOD is installed."""
    return importlib.util.find_spec("pyod") is not None


def reference_scores(
    baseline: pd.DataFrame, columns: FeatureColumns, patterns: pd.DataFrame, limit: Limit, seed: int
) -> Iterator[tuple[str, Scored]]:
    """What each detector says of a night's patterns; one that cannot be fitted on the baseline is left out.

    Args:
        baseline: the feature columns and `weight` of its patterns.
        columns: their features by role; the detectors see them standardised, categories one-hot.
        patterns: the feature columns of the night's patterns.
        limit: when a score is an anomaly.
        seed: of what draws.
    """
    encoder, known = Encoder.learn(baseline, columns, mode="standard"), collapse(baseline, columns)
    rows = _rows(encoder.transform(known.frame), known.weight, seed)
    points = encoder.transform(patterns)
    varying = rows.std(axis=0) > 0
    # unlike our own models, some of them say by a fault that they cannot be fitted
    doubting = sklearn.config_context(assume_finite=False, skip_parameter_validation=False)
    with threadpool_limits(limits=1), doubting:
        for name, detect in _detectors(seed).items():
            # some need more rows, or other clusters, than a baseline may have, and warn before they say so
            with suppress(ValueError, np.linalg.LinAlgError), catch_warnings(action="ignore"):
                usual, found = map(_finite, detect(rows[:, varying], points[:, varying]))
                yield name, _scored(usual, found, limit)


def _scored(usual: FloatArray, found: FloatArray, limit: Limit) -> Scored:
    """Scores of the night's patterns, judged by those of the baseline's rows."""
    counts = np.ones(len(usual))
    levels = weighted_quantiles(usual, counts, SCORE_RANKS)
    threshold = threshold_score(levels, distance_metrics(usual, counts), limit)
    return Scored(distance=found, flagged=status(position(levels, found), threshold) == "anomaly")


def _rows(points: FloatArray, weight: IntArray, seed: int) -> FloatArray:
    """Every row of the baseline, or a seeded sample of them."""
    total = int(weight.sum())
    chosen = np.arange(total)
    if total > MOST_ROWS:
        chosen = np.sort(np.random.default_rng(seed).choice(total, MOST_ROWS, replace=False))
    return points[np.searchsorted(np.cumsum(weight), chosen, side="right")]


def _finite(scores: FloatArray) -> FloatArray:
    """Scores that are no number count as the highest that is one."""
    scores = np.asarray(scores, dtype=np.float64)
    known = scores[np.isfinite(scores)]
    return np.where(np.isfinite(scores), scores, known.max() if len(known) else 0.0)


def _detectors(seed: int) -> dict[str, Detector]:
    detectors = {ISOLATION_FOREST: _forest(seed)}
    if has_pyod():
        detectors |= {name: _pyod(*what) for name, what in PYOD.items()}
    return detectors


def _forest(seed: int) -> Detector:
    def detect(rows: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(rows)
        return -forest.score_samples(rows), -forest.score_samples(points)

    return detect


def _pyod(module: str, name: str, arguments: Mapping[str, Any]) -> Detector:
    def detect(rows: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        detector = getattr(importlib.import_module(f"pyod.models.{module}"), name)(**arguments)
        if name == "PCA":
            # by itself it divides by the zero variances that one-hot columns always have
            rank = np.linalg.matrix_rank(rows, tol=LEAST_SINGULAR * np.sqrt(rows.size))
            detector.set_params(n_components=int(rank))
        detector.fit(rows)
        return detector.decision_scores_, detector.decision_function(points)

    return detect
