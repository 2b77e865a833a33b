"""Small profiles, candidates and findings for the tests of the report."""

from datetime import date
from typing import Any

from pipeline.report.attack_patterns import Named
from pipeline.report.candidates import Candidate
from pipeline.report.findings import Ends, Finding, Group
from pipeline.report.merging import Cluster
from pipeline.report.profiles import Profile

NIGHT = date(2026, 1, 12)
QUIET = Profile(
    feature_table="events",
    raw_table="security_events",
    size=1000,
    share=0.5,
    is_new=False,
    score=0.4,
    isolation=0.5,
    records=1000,
    distinct={"sources": 3, "targets": 1, "ports": 1, "users": 0},
    shares={"refused": 0.5, "at_night": 0.1},
    typical={"sources_per_target": 3},
    ports=(443,),
)


def candidate(cluster: Cluster, **facts: Any) -> Candidate:
    known: dict[str, Any] = {
        "witnesses": (), "patterns": {1: 1000}, "share": 0.1, "is_new": True, "score": 0.99, "isolation": 2.0,
        "flagged": None, "is_odd": True, "sign": 0.0,
    }  # fmt: skip
    return Candidate(cluster=cluster, **known | facts)


def group(number: int, profile: Profile = QUIET, named: Named | None = None, **facts: Any) -> Group:
    cluster = facts.pop("cluster", Cluster(profile.feature_table, "kmeans", 1_000_000 + number))
    return Group(number, candidate(cluster, **facts), (profile,), named, ("far",))


def finding(number: int, severity: float, named: Named | None = None, **ends: tuple[Any, ...]) -> Finding:
    return Finding((group(number, named=named),), named, ("far",), {"isolation": severity}, Ends(**ends))
