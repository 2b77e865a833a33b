"""A night is scored the same in this process and side by side."""

from datetime import date

import numpy as np
import pytest
from model_baselines import EVENT_COLUMNS, collapsed, event_rows, train

from pipeline.config import Thresholds
from pipeline.features.tables import FEATURE_TABLES
from pipeline.scoring import nightly
from pipeline.scoring.nightly import NightToScore, score_all

NIGHT = date(2026, 1, 6)
TABLE = FEATURE_TABLES["events"]
CHOSEN = ["kmeans", "dbscan", "mean_shift"]


def test_rows_are_the_same_from_one_process_and_from_two(monkeypatch: pytest.MonkeyPatch) -> None:
    known, patterns = collapsed(event_rows(400, 1)), collapsed(event_rows(300, 2))
    patterns["pattern_id"] = np.arange(len(patterns))
    models = {name: train(name, known, EVENT_COLUMNS) for name in ("kmeans", "dbscan")}
    scored = NightToScore(NIGHT, patterns, models)
    here = dict(score_all(TABLE, scored, CHOSEN, Thresholds(), most=2))
    monkeypatch.setattr(nightly, "FEWEST_APART", 1)
    apart = dict(score_all(TABLE, scored, CHOSEN, Thresholds(), most=2))
    assert here.keys() == apart.keys() == set(CHOSEN)
    for name, rows in here.items():
        table = rows[TABLE.pattern_scores.name]
        assert table.equals(apart[name][TABLE.pattern_scores.name])
        assert table.num_rows == (len(patterns) if name in models else 0)
