"""The report tables of one night, from the scored tables; the engine counts, the rules decide."""

from collections.abc import Sequence
from datetime import date
from functools import reduce

import ibis
import pandas as pd
import pyarrow as pa
from ibis import _

from pipeline.config import Settings
from pipeline.features.patterns import add_up
from pipeline.features.tables import FEATURE_TABLES, FeatureTable
from pipeline.people.editing import entries
from pipeline.report.alerts import allocate, suspicious_events
from pipeline.report.findings import Finding, find
from pipeline.report.profiles import CLUSTER, NIGHT_HOURS_END, candidates, counts, evidence, members
from pipeline.report.suppressions import Row, active, cover_of, covers_by, suppress
from pipeline.report.usual import Usual, measure
from pipeline.report.wording import finding_id, to_rows
from pipeline.scoring.facts import files_of
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_night, of_nights
from schemas.models import COMPONENTS, FITS
from schemas.raw import NIGHTS as RAW_NIGHTS
from schemas.report import DRIFT, SUPPRESSED_CLUSTERS, SUPPRESSIONS, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS
from schemas.report import NIGHTS as REPORT_NIGHTS
from schemas.report.drift import LEVELS as DRIFT_LEVELS
from schemas.scores import of_clusters

Window = tuple[date, date]
FINDINGS = (SUSPICIOUS_CLUSTERS, SUPPRESSED_CLUSTERS)
ISOLATION_LEVEL = 990  # of the 1,000 steps of a model's score levels: the 99th percentile


def suspicious_clusters(
    warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings
) -> dict[str, pa.Table]:
    """Rows of `report.suspicious_clusters` and, what people asked not to be shown, `report.suppressed_clusters`."""
    with warehouse.connect():
        scored = warehouse.fetch(_scored_patterns(table, night)).to_pandas()
        if scored.empty:
            empty = (spec.schema().to_pyarrow().empty_table() for spec in FINDINGS)
            return dict(zip((spec.name for spec in FINDINGS), empty, strict=True))
        window = baseline_window(warehouse, table, night)
        usual, limits = base_rates(warehouse, table, window), _limits(warehouse, table, night)
        with warehouse.materialised(candidate_members(table, night, window)) as rows:
            clusters = counts(rows, settings.report.suspicious_countries)
            found = find(clusters, scored, limits, usual, settings.report)
            kept, suppressed = _suppressed(found, active(entries(warehouse, SUPPRESSIONS), night), rows, table, night)
            shown, hidden = kept[: settings.report.max_findings], [finding for finding, _ in suppressed]
            chosen = pd.MultiIndex.from_frame(clusters[CLUSTER]).isin([each.cluster for each in (*shown, *hidden)])
            facts = evidence(_of_clusters(rows, clusters[chosen]), clusters[chosen]) if chosen.any() else {}
    ids = pa.array([ids for _, ids in suppressed], pa.list_(pa.string()))
    hidden_rows = to_rows(night, table.name, hidden, facts, scored, usual).append_column("suppression_ids", ids)
    shown_rows = to_rows(night, table.name, shown, facts, scored, usual)
    return {SUSPICIOUS_CLUSTERS.name: shown_rows, SUPPRESSED_CLUSTERS.name: hidden_rows}


def _suppressed(
    found: Sequence[Finding], suppressions: Sequence[Row], rows: ibis.Table, table: FeatureTable, night: date
) -> tuple[list[Finding], list[tuple[Finding, tuple[str, ...]]]]:
    """The findings that stay, and those that suppressions cover; `rows` are the members of their clusters."""
    covered = covers_by(rows, CLUSTER, suppressions).execute().to_dict("records") if suppressions else []
    cover = cover_of(covered, CLUSTER, suppressions)
    return suppress(found, lambda it: (finding_id(night, table.name, it.cluster), cover.get(it.cluster)), suppressions)


def alerts(warehouse: Warehouse, table: FeatureTable, night: date, settings: Settings) -> ibis.Table:
    """Rows of `report.suspicious_events`: the findings' events within the budget."""
    findings = of_night(SUSPICIOUS_CLUSTERS, night)
    with warehouse.connect():
        ranked = warehouse.fetch(findings[["finding_id", "severity", "size", "rank"]].order_by("rank")).to_pandas()
        window = baseline_window(warehouse, table, night)
    allowed = allocate(ranked, settings.thresholds.max_alerts_per_night)
    return suspicious_events(candidate_members(table, night, window), findings, allowed)


def baseline_window(warehouse: Warehouse, table: FeatureTable, night: date) -> Window:
    """First and last night that the models of the night were fitted on; the night itself where there are none."""
    fits = of_night(FITS, night).filter(_.feature_table == table.name)
    row = warehouse.fetch(fits.agg(first=_.trained_from.min(), last=_.trained_to.max())).to_pylist()[0]
    return row["first"] or night, row["last"] or night


