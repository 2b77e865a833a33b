"""What is shown of a finding, and what is said of it, without an engine."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
from finding_helpers import NIGHT, QUIET, candidate, finding, group

from pipeline.features.tables import CONNECTION_TABLE
from pipeline.report.attack_patterns import Named
from pipeline.report.evidence import Detail, chosen_entities, ends_of, evidence, unusual
from pipeline.report.findings import Finding, Identity
from pipeline.report.merging import Cluster
from pipeline.report.profiles import Counted
from pipeline.report.scored import Scored
from pipeline.report.wording import explain, row

NOVEL = Cluster("connections", "kmeans", 1_000_000)
SEEN = datetime(2026, 1, 12, 19, 37, tzinfo=UTC), datetime(2026, 1, 12, 20, 1, tzinfo=UTC)
SCAN = Named("vertical_scan", "T1046", "1 source tries 816 ports of one target")
IDENTITY = Identity("f", "new", NIGHT, 1)
COUNTS = {
    "records": 816, "distinct_sources": 1, "distinct_targets": 1, "distinct_ports": 816, "distinct_users": 0,
    "bytes": None, "first_seen": SEEN[0], "last_seen": SEEN[1],
}  # fmt: skip
TOPS = {
    "top_sources": [("192.0.2.1", 816)],
    "top_targets": [("203.0.113.7", 816)],
    "top_ports": [(str(port), 1) for port in range(21)],
    "verdicts": [("blocked", 816)],
}
COUNTED = Counted({1: COUNTS}, {}, {1: TOPS})
RECORD = {
    "raw_table": "connections", "event_id": "e", "timestamp": SEEN[0], "source_ip": "192.0.2.1", "source_port": 1,
    "dest_ip": "203.0.113.7", "dest_port": 2, "action": "S0", "protocol": "tcp", "bytes": None, "country": None,
    "user": None, "service": None, "source_file": "conn.log", "line_number": 9,
}  # fmt: skip
USUAL: dict[str, Any] = {
    "source_ports_log2": (0.0, 1.0),
    "pair_coverage": (0.0, 1.0),
    "pair_is_first_seen": (0.0, 0.0),
    "outcome": ("answered", 0.9),
}


def scored(*rows: dict[str, Any]) -> Scored:
    """Patterns 1, 2, ... of one algorithm, with features and `weight`, `score` and `large_distance`."""
    scores = [
        {
            "algorithm": "kmeans",
            "cluster_id": NOVEL.cluster_id,
            "pattern_id": number,
            "score": 0.9,
            "large_distance": 1.0,
        }
        | {name: value for name, value in each.items() if name in ("score", "large_distance")}
        for number, each in enumerate(rows, start=1)
    ]
    columns = dict.fromkeys(CONNECTION_TABLE.columns.names)
    patterns = pd.DataFrame([columns | each for each in rows], index=range(1, len(rows) + 1))
    return Scored(CONNECTION_TABLE, pd.DataFrame(scores), patterns, {}, {"kmeans": USUAL}, frozenset())


def shown(found: Finding, **facts: Any) -> dict[str, Any]:
    known = scored({"weight": 1000, "source_ports_log2": 8.0})
    detail = Detail({1: {"source_ports_log2": 2.5}}, {1: ["c1", "c2"]}, [RECORD] * 9)
    return evidence(found, known, COUNTED, detail) | facts


def one(named: Named | None = SCAN) -> Finding:
    leader = replace(group(1, QUIET, named), candidate=candidate(NOVEL))
    reasons = (SCAN.sentence, "far") if named else ("far",)
    return replace(finding(1, 80, named), groups=(leader,), reasons=reasons)


def test_what_is_unusual_is_told_by_what_it_adds() -> None:
    known = scored(
        {"weight": 3, "source_ports_log2": 8.0, "outcome": "refused", "pair_coverage": 0.5, "pair_is_first_seen": True},
        {"weight": 1, "source_ports_log2": 4.0, "outcome": "answered", "pair_is_first_seen": True},
    )
    told = {
        1: {"outcome": 2.0, "source_ports_log2": 4.0, "pair_coverage": 9.0},
        2: {"source_ports_log2": 0.0, "pair_is_first_seen": -1.0},
    }
    found = unusual(known, candidate(NOVEL, patterns={1: 3, 2: 1}), told)
    assert [(each["feature"], each["value"], each["contribution"]) for each in found] == [
        ("source_ports_log2", 8.0, 3.0),
        ("outcome", "refused", 1.5),
        ("pair_is_first_seen", 1.0, -0.25),
    ]
    assert [each["sentence"] for each in found] == [
        "mostly 256 or more distinct ports per source and hour, usually 1 to 7",
        "outcome refused, usually answered (90%)",
        "pair is first seen: yes, usually no",
    ]


def test_exemplars_are_what_most_entities_share_and_the_boundary_is_near_to_the_usual() -> None:
    known = scored(
        {"weight": 9, "large_distance": 5.0, "score": 1.0},
        {"weight": 2, "large_distance": 1.0, "score": 0.96},
        {"weight": 1, "large_distance": 3.0, "score": 0.98},
        {"weight": 1, "large_distance": 2.0, "score": 0.97},
    )
    entities = {1: ["a1", "a2", "a3"], 2: ["b1", "b2"], 3: ["c1"], 4: ["d1"]}
    found = chosen_entities(known, candidate(NOVEL, patterns={1: 9, 2: 2, 3: 1, 4: 1}), entities)
    assert [each["entity_id"] for each in found["exemplars"]] == ["a1", "b1", "d1"]
    assert [(each["entity_id"], each["score"]) for each in found["boundary"]] == [
        ("b1", 0.96),
        ("d1", 0.97),
        ("c1", 0.98),
    ]
    few = chosen_entities(known, candidate(NOVEL, patterns={1: 9}), entities)
    assert [each["entity_id"] for each in few["exemplars"]] == ["a1", "a2", "a3"]


def test_a_group_is_known_by_ends_that_are_few_and_by_its_frequent_patterns() -> None:
    leader = group(1, patterns={pattern: pattern for pattern in range(1, 61)})
    ends = ends_of(leader, COUNTED)
    assert (ends.sources, ends.targets, ends.accounts, ends.ports) == (("192.0.2.1",), ("203.0.113.7",), (), ())
    assert ends.patterns == tuple(range(11, 61))


def test_evidence_holds_counts_top_values_and_examples_with_file_and_line() -> None:
    facts = shown(one())
    assert (facts["records"], facts["distinct_ports"], facts["top_sources"]) == (816, 816, [("192.0.2.1", 816)])
    assert (len(facts["top_ports"]), len(facts["examples"]), facts["bytes"]) == (5, 5, None)
    assert facts["examples"][0] | {"line_number": 9, "source_file": "conn.log"} == facts["examples"][0]
    assert facts["clusters"] == [
        {"feature_table": "connections", "algorithm": "kmeans", "cluster_id": 1_000_000, "size": 1000, "records": 1000}
    ]


def test_a_row_puts_the_attack_first_and_what_is_unusual_next() -> None:
    made = row(one(), IDENTITY, 1, NIGHT, shown(one()))
    assert made["reasons"] == [SCAN.sentence, "256 or more distinct ports per source and hour, usually 1 to 7", "far"]
    assert (made["first_seen"], made["last_seen"]) == SEEN
    assert made["explanation"] == (
        "Vertical scan: 816 blocked events from 192.0.2.1 to 203.0.113.7, 816 ports, 19:37 to 20:01 UTC: "
        "1 source tries 816 ports of one target"
    )


def test_without_a_name_the_most_unusual_says_why() -> None:
    facts = shown(one(None))
    assert explain(one(None), facts, *SEEN).endswith(
        "UTC: 256 or more distinct ports per source and hour, usually 1 to 7"
    )


def test_the_sentence_leaves_out_what_is_unknown() -> None:
    facts = shown(one(None), records=12, top_sources=[], top_ports=[], verdicts=[("blocked", 12)], distinct_users=6)
    spraying = explain(one(None), facts | {"users": [("eve", 2)], "unusual": []}, *SEEN)
    assert spraying == "12 blocked events of 6 users to 203.0.113.7, 19:37 to 20:01 UTC: far"
    alone = explain(one(None), facts | {"users": [("eve", 12)], "distinct_users": 1, "unusual": []}, *SEEN)
    assert alone.startswith("12 blocked events of user eve to")


@pytest.mark.parametrize(
    ("records", "verdicts", "words"),
    [
        (1, [("blocked", 1)], "1 blocked event from"),
        (7, [("other", 7)], "7 events from"),
        (7, [("blocked", 6), ("allowed", 1)], "7 events from"),
    ],
)
def test_the_sentence_counts_records(records: int, verdicts: list[tuple[str, int]], words: str) -> None:
    assert explain(one(None), shown(one(None), records=records, verdicts=verdicts), *SEEN).startswith(words)


def test_a_finding_without_records_lasts_all_night() -> None:
    facts = shown(one(None), records=0, first_seen=None, last_seen=None)
    made = row(one(None), IDENTITY, 3, NIGHT, facts)
    assert made["explanation"].startswith("1,000 entities of connections, 00:00 to 23:59 UTC")
    assert (made["records"], made["first_seen"].day, made["last_seen"].day) == (0, 12, 12)
