"""A feature table's night for the page: the answers of the warehouse, put on the axes of a picture.

Everything comes from the tables; only places in the plane, bins and means over the patterns are computed here.
"""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.features.tables import FeatureTable
from pipeline.models.base import NOISE
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import BoolArray, FloatArray, IntArray
from pipeline.report.page import questions
from pipeline.report.page.content import STATUSES, Marks, Rows, Scored, TableNight
from pipeline.report.page.densities import density
from pipeline.report.page.models import NightModels, by_algorithm, in_plane
from pipeline.report.page.profiles import cluster_means, profile
from pipeline.report.page.projection import tsne, weighted_pca
from pipeline.report.page.questions import ask
from pipeline.warehouse.engine import Warehouse
from schemas.scores import CONSENSUS

RAW_RECORD = ("entity_id",)  # key of the tables whose entities are records of a raw table
PLANE = {"attempts": "attempts_per_hour", "minutes": "session_minutes"}
Findings = Mapping[tuple[str, int], int]


def table_night(
    warehouse: Warehouse, table: FeatureTable, night: date, models: NightModels, findings: pd.DataFrame
) -> TableNight | None:
    """The table's night, or None where it has no scored rows.

    Args:
        warehouse: where the rows are.
        table: the feature table.
        night: the UTC day.
        models: all that scored the night.
        findings: rows of `report.suspicious_clusters`.
    """
    answer = questions.night_patterns(warehouse, table, night)
    if not len(answer):
        return None
    own = len(questions.OWN_COLUMNS)  # by place, since a feature may have any name
    facts, features = answer.select(range(own)), answer.select(range(own, answer.num_columns)).to_pandas()
    counts = {name: facts[name][0].as_py() for name in ("entities", "patterns", "anomalies")}
    represents = represented(features["weight"].to_numpy(float), _numpy(facts["kept"]), counts["entities"])
    ids = features["pattern_id"].to_numpy()
    scored = _scored(ask(warehouse, table, questions.SCORED, night=night, chosen=ids.tolist()), ids)
    groups = ask(warehouse, table, questions.CLUSTERS, night=night).to_pylist()
    clusters = by_algorithm(with_finding(groups, finding_ranks(findings, table.name)))
    fits = models.of(table.name, scored)
    encoder = Encoder.from_json(fits[0]["encoder"])
    points = encoder.transform(features[list(encoder.inputs.names)])
    known = np.column_stack([features[axis.column].notna().to_numpy() for axis in encoder.dimensions])
    mean, axes, variance = weighted_pca(points, represents)
    drawn = np.flatnonzero(_numpy(facts["drawn"]))
    levels = {fit["algorithm"]: np.array(fit["score_levels"]) for fit in fits}
    has_clusters = {name: one.cluster for name, one in scored.items() if one.cluster is not None}
    return TableNight(
        name=table.name,
        counts=counts,
        marks=_marks(warehouse, table, night, features.iloc[drawn], (points[drawn] - mean) @ axes),
        scored={name: one.take(drawn) for name, one in scored.items()},
        clusters=clusters,
        centers=models.centers(fits, mean, axes),
        explained_variance=variance,
        profiles={
            name: profile(encoder, points, known, represents, cluster, clusters[name])
            for name, cluster in has_clusters.items()
        },
        densities={name: density(one, represents, levels[name]) for name, one in scored.items()},
        selection=models.selection_of(table.name),
        fits=fits,
        hours=_hours(warehouse, table, night),
        octets=_octets(warehouse, table, night),
        means={name: _means(features, represents, cluster, clusters[name]) for name, cluster in has_clusters.items()},
    )


def finding_ranks(findings: pd.DataFrame, table: str) -> Findings:
    """Rank of the finding that a cluster of a feature table became, or bears witness to, by algorithm and cluster.

    Of noise only a part belongs to a finding, so it is none of any.
    """
    ordered = findings.sort_values("rank", ascending=False)
    witnesses = zip(*(ordered[name] for name in ("rank", "feature_tables", "algorithms", "cluster_ids")), strict=True)
    return {
        (str(algorithm), int(cluster)): int(rank)
        for rank, tables, algorithms, clusters in witnesses
        for name, algorithm, cluster in zip(tables, algorithms, clusters, strict=True)
        if name == table and cluster != NOISE
    }


