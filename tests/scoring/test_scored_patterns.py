from datetime import date

import numpy as np
import pytest
from model_baselines import EVENT_COLUMNS, collapsed, event_rows, train

from pipeline.config_thresholds import Limit
from pipeline.scoring import night
from schemas.scores import EVENT_PATTERNS

NIGHT = date(2026, 1, 6)


@pytest.mark.parametrize("algorithm", ["kmeans", "gaussian_mixture"])
def test_scores_do_not_depend_on_how_many_patterns_are_scored_at_once(
    algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = train(algorithm, collapsed(event_rows(600, 1)), EVENT_COLUMNS)
    patterns = collapsed(event_rows(300, 2).assign(source_ports_log2=lambda rows: rows["source_ports_log2"] * 4))
    patterns["pattern_id"] = np.arange(len(patterns))
    whole = night.score_patterns(model, patterns, NIGHT, Limit(), EVENT_PATTERNS.arrow_schema())
    monkeypatch.setattr(night, "CHUNK", 7)
    parts = night.score_patterns(model, patterns, NIGHT, Limit(), EVENT_PATTERNS.arrow_schema())
    assert parts.combine_chunks().equals(whole.combine_chunks())
    groups = whole["cluster_id"].to_numpy()[whole["is_new"].to_numpy()]
    assert (groups >= night.FIRST_NEW_ID).any()
    ranks = whole["density_rank"]
    assert ranks.null_count == (len(patterns) if algorithm == "kmeans" else 0)


def test_a_night_without_patterns_has_no_scores() -> None:
    patterns = collapsed(event_rows(200, 1)).assign(pattern_id=1)
    model = train("kmeans", patterns, EVENT_COLUMNS)
    assert night.score_patterns(model, patterns.iloc[:0], NIGHT, Limit(), EVENT_PATTERNS.arrow_schema()).num_rows == 0
