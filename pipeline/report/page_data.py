"""Gathers what the night's page shows; everything comes from the tables, only the picture's axes are computed here."""

import json
from datetime import date
from typing import Any

import ibis
import numpy as np
import pandas as pd
from ibis import _

from pipeline.config import Settings
from pipeline.features.tables import FeatureTable
from pipeline.models.base import FittedModel
from pipeline.models.store import load
from pipeline.report.page import NightReport
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_night
from schemas.models import FITS, SELECTION
from schemas.report import NIGHTS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.scores import of_clusters

DETAILS = [
    "event_id", "timestamp", "source_ip", "source_port", "dest_ip", "dest_port", "action", "protocol", "bytes",
    "country", "source_file", "line_number",
]  # fmt: skip


def gather(warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings) -> NightReport:
    """All that the page of a night shows."""

    def frame(expression: ibis.Table) -> pd.DataFrame:
        return warehouse.fetch(expression).to_pandas()

    with warehouse.connect():
        findings = frame(of_night(SUSPICIOUS_CLUSTERS, night).order_by("rank"))
        fits = frame(of_clusters(of_night(FITS, night)).filter(_.feature_table == table.name).order_by("algorithm"))
        models = [model for _name, model in sorted(load(warehouse, table.name, night).items())]
        patterns, centers, variance = _picture(frame(_patterns(table, night)), models)
        return NightReport(
            night=night,
            summary=_summary(frame(of_night(NIGHTS, night)), fits, settings),
            findings=findings,
            events=frame(_events(table, night)),
            patterns=with_finding(patterns, findings),
            explained_variance=variance,
            centers=centers,
            clusters=with_finding(frame(_clusters(table, night)), findings),
            selection=frame(_selection(table, night)),
            fits=fits,
            hours=frame(_hours(table, night)),
            finding_hours=_finding_hours(findings),
        )


def with_finding(rows: pd.DataFrame, findings: pd.DataFrame) -> pd.DataFrame:
    """Add the finding that a cluster became or bears witness to, if it did."""
    keys = {"algorithms": "algorithm", "cluster_ids": "cluster_id"}
    clusters = findings[["finding_id", *keys]].explode([*keys]).rename(columns=keys)
    return rows.merge(clusters.astype({"cluster_id": "int64"}), on=[*keys.values()], how="left")


def all_nights(warehouse: Warehouse) -> pd.DataFrame:
    """Every finished night with the explanation of its first finding, newest first."""
    nights, findings = NIGHTS.unbound(), SUSPICIOUS_CLUSTERS.unbound()
    first = findings.filter(findings["rank"] == 1)[["log_date", "explanation"]]
    return warehouse.fetch(
        nights.left_join(first, "log_date").drop("log_date_right").order_by(ibis.desc("log_date"))
    ).to_pandas()


def _summary(row: pd.DataFrame, fits: pd.DataFrame, settings: Settings) -> dict[str, Any]:
    counts = {} if row.empty else row.select_dtypes("integer").iloc[0].astype(int).to_dict()
    return counts | {
        "budget": settings.thresholds.max_alerts_per_night,
        "baseline_from": None if fits.empty else fits["trained_from"].min(),
        "baseline_to": None if fits.empty else fits["trained_to"].max(),
        "bootstrap": bool(fits["bootstrap"].any()),
        "sources": len(settings.sources),
    }


def _events(table: FeatureTable, night: date) -> ibis.Table:
    alerts, raw = of_night(SUSPICIOUS_EVENTS, night), of_night(table.raw[0], night)
    named = alerts[["event_id", "finding_id", "score"]].inner_join(raw[DETAILS], "event_id")
    return named.order_by(["finding_id", ibis.desc("score"), "timestamp", "event_id"])


def _patterns(table: FeatureTable, night: date) -> ibis.Table:
    scores = of_clusters(of_night(table.pattern_scores, night))[
        ["algorithm", "pattern_id", "cluster_id", "is_new", "status", "score"]
    ]
    features = of_night(table.patterns, night).drop("log_date")
    return scores.inner_join(features, "pattern_id").order_by(["algorithm", "pattern_id"])


def _clusters(table: FeatureTable, night: date) -> ibis.Table:
    scores = of_clusters(of_night(table.pattern_scores, night))
    sizes = scores.group_by(["algorithm", "cluster_id"]).agg(
        size=_.weight.sum(), is_new=_.is_new.any(), mean_score=(_.score * _.weight).sum() / _.weight.sum()
    )
    return sizes.order_by(["algorithm", ibis.desc("size"), "cluster_id"])


def _hours(table: FeatureTable, night: date) -> ibis.Table:
    entities = of_night(table.entities, night)
    return entities.group_by(hour=_.hour_of_day, verdict=_.verdict).agg(events=_.count()).order_by(["hour", "verdict"])


def _finding_hours(findings: pd.DataFrame) -> pd.DataFrame:
    counted = [
        {"finding_id": row.finding_id, "hour": int(hour), "events": events}
        for row in findings.itertuples()
        for hour, events in json.loads(row.evidence).get("hours", [])
    ]
    return pd.DataFrame(counted, columns=["finding_id", "hour", "events"]).sort_values(["finding_id", "hour"])


def _selection(table: FeatureTable, night: date) -> ibis.Table:
    tried = of_night(SELECTION, night)
    return tried.filter(tried.feature_table == table.name).order_by(["algorithm", "candidate"])


def _picture(patterns: pd.DataFrame, models: list[FittedModel]) -> tuple[pd.DataFrame, pd.DataFrame, list[float]]:
    """Patterns and baseline centres on the two axes along which the night's events differ most."""
    centers = pd.DataFrame(columns=["algorithm", "cluster_id", "x", "y"])
    if patterns.empty or not models:
        return patterns.assign(x=0.0, y=0.0), centers, []
    one = patterns.drop_duplicates("pattern_id")
    encoder = models[0].encoder
    points = encoder.transform(one[list(encoder.inputs.names)])
    mean, axes, variance = weighted_pca(points, one["weight"].to_numpy(float))
    places = pd.DataFrame((points - mean) @ axes, columns=["x", "y"], index=one["pattern_id"])
    placed = [_placed(model, mean, axes) for model in models]
    return patterns.join(places, on="pattern_id"), pd.concat(placed, ignore_index=True), variance


def _placed(model: FittedModel, mean: np.ndarray, axes: np.ndarray) -> pd.DataFrame:
    places = (model.clusters.centers - mean) @ axes
    return pd.DataFrame(
        {"algorithm": model.algorithm, "cluster_id": model.clusters.stable_ids, "x": places[:, 0], "y": places[:, 1]}
    )


def weighted_pca(X: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Mean, the first two principal axes (d, 2) and the share of variance of all axes, rows weighted.

    The sign of an axis is free: its largest loading is made positive, so that pictures of two nights compare.
    """
    mean = np.average(X, axis=0, weights=weight)
    covariance = np.atleast_2d(np.cov(X, rowvar=False, aweights=weight)) if len(X) > 1 else np.zeros((X.shape[1],) * 2)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[::-1].clip(0), vectors[:, ::-1]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    axes = np.zeros((X.shape[1], 2))
    axes[:, : min(2, X.shape[1])] = (vectors * signs)[:, :2]
    total = values.sum()
    return mean, axes, [float(value / total) if total else 0.0 for value in values]
