from pipeline.report.merging import overlap, witnesses

KMEANS, DBSCAN = ("kmeans", 10_000), ("dbscan", 10_003)


def test_overlap_is_weighted() -> None:
    assert overlap({"a": 90, "b": 10}, {"a": 90, "c": 20}) == 90 / 120
    assert overlap({"a": 1}, {"b": 1}) == 0


def test_clusters_of_two_algorithms_that_hold_the_same_are_one_finding() -> None:
    patterns = {KMEANS: {"a": 90, "b": 10}, DBSCAN: {"a": 90}}
    assert witnesses([KMEANS, DBSCAN], patterns) == {KMEANS: [DBSCAN]}


def test_clusters_of_one_algorithm_stay_apart() -> None:
    other = ("kmeans", 10_001)
    assert witnesses([KMEANS, other], {KMEANS: {"a": 1}, other: {"a": 1}}) == {KMEANS: [], other: []}


def test_a_little_overlap_is_no_witness() -> None:
    assert witnesses([KMEANS, DBSCAN], {KMEANS: {"a": 1, "b": 1}, DBSCAN: {"a": 1, "c": 2}}) == {KMEANS: [], DBSCAN: []}