def candidate_members(table: FeatureTable, night: date, window: Window) -> ibis.Table:
    """Events of the night's clusters that could be suspicious."""
    components = COMPONENTS.unbound().semi_join(_used(table, night), "model_id")
    chosen = candidates(of_clusters(of_night(table.pattern_scores, night)), components)
    known = of_nights(table.patterns, *window)
    return members(chosen, of_night(table.entities, night), of_night(table.raw[0], night), known)


def base_rates(warehouse: Warehouse, table: FeatureTable, window: Window) -> Usual:
    """What is usual in the baseline window."""
    entities = of_nights(table.entities, *window)
    at_night = entities.agg(share=(_.hour_of_day < NIGHT_HOURS_END).mean().fill_null(0.0))
    patterns = add_up(of_nights(table.patterns, *window), table).order_by("pattern_id")
    return measure(warehouse.fetch(patterns).to_pandas(), warehouse.fetch(at_night)["share"][0].as_py())


def _of_clusters(rows: ibis.Table, clusters: pd.DataFrame) -> ibis.Table:
    wanted = [(rows.algorithm == row.algorithm) & (rows.cluster_id == row.cluster_id) for row in clusters.itertuples()]
    return rows.filter(ibis.or_(*wanted))


def _scored_patterns(table: FeatureTable, night: date) -> ibis.Table:
    scored = of_clusters(of_night(table.pattern_scores, night))[["algorithm", "cluster_id", "pattern_id", "weight"]]
    features = of_night(table.patterns, night).drop("weight", "log_date", "revision")
    return scored.inner_join(features, "pattern_id").order_by(["algorithm", "pattern_id"])


def _limits(warehouse: Warehouse, table: FeatureTable, night: date) -> dict[str, float]:
    fitted = FITS.unbound().semi_join(_used(table, night), "model_id")
    rows = warehouse.fetch(fitted.select("algorithm", limit=_.score_levels[ISOLATION_LEVEL])).to_pylist()
    return {row["algorithm"]: row["limit"] for row in rows}


def _used(table: FeatureTable, night: date) -> ibis.Table:
    """The models that scored the night: not all that were fitted for it are accepted."""
    return of_night(table.pattern_scores, night).select("model_id").distinct()


def night_row(table: FeatureTable, night: date, added: Sequence[FeatureTable] = ()) -> ibis.Table:
    """The row of `report.nights`: counts of what the night's tables hold; its revision is that of `added` ones, too."""
    events = of_night(table.raw[0], night)
    flagged = (
        of_clusters(of_night(table.pattern_scores, night))
        .group_by("pattern_id")
        .agg(weight=_.weight.max(), anomaly=(_.status == "anomaly").any())
    )
    parts = [
        events.agg(events=_.count()),
        of_night(table.patterns, night).agg(patterns=_.count()),
        _revision([table, *added], night),
        _others(night),
        files_of(night).agg(
            rejected=_.rejected.sum().fill_null(0), rejected_share=_.rejected.sum() / _.lines.sum().nullif(0)
        ),
        flagged.agg(anomalies=_.weight.sum(where=_.anomaly).fill_null(0)),
        of_night(SUSPICIOUS_EVENTS, night).agg(alerts=_.count()),
        of_night(SUSPICIOUS_CLUSTERS, night).agg(findings=_.count()),
        of_night(SUPPRESSED_CLUSTERS, night).agg(suppressed=_.count()),
        of_night(FITS, night).agg(
            models_accepted=_.accepted.sum().fill_null(0), models_kept=(~_.accepted).sum().fill_null(0)
        ),
    ]
    parts.append(_drift(night))
    joined = reduce(lambda joined, part: joined.cross_join(part), parts)
    row = joined.mutate(log_date=ibis.literal(night))
    return row[list(REPORT_NIGHTS.schema())].cast(REPORT_NIGHTS.schema())


def _others(night: date) -> ibis.Table:
    """One row: the connections and logins of the night, as the books of the raw tables count them."""
    books = RAW_NIGHTS.unbound().filter(_.log_date == night)
    return books.agg(connections=_.connections.sum().fill_null(0), logins=_.logins.sum().fill_null(0))


def _drift(night: date) -> ibis.Table:
    """One row: the worst level of drift. Tables that a team adds are measured apart, and may fail."""
    rows = of_night(DRIFT, night).filter(_.feature_table.isin(list(FEATURE_TABLES)))
    worst = ((((rows.level == level).any()).fill_null(False), level) for level in reversed(DRIFT_LEVELS))
    return rows.agg(drift=ibis.cases(*worst))


def _revision(tables: Sequence[FeatureTable], night: date) -> ibis.Table:
    """One row: the sum of the revisions of what the tables were built from; 0 for a night without rows.

    Logs without events leave no patterns of events, so that they are there is all that can be told.
    """
    built = [of_night(table.patterns, night).agg(revision=_.revision.max().fill_null(0)) for table in tables]
    without_events = RAW_NIGHTS.unbound().filter(_.log_date == night, _.events == 0)
    return ibis.union(*built, without_events.agg(revision=_.revision.max().fill_null(0))).agg(revision=_.revision.sum())
