"""The clusters of a night that are worth a look, from the scored patterns of one feature table; no record is read.

A cluster is looked at when it is *odd*: the baseline does not know it, it is a small one, or its entities score like
anomalies; or when it shows the *sign* of an attack pattern, for an attack that lasts becomes what is usual. Where less
than half of a cluster shows a sign, that part stands for itself. Noise is no group, so each of its patterns does.
Clusters of several algorithms that hold the same entities are one candidate.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.config import AttackPatterns
from pipeline.features.tables import FeatureTable
from pipeline.models.base import NOISE
from pipeline.models.patterns import BoolArray, FloatArray, IntArray, numbers
from pipeline.models.usual import Usual as UsualValues
from pipeline.models.weighted import weighted_quantiles
from pipeline.report.merging import Cluster, witnesses
from schemas.scores import CONSENSUS

HALF = 0.5
MOST = 40  # candidates of one feature table
DIGITS = 9
NO_SIGN = WHOLE = -1


class PatternScore(NamedTuple):
    """What an algorithm says of a pattern."""

    score: float
    large_distance: float


@dataclass(frozen=True, eq=False)
class Scored:
    """What is known of the scored patterns of one feature table and night.

    Attributes:
        table: the feature table.
        scores: algorithm, cluster_id, pattern_id, weight, is_new, score, threshold, status, large_distance; one row per
            pattern and algorithm, the consensus among them.
        patterns: the features and weight of each pattern by pattern_id, and `is_known`: the baseline has it, too.
        limits: per algorithm, the baseline's 99th percentile of the distance: the unit of isolation.
        usual: per algorithm and feature, what is usual in its baseline.
        large: algorithm and cluster_id of the baseline's large clusters.
    """

    table: FeatureTable
    scores: pd.DataFrame
    patterns: pd.DataFrame
    limits: Mapping[str, float]
    usual: Mapping[str, Mapping[str, UsualValues]]
    large: frozenset[tuple[str, int]]

    @cached_property
    def entities(self) -> int:
        """Entities of the night."""
        return int(self.patterns["weight"].sum())

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features that are numbers."""
        return (*self.table.columns.numeric, *self.table.columns.flags)

    @cached_property
    def matrix(self) -> FloatArray:
        """These features of all patterns, shape (n, d)."""
        return np.column_stack([numbers(self.patterns, name) for name in self.names] or [np.empty(len(self.patterns))])

    def ranges(self, algorithm: str) -> dict[str, tuple[float, float]]:
        """What is usual of each feature that is a number, in the baseline of an algorithm."""
        return {
            name: (float(low), float(high)) for name, (low, high) in self.usual[algorithm].items() if name in self.names
        }

    def places(self, patterns: Iterable[int]) -> IntArray:
        """Where the patterns stand in `patterns` and `matrix`."""
        return self.patterns.index.get_indexer(list(patterns)).astype(np.int64)

    def of(self, algorithm: str) -> Mapping[int, "PatternScore"]:
        """The score and distance of each pattern by one algorithm."""
        return self._by_algorithm[algorithm]

    @cached_property
    def _by_algorithm(self) -> dict[str, dict[int, "PatternScore"]]:
        found: dict[str, dict[int, PatternScore]] = {}
        columns = (self.scores[name].tolist() for name in ("algorithm", "pattern_id", "score", "large_distance"))
        for algorithm, pattern, score, distance in zip(*columns, strict=True):
            found.setdefault(algorithm, {})[pattern] = PatternScore(score, distance)
        return found

    @cached_property
    def anomalies(self) -> frozenset[int] | None:
        """Patterns that are anomalies to the consensus; None without one."""
        rows = self.scores[self.scores["algorithm"] == CONSENSUS]
        return frozenset(rows.loc[rows["status"] == "anomaly", "pattern_id"].tolist()) if len(rows) else None


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
    return [replace(each, features=typical(scored, each.patterns)) for each in kept[:MOST]]


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
    found = sums.groupby(["algorithm", "cluster_id", "part"], as_index=False).agg(
        size=("weight", "sum"), unheard=("unheard", "sum"), score=("score", "sum"), distance=("distance", "sum"),
        sign=("sign", "sum"), is_unknown=("is_new", "max"), threshold=("threshold", "max"),
        patterns=("pattern_id", list), weights=("weight", list),
    )  # fmt: skip
    found["distance"] /= found["size"]
    is_noise = found["part"] >= 0
    far = found[is_noise].sort_values(["distance", "part"], ascending=[False, True])
    return pd.concat([found[~is_noise], far.groupby("algorithm").head(MOST)])


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
    part = None if row.part == WHOLE else int(row.part)
    cluster = Cluster(scored.table.name, row.algorithm, int(row.cluster_id), part)
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


