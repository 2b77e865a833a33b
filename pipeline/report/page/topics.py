"""Further report tables on the page: how good the scores are, and what has changed against the baseline."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pipeline.report.evaluation_section import evaluation_blocks
from pipeline.report.page.content import Topic
from pipeline.report.page.questions import answer
from pipeline.warehouse.engine import Warehouse

MOST_ROWS = 60
EVALUATION = "select * from report.evaluation where log_date = $night order by all"
DRIFT = """
    select feature_table, name, measure, value, usual, level, change from report.drift where log_date = $night
    order by level = 'none', level <> 'error', drift desc, feature_table, name, measure
"""
CHANGED = "How far the night is from its baseline, the greatest changes first."


def topics(warehouse: Warehouse, night: date) -> list[Topic]:
    """The tables that have rows that night."""
    with warehouse.connect():
        evaluated, drifted = (answer(warehouse, sql, night=night) for sql in (EVALUATION, DRIFT))
    found = [
        topic(
            f"evaluation-{place}",
            f"Evaluation: {block.title}",
            block.note,
            block.heads,
            block.rows,
        )
        for place, block in enumerate(evaluation_blocks(evaluated), start=1)
    ]
    if drifted.num_rows:
        rows = [tuple(row.values()) for row in drifted.to_pylist()]
        found.append(topic("drift", "Drift", CHANGED, drifted.column_names, rows))
    return found


def topic(key: str, title: str, about: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Topic:
    """A section of the page with a small table.

    Args:
        key: unique in the page.
        title: heading of the section.
        about: what the table says, in a sentence.
        columns: titles of the columns; underscores become spaces.
        rows: values in the order of the columns; the first sixty are shown.
    """
    titles = [column.replace("_", " ") for column in columns]
    return Topic(key, title, about, titles, rows[:MOST_ROWS], max(0, len(rows) - MOST_ROWS))
