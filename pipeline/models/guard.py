"""Whether a newly fitted model may take the place of the one in service: the challenger, and the champion.

Every rule answers with a sentence if something speaks against the challenger. What only looks odd, such as many flagged
rows, counts where the champion does better: on a network that has changed it does not. What belongs here: the rules,
as pure functions. What does not: collecting what they judge by (`evidence`), what happens then (`nightly`, `store`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from pipeline.config import Training
from pipeline.models.base import FittedModel
from pipeline.models.consensus import ConsensusModel
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.models.stored import Model
from pipeline.models.weighted import adjusted_rand
from pipeline.scoring.thresholds import position

FLAGGED_RANK = 0.95  # of the baseline's own rows, what lies above is one in twenty
MOST_MORE_FLAGGED = 5  # times as many rows, more than by the champion
FEWEST_LABELLED = 10
WORSE = 0.05  # of the area under the ROC curve
Fitted = TypeVar("Fitted", FittedModel, ConsensusModel)


@dataclass(frozen=True, eq=False)
class Evidence:
    """Patterns of the baseline that models are compared on; all arrays have shape (n,).

    Attributes:
        frame: their feature columns.
        shared: rows of the nights that the champion was fitted on, too.
        newest: rows of the newest night, which the champion has not seen.
        is_lone: no other night has the pattern: the challenger is asked as if it had not been fitted on it.
        attacks, benign: rows that a label or an analyst calls so.
    """

    frame: pd.DataFrame
    shared: IntArray
    newest: IntArray
    is_lone: BoolArray
    attacks: IntArray
    benign: IntArray


def guarded(challenger: Fitted, champion: Model | None, evidence: Evidence | None, settings: Training) -> Fitted:
    """The challenger with the verdict: not accepted, and why, if a rule speaks against it and there is a champion."""
    if evidence is None or settings.seed_compatible:
        return challenger
    reason = next(_objections(challenger, champion, evidence, settings), None)
    if champion is None:
        return replace(challenger, reason=reason and f"{reason}; there is no model before it")
    return replace(challenger, accepted=reason is None, reason=reason)


def _objections(challenger: Model, champion: Model | None, evidence: Evidence, settings: Training) -> Iterator[str]:
    """What speaks against the challenger, the cheapest to find out first."""
    if challenger.metrics.get("converged") is False:
        yield f"the fit did not converge in {challenger.metrics['iterations']} iterations"
    if reason := degenerate(challenger):
        yield reason
    if champion is None:
        return
    if isinstance(challenger, FittedModel) and isinstance(champion, FittedModel):
        yield from _disagreement(challenger, champion, evidence, settings.min_agreement)
    distances = Distances.of(challenger, champion, evidence)
    yield from _flags_too_many(distances, challenger, champion, evidence.newest)
    yield from _ranks_worse(distances, evidence)


def degenerate(model: Model) -> str | None:
    """Why a model can tell nothing apart, if it cannot."""
    if not np.isfinite(model.score_levels).all():
        return "its distances are not finite"
    if isinstance(model, FittedModel):
        clusters = model.clusters
        if not len(clusters.masses):
            return "it has no cluster"
        parts = [clusters.centers, clusters.masses, clusters.spreads]
        parts += [clusters.gaussians.factors, clusters.gaussians.log_peaks] if clusters.gaussians else []
        broken = ~np.all([np.isfinite(part.reshape(len(part), -1)).all(axis=1) for part in parts], axis=0)
        if broken.any():
            return f"cluster {int(np.argmax(broken))} is not finite"
    if model.patterns > 1 and model.score_levels[0] == model.score_levels[-1]:
        return f"all {model.patterns:,} patterns of the baseline lie at one distance"
    return None


def _disagreement(challenger: FittedModel, champion: FittedModel, evidence: Evidence, least: float) -> Iterator[str]:
    """Too small an agreement on the rows that both know, unless one of them knows only one cluster there.

    While the baseline still grows, the challenger knows more and may well see other clusters. A champion that shares no
    night with the challenger any more has no say.
    """
    ours, theirs = (set(model.baseline.split()) for model in (challenger, champion))
    rows = evidence.shared > 0
    if len(ours) > len(theirs) or not ours & theirs or not rows.any():
        return
    known = evidence.frame[rows]
    labels = [model.assign(model.encoder.transform(known)).cluster for model in (challenger, champion)]
    if min(len(np.unique(found)) for found in labels) < 2:
        return
    agreement = adjusted_rand(labels[0], labels[1], evidence.shared[rows])
    if agreement < least:
        yield f"it agrees with {champion.model_id} on shared rows to an adjusted Rand index of {agreement:.2f} only"


@dataclass(frozen=True, eq=False)
class Distances:
    """How far the patterns of the evidence are from the usual, by either model; shape (n,)."""

    challenger: FloatArray
    champion: FloatArray

    @classmethod
    def of(cls, challenger: Model, champion: Model, evidence: Evidence) -> "Distances":
        """Measured by both."""
        return cls(challenger.measured(evidence.frame, evidence.is_lone), champion.measured(evidence.frame))


def _flags_too_many(distances: Distances, challenger: Model, champion: Model, newest: IntArray) -> Iterator[str]:
    """Far more of the newest night than the champion flags, which has not seen it, and than is usual."""
    if not newest.any():
        return
    share, before = (
        float(np.average(position(model.score_levels, distance) > FLAGGED_RANK, weights=newest))
        for model, distance in ((challenger, distances.challenger), (champion, distances.champion))
    )
    usual = 1 - FLAGGED_RANK
    if share > before + MOST_MORE_FLAGGED * usual + 3 * np.sqrt(usual / newest.sum()):
        yield f"it flags {share:.1%} of the newest baseline night, {champion.model_id} {before:.1%}"


def _ranks_worse(distances: Distances, evidence: Evidence) -> Iterator[str]:
    """Attacks that are known rank lower among what is known to be benign."""
    attacks, benign = evidence.attacks, evidence.benign
    if min(attacks.sum(), benign.sum()) < FEWEST_LABELLED:
        return
    truth = np.repeat([1, 0], len(attacks))
    weight = np.concatenate([attacks, benign])
    area, before = (
        float(roc_auc_score(truth, np.tile(distance, 2), sample_weight=weight))
        for distance in (distances.challenger, distances.champion)
    )
    if area < before - WORSE:
        yield f"known attacks rank lower: an area under the ROC curve of {area:.2f}, {before:.2f} before"
