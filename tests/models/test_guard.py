"""Which models may take the place of the one before, and that ordinary ones may."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_baselines import EVENT_COLUMNS, EVENTS, collapsed, event_rows, train, trained
from sklearn.metrics import adjusted_rand_score

from pipeline.config import Training
from pipeline.models.base import FittedModel, Occasion
from pipeline.models.consensus import ConsensusModel, fit_consensus
from pipeline.models.ensemble_recipe import Recipe
from pipeline.models.evidence import Known, evidence_of
from pipeline.models.guard import Evidence, guarded
from pipeline.models.registry import ALGORITHMS
from pipeline.models.training import prepare
from pipeline.models.weighted import adjusted_rand

LATER = collapsed(event_rows(2_000, seed=2))
SETTINGS = Training()
labels = st.integers(0, 3)


@settings(max_examples=25)
@given(st.lists(st.tuples(labels, labels, st.integers(1, 5)), min_size=2, max_size=30))
def test_the_weighted_rand_index_is_that_of_the_rows(patterns: list[tuple[int, int, int]]) -> None:
    first, second, weight = np.array(patterns).T
    expected = adjusted_rand_score(np.repeat(first, weight), np.repeat(second, weight))
    assert adjusted_rand(first, second, weight) == pytest.approx(expected)
    assert adjusted_rand(second, first, weight) == pytest.approx(adjusted_rand(first, second, weight))


def known_of(rows: Any, **given: Any) -> Known:
    """A third of the rows are of the newest night, none is labelled."""
    nothing = np.zeros(len(rows), dtype=np.int64)
    newest = rows["weight"].to_numpy(dtype=np.int64) // 3
    return Known(
        **({"newest": newest} | dict.fromkeys(("attacks", "benign", "malicious", "harmless"), nothing) | given)
    )


def evidence(rows: Any = LATER, **given: Any) -> Evidence:
    return evidence_of(rows, known_of(rows, **given), seed=42)


def challenger(algorithm: str = "kmeans", **changed: Any) -> FittedModel:
    """Fitted on the next night's rows, with some of its fields changed."""
    return replace(train(algorithm, LATER, previous=trained(algorithm)), **changed)


def verdict(model: Any, champion: Any, **given: Any) -> tuple[bool, str | None]:
    judged = guarded(model, champion, given.pop("evidence", evidence()), Training(**given))
    return judged.accepted, judged.reason


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_model_of_another_ordinary_night_is_accepted(algorithm: str) -> None:
    assert verdict(challenger(algorithm), trained(algorithm)) == (True, None)


def consensus(rows: Any) -> ConsensusModel:
    occasion = Occasion("events", date(2026, 1, 12), date(2026, 1, 5), date(2026, 1, 11), False, "2026-01-05:1")
    recipe = Recipe(members={"log": 1, "raw": 1, "whitened": 1})
    return fit_consensus(prepare(rows, EVENT_COLUMNS, SETTINGS), occasion, seed=42, recipe=recipe)


def test_a_consensus_of_another_ordinary_night_is_accepted_and_one_without_distances_is_not() -> None:
    champion, later = consensus(EVENTS), consensus(LATER)
    assert verdict(later, champion) == (True, None)
    flat = replace(later, score_levels=np.zeros(1_001))
    assert verdict(flat, champion) == (False, f"all {later.patterns:,} patterns of the baseline lie at one distance")


def test_a_fit_that_did_not_converge_is_not_accepted() -> None:
    metrics = {"converged": False, "iterations": 300}
    assert verdict(challenger(metrics=metrics), trained("kmeans")) == (
        False,
        "the fit did not converge in 300 iterations",
    )


@pytest.mark.parametrize("part", ["centers", "spreads"])
def test_a_cluster_that_is_not_finite_is_named(part: str) -> None:
    model = challenger()
    broken = getattr(model.clusters, part).copy()
    broken[1] = np.nan
    changed = replace(model, clusters=replace(model.clusters, **{part: broken}))
    assert verdict(changed, trained("kmeans")) == (False, "cluster 1 is not finite")


def test_without_a_model_before_it_an_unsound_one_serves_and_says_why() -> None:
    accepted, reason = verdict(challenger(score_levels=np.full(1_001, np.inf)), None)
    assert accepted
    assert reason == "its distances are not finite; there is no model before it"


def other_clusters() -> FittedModel:
    """Two clusters that part the rows by the time of day alone, which the champion's do not."""
    model = challenger()
    points = model.encoder.transform(LATER)
    is_late = LATER["hour_cos"].to_numpy() > 0
    centers = np.tile(points.mean(axis=0), (2, 1))
    axis = model.encoder.columns.index("hour_cos")
    centers[:, axis] = points[~is_late, axis].mean(), points[is_late, axis].mean()
    clusters = model.clusters
    few = {name: getattr(clusters, name)[:2] for name in ("masses", "spreads", "is_large", "stable_ids")}
    return replace(model, clusters=replace(clusters, centers=centers, **few))


def test_clusters_that_share_nothing_with_those_before_are_not_accepted() -> None:
    accepted, reason = verdict(other_clusters(), trained("kmeans"), min_agreement=0.5)
    assert not accepted
    assert "adjusted Rand index" in str(reason)


@pytest.mark.parametrize("baseline", ["2026-01-05:1", "2025-12-01:1 2025-12-02:1"])
def test_a_champion_that_knows_less_or_other_nights_has_no_say_in_clusters(baseline: str) -> None:
    champion = replace(trained("kmeans"), baseline=baseline)
    reason = verdict(other_clusters(), champion, min_agreement=0.9)[1]
    assert "adjusted Rand index" not in str(reason)


def test_flagging_most_of_the_newest_night_is_not_accepted_if_the_champion_does_not() -> None:
    low = np.linspace(0, 1e-6, 1_001)
    model = challenger(score_levels=low)
    accepted, reason = verdict(model, trained("kmeans"), min_agreement=-1)
    assert not accepted
    assert str(reason).startswith("it flags ")
    assert verdict(model, replace(trained("kmeans"), score_levels=low), min_agreement=-1) == (True, None)


def test_attacks_that_are_known_must_not_rank_lower() -> None:
    model = challenger("gaussian_mixture")
    champion = trained("gaussian_mixture")
    far = champion.measured(LATER)
    attacks = np.where(far >= np.quantile(far, 0.9), 5, 0)
    benign = np.where(far <= np.quantile(far, 0.5), 5, 0)
    told = evidence(attacks=attacks, benign=benign)
    assert verdict(model, champion, evidence=told) == (True, None)
    known_attacks = evidence(attacks=benign, benign=attacks)
    # by the champion attacks lie far from the usual only if it takes the usual for attacks
    turned = replace(champion, clusters=replace(champion.clusters, is_large=~champion.clusters.is_large))
    assert verdict(model, turned, evidence=told)[0]
    accepted, reason = verdict(model, turned, evidence=known_attacks)
    assert not accepted
    assert "known attacks rank lower" in str(reason)


def test_nothing_is_compared_in_the_published_recipes() -> None:
    broken = challenger(score_levels=np.full(1_001, np.nan))
    assert verdict(broken, trained("kmeans"), seed_compatible=True) == (True, None)
