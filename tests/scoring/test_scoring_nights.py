"""A night is scored the same in this process and side by side."""

from datetime import date

import numpy as np
import pytest
from model_baselines import EVENT_COLUMNS, collapsed, event_rows, train

from pipeline.config import Thresholds, Training
from pipeline.features.tables import FEATURE_TABLES
from pipeline.models.base import Occasion
from pipeline.models.consensus import fit_consensus
from pipeline.models.registry import ALGORITHMS
from pipeline.models.store import Fitted
from pipeline.models.training import prepare
from pipeline.scoring import nightly
from pipeline.scoring.nightly import NightToScore, score_all
from schemas.scores import CONSENSUS

NIGHT = date(2026, 1, 6)
TABLE = FEATURE_TABLES["events"]
OCCASION = Occasion("events", NIGHT, date(2026, 1, 4), date(2026, 1, 5), False, "")
UNFITTED = "mean_shift"
CHOSEN = [*ALGORITHMS, CONSENSUS]


def test_rows_are_the_same_from_one_process_and_from_two(monkeypatch: pytest.MonkeyPatch) -> None:
    known, patterns = collapsed(event_rows(400, 1)), collapsed(event_rows(300, 2))
    patterns["pattern_id"] = np.arange(len(patterns))
    models: dict[str, Fitted] = {name: train(name, known, EVENT_COLUMNS) for name in ALGORITHMS if name != UNFITTED}
    models[CONSENSUS] = fit_consensus(prepare(known, EVENT_COLUMNS, Training()), OCCASION, seed=42)
    scored = NightToScore(NIGHT, patterns, models)
    here = dict(score_all(TABLE, scored, CHOSEN, Thresholds(), most=2))
    monkeypatch.setattr(nightly, "FEWEST_APART", 1)
    apart = dict(score_all(TABLE, scored, CHOSEN, Thresholds(), most=2))
    assert here.keys() == apart.keys() == set(CHOSEN)
    for name, rows in here.items():
        table = rows[TABLE.pattern_scores.name]
        assert table.equals(apart[name][TABLE.pattern_scores.name])
        assert table.num_rows == (0 if name == UNFITTED else len(patterns))
