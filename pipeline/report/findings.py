"""Findings: the suspicious clusters of a night, merged over algorithms and ranked by severity."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from pipeline.config import Report
from pipeline.report.merging import Cluster, witnesses
from pipeline.report.profiles import CLUSTER
from pipeline.report.suspicion import Profile, reasons, severity_parts
from pipeline.report.usual import Usual

LEAST_SEVERITY = 25.0  # below, a cluster is unlike the rest but nothing to look at


@dataclass(frozen=True)
class Finding:
    """One group of entities that is worth a look.

    Attributes:
        cluster: algorithm and cluster that show it most clearly.
        witnesses: clusters of other algorithms that hold the same entities.
        profile: what the rules know of it.
        parts: what each part adds to the severity.
        reasons: sentences of the rules that hold.
    """

    cluster: Cluster
    witnesses: tuple[Cluster, ...]
    profile: Profile
    parts: dict[str, float]
    reasons: tuple[str, ...]

    @property
    def severity(self) -> float:
        """0 to 100, what the rank follows."""
        return round(sum(self.parts.values()), 2)


def find(
    clusters: pd.DataFrame, patterns: pd.DataFrame, limits: dict[str, float], usual: Usual, settings: Report
) -> list[Finding]:
    """The findings of a night, the most severe first; how many of them are shown is not decided here.

    Args:
        clusters: counts of the candidate clusters, one row each.
        patterns: the night's scored patterns: algorithm, cluster_id, pattern_id and weight.
        limits: per algorithm, the baseline's 99th percentile of the distance: the unit of isolation.
        usual: the site's base rates.
        settings: thresholds of the rules.
    """
    entities = int(patterns.groupby("algorithm")["weight"].sum().max())
    profiles = {
        (row.algorithm, row.cluster_id): profile_of(row, entities, limits[row.algorithm])
        for row in clusters.itertuples()
    }
    alone = [_finding(cluster, (), profile, usual, settings) for cluster, profile in profiles.items()]
    ranked = [finding.cluster for finding in sorted(alone, key=_order) if finding.reasons]
    merged = witnesses(ranked, _patterns_of(patterns, set(ranked)))
    findings = [
        _finding(cluster, tuple(others), _agreed(profiles[cluster], len(others), len(limits)), usual, settings)
        for cluster, others in merged.items()
    ]
    return sorted((found for found in findings if found.severity >= LEAST_SEVERITY), key=_order)


def profile_of(row: Any, entities: int, limit: float) -> Profile:
    """What the rules need of a cluster's counts, in a night of `entities`."""
    return Profile(
        size=int(row.size),
        share=float(row.size / entities),
        is_new=bool(row.is_new),
        score=float(row.score),
        isolation=round(float(row.distance / limit), 9) if limit else float(row.distance > 0),
        blocked_share=float(row.blocked_share),
        night_share=float(row.night_share),
        country_share=float(row.country_share),
        sources_of_busiest_target=int(row.sources_of_busiest_target),
        distinct_sources=int(row.distinct_sources),
    )


def _agreed(profile: Profile, others: int, algorithms: int) -> Profile:
    return replace(profile, agreement=others / max(1, algorithms - 1))


def _finding(
    cluster: Cluster, others: tuple[Cluster, ...], profile: Profile, usual: Usual, settings: Report
) -> Finding:
    texts = tuple(reasons(profile, usual, settings))
    return Finding(cluster, others, profile, severity_parts(profile, len(texts)), texts)


def _order(finding: Finding) -> tuple[float, int, Cluster]:
    return -finding.severity, -finding.profile.size, finding.cluster


def _patterns_of(patterns: pd.DataFrame, wanted: set[Cluster]) -> dict[Cluster, dict[Hashable, float]]:
    groups = patterns.groupby(CLUSTER)[["pattern_id", "weight"]]
    return {
        cluster: dict(zip(rows["pattern_id"], rows["weight"], strict=True))
        for cluster, rows in groups
        if cluster in wanted
    }
