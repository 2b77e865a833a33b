"""Baselines without what is extreme or malicious, and a campaign that grows for a week."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_baselines import EVENT_COLUMNS, collapsed, event_rows
from sklearn.metrics import roc_auc_score

from pipeline.config import Training
from pipeline.models import cleaning
from pipeline.models.base import Occasion
from pipeline.models.cleaning import Cleaned, clean, limit
from pipeline.models.consensus import ConsensusModel, fit_consensus
from pipeline.models.ensemble_recipe import Recipe
from pipeline.models.training import fit_prepared, prepare
from pipeline.scoring.thresholds import position

FIRST = date(2026, 1, 5)
SETTINGS = Training()
SMALL = Recipe(members={"log": 1, "raw": 1, "whitened": 1})
SHARES = (0.01, 0.02, 0.04, 0.07, 0.11, 0.15, 0.20)
ROWS = 400


def fitted(rows: pd.DataFrame, nights: int, **parameters: Any) -> ConsensusModel:
    last = FIRST + timedelta(days=nights - 1)
    occasion = Occasion("events", last + timedelta(days=1), FIRST, last, False, "")
    model = fit_consensus(prepare(rows, EVENT_COLUMNS, SETTINGS), occasion, seed=42, recipe=SMALL)
    return replace(model, parameters=model.parameters | parameters)


def attacks(rows: int, seed: int) -> pd.DataFrame:
    """Sources of a country that was never seen try many ports with tiny packets, which the edge drops."""
    found = event_rows(rows, seed)
    return found.assign(source_ports_log2=8.0, bytes_log=1.0, verdict="blocked", country="ZZ", is_web_port=False)


@cache
def champion() -> ConsensusModel:
    return fitted(collapsed(event_rows(2_000, seed=1)), nights=2)


def cleaned(rows: pd.DataFrame, cap: float = 0.15, most: int = 1, **judged: Any) -> Cleaned:
    nothing = np.zeros(len(rows), dtype=np.int64)
    return clean(rows, **({"malicious": nothing, "benign": nothing} | judged), champion=champion(), cap=cap, most=most)


MIXED = collapsed(pd.concat([event_rows(900, seed=3), attacks(100, seed=4)], ignore_index=True))
IS_ATTACK = (MIXED["source_ports_log2"] == 8).to_numpy()


def test_it_is_the_same_however_many_processes_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "PART", 100)
    assert len(MIXED) > 200
    apart = cleaned(MIXED, most=2)
    pd.testing.assert_frame_equal(apart.rows, cleaned(MIXED).rows)
    assert apart.extreme > 0


def test_attacks_are_left_out_and_little_else() -> None:
    found = cleaned(MIXED)
    assert not (found.rows["source_ports_log2"] == 8).any()
    assert 100 <= found.extreme <= 130
    assert found.share == found.extreme / 1_000
    assert found.facts["cleaned_by"] == champion().model_id


@settings(max_examples=15)
@given(st.floats(0, 0.5))
def test_the_cap_holds_and_the_farthest_go_first(cap: float) -> None:
    found = cleaned(MIXED, cap)
    assert found.extreme <= cap * 1_000
    assert found.rows["weight"].sum() == 1_000 - found.extreme
    assert (found.rows["weight"] > 0).all()
    if 0 < found.extreme < 100:
        assert (found.rows["source_ports_log2"] == 8).any()


def test_what_analysts_say_counts_whatever_the_distance() -> None:
    weight = MIXED["weight"].to_numpy()
    kept = cleaned(MIXED, benign=np.where(IS_ATTACK, weight, 0))
    assert (kept.rows["source_ports_log2"] == 8).sum() == IS_ATTACK.sum()
    without = cleaned(MIXED, cap=0.0, malicious=np.where(IS_ATTACK, weight, 0))
    assert (without.malicious, without.extreme) == (100, 0)
    assert not (without.rows["source_ports_log2"] == 8).any()


def test_if_everything_is_malicious_nothing_is_left_out() -> None:
    assert cleaned(MIXED, malicious=MIXED["weight"].to_numpy()).rows is MIXED


@pytest.mark.parametrize("known", [None, "a single night"])
def test_without_a_champion_that_knows_two_nights_nothing_is_extreme(known: str | None) -> None:
    before = replace(champion(), trained_to=FIRST) if known else None
    found = clean(MIXED, np.zeros(len(MIXED), int), np.zeros(len(MIXED), int), before, 0.15)
    assert (found.extreme, found.model_id) == (0, None)


def test_a_baseline_that_was_cleaned_is_not_cut_by_a_hundredth_again() -> None:
    levels = champion().score_levels
    assert limit(champion()) == levels[990]
    once = replace(champion(), parameters={"cleaned_share": 0.005})
    assert limit(once) == levels[995]
    assert limit(replace(champion(), parameters={"cleaned_share": 0.08})) == levels[-1]


def nights(*, is_poisoned: bool) -> list[pd.DataFrame]:
    """Two nights without the campaign, then seven in which its share grows, if there is one."""
    found = []
    for number, share in enumerate((0.0, 0.0, *SHARES)):
        rows = event_rows(ROWS, seed=10 + number)
        more = attacks(int(ROWS * share / (1 - share)), seed=30 + number) if is_poisoned and share else rows[:0]
        found.append(pd.concat([rows, more], ignore_index=True))
    return found


def window(found: list[pd.DataFrame], end: int) -> pd.DataFrame:
    """What a night of that number has for a baseline."""
    return collapsed(pd.concat(found[max(0, end - 7) : end], ignore_index=True))


def night_after_night(found: list[pd.DataFrame]) -> tuple[pd.DataFrame, ConsensusModel]:
    """The baseline and the consensus of the night after the last, each night's baseline cleaned by the one before."""
    before = fitted(window(found, 2), nights=2)
    for number in range(3, len(found) + 1):
        left = cleaned_by(before, window(found, number))
        before = fitted(left.rows, nights=number, **left.facts)
    return left.rows, before


