from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from pipeline.features.tables import USER_TABLE
from pipeline.models.evidence import MOST_COMPARED, Known, evidence_of, read_known
from pipeline.warehouse.engine import Warehouse

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 6)
Put = Callable[[str, list[dict[str, Any]]], None]


def test_labels_and_judgements_stand_beside_the_patterns_that_they_are_about(warehouse: Warehouse, put: Put) -> None:
    people = [("ada", 1, " Normal"), ("bob", 1, "benign"), ("eve", 2, "brute force"), ("joe", 3, None)]
    put(
        "features.users",
        [
            {"entity_id": name, "log_date": LAST, "pattern_id": pattern, "label": label}
            for name, pattern, label in people
        ],
    )
    nights = [(FIRST, 1, 5), (LAST, 1, 2), (LAST, 2, 1), (LAST, 3, 1)]
    put(
        "features.user_patterns",
        [{"log_date": day, "pattern_id": pattern, "weight": weight} for day, pattern, weight in nights],
    )
    said = {"kind": "user", "value": "joe", "verdict": "malicious", "first_night": FIRST, "feedback_id": "f1"}
    put("report.feedback", [said | {"created_at": datetime(2026, 1, 7, tzinfo=UTC)}])
    known = read_known(warehouse, USER_TABLE, FIRST, LAST, pd.Series([3, 2, 1, 9]))
    assert known.newest.tolist() == [1, 1, 2, 0]
    assert known.attacks.tolist() == [0, 1, 0, 0]
    assert known.benign.tolist() == [0, 0, 2, 0]
    assert known.malicious.tolist() == [1, 0, 0, 0]
    assert known.harmless.tolist() == [0, 0, 0, 0]


def test_a_large_baseline_is_compared_on_a_sample_that_stands_for_all_of_it() -> None:
    rows = pd.DataFrame({"weight": np.random.default_rng(1).integers(1, 50, 5_000)})
    weight, nothing = rows["weight"].to_numpy(), np.zeros(5_000, dtype=np.int64)
    found = evidence_of(rows, Known(weight, nothing, nothing, nothing, nothing), seed=42)
    assert len(found.frame) <= MOST_COMPARED
    assert abs(found.newest.sum() / weight.sum() - 1) < 0.02
    assert found.is_lone.all()
    assert found.shared.sum() == 0