def with_finding(rows: Rows, ranks: Findings) -> Rows:
    """Add the finding of each cluster, or None."""
    return [row | {"finding": ranks.get((row["algorithm"], row["cluster_id"]))} for row in rows]


def represented(weight: FloatArray, kept: BoolArray, entities: float) -> FloatArray:
    """How many entities each pattern stands for, shape (n,): itself, or, if it was drawn, those left out as well."""
    rest = entities - weight[kept].sum()
    drawn = weight[~kept].sum()
    return np.where(kept, weight, weight * (rest / drawn if drawn else 1.0))


def _scored(answer: pa.Table, ids: IntArray) -> dict[str, Scored]:
    """What each algorithm makes of the patterns, the consensus last.

    Args:
        answer: to the question SCORED, in the order of its pattern_id.
        ids: of the patterns; every algorithm has scored each of them.
    """
    names = pc.unique(answer["algorithm"]).to_pylist()
    parts = {name: answer.filter(pc.equal(answer["algorithm"], name)) for name in names}
    return {name: _judged(parts[name], ids) for name in sorted(names, key=lambda one: (one == CONSENSUS, one))}


def _judged(rows: pa.Table, ids: IntArray) -> Scored:
    clusters = rows["cluster_id"]
    return Scored(
        cluster=None if clusters.null_count else _numpy(clusters),
        status=_numpy(pc.index_in(rows["status"], pa.array(STATUSES))).astype(np.int64),
        score=_numpy(rows["score"]),
        distance=_numpy(rows["large_distance"]),
        reason=rows["explanation"].to_pylist(),
        threshold=rows["threshold"][0].as_py(),
    ).take(np.searchsorted(_numpy(rows["pattern_id"]), ids))


def _marks(warehouse: Warehouse, table: FeatureTable, night: date, features: pd.DataFrame, placed: FloatArray) -> Marks:
    """The drawn patterns, with an entity of each, at their principal components `placed`, shape (n, d)."""
    ids = features["pattern_id"].tolist()
    question = questions.EXAMPLES
    if table.entities.key == RAW_RECORD and table.own is None:
        question = questions.ENDS.replace("{examples}", questions.EXAMPLES)
        question = question.replace("{raw}", table.raw[0].name).replace("{key}", table.raw[0].key[0])
    named = dict(zip(*ask(warehouse, table, question, night=night, chosen=ids).to_pydict().values(), strict=True))
    plane, near = in_plane(placed), tsne(placed)
    columns = {name: column for name, column in PLANE.items() if column in features}
    return Marks(
        entities=[named.get(pattern, "?") for pattern in ids],
        weight=features["weight"].to_numpy(np.int64),
        places={
            "x": plane[:, 0], "y": plane[:, 1], "tsne_x": near[:, 0], "tsne_y": near[:, 1],
            **{name: features[column].to_numpy(float) for name, column in columns.items()},
        },
    )  # fmt: skip


def _means(features: pd.DataFrame, represents: FloatArray, cluster: IntArray, groups: Rows) -> Rows:
    """Means of the clusters in the plane of attempts and minutes; none but for users."""
    if not set(PLANE.values()) <= set(features):
        return []
    values = features[list(PLANE.values())].to_numpy(float)
    clusters = [row["cluster_id"] for row in groups]
    means = cluster_means(values, ~np.isnan(values), represents, cluster, clusters)
    return [{"cluster_id": one, **dict(zip(PLANE, row, strict=True))} for one, row in zip(clusters, means, strict=True)]


def _hours(warehouse: Warehouse, table: FeatureTable, night: date) -> Mapping[str, Rows]:
    if "hour_of_day" not in table.entities.columns():
        return {}
    return by_algorithm(ask(warehouse, table, questions.HOURS, night=night).to_pylist())


def _octets(warehouse: Warehouse, table: FeatureTable, night: date) -> Rows:
    if "octet_1" not in table.entities.columns():
        return []
    rows: Rows = ask(warehouse, table, questions.OCTETS, night=night).to_pylist()
    return rows


def _numpy(column: pa.ChunkedArray) -> np.ndarray:
    values: np.ndarray = column.to_numpy()
    return values
