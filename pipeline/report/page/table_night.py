"""A feature table's night for the page: the answers of the warehouse, put on the axes of a picture.

What belongs here: what models make of the night's patterns. What does not: the patterns themselves (sample).
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.features.tables import FeatureTable
from pipeline.models.base import NOISE
from pipeline.models.encoding import Encoder
from pipeline.models.patterns import FloatArray, IntArray
from pipeline.report.page import questions
from pipeline.report.page.content import STATUSES, Marks, Profile, Rows, Scored, TableNight
from pipeline.report.page.densities import density
from pipeline.report.page.models import NightModels, by_algorithm, in_plane
from pipeline.report.page.profiles import cluster_means, profile
from pipeline.report.page.projection import tsne
from pipeline.report.page.questions import ask
from pipeline.report.page.sample import Sample, Space, sample_of
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
    sample = sample_of(answer)
    represents, drawn = sample.represents, sample.drawn
    scored = _scored(ask(warehouse, table, questions.SCORED, night=night, chosen=sample.ids.tolist()), sample.ids)
    groups = ask(warehouse, table, questions.CLUSTERS, night=night).to_pylist()
    clusters = by_algorithm(with_finding(groups, finding_ranks(findings, table.name)))
    fits = models.of(table.name, scored)
    space = Space.of(sample, Encoder.from_json(fits[0]["encoder"]))
    levels = {fit["algorithm"]: np.array(fit["score_levels"]) for fit in fits}
    return TableNight(
        name=table.name,
        findings=[int(rank) for rank in findings["rank"][[table.name in each for each in findings["feature_tables"]]]],
        counts=sample.counts,
        marks=_marks(warehouse, table, night, sample, space.components(drawn)),
        scored={name: one.take(drawn) for name, one in scored.items()},
        clusters=clusters,
        centers=models.centers(fits, space.mean, space.axes),
        explained_variance=space.variance,
        profiles=_profiles(space, represents, scored, clusters),
        densities={name: density(one, represents, levels[name]) for name, one in scored.items()},
        selection=models.selection_of(table.name),
        fits=fits,
        hours=_hours(warehouse, table, night),
        octets=_octets(warehouse, table, night),
        means=_means(sample, scored, clusters),
    )


def finding_ranks(findings: pd.DataFrame, table: str) -> Findings:
    """Rank of the finding that a cluster of a feature table became, or bears witness to, by algorithm and cluster.

    Of noise only a part belongs to a finding, so it is none of any; its patterns may be, see `Marks`.
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


def _marks(warehouse: Warehouse, table: FeatureTable, night: date, sample: Sample, placed: FloatArray) -> Marks:
    """The drawn patterns, with an entity of each, at their principal components `placed`, shape (n, d)."""
    features = sample.features.iloc[sample.drawn]
    ids = features["pattern_id"].tolist()
    question = questions.EXAMPLES
    if table.entities.key == RAW_RECORD and table.own is None:
        question = questions.ENDS.replace("{examples}", questions.EXAMPLES)
        question = question.replace("{raw}", table.raw[0].name).replace("{key}", table.raw[0].key[0])
    # what takes longest of a table's picture runs beside the engine
    with ThreadPoolExecutor(max_workers=1) as aside:
        beside = aside.submit(tsne, placed)
        answer = ask(warehouse, table, question, night=night, chosen=ids)
    named = dict(zip(*answer.to_pydict().values(), strict=True))
    plane, near = in_plane(placed), beside.result()
    columns = {name: column for name, column in PLANE.items() if column in features}
    return Marks(
        entities=[named.get(pattern, "?") for pattern in ids],
        weight=features["weight"].to_numpy(np.int64),
        finding=[sample.finding[place] for place in sample.drawn],
        places={
            "x": plane[:, 0], "y": plane[:, 1], "tsne_x": near[:, 0], "tsne_y": near[:, 1],
            **{name: features[column].to_numpy(float) for name, column in columns.items()},
        },
    )  # fmt: skip


def _profiles(
    space: Space, represents: FloatArray, scored: Mapping[str, Scored], clusters: Mapping[str, Rows]
) -> dict[str, Profile]:
    """What the clusters are made of, by algorithm that has some."""
    return {
        name: profile(space.encoder, space.points, space.known, represents, one.cluster, clusters[name])
        for name, one in scored.items()
        if one.cluster is not None
    }


def _means(sample: Sample, scored: Mapping[str, Scored], clusters: Mapping[str, Rows]) -> dict[str, Rows]:
    """Means of the clusters in the plane of attempts and minutes, by algorithm; none but for users."""
    if not set(PLANE.values()) <= set(sample.features):
        return {}
    values = sample.features[list(PLANE.values())].to_numpy(float)
    found: dict[str, Rows] = {}
    for name, one in scored.items():
        if one.cluster is not None:
            ids = [row["cluster_id"] for row in clusters[name]]
            means = cluster_means(values, ~np.isnan(values), sample.represents, one.cluster, ids)
            found[name] = [
                {"cluster_id": i, **dict(zip(PLANE, row, strict=True))} for i, row in zip(ids, means, strict=True)
            ]
    return found


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
