import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.preprocessing import StandardScaler

from pipeline.config import Thresholds
from pipeline.models.columns import FeatureColumns
from pipeline.scoring import evaluation_references as references
from pipeline.scoring.evaluation_references import ISOLATION_FOREST, PYOD, has_pyod, reference_scores

COLUMNS = FeatureColumns(numeric=("a", "b"), categorical=("service",))
RNG = np.random.default_rng(0)
BASELINE = pd.DataFrame(
    {
        "a": RNG.normal(size=40),
        "b": RNG.normal(size=40),
        "service": ["http", "dns"] * 20,
        "weight": [1, 3] * 20,
        "hour": 0,
    }
)
NIGHT = pd.DataFrame({"a": [0.0, 9.0], "b": [0.0, -9.0], "service": ["http", "telnet"], "weight": [5, 1], "hour": 1})


def scores() -> dict[str, references.Scored]:
    return dict(reference_scores(BASELINE, COLUMNS, NIGHT, Thresholds(), 0))


def test_the_forest_is_scikit_learns_on_all_rows_of_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "has_pyod", lambda: False)
    found = scores()
    assert list(found) == [ISOLATION_FOREST]
    assert found[ISOLATION_FOREST].flagged.tolist() == [False, True]
    ordered = BASELINE.sort_values(["a", "b"])
    rows = ordered.loc[ordered.index.repeat(ordered["weight"])]
    plain = pd.get_dummies(rows[["a", "b", "service"]], dtype=float)[["a", "b", "service_dns", "service_http"]]
    night = np.array([[0, 0, 0, 1], [9, -9, 0, 0]], dtype=float)
    scaler = StandardScaler().fit(plain.to_numpy())
    forest = IsolationForest(n_estimators=200, random_state=0).fit(scaler.transform(plain.to_numpy()))
    np.testing.assert_allclose(found[ISOLATION_FOREST].distance, -forest.score_samples(scaler.transform(night)))


def test_a_large_baseline_is_sampled_and_the_sample_is_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "has_pyod", lambda: False)
    monkeypatch.setattr(references, "MOST_ROWS", 30)
    first, second = scores(), scores()
    assert first[ISOLATION_FOREST].distance.tobytes() == second[ISOLATION_FOREST].distance.tobytes()


def test_a_detector_that_cannot_be_fitted_is_left_out_and_no_score_is_infinite(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(rows: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        message = "Could not form valid cluster separation"
        raise ValueError(message)

    def without_bounds(rows: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(len(rows), dtype=float), np.array([np.nan, 3.0])

    detectors = {"fails": fails, "odd": without_bounds}
    monkeypatch.setattr(references, "_detectors", lambda _: detectors)
    found = scores()
    assert list(found) == ["odd"]
    assert found["odd"].distance.tolist() == [3.0, 3.0]


@pytest.mark.skipif(not has_pyod(), reason="PyOD comes with the extra shoal[evaluation]")
@pytest.mark.filterwarnings("ignore")
def test_pyods_detectors_find_what_is_far() -> None:
    found = scores()
    assert {*found} >= {ISOLATION_FOREST, *PYOD} - {"cblof"}
    for name, one in found.items():
        assert one.distance[1] > one.distance[0], name
