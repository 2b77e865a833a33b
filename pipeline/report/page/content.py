"""What the page of a night shows, as plain values: from the warehouse to the templates through these types alone.

Nothing here knows how the values are found (gathering) or how they look (sections, templates).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from pipeline.models.patterns import FloatArray, IntArray
from pipeline.models.scaling import Dimension
from pipeline.scoring.expectations import Verdict

STATUSES = ("normal", "borderline", "anomaly")
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Profile:
    """What the clusters of an algorithm are made of.

    Attributes:
        clusters: ids of k clusters, those of findings first, then the largest.
        axes: the d axes of the scaled space.
        shares: whether a mean is a share of the entities, as of flags and categories, for each axis.
        means: of the night's entities in the unit of each axis' column, shape (k, d); NaN where nothing is known.
        deviations: of these means from the baseline's, in scaled units, shape (k, d).
    """

    clusters: Sequence[int]
    axes: Sequence[Dimension]
    shares: Sequence[bool]
    means: FloatArray
    deviations: FloatArray


@dataclass(frozen=True)
class Density:
    """How far the entities lie from what the baseline knows, by an algorithm.

    Attributes:
        edges: of the bins of distances, shape (n + 1,); the last bin takes whatever is farther.
        night, baseline: share of the entities in each bin, shape (n,).
        limit: distance at the threshold.
        beyond, expected: share of the night's entities and of the baseline's beyond it.
    """

    edges: FloatArray
    night: FloatArray
    baseline: FloatArray
    limit: float
    beyond: float
    expected: float


@dataclass(frozen=True)
class Scored:
    """What one algorithm makes of patterns; all arrays have shape (n,).

    Attributes:
        cluster: stable id, -1 for noise; None for the consensus, which has no clusters.
        status: place in STATUSES.
        score: 0 to 1.
        distance: to the nearest large cluster, as the algorithm measures it.
        reason: what is unusual, in words; empty where nothing is.
        threshold: score above which an entity is an anomaly.
    """

    cluster: IntArray | None
    status: IntArray
    score: FloatArray
    distance: FloatArray
    reason: Sequence[str]
    threshold: float

    def take(self, places: IntArray) -> "Scored":
        """Those of some patterns."""
        cluster = None if self.cluster is None else self.cluster[places]
        reason = [self.reason[place] for place in places]
        return Scored(cluster, self.status[places], self.score[places], self.distance[places], reason, self.threshold)


@dataclass(frozen=True)
class Marks:
    """The patterns that are drawn.

    Attributes:
        entities: one entity that has the pattern, in words, for each mark.
        weight: how many have it, shape (n,).
        finding: rank of the finding that it was found for, or None, for each mark.
        places: coordinates by name, each of shape (n,): x and y in the plane of the PCA, tsne_x and tsne_y, and of
            users attempts and minutes.
    """

    entities: Sequence[str]
    weight: IntArray
    finding: Sequence[int | None]
    places: Mapping[str, FloatArray]


@dataclass(frozen=True)
class TableNight:
    """One feature table of the night. What is said by algorithm has no entry for one that has nothing to say.

    Attributes:
        name: of the feature table, such as events.
        findings: ranks of the findings that it bears witness to.
        counts: entities, patterns and anomalies (entities above a threshold of at least one algorithm) of the night.
        marks: the patterns that are drawn.
        scored: what each algorithm makes of the marks, the consensus last.
        clusters: by algorithm, the largest first: cluster_id, size, patterns, is_new, mean_score and finding, the rank
            of the finding that it became or bears witness to, or None.
        centers: by algorithm: cluster_id, x, y of the baseline's centres in the plane of the PCA.
        explained_variance: share per principal component, all components.
        profiles: by algorithm, what its leading clusters are made of.
        densities: by algorithm, how far the entities lie from what the baseline knows.
        selection: by algorithm, rows of `models.selection`.
        fits: rows of `models.fits` that scored the night.
        hours: by algorithm: cluster_id, hour, entities.
        octets: octet, value, addresses, anomalies; none where entities are no addresses.
        means: by algorithm: cluster_id and the means of its users' attempts and minutes.
    """

    name: str
    findings: Sequence[int]
    counts: Mapping[str, int]
    marks: Marks
    scored: Mapping[str, Scored]
    clusters: Mapping[str, Rows]
    centers: Mapping[str, Rows]
    explained_variance: Sequence[float]
    profiles: Mapping[str, Profile]
    densities: Mapping[str, Density]
    selection: Mapping[str, Rows]
    fits: Rows
    hours: Mapping[str, Rows]
    octets: Rows
    means: Mapping[str, Rows]


@dataclass(frozen=True)
class Topic:
    """A report table as the page shows it: titles of its columns, its first rows, and how many more there are."""

    key: str
    title: str
    about: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    more: int = 0

    @property
    def kind(self) -> str:
        """What several tables may be about: the title up to its colon."""
        return self.title.partition(":")[0]


@dataclass(frozen=True)
class NightPage:
    """All that the page of one night shows.

    Attributes:
        night: the UTC day.
        summary: the night's row of `report.nights` with budget, sources (counts), baseline_from and baseline_to (dates
            or None) and bootstrap (bool).
        findings: rows of `report.suspicious_clusters`, the first rank first.
        events: suspicious events with their details and `finding_id`, within the budget.
        trend: this night and those before it, the latest last: log_date, findings, alerts, anomalies, events, rejected
            and the number of findings of each level.
        health: what is expected of the night's data, and whether it holds.
        tables: feature tables with rows that night.
        topics: further report tables with rows that night.
        history: by group that the night has or has lost, the oldest night first: finding_id, log_date, state,
            severity, and of nights whose report showed it rank, records and explanation, else None.
    """

    night: date
    summary: dict[str, Any]
    findings: pd.DataFrame
    events: pd.DataFrame
    trend: pd.DataFrame
    health: Sequence[Verdict]
    tables: Sequence[TableNight]
    topics: Sequence[Topic] = field(default=())
    history: Rows = field(default=())
