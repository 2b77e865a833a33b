"""Gathers what the night's page shows: from the report's tables, and per feature table (table_night)."""

from datetime import date
from functools import cache
from typing import Any

import ibis
import pandas as pd

from pipeline.config import Settings, Site
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import EVENT_TABLE
from pipeline.models.numerics import reproducible
from pipeline.report.history import course_of
from pipeline.report.page.content import NightPage, Rows
from pipeline.report.page.health import health
from pipeline.report.page.models import NightModels
from pipeline.report.page.questions import answer
from pipeline.report.page.summary import records
from pipeline.report.page.table_night import table_night
from pipeline.report.page.topics import topics
from pipeline.report.records import records_of
from pipeline.scoring.serving import score_tables
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import NIGHT
from schemas.base import of_night
from schemas.report import LEVELS, SUSPICIOUS_EVENTS

TREND_NIGHTS = 14
FINDINGS = "select * from report.suspicious_clusters where log_date = $night order by rank"
DETAILS = [
    "event_id", "raw_table", "timestamp", "source_ip", "source_port", "dest_ip", "dest_port", "action", "protocol",
    "bytes", "country", "source_file", "line_number",
]  # fmt: skip
NIGHTS = "select * from report.nights order by log_date desc"
LEVELS_OF_NIGHTS = """
    select log_date, severity_level, count(*) as findings, any_value(explanation) filter (where rank = 1) as explanation
    from report.suspicious_clusters group by log_date, severity_level
"""


def gather(warehouse: Warehouse, settings: Settings, night: date, nights: pd.DataFrame) -> NightPage:
    """All that the page of a night shows.

    Args:
        warehouse: where the tables are.
        settings: which feature tables there are, budget, sources.
        night: the UTC day.
        nights: every finished night, see `all_nights`.
    """
    with warehouse.connect(), reproducible():
        findings = answer(warehouse, FINDINGS, night=night).to_pandas()
        events = warehouse.fetch(_events(settings.site), {NIGHT: night}).to_pandas()
        models = NightModels.load(warehouse, night, score_tables(settings))
        found = (table_night(warehouse, table, night, models, findings) for table in feature_tables(settings).values())
        tables = [table for table in found if table is not None]
        summary = _summary(nights, night, models.fits, settings)
        return NightPage(
            night=night,
            summary=summary,
            findings=findings,
            events=events,
            trend=trend(nights, night),
            health=health(warehouse, night, summary, tables, nights, settings.training.window_days),
            tables=tables,
            topics=topics(warehouse, night),
            history=course_of(warehouse, night, settings.training.window_days),
        )


def all_nights(warehouse: Warehouse) -> pd.DataFrame:
    """Rows of `report.nights` with the `explanation` of the first finding and findings by level, newest first."""
    with warehouse.connect():
        nights, rows = answer(warehouse, NIGHTS).to_pandas(), answer(warehouse, LEVELS_OF_NIGHTS).to_pylist()
    first = {row["log_date"]: row["explanation"] for row in rows if row["explanation"] is not None}
    counts = {(row["log_date"], row["severity_level"]): row["findings"] for row in rows}
    levels = {level: [counts.get((day, level), 0) for day in nights["log_date"]] for level in LEVELS}
    return nights.assign(explanation=[first.get(day) for day in nights["log_date"]], **levels)


def trend(nights: pd.DataFrame, night: date) -> pd.DataFrame:
    """The night and those before it, the latest last."""
    return nights[nights["log_date"] <= night].head(TREND_NIGHTS).iloc[::-1]


@cache
def _events(site: Site) -> ibis.Table:
    """The night's suspicious events with the raw rows that they are; the same for all nights, so it is made once."""
    alerts = of_night(SUSPICIOUS_EVENTS, NIGHT)[["event_id", "raw_table", "finding_id", "score"]]
    named = alerts.inner_join(records_of(NIGHT, site)[DETAILS], ["event_id", "raw_table"])
    return named.order_by(["finding_id", ibis.desc("score"), "timestamp", "event_id"])


def _summary(nights: pd.DataFrame, night: date, fits: Rows, settings: Settings) -> dict[str, Any]:
    own = records(nights[nights["log_date"] == night])
    of_events = [fit for fit in fits if fit["feature_table"] == EVENT_TABLE.name]
    fitted = of_events or fits
    return {
        **(own[0] if own else {}),
        "budget": settings.thresholds.max_alerts_per_night,
        "baseline_from": min((fit["trained_from"] for fit in fitted), default=None),
        "baseline_to": max((fit["trained_to"] for fit in fitted), default=None),
        # a model of the first night may still serve later ones
        "bootstrap": any(fit["bootstrap"] and fit["trained_to"] == night for fit in fitted),
        "sources": len(settings.sources),
    }
