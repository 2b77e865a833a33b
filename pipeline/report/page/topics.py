"""Further report tables on the page as they are: titles of columns and rows, whatever columns a table has."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from pipeline.report.page.content import Topic
from pipeline.warehouse.engine import Warehouse, quoted

MOST_ROWS = 60
NOT_SHOWN = {"log_date", "model_id", "revision"}
# table, heading, what it says
SHOWN = (
    ("report.evaluation", "Evaluation", "How good the scores of the night are, where that can be told."),
    ("report.drift", "Drift", "What has changed against the baseline, and by how much."),
)


def topics(warehouse: Warehouse, night: date) -> list[Topic]:
    """The tables that exist and have rows that night."""
    found = []
    with warehouse.connect() as connection:
        for name, title, about in SHOWN:
            spec = warehouse.tables.get(name)
            if spec is None:
                continue
            columns = [column for column in spec.columns() if column not in NOT_SHOWN]
            listed = ", ".join(quoted(column) for column in columns)
            sql = f"select {listed} from {name} where log_date = $night order by all"  # noqa: S608
            if rows := connection.execute(sql, {"night": night}).fetchall():
                found.append(topic(spec.table, title, about, columns, rows))
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
