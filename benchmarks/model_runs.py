"""What is measured of models: Shoal's fit and score of feature rows, and scikit-learn's own estimators on the same.

Each function runs in a process of its own and imports what it needs itself. Times are processor seconds, since the
machine may be shared. Here: the runs. Not here: which there are, how they are shown (models).
"""

import time
from importlib import import_module
from pathlib import Path
from typing import Any

PROBES = 3_000
NUMERIC = ("hour_sin", "hour_cos", "size", "ports", "duration", "peers")
FLAGS = ("is_web_port", "is_private", "port_missing")


def write_rows(kind: str, rows: int, file: Path) -> int:
    """Rows of a feature table as a Parquet file; gives the number of distinct ones.

    `events` are binned as those of Shoal are, so that they collapse; of `connections` no two are equal.
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(rows)
    behaviour = rng.choice(6, rows, p=[0.35, 0.25, 0.2, 0.12, 0.06, 0.02])
    centers = np.random.default_rng(1).normal(0, 3, (6, len(NUMERIC)))
    values = centers[behaviour] + rng.normal(size=(rows, len(NUMERIC)))
    if kind == "events":
        values = np.round(centers[behaviour] + rng.choice([-1, 0, 0, 0, 1], values.shape))
    frame = pd.DataFrame(values, columns=list(NUMERIC))
    for place, flag in enumerate(FLAGS):
        frame[flag] = (behaviour == place) ^ (rng.random(rows) < 0.01)
    frame.to_parquet(file)
    return len(frame.drop_duplicates())


def shoal(algorithm: str, file: Path) -> dict[str, Any]:
    """Collapse the rows, fit and score them all: seconds by step, and what was found for the probes."""
    import duckdb

    from pipeline.config import Training
    from pipeline.models.training import fit

    begun = time.process_time()
    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute("select *, count(*) as weight from read_parquet($1) group by all", [str(file)]).df()
    collapsed = time.process_time()
    with _timed_choices() as choosing:
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
    import numpy as np
    from sklearn.cluster import DBSCAN, KMeans, MeanShift
    from sklearn.mixture import BayesianGaussianMixture
    from sklearn.neighbors import NearestNeighbors
    from threadpoolctl import threadpool_limits

    # imports are not timed
    import_module("pipeline.models.encoding")
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
            max_iter=300,
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


def _timed_choices() -> Any:
    """A context in which the rules that choose parameters note their processor seconds in the list that it gives."""
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack, contextmanager
    from unittest.mock import patch

    from pipeline.models import dbscan, kmeans, mean_shift

    seconds: list[float] = []

    def timed(rule: Callable[..., Any]) -> Callable[..., Any]:
        def choose(*given: Any, **options: Any) -> Any:
            begun = time.process_time()
            chosen = rule(*given, **options)
            seconds.append(time.process_time() - begun)
            return chosen

        return choose

    @contextmanager
    def context() -> Iterator[list[float]]:
        rules = ((kmeans, "choose_k"), (dbscan, "choose_eps"), (mean_shift, "choose_bandwidth"))
        with ExitStack() as stack:
            for module, name in rules:
                stack.enter_context(patch.object(module, name, timed(getattr(module, name))))
            yield seconds

    return context()