def cleaned_by(before: ConsensusModel, rows: pd.DataFrame) -> Cleaned:
    nothing = np.zeros(len(rows), dtype=np.int64)
    return clean(rows, nothing, nothing, before, SETTINGS.cleaning_cap)


def detection(rows: pd.DataFrame, consensus: ConsensusModel) -> dict[str, tuple[float, float]]:
    """Of the campaign in the night after the week: area under the ROC curve, share above the threshold."""
    occasion = Occasion("events", FIRST, FIRST, FIRST, False, "")
    kmeans = fit_prepared("kmeans", prepare(rows, EVENT_COLUMNS, SETTINGS), occasion, SETTINGS)
    usual, campaign = event_rows(500, seed=90), attacks(100, seed=91)
    truth, night = np.repeat([0, 1], [500, 100]), pd.concat([usual, campaign], ignore_index=True)
    found = {}
    for name, model in {"consensus": consensus, "kmeans": kmeans}.items():
        distance = model.measured(night)
        above = position(model.score_levels, distance[500:]) > 0.95
        found[name] = float(roc_auc_score(truth, distance)), float(above.mean())
    return found


def test_a_campaign_that_grows_for_a_week_does_not_become_normal() -> None:
    without, poisoned = (nights(is_poisoned=flag) for flag in (False, True))
    clean_run = detection(window(without, 9), fitted(window(without, 9), nights=9))
    unguarded = detection(window(poisoned, 9), fitted(window(poisoned, 9), nights=9))
    guarded = detection(*night_after_night(poisoned))
    for name, (area, flagged) in clean_run.items():
        assert guarded[name][0] > area - 0.05
        assert guarded[name][1] > flagged - 0.05
        assert unguarded[name][1] < flagged - 0.5
