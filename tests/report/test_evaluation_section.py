from typing import Any

import pyarrow as pa

from pipeline.report.evaluation_section import NOTHING, WITHOUT_LABELS, evaluation_blocks, evaluation_markdown
from schemas.report import EVALUATION

SCHEMA = EVALUATION.arrow_schema()


def rows(*told: dict[str, Any]) -> pa.Table:
    plain = {"feature_table": "users", "algorithm": "consensus", "is_reference": False, "attacks": 0, "benign": 0}
    return pa.Table.from_pylist([plain | {"budget": 0} | one for one in told], schema=SCHEMA)


def test_figures_stand_in_three_tables() -> None:
    labelled = {"attacks": 2, "benign": 8, "budget": 5, "roc_auc": 0.98765}
    blocks = evaluation_blocks(
        rows(
            labelled | {"silhouette": -0.25},
            labelled | {"attack_type": "scan", "attacks": 1},
            labelled | {"attack_type": "scan", "algorithm": "kmeans"},
            labelled | {"algorithm": "knn", "is_reference": True},
        )
    )
    beside, types, without = blocks
    assert [row[:3] for row in beside.rows] == [
        ("users", "consensus", "0.988"),
        ("users", "knn (reference)", "0.988"),
    ]
    assert beside.note == "Attacks of labelled rows: users 2 of 10, budget 5."
    assert [row[:2] for row in types.rows] == [("users", "scan")]
    assert [row[:4] for row in without.rows] == [("users", "consensus", "-0.250", NOTHING)]
    assert all(len(row) == len(block.heads) for block in blocks for row in block.rows)


def test_without_labels_there_is_one_table_that_says_how_to_have_some() -> None:
    (block,) = evaluation_blocks(rows({}))
    assert block.note == WITHOUT_LABELS


def test_a_night_without_scores_shows_nothing() -> None:
    assert evaluation_blocks(rows()) == []
    assert evaluation_markdown(rows()) == "No scores to evaluate."


def test_types_of_attack_stem_from_logs_and_do_not_act_as_markdown() -> None:
    hostile = "[x](http://evil) | <b>"
    told = evaluation_markdown(rows({"attacks": 1}, {"attacks": 1, "attack_type": hostile}))
    assert "](http" not in told
    assert "<b>" not in told
    heads = [line.count("|") for line in told.replace(r"\|", "").splitlines() if line.startswith("|")]
    assert set(heads) == {11, 8}
