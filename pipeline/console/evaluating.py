"""Prints how good scores are: of one night, and over several."""

from datetime import UTC, date, datetime, timedelta

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console.querying import ask
from pipeline.report.evaluation_section import Block, evaluation_blocks, figure
from pipeline.report.terminal import safe_text
from pipeline.scoring.evaluation import evaluate
from pipeline.scoring.evaluation_references import WITHOUT_PYOD, has_pyod
from pipeline.scoring.truth import read_truth
from pipeline.warehouse.engine import Warehouse

# nights without attacks say nothing of them, but count for false alarms
OVER_NIGHTS = """
    select feature_table, algorithm, count(*) filter (attacks > 0) as nights,
           avg(roc_auc), avg(average_precision), avg(recall), avg(false_positive_rate), avg(recall_at_budget)
    from report.evaluation
    where attack_type is null and log_date between {first} and {last} and benign > 0
    group by all having nights > 0 order by feature_table, algorithm
"""
HEADS = ("feature table", "algorithm", "nights", "AUC", "AP", "recall", "FPR", "budget")
OVER_NIGHTS_NOTE = (
    "Nights with attacks; area under the ROC curve, average precision, share of the attacks above the threshold, "
    "false-positive rate (over all labelled nights), share of the attacks within the alert budget."
)


def show_evaluation(settings: Settings, night: date | None, console: Console, *, references: bool) -> None:
    """Print the evaluation of a night, reckoned from its stored scores and from the labels that there are now.

    Raises:
        UsageError: the night has no scores.
        ConfigError: the side file of labels cannot be used.
    """
    day = night or datetime.now(UTC).date() - timedelta(days=1)
    truth = read_truth(settings.labels_file)
    rows = evaluate(Warehouse.of(settings), settings, day, truth, references=references)
    blocks = evaluation_blocks(rows)
    if not blocks:
        message = f"night {day} has no scores; run it with `shoal run --date {day}`"
        raise UsageError(message)
    for block in blocks:
        _print(block, console)
    if references and not has_pyod():
        console.print(WITHOUT_PYOD, markup=False)


def show_over_nights(settings: Settings, first: date, last: date, console: Console) -> None:
    """Print the means over nights that are published, by feature table and algorithm; nothing where no labels are."""
    _, rows = ask(settings, OVER_NIGHTS.format(first=f"date '{first}'", last=f"date '{last}'"))
    if not rows:
        return
    told = tuple((table, name, f"{nights}", *map(figure, figures)) for table, name, nights, *figures in rows)
    _print(Block("Detection beside the labels, means over the nights", OVER_NIGHTS_NOTE, HEADS, told), console)


def _print(block: Block, console: Console) -> None:
    table = Table(
        title=block.title, title_justify="left", caption=safe_text(block.note), caption_justify="left", box=SIMPLE_HEAD,
        pad_edge=False, collapse_padding=True,
    )  # fmt: skip
    for place, head in enumerate(block.heads):
        # names stay whole, the heads of figures break at blanks
        table.add_column(head, justify="left" if place < 2 else "right", no_wrap=place < 2, min_width=5)
    for row in block.rows:
        table.add_row(*map(safe_text, row))
    console.print(table)