def typical(scored: Scored, patterns: Mapping[int, int]) -> dict[str, float]:
    """Median of each numeric feature and mean of each flag, over the entities of which it is known."""
    values = scored.matrix[scored.places(patterns)]
    weight = np.array(list(patterns.values()), dtype=np.float64)
    found = {}
    for place, name in enumerate(scored.names):
        known = ~np.isnan(values[:, place])
        if not known.any():
            continue
        column, rows = values[known, place], weight[known]
        if name in scored.table.columns.flags:
            found[name] = round(float(np.average(column, weights=rows)), DIGITS)
        else:
            found[name] = float(weighted_quantiles(column, rows, HALF))
    return found


def with_sign(scored: Scored, limits: AttackPatterns) -> pd.Series:
    """For each pattern the number of the sign that its features show, or -1; counts are binned, to powers of four.

    Only what hardly anything benign shows is a sign: records decide later whether it is the attack pattern.
    """
    shown = np.full(len(scored.patterns), NO_SIGN, dtype=np.int64)
    for number, sign in reversed(list(enumerate(signs_of(limits)))):
        if set(sign) <= set(scored.names):
            columns = {name: scored.matrix[:, scored.names.index(name)] for name in sign}
            shown[np.all([_reaches(columns[name], limit) for name, limit in sign.items()], axis=0)] = number
    return pd.Series(shown, index=scored.patterns.index)


def signs_of(limits: AttackPatterns) -> list[dict[str, float]]:
    """Features with the least value of each, or the greatest where it is negative, that are together a sign."""
    ports, targets, guesses = (_binned(each) for each in (limits.scanned_ports, limits.scanned_targets, limits.guesses))
    return [
        {"source_ports_log2": ports},
        {"ports_log2": ports, "failed_share": HALF},
        {"ports_log2": ports, "blocked_share": HALF},
        {"source_targets_log2": targets, "source_failed_share": HALF},
        {"target_sources_log2": _binned(limits.flood_sources), "source_failed_share": HALF},
        {"logins_log2": guesses, "login_failure_share": HALF},
        {"users_log2": float(np.floor(np.log2(limits.sprayed_users))), "login_failure_share": HALF},
        {"failure_share": HALF},
        {
            "interval_dispersion": -limits.beacon_dispersion,
            "size_dispersion": -limits.beacon_dispersion,
            "pair_connections_log2": _binned(limits.beacon_calls),
            "pair_coverage": limits.beacon_hours / 24 - 1 / 16,  # coverage is rounded to eighths
        },
    ]


def _binned(count: int) -> float:
    return float(np.floor(np.log2(count) / 2) * 2)


def _reaches(values: FloatArray, limit: float) -> BoolArray:
    """At least the limit; of a negative one, at most its absolute value. What is unknown does not."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values >= limit if limit > 0 else values <= -limit)


def _merged(ranked: list[Candidate]) -> list[Candidate]:
    by_cluster = {candidate.cluster: candidate for candidate in ranked}
    groups = witnesses(by_cluster, {cluster: each.patterns for cluster, each in by_cluster.items()})
    return [replace(by_cluster[cluster], witnesses=tuple(others)) for cluster, others in groups.items()]
