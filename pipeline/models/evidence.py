"""What is known of a baseline's patterns besides their weight: the newest night's share, labels, analysts' verdicts.

What belongs here: fetching it and putting it beside the patterns. What does not: what the guard or the cleaning of the
baseline make of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipeline.features.tables import FeatureTable
from pipeline.models.guard import Evidence
from pipeline.models.patterns import IntArray
from pipeline.models.sampling import drawn
from pipeline.scoring.feedback import BENIGN, MALICIOUS, feedback, judged
from pipeline.scoring.truth import HARMLESS
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_night, of_nights

MOST_COMPARED = 1_000  # patterns that two models are compared on; beyond, a weighted sample


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of the patterns of a baseline, in rows; all arrays have shape (n,).

    Attributes:
        newest: rows of the newest night.
        attacks, benign: rows that a label calls so.
        malicious, harmless: rows that an analyst called so.
    """

    newest: IntArray
    attacks: IntArray
    benign: IntArray
    malicious: IntArray
    harmless: IntArray


def read_known(warehouse: Warehouse, table: FeatureTable, first: date, last: date, patterns: pd.Series) -> Known:
    """What is known of patterns of the nights from first to last.

    Args:
        warehouse: that has the nights.
        table: the feature table.
        first: first night of the baseline.
        last: its newest night.
        patterns: their ids.
    """
    newest = of_night(table.patterns, last).select("pattern_id", rows=_.weight)
    labels = _labels(table, first, last)
    said = feedback(warehouse)
    verdicts = warehouse.fetch(_verdicts(table, said, first, last)).to_pandas() if said else _empty()
    labelled = warehouse.fetch(labels).to_pandas()
    return Known(
        newest=_beside(patterns, warehouse.fetch(newest).to_pandas(), "rows"),
        attacks=_beside(patterns, labelled, "attacks"),
        benign=_beside(patterns, labelled, "benign"),
        malicious=_beside(patterns, verdicts, "attacks"),
        harmless=_beside(patterns, verdicts, "benign"),
    )


def evidence_of(rows: pd.DataFrame, known: Known, seed: int) -> Evidence:
    """What models are compared on: all patterns of a baseline, or a weighted sample of them."""
    weight = rows["weight"].to_numpy(dtype=np.int64)
    taken, represents = drawn(weight.astype(np.float64), MOST_COMPARED, seed)
    times = represents / weight[taken]

    def counted(each: IntArray) -> IntArray:
        return np.rint(each[taken] * times).astype(np.int64)

    return Evidence(
        frame=rows.iloc[taken].reset_index(drop=True),
        shared=counted(weight - known.newest),
        newest=counted(known.newest),
        is_lone=(known.newest == weight)[taken],
        attacks=counted(np.maximum(known.attacks, known.malicious)),
        benign=counted(np.maximum(known.benign, known.harmless)),
    )


def _labels(table: FeatureTable, first: date, last: date) -> ibis.Table:
    rows = of_nights(table.entities, first, last).filter(_.label.notnull())
    is_harmless = rows.label.lower().strip().isin(HARMLESS)
    return rows.group_by("pattern_id").agg(attacks=(~is_harmless).sum(), benign=is_harmless.sum())


def _verdicts(table: FeatureTable, said: Sequence[Mapping[str, Any]], first: date, last: date) -> ibis.Table:
    entities = of_nights(table.entities, first, last).select("entity_id", "log_date", "pattern_id")
    rows = entities.inner_join(judged(table, said, first, last), ["entity_id", "log_date"])
    return rows.group_by("pattern_id").agg(attacks=(_.verdict == MALICIOUS).sum(), benign=(_.verdict == BENIGN).sum())


def _empty() -> pd.DataFrame:
    return pd.DataFrame({"pattern_id": [], "attacks": [], "benign": []}, dtype=np.int64)


def _beside(patterns: pd.Series, counts: pd.DataFrame, name: str) -> IntArray:
    """Counts by pattern in the order of the patterns, 0 where there are none."""
    found = counts.set_index("pattern_id")[name].reindex(patterns).fillna(0)
    return found.to_numpy(dtype=np.int64)
