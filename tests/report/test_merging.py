import pytest

from pipeline.report.merging import Cluster, about_the_same, joined, overlap, witnesses
from pipeline.report.overlaps import Overlap

KMEANS, DBSCAN = Cluster("events", "kmeans", 10_000), Cluster("events", "dbscan", 10_003)


def test_overlap_is_weighted() -> None:
    assert overlap({1: 90, 2: 10}, {1: 90, 3: 20}) == 90 / 120
    assert overlap({1: 1}, {2: 1}) == 0


def test_clusters_of_two_algorithms_that_hold_the_same_are_one_finding() -> None:
    patterns = {KMEANS: {1: 90, 2: 10}, DBSCAN: {1: 90}}
    assert witnesses([KMEANS, DBSCAN], patterns) == {KMEANS: [DBSCAN]}


def test_clusters_of_one_algorithm_stay_apart() -> None:
    other = KMEANS._replace(cluster_id=10_001)
    assert witnesses([KMEANS, other], {KMEANS: {1: 1}, other: {1: 1}}) == {KMEANS: [], other: []}


def test_a_little_overlap_is_no_witness() -> None:
    assert witnesses([KMEANS, DBSCAN], {KMEANS: {1: 1, 2: 1}, DBSCAN: {1: 1, 3: 2}}) == {KMEANS: [], DBSCAN: []}


@pytest.mark.parametrize(("alike", "held", "is_same"), [(0.5, 0.5, True), (0.49, 1.0, False), (1.0, 0.49, False)])
def test_groups_are_about_the_same_by_their_ends_and_by_who_met_whom(alike: float, held: float, is_same: bool) -> None:
    assert about_the_same({(3, 8): Overlap(alike, held)}) == ({frozenset((3, 8))} if is_same else set())


@pytest.mark.parametrize(("hidden", "is_same"), [({3}, False), ({3, 8}, True), (set(), True)])
def test_a_group_that_people_hide_does_not_hide_what_is_about_the_same(hidden: set[int], is_same: bool) -> None:
    assert about_the_same({(3, 8): Overlap(1.0, 1.0)}, hidden) == ({frozenset((3, 8))} if is_same else set())


def test_a_group_joins_the_first_that_it_is_about_the_same_with() -> None:
    same = {frozenset(pair) for pair in ((1, 2), (2, 3), (1, 4), (3, 4))}
    assert joined([1, 2, 3, 4, 5], same) == {1: [2, 4], 3: [], 5: []}
