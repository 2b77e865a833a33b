"""Drift of features: rows of `report.drift` from counts by bin, with the greatest change of each feature in words."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config_drift import Drift
from pipeline.models.columns import FeatureColumns
from pipeline.models.patterns import IntArray
from pipeline.scoring.drift import index_and_distance, level, shares
from pipeline.scoring.drift_counts import ABOVE, BELOW, MISSING
from schemas.report.drift import FEATURE, JENSEN_SHANNON, PSI

PLACES = ABOVE - MISSING + 1


def feature_drift(
    counts: pd.DataFrame, columns: FeatureColumns, night: date, bounds: Drift
) -> Iterator[dict[str, Any]]:
    """Rows of `report.drift` but for the night and the table, two per feature that can be compared.

    A night that has no value of a feature at all, such as the first one of what looks back, says nothing of it.

    Args:
        counts: what `drift_counts.bin_counts` gives.
        columns: the features by role.
        night: the night.
        bounds: of warnings and errors.
    """
    nights = sorted({*counts["log_date"].unique(), night})
    for feature, table in zip(columns.names, _tables(counts, columns.names, nights), strict=True):
        is_measured = table[:, 1:].any(axis=1)
        now, then = table[-1], table[:-1][is_measured[:-1]]
        if not is_measured[-1] or not len(then):
            continue
        change = _change(counts, feature, now, then.sum(axis=0), is_flag=feature in columns.flags)
        for measure, found in zip((PSI, JENSEN_SHANNON), index_and_distance(now, then), strict=True):
            yield {
                "kind": FEATURE,
                "name": feature,
                "measure": measure,
                **vars(found),
                "level": level(found.drift, getattr(bounds, measure)),
                "rows": int(now.sum()),
                "nights": len(then),
                "change": change,
            }


def _tables(counts: pd.DataFrame, features: tuple[str, ...], nights: list[date]) -> IntArray:
    """Rows by feature, night and bin, shape (features, nights, PLACES)."""
    tables = np.zeros((len(features), len(nights), PLACES), dtype=np.int64)
    places = (
        pd.Index(features).get_indexer(counts["feature"]),
        pd.Index(nights).get_indexer(counts["log_date"]),
        counts["bin"].to_numpy() - MISSING,
    )
    np.add.at(tables, places, counts["rows"].to_numpy())
    return tables


def _change(counts: pd.DataFrame, feature: str, night: IntArray, baseline: IntArray, *, is_flag: bool) -> str:
    """The bin that adds most to the stability index, in words."""
    seen = np.flatnonzero(night + baseline)
    p, q = shares(night[seen]), shares(baseline[seen])
    most = int(seen[np.argmax((p - q) * np.log(p / q))])
    now, then = night[most] / night.sum(), baseline[most] / baseline.sum()
    is_in = (counts["feature"].to_numpy() == feature) & (counts["bin"].to_numpy() == most + MISSING)
    what = _bin_text(counts.iloc[np.flatnonzero(is_in)], most + MISSING, is_flag=is_flag)
    return f"{feature} is {what} in {now:.1%} of the rows, usually in {then:.1%}"


def _bin_text(held: pd.DataFrame, place: int, *, is_flag: bool) -> str:
    """What a bin holds, from its rows of the counts."""
    if place == MISSING:
        return "missing"
    if isinstance(held["least"].iloc[0], str):
        least, greatest = held["least"].min(), held["greatest"].max()
        return f"'{least}'" if least == greatest else f"something rare such as '{least}'"
    low, high = float(held["low"].min()), float(held["high"].max())
    if is_flag:
        return "true" if high else "false"
    beyond = {ABOVE: ", above the baseline,", BELOW: ", below the baseline,"}.get(place, "")
    return (f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}") + beyond
