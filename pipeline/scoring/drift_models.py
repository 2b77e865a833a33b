"""Drift of models: what share of a night they flag, how much of it lies in other clusters, how well these are apart.

A night is measured by the models that scored it, which the nights before were fitted on. What belongs here: rows of
`report.drift` from few numbers. What does not: fetching these (`drift_night`), features (`drift_features`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.config_drift import Drift
from pipeline.models.base import NOISE
from pipeline.scoring.drift import level
from pipeline.scoring.night import FIRST_NEW_ID
from schemas.report.drift import FLAGGED, MODEL, MOVED, SILHOUETTE

# standard deviations that one night in some ten thousand of the baseline's own distribution exceeds
DEVIATIONS = 3.7
UNKNOWN = "groups that the baseline does not know have"


@dataclass(frozen=True)
class Scored:
    """What one model made of a night.

    Attributes:
        algorithm: the model's.
        masses: rows of the night by cluster id; none for the consensus.
        baseline: shares of the baseline's rows by cluster id, noise included; none for the consensus.
        rows, flagged: rows of the night, and those above the threshold.
        expected: share of the baseline above the threshold.
        silhouettes: mean silhouette of the night and of the baseline, where both have one.
    """

    algorithm: str
    masses: Mapping[int, int]
    baseline: Mapping[int, float]
    rows: int
    flagged: int
    expected: float
    silhouettes: tuple[float, float] | None


@dataclass(frozen=True)
class Before:
    """What the nights of the baseline had of one measure by one algorithm: how many they are, and the greatest."""

    nights: int = 0
    greatest: float = 0.0


def model_drift(scored: Scored, before: Mapping[str, Before], bounds: Drift) -> Iterator[dict[str, Any]]:
    """Rows of `report.drift` but for the night and the table.

    Args:
        scored: the night by one model.
        before: by measure, the nights of the baseline; of the silhouette their greatest fall.
        bounds: of warnings and errors.
    """
    measures = {FLAGGED: flagged_share(scored, before.get(FLAGGED, Before()))}
    if scored.baseline:
        measures[MOVED] = moved_mass(scored, before.get(MOVED, Before()))
    if scored.silhouettes:
        measures[SILHOUETTE] = fallen_silhouette(scored, before.get(SILHOUETTE, Before()))
    for measure, (value, usual, drift, change) in measures.items():
        yield {
            "kind": MODEL,
            "name": scored.algorithm,
            "measure": measure,
            "value": value,
            "usual": usual,
            "drift": drift,
            "level": level(drift, getattr(bounds, measure)),
            "rows": scored.rows,
            "nights": before.get(measure, Before()).nights,
            "change": change,
        }


Measured = tuple[float, float, float, str]


def flagged_share(scored: Scored, before: Before) -> Measured:
    """The share above the threshold, as many times as usual: what is expected and sampling adds, or the most before."""
    share, expected = scored.flagged / scored.rows, scored.expected
    chance = expected + DEVIATIONS * np.sqrt(max(expected * (1 - expected), 1 / scored.rows) / scored.rows)
    usual = max(float(chance), before.greatest)
    said = f"{scored.algorithm} flags {share:.1%} of the rows, {expected:.1%} expected"
    return share, usual, share / usual, said


def moved_mass(scored: Scored, before: Before) -> Measured:
    """The share of rows that would have to change cluster: the total variation distance between shares by cluster."""
    night: dict[int, int] = {}
    for cluster, rows in scored.masses.items():
        place = FIRST_NEW_ID if cluster >= FIRST_NEW_ID else cluster
        night[place] = night.get(place, 0) + rows
    places = sorted({*night, *scored.baseline})
    now = np.array([night.get(place, 0) / scored.rows for place in places])
    then = np.array([scored.baseline.get(place, 0.0) for place in places])
    share = min(float(np.abs(now - then).sum() / 2), 1.0)
    chance = DEVIATIONS * float(np.sqrt(then * (1 - then)).max() / np.sqrt(scored.rows))
    usual = min(chance + before.greatest, 1.0)
    most = int(np.argmax(np.abs(now - then)))
    what = {NOISE: "noise has", FIRST_NEW_ID: UNKNOWN}.get(places[most], f"cluster {places[most]} has")
    said = f"by {scored.algorithm} {what} {now[most]:.1%} of the rows, usually {then[most]:.1%}"
    return share, usual, max(share - usual, 0.0), said


def fallen_silhouette(scored: Scored, before: Before) -> Measured:
    """How far the mean silhouette of the night lies below the baseline's, beyond what few rows and nights before do."""
    assert scored.silhouettes is not None  # noqa: S101 - for the type checker, the caller has looked
    value, usual = scored.silhouettes
    fall = usual - value - 1 / float(np.sqrt(scored.rows)) - before.greatest
    said = f"the silhouette of {scored.algorithm} is {value:.2f}, {usual:.2f} in the baseline"
    return value, usual, max(fall, 0.0), said
