from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config_drift import Drift
from pipeline.scoring.drift_models import Before, Scored, flagged_share, model_drift, moved_mass

USUAL = Scored(
    algorithm="kmeans",
    masses={0: 600, 1: 400},
    baseline={0: 0.6, 1: 0.4, -1: 0.0},
    rows=1_000,
    flagged=50,
    expected=0.05,
    silhouettes=(0.5, 0.5),
)


def levels(scored: Scored, **before: Before) -> dict[str, str]:
    return {row["measure"]: row["level"] for row in model_drift(scored, before, Drift())}


def test_a_night_like_its_baseline_has_not_drifted() -> None:
    assert levels(USUAL) == {"flagged_share": "none", "moved_mass": "none", "silhouette": "none"}


@pytest.mark.parametrize(("flagged", "level"), [(100, "none"), (200, "warning"), (500, "error")])
def test_a_fifth_flagged_where_a_twentieth_is_expected_warns(flagged: int, level: str) -> None:
    scored = replace(USUAL, flagged=flagged)
    assert levels(scored)["flagged_share"] == level
    assert flagged_share(scored, Before())[3] == f"kmeans flags {flagged / 10:.1f}% of the rows, 5.0% expected"


def test_few_rows_flag_nothing_by_chance() -> None:
    assert levels(replace(USUAL, rows=15, masses={0: 9, 1: 6}, flagged=3)) == dict.fromkeys(levels(USUAL), "none")


def test_what_nights_before_had_is_usual() -> None:
    odd = replace(USUAL, flagged=300, masses={0: 100, 1_000_003: 300, 1_000_007: 600}, silhouettes=(0.1, 0.5))
    assert set(levels(odd).values()) == {"warning", "error"}
    before = {"flagged_share": Before(3, 0.3), "moved_mass": Before(3, 0.9), "silhouette": Before(3, 0.4)}
    assert set(levels(odd, **before).values()) == {"none"}


def test_groups_that_are_new_count_together() -> None:
    share, _usual, _drift, said = moved_mass(replace(USUAL, masses={0: 700, 1_000_000: 200, 1_000_001: 100}), Before())
    assert share == pytest.approx(0.4)
    assert said == "by kmeans cluster 1 has 0.0% of the rows, usually 40.0%"


@given(st.dictionaries(st.integers(-1, 5), st.integers(1, 10**6), min_size=1))
def test_moved_mass_is_a_share_and_0_for_equal_masses(masses: dict[int, int]) -> None:
    rows = sum(masses.values())
    scored = replace(USUAL, masses=masses, rows=rows)
    assert 0 <= moved_mass(scored, Before())[0] <= 1
    same = replace(scored, baseline={cluster: count / rows for cluster, count in masses.items()})
    assert moved_mass(same, Before())[0] == pytest.approx(0, abs=1e-12)


@given(st.permutations([(cluster, 7 * cluster % 5 + 1) for cluster in range(999_996, 1_000_010)]))
def test_moved_mass_is_the_same_bit_for_bit_in_any_order_of_clusters(masses: list[tuple[int, int]]) -> None:
    rows = sum(count for _, count in masses)
    first = moved_mass(replace(USUAL, masses=dict(sorted(masses)), rows=rows), Before())
    assert moved_mass(replace(USUAL, masses=dict(masses), rows=rows), Before()) == first


def test_the_consensus_has_no_clusters_to_move() -> None:
    assert set(levels(replace(USUAL, algorithm="consensus", masses={}, baseline={}, silhouettes=None))) == {
        "flagged_share"
    }


def test_a_silhouette_that_falls_warns_in_words() -> None:
    rows = {row["measure"]: row for row in model_drift(replace(USUAL, silhouettes=(0.1, 0.5)), {}, Drift())}
    assert rows["silhouette"]["level"] == "warning"
    assert rows["silhouette"]["change"] == "the silhouette of kmeans is 0.10, 0.50 in the baseline"
