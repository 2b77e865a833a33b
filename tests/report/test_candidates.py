"""Which clusters are looked at, on a feature table of connections with a handful of patterns."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from pipeline.config import AttackPatterns
from pipeline.features.tables import CONNECTION_TABLE, FEATURE_TABLES
from pipeline.report.candidates import MOST_RECORDS, Candidate, candidates
from pipeline.report.merging import WHOLE
from pipeline.report.scored import Scored, typical
from pipeline.report.signs import signs_of

LIMITS = AttackPatterns()
NUMBERS = (*CONNECTION_TABLE.columns.numeric, *CONNECTION_TABLE.columns.flags)
BEACON = {
    "interval_dispersion": 0.0, "size_dispersion": 0.25, "pair_connections_log2": 6.0, "pair_coverage": 1.0,
}  # fmt: skip
LARGE, SMALL, NOVEL, NOISE = 0, 1, 1_000_000, -1


def scored(*rows: tuple[str, int, int, int, dict[str, Any]], known: tuple[int, ...] = (), **facts: Any) -> Scored:
    """Rows: algorithm, cluster, pattern, weight and further columns or features."""
    scores, patterns = [], {}
    for algorithm, cluster, pattern, weight, more in rows:
        is_new = cluster >= NOVEL or cluster == NOISE
        defaults = {"is_new": is_new, "score": 0.5, "threshold": 0.95, "status": "normal", "large_distance": 2.0}
        own = {name: more.get(name, value) for name, value in defaults.items()}
        scores.append({"algorithm": algorithm, "cluster_id": cluster, "pattern_id": pattern, "weight": weight, **own})
        patterns[pattern] = {"weight": weight, "is_known": pattern in known} | {
            name: more.get(name) for name in NUMBERS
        }
    return Scored(
        table=CONNECTION_TABLE,
        scores=pd.DataFrame(scores),
        patterns=pd.DataFrame.from_dict(patterns, orient="index"),
        limits=facts.get("limits", {"kmeans": 1.0, "dbscan": 1.0}),
        usual={},
        large=frozenset({("kmeans", LARGE), ("dbscan", LARGE)}),
    )


def found(*rows: tuple[str, int, int, int, dict[str, Any]], **facts: Any) -> dict[tuple[int, int], Candidate]:
    return {(each.cluster.cluster_id, each.cluster.part): each for each in candidates(scored(*rows, **facts), LIMITS)}


@pytest.mark.parametrize(
    ("cluster", "more", "is_looked_at"),
    [
        (LARGE, {}, False),
        (LARGE, {"score": 0.95}, False),
        (LARGE, {"score": 0.96}, True),
        (SMALL, {}, True),
        (NOVEL, {}, True),
        (LARGE, BEACON, True),
        (LARGE, BEACON | {"interval_dispersion": 0.5}, False),
        (LARGE, BEACON | {"pair_coverage": None}, False),
    ],
)
def test_what_is_odd_or_shows_a_sign_is_looked_at(cluster: int, more: dict[str, Any], is_looked_at: bool) -> None:
    assert bool(found(("kmeans", cluster, 7, 10, more))) is is_looked_at


def test_each_pattern_of_noise_stands_for_itself() -> None:
    assert set(found(("kmeans", NOISE, 7, 1, {}), ("kmeans", NOISE, 8, 1, {}))) == {(NOISE, 7), (NOISE, 8)}


def test_ids_of_patterns_stay_whole_numbers_without_noise() -> None:
    # the nearest floating point number of it is another one
    pattern = 7_698_229_319_009_750_135
    (only,) = found(("kmeans", NOVEL, pattern, 6, {})).values()
    assert only.patterns == {pattern: 6}
    assert all(isinstance(number, int) for number in (*only.patterns, *only.patterns.values()))


def test_what_shows_a_sign_stands_for_itself_in_a_mixed_cluster_and_in_noise() -> None:
    mixed = found(("kmeans", LARGE, 7, 49, BEACON), ("kmeans", LARGE, 8, 51, {}))
    assert [(each.patterns, each.sign) for each in mixed.values()] == [({7: 49}, 1.0)]
    mostly = found(("kmeans", LARGE, 7, 51, BEACON), ("kmeans", LARGE, 8, 49, {}))
    assert [(each.patterns, each.sign, each.cluster.part) for each in mostly.values()] == [
        ({7: 51, 8: 49}, 0.51, WHOLE)
    ]
    noise = found(("kmeans", NOISE, 7, 1, BEACON), ("kmeans", NOISE, 8, 1, BEACON), ("kmeans", NOISE, 9, 1, {}))
    assert sorted(sorted(each.patterns) for each in noise.values()) == [[7, 8], [9]]


def test_algorithms_that_hold_the_same_are_witnesses() -> None:
    ((_, one),) = found(("kmeans", NOVEL, 7, 10, {"large_distance": 3.0}), ("dbscan", NOVEL, 7, 10, {})).items()
    assert (one.cluster.algorithm, [each.algorithm for each in one.witnesses]) == ("kmeans", ["dbscan"])


def test_a_pattern_that_the_baseline_has_is_not_new() -> None:
    rows = ("kmeans", NOVEL, 7, 10, {}), ("kmeans", NOVEL, 8, 10, {}), ("kmeans", NOVEL, 9, 10, {})
    assert found(*rows, known=(7,))[NOVEL, WHOLE].is_new
    assert not found(*rows, known=(7, 8))[NOVEL, WHOLE].is_new


def test_shares_and_isolation_count_entities() -> None:
    one = found(
        ("kmeans", NOVEL, 7, 30, {"large_distance": 1.0, "score": 0.9}),
        ("kmeans", NOVEL, 8, 10, {"large_distance": 5.0, "score": 0.5}),
        ("kmeans", LARGE, 9, 60, {}),
        limits={"kmeans": 2.0},
    )[NOVEL, WHOLE]
    assert (one.size, one.share, one.isolation, one.score) == (40, 0.4, 1.0, 0.8)


def test_the_consensus_flags_entities_and_is_no_cluster() -> None:
    flagged = {"status": "anomaly"}
    one = found(
        ("kmeans", NOVEL, 7, 30, {}),
        ("kmeans", NOVEL, 8, 10, {}),
        ("consensus", 5, 7, 30, flagged),
        ("consensus", 5, 8, 10, {}),
    )
    assert [each.flagged for each in one.values()] == [0.75]
    assert found(("kmeans", NOVEL, 7, 30, {}))[NOVEL, WHOLE].flagged is None


def test_typical_features_are_medians_and_means_of_what_is_known() -> None:
    known = scored(
        ("kmeans", NOVEL, 7, 3, {"pair_coverage": 0.25, "pair_is_first_seen": True}),
        ("kmeans", NOVEL, 8, 2, {"pair_coverage": 1.0, "pair_is_first_seen": False}),
        ("kmeans", NOVEL, 9, 9, {}),
    )
    assert typical(known, {7: 3, 8: 2, 9: 9}) == {"pair_coverage": 0.25, "pair_is_first_seen": 0.6}


def test_addresses_that_stand_for_too_many_records_are_left_out_but_for_signs() -> None:
    rows = [("kmeans", NOVEL + number, number, 1, {"large_distance": 9.0 - number}) for number in range(1, 4)]
    rows.append(("kmeans", LARGE, 9, 1, BEACON))
    records = {1: MOST_RECORDS - 5, 2: 6, 3: 5, 9: 10 * MOST_RECORDS}
    found_all = candidates(replace(scored(*rows), records=records), LIMITS)
    assert [list(each.patterns) for each in found_all] == [[9], [1], [3]]


def test_signs_are_those_of_their_table() -> None:
    names = {sign.table: set(FEATURE_TABLES[sign.table].columns.names) for sign in signs_of(LIMITS)}
    assert all(set(sign.least) <= names[sign.table] for sign in signs_of(LIMITS))


def test_a_night_without_models_has_no_candidates() -> None:
    assert not found(("kmeans", NOVEL, 7, 3, {}), limits={})
