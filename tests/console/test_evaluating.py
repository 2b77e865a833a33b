"""What `shoal evaluate` and the demo say of detection."""

import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console import evaluating
from pipeline.console.evaluating import show_evaluation, show_over_nights
from pipeline.scoring.evaluation import evaluate
from pipeline.scoring.evaluation_references import WITHOUT_PYOD
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish

FIRST, SECOND = date(2026, 1, 5), date(2026, 1, 6)
Put = Callable[[str, list[dict[str, Any]]], None]


def evaluated(night: date, **figures: Any) -> dict[str, Any]:
    known = {"feature_table": "users", "algorithm": "consensus", "is_reference": False, "attacks": 1, "benign": 9}
    return {"log_date": night, **known, **figures}


def test_a_night_without_scores_says_what_to_run(settings: Settings) -> None:
    with pytest.raises(UsageError, match="shoal run --date 2026-01-05"):
        show_evaluation(settings, FIRST, Console(), references=False)


def test_references_that_are_not_installed_are_named_with_the_remedy(
    settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = {"log_date": FIRST, "pattern_id": 1, "weight": 1}
    put("features.user_patterns", [one])
    put("scores.user_patterns", [one | {"algorithm": "consensus", "large_distance": 1.0, "status": "normal"}])
    monkeypatch.setattr(evaluating, "evaluate", without_references)
    monkeypatch.setattr(evaluating, "has_pyod", lambda: False)
    shown = printed(lambda console: show_evaluation(settings, FIRST, console, references=True))
    assert WITHOUT_PYOD in " ".join(shown.split())
    assert "consensus" in shown


def without_references(warehouse: Warehouse, settings: Settings, night: date, *, references: bool) -> Any:
    assert references
    return evaluate(warehouse, settings, night, references=False)


def printed(show: Callable[[Console], None]) -> str:
    text = io.StringIO()
    show(Console(file=text, width=200))
    return text.getvalue()


def test_the_demo_shows_means_over_nights(settings: Settings, warehouse: Warehouse, put: Put) -> None:
    put(
        "report.evaluation",
        [
            evaluated(FIRST, roc_auc=0.5, false_positive_rate=0.25),
            evaluated(SECOND, roc_auc=1.0, false_positive_rate=0.75),
            evaluated(SECOND, roc_auc=0.0, attack_type="scan"),
            evaluated(SECOND, algorithm="kmeans", attacks=0),
        ],
    )
    for night in (FIRST, SECOND):
        publish(warehouse, settings.published_folder, night, {})
    shown = printed(lambda console: show_over_nights(settings, FIRST, SECOND, console))
    (row,) = [line for line in shown.splitlines() if "consensus" in line]
    assert row.split() == ["users", "consensus", "2", "0.750", "-", "-", "0.500", "-"]


def test_without_labels_the_demo_says_nothing_of_detection(settings: Settings, warehouse: Warehouse) -> None:
    publish(warehouse, settings.published_folder, FIRST, {})
    assert not printed(lambda console: show_over_nights(settings, FIRST, SECOND, console)).strip()
