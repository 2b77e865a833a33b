"""The clusters of a night that are worth a look, from the scored patterns of one feature table; no record is read.

A cluster is looked at when it is *odd*: the baseline does not know it, it is a small one, or its entities score like
anomalies; or when it shows the *sign* of an attack pattern, for an attack that lasts becomes what is usual. Where less
than half of a cluster shows a sign, that part stands for itself. Noise is no group, so each of its patterns does.
Clusters of several algorithms that hold the same entities are one candidate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config import AttackPatterns
from pipeline.models.base import NOISE
from pipeline.models.patterns import IntArray
from pipeline.report.merging import WHOLE, Cluster, witnesses
from pipeline.report.scored import DIGITS, HALF, Scored, typical
from pipeline.report.signs import NO_SIGN, with_sign
from schemas.scores import CONSENSUS

LISTED = {"patterns": "pattern_id", "weights": "weight"}
MOST = 40  # candidates of one feature table
MOST_RECORDS = 100_000  # behind those of one table of addresses, but for signs of attacks


@dataclass(frozen=True)
class Candidate:
    """A cluster that is worth a look.

    Attributes:
        cluster: which.
        witnesses: clusters of other algorithms that hold the same entities.
        patterns: its patterns, and how many entities share each.
        share: of the night's entities.
        is_new: most entities are in no cluster of the baseline, and their patterns are not in it either.
        isolation: mean distance to the nearest large cluster, in units of the baseline's 99th percentile.
        flagged: share of its entities that are anomalies to the consensus; null without one.
        is_odd: worth a look whatever its features show.
        sign: share of its entities that show the sign of an attack pattern, 0 where it is less than half.
        features: median of each numeric feature, mean of each flag.
    """

    cluster: Cluster
    witnesses: tuple[Cluster, ...]
    patterns: Mapping[int, int]
    share: float
    is_new: bool
    score: float
    isolation: float
    flagged: float | None
    is_odd: bool
    sign: float
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Entities."""
        return sum(self.patterns.values())

    @property
    def clearness(self) -> tuple[float, float, int, Cluster]:
        """Sorts candidates before any record is read: by how purely they show a sign, then by how far they lie out."""
        return -round(self.sign, 1), -self.isolation - self.is_new, -self.size, self.cluster


def candidates(scored: Scored, limits: AttackPatterns) -> list[Candidate]:
    """The clearest candidates of a feature table, those of several algorithms merged."""
    if not scored.limits or scored.scores.empty:
        return []
    found = [_candidate(row, scored) for row in _clusters(scored, with_sign(scored, limits)).itertuples()]
    kept = _merged(sorted((each for each in found if each.is_odd or each.sign), key=lambda each: each.clearness))
    return [replace(each, features=typical(scored, each.patterns)) for each in _within_bounds(kept, scored.records)]


def _within_bounds(ranked: Iterable[Candidate], records: Mapping[int, int]) -> list[Candidate]:
    """The first candidates, but those without a sign whose entities stand for more records than are left to count.

    A busy server is odd among addresses, and stands for much of a night; what is odd of that shows in its records.
    """
    left, kept = MOST_RECORDS, []
    for each in ranked:
        behind = sum(records.get(pattern, 0) for pattern in each.patterns)
        if each.sign or behind <= left:
            kept.append(each)
            left -= 0 if each.sign else behind
    return kept[:MOST]


