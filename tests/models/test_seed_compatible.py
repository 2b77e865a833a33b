"""The published notebook's recipe as an oracle: plain scikit-learn on all rows, as it was called there."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from model_baselines import SEED_COLUMNS, SEED_FLAGS, collapsed, seed_rows, train
from sklearn.cluster import DBSCAN, KMeans, MeanShift, estimate_bandwidth
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import BayesianGaussianMixture
from sklearn.preprocessing import StandardScaler

from pipeline.config import Settings, Training
from pipeline.config_thresholds import Limit
from pipeline.models.base import FittedModel
from pipeline.models.columns import FeatureColumns
from pipeline.models.kmeans import PatternKMeans
from pipeline.scoring.thresholds import position, status, threshold_score

COMPATIBLE = Training(seed_compatible=True)
NAMES = list(SEED_COLUMNS.names)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """2,500 rows that collapse to a few dozen patterns."""
    return seed_rows(2_500, seed=7)


@pytest.fixture(scope="module")
def scaled(rows: pd.DataFrame) -> np.ndarray:
    return StandardScaler().fit_transform(rows[NAMES].astype(float).fillna(0))


def test_points_are_those_of_the_scaler(rows: pd.DataFrame, scaled: np.ndarray) -> None:
    model = train("kmeans", collapsed(rows), SEED_COLUMNS, settings=COMPATIBLE)
    assert model.encoder.columns == tuple(NAMES)
    assert model.encoder.constant_columns == ("is_weekend", "large_transfer")
    assert model.encoder.transform(rows) == pytest.approx(scaled, abs=1e-9)


def test_kmeans_from_the_same_centres_is_that_of_the_rows(rows: pd.DataFrame, scaled: np.ndarray) -> None:
    patterns = collapsed(rows)
    points = train("kmeans", patterns, SEED_COLUMNS, settings=COMPATIBLE).encoder.transform(patterns)
    start = scaled[np.random.default_rng(42).choice(len(scaled), 5, replace=False)]
    plain = KMeans(5, init=start, n_init=1, random_state=42).fit(scaled)
    ours = PatternKMeans(5, init=start, n_init=1, random_state=42).fit(points, sample_weight=patterns["weight"])
    mass = np.bincount(plain.labels_)
    order = np.lexsort((*plain.cluster_centers_.T[::-1], -mass))
    assert ours.cluster_centers_ == pytest.approx(plain.cluster_centers_[order], rel=1e-6, abs=1e-9)
    assert ours.inertia_ == pytest.approx(plain.inertia_, rel=1e-6)
    assert ours.masses_.tolist() == mass[order].tolist()
    assert ours.predict(scaled).tolist() == np.argsort(order)[plain.labels_].tolist()


def test_the_fitted_centres_are_where_the_rows_would_leave_them(rows: pd.DataFrame, scaled: np.ndarray) -> None:
    model = train("kmeans", collapsed(rows), SEED_COLUMNS, settings=COMPATIBLE)
    plain = KMeans(5, init=model.clusters.centers, n_init=1, random_state=42).fit(scaled)
    assert model.parameters["n_clusters"] == 5
    assert model.clusters.centers == pytest.approx(plain.cluster_centers_, rel=1e-6, abs=1e-9)
    assert model.metrics["inertia"] == pytest.approx(plain.inertia_, rel=1e-6)
    assert model.assign(scaled).cluster.tolist() == plain.labels_.tolist()


@pytest.mark.parametrize("seed", [1, 7])
def test_dbscan_labels_are_those_of_the_rows(seed: int) -> None:
    rows = seed_rows(2_500, seed=seed)
    scaled = StandardScaler().fit_transform(rows[NAMES].astype(float).fillna(0))
    plain = DBSCAN(eps=0.5, min_samples=5).fit(scaled)
    model = train("dbscan", collapsed(rows), SEED_COLUMNS, settings=COMPATIBLE)
    labels = model.assign(model.encoder.transform(rows)).cluster
    assert (model.parameters["eps"], model.parameters["min_samples"]) == (0.5, 5)
    assert adjusted_rand_score(plain.labels_, labels) == 1.0
    assert ((labels == -1) == (plain.labels_ == -1)).all()
    assert model.metrics["n_clusters"] == len(set(plain.labels_) - {-1})


def test_mean_shift_is_that_of_the_tutorial() -> None:
    rng = np.random.default_rng(5)
    users = pd.DataFrame(
        np.concatenate(
            [rng.normal(place, (1, 5), (n, 2)) for place, n in (((3, 45), 60), ((30, 5), 25), ((12, 90), 15))]
        ),
        columns=["login_attempts", "session_minutes"],
    )
    scaled = StandardScaler().fit_transform(users)
    plain = MeanShift(bandwidth=estimate_bandwidth(scaled, quantile=0.2, n_samples=400), bin_seeding=True).fit(scaled)
    model = train("mean_shift", users.assign(weight=1), FeatureColumns(numeric=tuple(users)), settings=COMPATIBLE)
    assert model.parameters["bandwidth"] == pytest.approx(estimate_bandwidth(scaled, quantile=0.2))
    centers = np.array(sorted(plain.cluster_centers_.tolist()))
    assert np.array(sorted(model.clusters.centers.tolist())) == pytest.approx(centers, abs=1e-6)
    assert adjusted_rand_score(plain.labels_, model.assign(model.encoder.transform(users)).cluster) == 1.0


def test_the_mixture_is_that_of_the_article() -> None:
    rng = np.random.default_rng(9)
    nets = {(192, 168, 10): 90, (172, 19, 2): 60, (10, 0, 0): 30, (0, 0, 0): 1}
    octets = np.array([(*net, host) for net, n in nets.items() for host in rng.permutation(255)[:n]], dtype=float)
    addresses = pd.DataFrame(octets, columns=["oct1", "oct2", "oct3", "oct4"])
    model = train(
        "gaussian_mixture", addresses.assign(weight=1), FeatureColumns(numeric=tuple(addresses)), settings=COMPATIBLE
    )
    scaled = StandardScaler().fit_transform(addresses.sort_values(list(addresses)))
    options = {"n_init": 10, "random_state": COMPATIBLE.random_state}
    plain = BayesianGaussianMixture(n_components=7, **options).fit(scaled)
    count = int((plain.weights_.round(2) > 0).sum())
    plain = BayesianGaussianMixture(n_components=count, **options).fit(scaled)
    found = model.assign(scaled)
    density = plain.score_samples(scaled)
    assert model.parameters["n_components"] == count < 7
    assert adjusted_rand_score(plain.predict(scaled), found.cluster) == 1.0
    peak = np.logaddexp.reduce(model.clusters.gaussians.log_peaks)
    assert peak - found.distance**2 / 2 == pytest.approx(density, abs=1e-6)
    flagged = found.distance > np.quantile(found.distance, 0.96)
    assert flagged.tolist() == (density < np.quantile(density, 0.04)).tolist()


@pytest.mark.parametrize(
    ("limit", "threshold_of"),
    [
        (Limit(method="percentile", percentile=95), lambda distances: np.percentile(distances, 95)),
        (Limit(method="sigma", sigma=2), lambda distances: distances.mean() + 2 * distances.std()),
    ],
)
def test_the_distance_to_the_nearest_centre_is_the_score_of_the_lesson(
    limit: Limit, threshold_of: Callable[[np.ndarray], float]
) -> None:
    rng = np.random.default_rng(3)
    names = ["duration", "bytes_out", "bytes_in"]
    rows = pd.DataFrame(np.exp(rng.normal(size=(3_000, 3))) * (2, 900, 5_000), columns=names)
    later = pd.DataFrame(np.exp(rng.normal(0.5, 1.2, size=(500, 3))) * (2, 900, 5_000), columns=names)
    model = train("kmeans", rows.assign(weight=1), FeatureColumns(numeric=tuple(names)), settings=COMPATIBLE)
    scaler = StandardScaler().fit(rows)
    # in the order of the patterns, so that the same rows start the same fits
    plain = KMeans(5, n_init=10, random_state=42).fit(scaler.transform(rows.sort_values(names)))
    threshold = threshold_of(plain.transform(scaler.transform(rows)).min(axis=1))
    distances = plain.transform(scaler.transform(later)).min(axis=1)
    found = model.assign(model.encoder.transform(later)).large_distance
    assert found == pytest.approx(distances, rel=1e-6)
    score = position(model.score_levels, found)
    flagged = status(score, threshold_score(model.score_levels, model.metrics, limit)) == "anomaly"
    # a score is read off 1,001 levels
    clear = np.abs(distances - threshold) > 0.01 * threshold
    assert 20 < flagged.sum() < 400
    assert flagged[clear].tolist() == (distances > threshold)[clear].tolist()


def test_the_recipes_take_their_own_percentiles() -> None:
    thresholds = Settings().compatible().thresholds
    limits = {name: thresholds.limit("source_ips", name).percentile for name in ("kmeans", "gaussian_mixture")}
    assert limits == {"kmeans": 95, "gaussian_mixture": 96}


@pytest.mark.parametrize("algorithm", ["kmeans", "dbscan", "mean_shift", "gaussian_mixture"])
@pytest.mark.parametrize("seed", [7, 8])
def test_rare_flags_without_structure_are_clusters_there_and_not_here(algorithm: str, seed: int) -> None:
    patterns = collapsed(seed_rows(2_500, seed))
    rare = [name for name, share in SEED_FLAGS.items() if 0 < share < 0.1]

    def owned(model: FittedModel) -> int:
        """Rare flags that a cluster of the model consists of."""
        cluster = model.assign(model.encoder.transform(patterns)).cluster
        members = [patterns[cluster == label] for label in range(len(model.clusters.masses))]
        shares = [[np.average(one[flag], weights=one["weight"]) for flag in rare] for one in members]
        return int((np.array(shares).max(axis=0) > 0.9).sum())

    # a mixture of full covariances gives some of them one component together
    least = 1 if algorithm == "gaussian_mixture" else 3
    assert owned(train(algorithm, patterns, SEED_COLUMNS, settings=COMPATIBLE)) >= least
    assert owned(train(algorithm, patterns, SEED_COLUMNS)) == 0
