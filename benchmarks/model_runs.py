"""What is measured of models: Shoal's fit and score of feature rows, and scikit-learn's own estimators on the same.

Each function runs in a process of its own and imports what it needs itself. Times are processor seconds, since the
machine may be shared. What takes less than seconds is repeated, and the quickest counts: so what a library loads once
in a process is in no figure. Here: the runs. Not here: which there are, how they are shown (models).
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROBES = 3_000
STEPS = ("collapse", "encode", "fit", "score")  # all but the choice of parameters
MOST_TIMES, REPEATED_SECONDS = 7, 3.0
NUMERIC = ("hour_sin", "hour_cos", "size", "ports", "duration", "peers")
FLAGS = ("is_web_port", "is_private", "port_missing")


def write_rows(kind: str, rows: int, file: Path) -> int:
    """Rows of a feature table as a Parquet file; gives the number of distinct ones.

    `events` are binned as those of Shoal are, so that they collapse; `users` have counts and a share of them, so that
    some are equal; of `connections` no two are.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(rows)
    behaviour = rng.choice(6, rows, p=[0.35, 0.25, 0.2, 0.12, 0.06, 0.02])
    centers = np.random.default_rng(1).normal(0, 3, (6, len(NUMERIC)))
    values = centers[behaviour] + rng.normal(size=(rows, len(NUMERIC)))
    if kind == "events":
        values = np.round(centers[behaviour] + rng.choice([-1, 0, 0, 0, 1], values.shape))
    if kind == "users":
        counts = rng.poisson(np.exp(1 + centers[behaviour, :-1] / 3))
        values = np.column_stack([counts, rng.beta(1, 9, rows).round(2)])
    frame = pd.DataFrame(values, columns=list(NUMERIC))
    for place, flag in enumerate(FLAGS):
        frame[flag] = (behaviour == place) ^ (rng.random(rows) < 0.01)
    frame.to_parquet(file)
    return len(frame.drop_duplicates())


def shoal(algorithm: str, file: Path) -> dict[str, Any]:
    """Collapse the rows, fit and score them all: seconds by step, and what was found for the probes."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        return _quickest(lambda: _shoal(connection, algorithm, file))


def _shoal(connection: Any, algorithm: str, file: Path) -> dict[str, Any]:
    from model_choices import timed_choices

    from pipeline.config import Training
    from pipeline.models.training import fit

    begun = time.process_time()
    rows = connection.execute("select *, count(*) as weight from read_parquet($1) group by all", [str(file)]).df()
    collapsed = time.process_time()
    with timed_choices() as choosing:
        model = fit(algorithm, rows, _columns(), _occasion(), Training())
    fitted = time.process_time()
    model.assign(model.encoder.transform(rows))
    scored = time.process_time()
    points, probes = _encoded(file, PROBES)
    found = model.assign(points[probes])
    return {
        "collapse": collapsed - begun,
        "choose": sum(choosing),
        "fit": fitted - collapsed - sum(choosing),
        "score": scored - fitted,
        "parameters": model.parameters,
        "label": found.cluster,
        "distance": found.distance,
    }


def plain(algorithm: str, file: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    """scikit-learn's estimator on all rows, encoded alike, with the parameters that Shoal chose; seconds by step."""
    return _quickest(lambda: _plain(algorithm, file, parameters))


def _plain(algorithm: str, file: Path, parameters: dict[str, Any]) -> dict[str, Any]:
    import numpy as np
    from sklearn.cluster import DBSCAN, KMeans, MeanShift
    from sklearn.mixture import BayesianGaussianMixture
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    from pipeline.models.gaussian_mixture import MAX_ITER, TOLERANCE_PER_ROW

    started = time.process_time()
    points, probes = _encoded(file, PROBES)
    encoded = time.process_time()
    estimator = {
        "kmeans": lambda: KMeans(parameters["n_clusters"], n_init=10, random_state=42),
        "dbscan": lambda: DBSCAN(eps=parameters["eps"], min_samples=parameters["min_samples"]),
        "mean_shift": lambda: MeanShift(bandwidth=parameters["bandwidth"], bin_seeding=True),
        "gaussian_mixture": lambda: BayesianGaussianMixture(
            n_components=parameters["n_components"],
            covariance_type=parameters["covariance_type"],
            reg_covar=parameters["reg_covar"],
            # of a bound that adds up over rows; with its default it would go on for hundreds of iterations
            tol=TOLERANCE_PER_ROW * len(points),
            max_iter=MAX_ITER,
            random_state=42,
        ),
    }[algorithm]()
    with threadpool_limits(limits=1):
        begun = time.process_time()
        label = estimator.fit_predict(points)
        fitted = time.process_time()
        if algorithm == "gaussian_mixture":
            distance = -estimator.score_samples(points)
        else:
            references = estimator.components_ if algorithm == "dbscan" else estimator.cluster_centers_
            distance = NearestNeighbors(n_neighbors=1).fit(references).kneighbors(points)[0][:, 0]
        scored = time.process_time()
    return {
        "encode": encoded - started,
        "fit": fitted - begun,
        "score": scored - fitted,
        "label": np.asarray(label)[probes],
        "distance": distance[probes],
    }


def _quickest(run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The figures of the quickest of as many runs as take seconds in all, of a long one alone."""
    begun = time.perf_counter()
    found = [run()]
    while len(found) < MOST_TIMES and time.perf_counter() - begun < REPEATED_SECONDS:
        found.append(run())
    return min(found, key=seconds)


def seconds(figures: dict[str, Any]) -> float:
    """All steps of a run but the choice of parameters."""
    return float(sum(figures.get(step, 0.0) for step in STEPS))


def _columns() -> Any:
    from pipeline.models.columns import FeatureColumns

    return FeatureColumns(numeric=NUMERIC, flags=FLAGS)


def _occasion() -> Any:
    from datetime import date

    from pipeline.models.base import Occasion

    night = date(2026, 1, 12)
    return Occasion("events", night, night, night, bootstrap=True, baseline="2026-01-12:1")


def _encoded(file: Path, probes: int) -> tuple[Any, Any]:
    """All rows as points, and the positions of some of them."""
    import numpy as np
    import pandas as pd

    from pipeline.models.encoding import Encoder

    rows = pd.read_parquet(file).assign(weight=1)
    points = Encoder.learn(rows, _columns()).transform(rows)
    return points, np.random.default_rng(0).permutation(len(points))[:probes]
