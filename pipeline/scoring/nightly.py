"""What a night asks of the scores: read its patterns and the models that were fitted for it, and score side by side."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import pandas as pd
import pyarrow as pa

from pipeline.config import Thresholds
from pipeline.features.tables import FeatureTable
from pipeline.models import store
from pipeline.models.nightly import longest_first
from pipeline.models.parallel import answers
from pipeline.scoring.night import score_by
from pipeline.warehouse.engine import Warehouse

# patterns that are worth another process, and how many all processes together may hold
FEWEST_APART, MOST_HELD = 16_384, 262_144


@dataclass(frozen=True, eq=False)
class NightToScore:
    """The patterns of a night, and the models that were fitted for it, by algorithm; none for a night without data."""

    night: date
    patterns: pd.DataFrame
    models: Mapping[str, store.Fitted]


def read_night(warehouse: Warehouse, table: FeatureTable, night: date, patterns: ibis.Table) -> NightToScore:
    """What is scored, and by what."""
    with warehouse.connect():
        rows = warehouse.fetch(patterns.order_by("pattern_id")).to_pandas()
        return NightToScore(night, rows, store.serving(warehouse, table.name, night))


def score_all(
    table: FeatureTable, scored: NightToScore, chosen: Sequence[str], thresholds: Thresholds, most: int
) -> Iterator[tuple[str, dict[str, pa.Table]]]:
    """The name of each algorithm, or of the consensus, and the night's patterns scored by it.

    Args:
        table: whose patterns they are.
        scored: the night; without a model of an algorithm, there are no scores of it.
        chosen: by what it is scored.
        thresholds: where scores become anomalies.
        most: processes, this one included.
    """
    spec = table.pattern_scores
    schema = spec.arrow_schema()
    models = {name: scored.models[name] for name in longest_first(chosen) if name in scored.models}
    calls = [
        (name, (model, scored.patterns, scored.night, thresholds.limit(table.name, name), schema))
        for name, model in models.items()
    ]
    count = len(scored.patterns)
    is_worth_it = count >= FEWEST_APART and count * most <= MOST_HELD
    yield from ((name, {spec.name: schema.empty_table()}) for name in chosen if name not in models)
    yield from ((name, {spec.name: rows}) for name, rows in answers(score_by, [calls], most if is_worth_it else 1))
