import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from pipeline.models.sampling import Baseline, inclusion_probabilities, neighbour_pairs


def baseline(weight: list[int]) -> Baseline:
    points = np.arange(len(weight), dtype=float)[:, None]
    return Baseline(points, np.array(weight), np.array(weight, dtype=float))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=2, max_size=40), st.integers(1, 30), st.integers(0, 5))
def test_a_sample_has_its_size_and_stands_for_all_rows(weight: list[int], size: int, seed: int) -> None:
    whole = baseline(weight)
    sample = whole.sample(size, seed)
    assert len(sample.weight) == min(size, len(weight))
    assert sample.represents.sum() == pytest.approx(sum(weight))
    assert (sample.represents >= sample.weight * (1 - 1e-9)).all()
    assert (np.isin(sample.points, whole.points)).all()


def test_parts_of_a_sample_stand_for_their_part_on_average() -> None:
    whole = baseline([500, 200, *[1, 2, 3] * 50])
    samples = [whole.sample(20, seed) for seed in range(300)]
    first_half = [sample.represents[sample.points[:, 0] < 77].sum() for sample in samples]
    assert np.mean(first_half) == pytest.approx(whole.weight[:77].sum(), rel=0.01)


def test_what_few_rows_share_cannot_push_out_what_many_share() -> None:
    whole = baseline([1] * 200 + [900])
    assert all(200 in whole.sample(10, seed).points for seed in range(20))


def test_probabilities_add_up_to_the_size() -> None:
    chance = inclusion_probabilities(np.array([1.0, 1.0, 1.0, 50.0, 60.0]), 3)
    assert chance.sum() == pytest.approx(3)
    assert chance[3:].tolist() == [1, 1]


def test_the_same_seed_draws_the_same() -> None:
    whole = baseline(list(range(1, 60)))
    assert whole.sample(10, 7).points.tolist() == whole.sample(10, 7).points.tolist()
    assert whole.sample(10, 7).points.tolist() != whole.sample(10, 8).points.tolist()


def test_pairs_are_counted_in_both_directions_and_with_themselves() -> None:
    points = np.random.default_rng(0).normal(size=(120, 3))
    expected = 2 * int((pdist(points) <= 0.7).sum()) + 120
    assert neighbour_pairs(points, 0.7, seed=1) == expected
