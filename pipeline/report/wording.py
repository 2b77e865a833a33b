"""Findings as rows of `report.suspicious_clusters`: identity, evidence, and what is said of them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.report.findings import Finding
from pipeline.report.merging import Cluster
from pipeline.report.phrases import sentence
from pipeline.report.suspicion import level
from pipeline.report.usual import Usual
from schemas.report import SUSPICIOUS_CLUSTERS

UNUSUAL = 5
LEAST_DEVIATION = 2.0  # in standard deviations of the baseline, for a feature to be called unusual


def to_rows(
    night: date,
    table: str,
    findings: Sequence[Finding],
    evidence: Mapping[Cluster, dict[str, Any]],
    patterns: pd.DataFrame,
    usual: Usual,
) -> pa.Table:
    """Rows of `report.suspicious_clusters`.

    Args:
        night: their night.
        table: feature table that was clustered.
        findings: the most severe first.
        evidence: per cluster, counts, top values and examples.
        patterns: the night's scored patterns with their features.
        usual: the site's base rates.
    """
    rows = [
        _row(night, table, rank, finding, evidence[finding.cluster], unusual(patterns, finding.cluster, usual))
        for rank, finding in enumerate(findings, start=1)
    ]
    return pa.Table.from_pylist(rows, schema=SUSPICIOUS_CLUSTERS.schema().to_pyarrow())


def unusual(patterns: pd.DataFrame, cluster: Cluster, usual: Usual) -> list[dict[str, Any]]:
    """Features whose mean in the cluster lies farthest outside the usual range, in standard deviations."""
    own = patterns[(patterns["algorithm"] == cluster[0]) & (patterns["cluster_id"] == cluster[1])]
    weight = own["weight"].to_numpy(dtype=np.float64)
    found: list[tuple[float, str, dict[str, Any]]] = []
    for feature, (low, high) in usual.ranges.items():
        values = own[feature].to_numpy(dtype=np.float64, na_value=np.nan)
        known = ~np.isnan(values)
        if not known.any():
            continue
        value = float(np.average(values[known], weights=weight[known]))
        deviation = max(low - value, value - high) / usual.spread[feature]
        if deviation >= LEAST_DEVIATION:
            text = sentence(feature, value, low, high)
            facts = {"feature": feature, "value": value, "usual_low": low, "usual_high": high, "sentence": text}
            found.append((-deviation, feature, facts))
    return [facts for _, _, facts in sorted(found, key=lambda item: item[:2])[:UNUSUAL]]


def _row(
    night: date, table: str, rank: int, finding: Finding, evidence: dict[str, Any], features: list[dict[str, Any]]
) -> dict[str, Any]:
    (algorithm, cluster_id), profile = finding.cluster, finding.profile
    clusters = [finding.cluster, *sorted(finding.witnesses)]
    facts = evidence | {"unusual": features}
    first, last = facts.pop("first_seen"), facts.pop("last_seen")
    return {
        "finding_id": finding_id(night, table, finding.cluster),
        "log_date": night,
        "rank": rank,
        "severity": finding.severity,
        "severity_level": level(finding.severity),
        "severity_parts": json.dumps(finding.parts),
        "feature_table": table,
        "algorithm": algorithm,
        "algorithms": [name for name, _ in clusters],
        "cluster_id": cluster_id,
        "cluster_ids": [cluster for _, cluster in clusters],
        "size": profile.size,
        "share": profile.share,
        "first_seen": first,
        "last_seen": last,
        "is_new": profile.is_new,
        "score": round(profile.score, 6),  # the engine sums in any order
        "reasons": [*(feature["sentence"] for feature in features), *finding.reasons],
        "attack_pattern": "unnamed",
        "technique_id": None,
        "explanation": explain(facts, profile.size, first, last),
        "evidence": json.dumps(facts, allow_nan=False),
    }


def finding_id(night: date, table: str, cluster: Cluster) -> str:
    """The same cluster of the same night has the same id."""
    digest = hashlib.sha256(f"{night}|{table}|{cluster[0]}|{cluster[1]}".encode()).hexdigest()
    return f"{night:%Y%m%d}-{digest[:8]}"


def explain(evidence: Mapping[str, Any], size: int, first: pd.Timestamp, last: pd.Timestamp) -> str:
    """One plain sentence: how much, from where, to where, when, and what is most unusual."""
    verdicts = evidence.get("verdicts") or []
    what = str(verdicts[0][0]) if len(verdicts) == 1 else "mixed"
    source = _named(evidence, "top_sources", "distinct_sources", "source")
    target = _named(evidence, "top_targets", "distinct_targets", "target")
    port = _named(evidence, "top_ports", "distinct_ports", "port")
    features = evidence.get("unusual") or []
    most = f": {features[0]['sentence']}" if features else ""
    return f"{size:,} {what} events from {source} to {target}, {port}, {first:%H:%M} to {last:%H:%M} UTC{most}"


def _named(evidence: Mapping[str, Any], top: str, distinct: str, noun: str) -> str:
    count, values = evidence[distinct], evidence.get(top) or []
    if not values:
        return f"no {noun}"
    if count > 1:
        return f"{count:,} {noun}s"
    return f"port {values[0][0]}" if noun == "port" else str(values[0][0])
