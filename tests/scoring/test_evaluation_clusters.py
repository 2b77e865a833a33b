import json
from datetime import date

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, silhouette_score

from pipeline.config import Training
from pipeline.models.base import Occasion
from pipeline.models.columns import FeatureColumns
from pipeline.models.encoding import Encoder
from pipeline.models.refits import REFITS, refitted_labels
from pipeline.models.registry import ALGORITHMS
from pipeline.models.training import fit_prepared, prepare
from pipeline.scoring.evaluation_clusters import Scored, cluster_figures
from pipeline.scoring.evaluation_metrics import rank_correlation

COLUMNS = FeatureColumns(numeric=("a", "b"))
RNG = np.random.default_rng(1)
POINTS = np.concatenate([RNG.normal(size=(30, 2)), 20 + RNG.normal(size=(30, 2))])
PATTERNS = pd.DataFrame({"a": POINTS[:, 0], "b": POINTS[:, 1], "weight": RNG.integers(1, 4, 60)})
SIDE = np.repeat([0, 7], 30)
ENCODER = Encoder.learn(PATTERNS, COLUMNS)
NIGHT = date(2026, 1, 7)


def fit(**parameters: object) -> dict[str, str]:
    return {"encoder": ENCODER.to_json(), "parameters": json.dumps(parameters)}


def scored(cluster: np.ndarray | None, distance: np.ndarray | None = None, before: np.ndarray | None = None) -> Scored:
    values = np.arange(60.0) if distance is None else distance
    return Scored(values, np.zeros(60, dtype=bool), cluster, np.full(60, np.nan) if before is None else before)


def test_two_groups_far_apart_have_the_figures_of_their_rows() -> None:
    parts = {"kmeans": scored(SIDE, before=np.where(np.arange(60) < 50, SIDE, np.nan)), "consensus": scored(None)}
    found = cluster_figures(parts, {"kmeans": fit(n_clusters=2)}, PATTERNS, seed=0)
    weight = PATTERNS["weight"]
    rows = np.repeat(ENCODER.transform(PATTERNS), weight, axis=0)
    assert found["kmeans"] == {
        "silhouette": pytest.approx(silhouette_score(rows, np.repeat(SIDE, weight))),
        "stability_seeds": 1.0,
        "stability_nights": 1.0,
        "agreement": pytest.approx(1.0),
        "cluster_agreement": None,
    }
    assert found["consensus"] == {"agreement": pytest.approx(1.0)}


def test_agreement_is_the_mean_over_the_other_algorithms() -> None:
    other, third = RNG.normal(size=60), RNG.normal(size=60)
    halves = np.arange(60) % 2
    parts = {"kmeans": scored(SIDE), "dbscan": scored(halves, other), "consensus": scored(None, third)}
    fits = {"kmeans": fit(n_clusters=2), "dbscan": fit(eps=1.0, min_samples=2)}
    found = cluster_figures(parts, fits, PATTERNS, seed=0)
    weight = PATTERNS["weight"].to_numpy()
    pairs = [rank_correlation(np.arange(60.0), other, weight), rank_correlation(third, other, weight)]
    assert found["dbscan"]["agreement"] == pytest.approx(np.mean(pairs))
    expected = adjusted_rand_score(np.repeat(SIDE, weight), np.repeat(halves, weight))
    assert found["dbscan"]["cluster_agreement"] == found["kmeans"]["cluster_agreement"] == pytest.approx(expected)


def test_noise_has_no_silhouette_and_a_lone_pattern_has_no_figures() -> None:
    noise = np.full(60, -1)
    assert (
        cluster_figures({"dbscan": scored(noise)}, {"dbscan": fit(eps=1.0, min_samples=2)}, PATTERNS, 0)["dbscan"][
            "silhouette"
        ]
        is None
    )
    lone = Scored(np.zeros(1), np.zeros(1, dtype=bool), np.zeros(1, dtype=int), np.full(1, np.nan))
    found = cluster_figures({"kmeans": lone}, {"kmeans": fit(n_clusters=1)}, PATTERNS.head(1), 0)
    assert found["kmeans"] == {"agreement": None, "cluster_agreement": None, "stability_nights": None}


def test_every_algorithm_can_be_fitted_again_with_what_a_model_of_it_stores() -> None:
    assert REFITS.keys() == ALGORITHMS.keys()
    prepared = prepare(PATTERNS, COLUMNS, Training())
    occasion = Occasion("x", NIGHT, NIGHT, NIGHT, bootstrap=True, baseline="")
    sample = prepared.baseline.points, prepared.baseline.represents
    for name in ALGORITHMS:
        parameters = fit_prepared(name, prepared, occasion, Training()).parameters
        parameters = json.loads(json.dumps(parameters))
        labels = refitted_labels(name, sample, parameters, 1, np.array([[0.0, 0.0], *sample[0][:3]]))
        assert labels.shape == (4,), name
        assert (
            labels.tobytes()
            == refitted_labels(name, sample, parameters, 1, np.array([[0.0, 0.0], *sample[0][:3]])).tobytes()
        )
