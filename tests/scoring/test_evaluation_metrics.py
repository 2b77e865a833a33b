import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_rand_score, average_precision_score, roc_auc_score

from pipeline.scoring.evaluation_metrics import Curve, adjusted_rand, at_threshold, rank_correlation, ratio

SCORE = np.array([0.9, 0.5, 0.5, 0.1])
ATTACKS, BENIGN = np.array([2, 1, 0, 1]), np.array([0, 1, 2, 4])
patterns = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12)


def test_a_ranking_by_hand() -> None:
    """Ranks: two attacks; then one attack with three benign rows, equal; then one attack with four."""
    curve = Curve.of(SCORE, ATTACKS, BENIGN)
    # of 4 x 7 pairs: the first two beat 7 each, the third 4 and 3 halves, the last 4 halves
    assert curve.roc_auc() == pytest.approx((14 + 4 + 1.5 + 2) / 28)
    assert curve.average_precision() == pytest.approx((2 * 1 + 1 * 3 / 6 + 1 * 4 / 11) / 4)


@pytest.mark.parametrize(("budget", "hits"), [(0, 0), (1, 1), (2, 2), (4, 2.5), (6, 3), (11, 4), (99, 4)])
def test_attacks_within_a_budget_are_the_mean_over_choices_among_equals(budget: int, hits: float) -> None:
    assert Curve.of(SCORE, ATTACKS, BENIGN).attacks_within(budget) == pytest.approx(hits)


def test_figures_at_the_threshold_by_hand() -> None:
    found = at_threshold(np.array([True, True, False, False]), ATTACKS, BENIGN)
    assert found == {
        "precision": 3 / 4, "recall": 3 / 4, "f1": pytest.approx(3 / 4), "false_positive_rate": 1 / 7,
    }  # fmt: skip


def test_what_has_nothing_to_be_divided_by_is_null() -> None:
    none, some, nobody = np.zeros(2, dtype=int), np.array([1, 2]), np.empty(0)
    score = np.array([0.1, 0.2])
    assert Curve.of(score, some, none).roc_auc() is None
    assert Curve.of(score, none, some).roc_auc() is None
    assert Curve.of(score, none, some).average_precision() is None
    assert Curve.of(nobody, nobody.astype(int), nobody.astype(int)).roc_auc() is None
    assert Curve.of(nobody, nobody.astype(int), nobody.astype(int)).average_precision() is None
    assert set(at_threshold(np.zeros(2, dtype=bool), none, none).values()) == {None}
    unflagged = at_threshold(np.zeros(2, dtype=bool), some, some)
    assert unflagged == {"precision": None, "recall": 0, "f1": 0, "false_positive_rate": 0}
    assert ratio(1, 0) is None
    assert adjusted_rand(none, none, np.array([1, 0])) is None
    assert rank_correlation(score, np.ones(2), some) is None
    assert rank_correlation(nobody, nobody, nobody.astype(int)) is None


@given(patterns)
def test_patterns_count_as_scikit_learn_counts_weights(rows: list[tuple[int, int, int]]) -> None:
    score, attacks, benign = (np.array(column) for column in zip(*rows, strict=True))
    labels, weight = np.repeat([1, 0], len(rows)), np.concatenate([attacks, benign])
    curve = Curve.of(score.astype(float), attacks, benign)
    if attacks.any():
        expected = average_precision_score(labels, np.tile(score, 2), sample_weight=weight)
        assert curve.average_precision() == pytest.approx(expected)
    if attacks.any() and benign.any():
        assert curve.roc_auc() == pytest.approx(roc_auc_score(labels, np.tile(score, 2), sample_weight=weight))


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(1, 1e4)), min_size=2, max_size=12))
def test_a_partition_agrees_with_itself_fully_whatever_its_rows_stand_for(rows: list[tuple[int, float]]) -> None:
    labels, weight = (np.array(column) for column in zip(*rows, strict=True))
    found = adjusted_rand(labels, labels, weight)
    assert found is not None
    assert 1 - 1e-9 < found <= 1


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(-1, 2), st.integers(1, 3)), min_size=2, max_size=10))
def test_partitions_and_ranks_count_rows(rows: list[tuple[int, int, int]]) -> None:
    first, second, weight = (np.array(column) for column in zip(*rows, strict=True))
    expanded = np.repeat(first, weight), np.repeat(second, weight)
    assert adjusted_rand(first, second, weight) == pytest.approx(adjusted_rand_score(*expanded))
    found = rank_correlation(first.astype(float), second.astype(float), weight)
    if len(set(first)) > 1 and len(set(second)) > 1:
        assert found == pytest.approx(spearmanr(*expanded).statistic, abs=1e-12)
    else:
        assert found is None