def _clusters(scored: Scored, signs: pd.Series) -> pd.DataFrame:
    """One row per cluster or part of one, with sums over its entities; of noise those that lie farthest out."""
    rows = scored.scores[scored.scores["algorithm"] != CONSENSUS]
    weight, sign = rows["weight"], signs.reindex(rows["pattern_id"]).to_numpy()
    unheard = rows["is_new"] & ~scored.patterns["is_known"].reindex(rows["pattern_id"]).to_numpy()
    sums = rows.assign(
        part=_parts(rows, sign),
        sign=weight * (sign != NO_SIGN),
        unheard=weight * unheard,
        score=weight * rows["score"],
        distance=weight * rows["large_distance"],
    )
    far = _far_enough(sums)
    clusters = far.groupby(["algorithm", "cluster_id", "part"])
    found = clusters.agg(
        size=("weight", "sum"), unheard=("unheard", "sum"), score=("score", "sum"), distance=("distance", "sum"),
        sign=("sign", "sum"), is_unknown=("is_new", "max"), threshold=("threshold", "max"),
    ).reset_index()  # fmt: skip
    found["distance"] /= found["size"]
    number = clusters.ngroup().to_numpy()
    return found.assign(**{name: _listed(far[own], number) for name, own in LISTED.items()})


def _listed(values: pd.Series, number: IntArray) -> list[list[int]]:
    """The values of each cluster, given the number of the cluster that each belongs to."""
    order, ends = np.argsort(number, kind="stable"), np.cumsum(np.bincount(number))
    return [part.tolist() for part in np.split(values.to_numpy()[order], ends)[:-1]]


def _far_enough(sums: pd.DataFrame) -> pd.DataFrame:
    """The rows but those of noise that others lie farther out than: a large night has tens of thousands."""
    numbered = sums.reset_index(drop=True)
    noise = numbered[numbered["part"] >= 0]
    noise = noise.assign(apart=noise["distance"] / noise["weight"])
    far = noise.sort_values(["apart", "part"], ascending=[False, True]).groupby("algorithm").head(MOST)
    # chosen, not put together: without noise, pandas would make the ids of patterns floats
    return numbered[(numbered["part"] < 0) | numbered.index.isin(far.index)]


def _parts(rows: pd.DataFrame, sign: IntArray) -> IntArray:
    """Which part of its cluster each row belongs to: of noise its pattern, which is no negative number.

    What shows a sign is a part of its own, unless most of the cluster shows it.
    """
    keys = [rows["algorithm"], rows["cluster_id"], sign]
    share = rows["weight"].groupby(keys).transform("sum") / rows["weight"].groupby(keys[:2]).transform("sum")
    is_noise = (rows["cluster_id"] == NOISE).to_numpy()
    is_apart = (sign != NO_SIGN) & (is_noise | (share <= HALF).to_numpy())
    whole = np.where(is_noise, rows["pattern_id"].to_numpy(), WHOLE)
    return np.where(is_apart, WHOLE - 1 - sign, whole)


def _candidate(row: Any, scored: Scored) -> Candidate:
    cluster = Cluster(scored.table.name, row.algorithm, int(row.cluster_id), int(row.part))
    patterns = dict(zip(row.patterns, row.weights, strict=True))
    score, limit = round(float(row.score / row.size), DIGITS), scored.limits[row.algorithm]
    is_large = (row.algorithm, cluster.cluster_id) in scored.large
    return Candidate(
        cluster=cluster,
        witnesses=(),
        patterns=patterns,
        share=float(row.size / scored.entities),
        is_new=bool(row.unheard / row.size > HALF),
        score=score,
        isolation=round(float(row.distance / limit), DIGITS) if limit else float(row.distance > 0),
        flagged=None if scored.anomalies is None else _share_of(patterns, scored.anomalies),
        is_odd=bool(row.is_unknown) or not is_large or score > row.threshold,
        sign=float(row.sign / row.size) if row.sign / row.size >= HALF else 0.0,
    )


def _share_of(patterns: Mapping[int, int], wanted: frozenset[int]) -> float:
    """Share of the entities whose pattern is wanted."""
    return sum(weight for pattern, weight in patterns.items() if pattern in wanted) / sum(patterns.values())


def _merged(ranked: list[Candidate]) -> list[Candidate]:
    by_cluster = {candidate.cluster: candidate for candidate in ranked}
    groups = witnesses(by_cluster, {cluster: each.patterns for cluster, each in by_cluster.items()})
    return [replace(by_cluster[cluster], witnesses=tuple(others)) for cluster, others in groups.items()]
