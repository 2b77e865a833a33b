"""How good the scores are as rows that are easy to show: for the night's page, the terminal and Dagster's UI alike.

What belongs here: which figures are shown, in which order and how they are written. What does not: how they are
reckoned (scoring.evaluation), how a page or a terminal looks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline.report.markdown import markdown_text
from schemas.scores import CONSENSUS

NOTHING = "-"
LABELLED = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "false_positive_rate": "false-positive rate",
    "precision_at_budget": "precision in budget",
    "recall_at_budget": "recall in budget",
}
UNLABELLED = {
    "silhouette": "silhouette",
    "stability_seeds": "same clusters, other seed",
    "stability_nights": "same clusters, model before",
    "agreement": "agreement of ranks",
    "cluster_agreement": "agreement of clusters",
}
WITHOUT_LABELS = "No labels: name a file of known attacks or labelled entities as evaluation.labels."


@dataclass(frozen=True)
class Block:
    """A table to show: its title, a note below it, heads, and rows of texts; the first two columns are words."""

    title: str
    note: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def evaluation_blocks(rows: pa.Table) -> list[Block]:
    """The tables of a night's evaluation: beside labels, by type of attack for the consensus, and without labels.

    Args:
        rows: of `report.evaluation`, one night.

    Returns:
        what there is to show; none of a night without scores. Texts may stem from logs and are not escaped.
    """
    found = rows.to_pylist()
    whole = [row for row in found if row["attack_type"] is None]
    labelled = [row for row in whole if row["attacks"] or row["benign"]]
    types = [row for row in found if row["attack_type"] is not None and row["algorithm"] == CONSENSUS]
    own = [row for row in whole if not row["is_reference"]]
    blocks = [
        _block("Beside labels", _note(labelled), "detector", LABELLED, [(_detector(row), row) for row in labelled]),
        _block("The consensus by type of attack", "", "attack", LABELLED, [(row["attack_type"], row) for row in types]),
        _block("Without labels", "" if labelled else WITHOUT_LABELS, "algorithm", UNLABELLED,
               [(row["algorithm"], row) for row in own]),
    ]  # fmt: skip
    return [block for block in blocks if block.rows]


def evaluation_markdown(rows: pa.Table) -> str:
    """The same as Markdown in which nothing from a log acts."""
    parts = []
    for block in evaluation_blocks(rows):
        lines = [_line(block.heads), _line([":--"] * 2 + ["--:"] * (len(block.heads) - 2))]
        lines += [_line([markdown_text(cell) for cell in row]) for row in block.rows]
        parts.append("\n\n".join(filter(None, (f"**{block.title}**", "\n".join(lines), block.note))))
    return "\n\n".join(parts) or "No scores to evaluate."


def _block(
    title: str, note: str, what: str, figures: Mapping[str, str], rows: Iterable[tuple[str, dict[str, Any]]]
) -> Block:
    """A table of figures, one row for each thing that is named."""
    told = [(row["feature_table"], of, *(figure(row[name]) for name in figures)) for of, row in rows]
    return Block(title, note, ("feature table", what, *figures.values()), tuple(told))


def _detector(row: Mapping[str, Any]) -> str:
    return f"{row['algorithm']} (reference)" if row["is_reference"] else str(row["algorithm"])


def _note(labelled: Sequence[Mapping[str, Any]]) -> str:
    """How many rows the figures rest on."""
    counts = {row["feature_table"]: (row["attacks"], row["attacks"] + row["benign"], row["budget"]) for row in labelled}
    told = (f"{name} {attacks:,} of {rows:,}, budget {budget:,}" for name, (attacks, rows, budget) in counts.items())
    return f"Attacks of labelled rows: {'; '.join(told)}." if counts else ""


def figure(value: float | None) -> str:
    """A figure as text; what there is none of is a dash."""
    return NOTHING if value is None else f"{value:.3f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
