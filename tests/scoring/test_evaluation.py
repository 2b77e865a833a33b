"""The evaluation of a night's stored scores, its figures reckoned by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from pipeline.config import Settings
from pipeline.features.tables import USER_TABLE
from pipeline.models.encoding import Encoder
from pipeline.people.entries import checked
from pipeline.scoring.evaluation import evaluate
from pipeline.scoring.truth import read_truth
from pipeline.warehouse.engine import Warehouse

NIGHT = date(2026, 1, 7)
Put = Callable[[str, list[dict[str, Any]]], None]
# by pattern: labels of its entities, distance, whether it is above the threshold
PATTERNS = (
    (("scan", "scan"), 9.0, True),
    (("benign", "dos"), 5.0, True),
    (("benign",) * 3, 1.0, False),
    ((None,), 7.0, True),
)


@pytest.fixture
def evaluated(warehouse: Warehouse, settings: Settings, put: Put) -> dict[str | None, dict[str, Any]]:
    """Rows of users by type of attack; the budget is three rows."""
    users, patterns, scores = [], [], []
    for number, (labels, distance, is_anomaly) in enumerate(PATTERNS):
        one = {"log_date": NIGHT, "pattern_id": number}
        users += [one | {"entity_id": f"u{number}{n}", "label": label} for n, label in enumerate(labels)]
        patterns.append(one | {"weight": len(labels), "failure_share": number / 4})
        status = "anomaly" if is_anomaly else "normal"
        told = {"algorithm": "consensus", "large_distance": distance, "status": status, "model_id": "m"}
        scores.append(one | told | {"weight": len(labels)})
    put("features.users", users)
    put("features.user_patterns", patterns)
    put("scores.user_patterns", scores)
    few = settings.model_copy(update={"thresholds": settings.thresholds.model_copy(update={"max_alerts_per_night": 3})})
    rows = evaluate(warehouse, few, NIGHT, read_truth(None), references=False).to_pylist()
    return {row["attack_type"]: row for row in rows}


def test_figures_beside_labels_by_hand(evaluated: dict[str | None, dict[str, Any]]) -> None:
    row = evaluated[None]
    assert (row["feature_table"], row["algorithm"], row["is_reference"]) == ("users", "consensus", False)
    assert (row["rows"], row["benign"], row["attacks"], row["budget"]) == (8, 4, 3, 3)
    # three attacks beside four benign rows: two beat all, the third beats three and equals one
    assert row["roc_auc"] == pytest.approx((4 + 4 + 3.5) / 12)
    assert row["average_precision"] == pytest.approx((2 * 1 + 3 / 4) / 3)
    assert (row["precision"], row["recall"]) == (3 / 4, 1.0)
    assert row["f1"] == pytest.approx(6 / 7)
    assert row["false_positive_rate"] == 1 / 4
    # the third place goes to the attack or to the benign row that ranks alike
    assert row["precision_at_budget"] == pytest.approx(2.5 / 3)
    assert row["recall_at_budget"] == pytest.approx(2.5 / 3)


def test_each_type_of_attack_stands_against_the_benign_rows(evaluated: dict[str | None, dict[str, Any]]) -> None:
    assert evaluated.keys() == {None, "scan", "dos"}
    scan, dos = evaluated["scan"], evaluated["dos"]
    assert (scan["attacks"], scan["roc_auc"], scan["average_precision"], scan["recall"]) == (2, 1.0, 1.0, 1.0)
    assert (scan["precision"], scan["precision_at_budget"], scan["recall_at_budget"]) == (2 / 3, 2 / 3, 1.0)
    assert (dos["attacks"], dos["roc_auc"]) == (1, 3.5 / 4)
    # two places of the budget go to the other attacks
    assert dos["recall_at_budget"] == pytest.approx(0.5)


def test_what_cannot_be_told_is_null(evaluated: dict[str | None, dict[str, Any]]) -> None:
    assert {evaluated[None][name] for name in ("silhouette", "stability_seeds", "stability_nights", "agreement")} == {
        None
    }
    assert {evaluated["dos"][name] for name in ("silhouette", "agreement")} == {None}


def test_a_night_without_scores_has_no_rows(warehouse: Warehouse, settings: Settings) -> None:
    assert len(evaluate(warehouse, settings, NIGHT, read_truth(None), references=True)) == 0


def test_scores_of_other_patterns_are_left_out(warehouse: Warehouse, settings: Settings, put: Put) -> None:
    put("features.user_patterns", [{"log_date": NIGHT, "pattern_id": 1, "weight": 1}])
    put("scores.user_patterns", [{"log_date": NIGHT, "pattern_id": 2, "algorithm": "kmeans", "large_distance": 1.0}])
    assert len(evaluate(warehouse, settings, NIGHT, read_truth(None), references=False)) == 0


def test_clusters_are_compared_with_those_of_the_model_before(
    warehouse: Warehouse, settings: Settings, put: Put
) -> None:
    """The three patterns that both nights have were one cluster, and are two now."""
    ids = [0, 1, 2, 3]
    frame = pd.DataFrame({name: [0.0, 1.0, 5.0, 6.0] for name in USER_TABLE.features} | {"weight": 1})
    encoder = Encoder.learn(frame.assign(is_first_seen=[True, False] * 2), USER_TABLE.columns).to_json()
    known = {"feature_table": "users", "algorithm": "kmeans", "encoder": encoder, "parameters": '{"n_clusters": 2}'}
    before = NIGHT - timedelta(days=1)
    put("models.fits", [known | {"model_id": "new", "log_date": NIGHT, "previous_id": "old"}])
    put("models.fits", [known | {"model_id": name, "log_date": before} for name in ("old", "another")])
    patterns = frame.assign(log_date=NIGHT, pattern_id=ids, is_first_seen=False)
    put("features.user_patterns", patterns.to_dict("records"))
    told = {"algorithm": "kmeans", "status": "normal", "large_distance": 1.0}
    for night, model, clusters in (
        (NIGHT, "new", [0, 0, 1, 1]),
        (before, "old", [5, 5, 5]),
        (before, "another", [1, 2, 3]),
    ):
        named = zip(ids, clusters, strict=False)
        rows = [{"log_date": night, "model_id": model, "pattern_id": one, "cluster_id": of} for one, of in named]
        put("scores.user_patterns", [told | row for row in rows])
    (row,) = evaluate(warehouse, settings, NIGHT, read_truth(None), references=False).to_pylist()
    assert row["stability_nights"] == pytest.approx(adjusted_rand_score([0, 0, 1], [5, 5, 5]))
    assert row["silhouette"] is not None
    assert row["stability_seeds"] is not None


def test_feedback_is_a_label(
    warehouse: Warehouse, settings: Settings, put: Put, evaluated: dict[str | None, dict[str, Any]]
) -> None:
    said = vars(checked("user", "u30", None)) | {"verdict": "malicious", "first_night": NIGHT, "last_night": NIGHT}
    put("report.feedback", [said | {"expires_at": None}])
    rows = evaluate(warehouse, settings, NIGHT, read_truth(None), references=False).to_pylist()
    (whole,) = (row for row in rows if row["attack_type"] is None)
    assert (whole["benign"], whole["attacks"]) == (evaluated[None]["benign"], evaluated[None]["attacks"] + 1)
