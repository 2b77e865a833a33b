"""Counts the facts that the expectations of a night are about; the engine counts, expectations judges."""

from datetime import date, timedelta
from typing import Any

import ibis
from ibis import _

from pipeline.config import Settings
from pipeline.features.tables import EVENT_TABLE
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.verdicts import unmapped
from pipeline.models.base import NOISE
from pipeline.scoring import expectations
from pipeline.scoring.expectations import Verdict
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_night
from schemas.models import FITS
from schemas.pins import PINS
from schemas.raw import CONNECTIONS, FILES, LOGINS, NIGHTS, SECURITY_EVENTS
from schemas.report import NIGHTS as REPORT_NIGHTS
from schemas.scores import of_clusters


def rejected_share(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Lines rejected of the files that hold the night."""
    del settings
    row = _first(warehouse, files_of(night).agg(lines=_.lines.sum(), rejected=_.rejected.sum()))
    return expectations.few_rejected(row["lines"] or 0, row["rejected"] or 0)


def unread_files(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Files of which nothing could be read, whatever their night, and those of the night that end in damage."""
    del settings
    files = FILES.unbound()
    nothing = files.filter(_.accepted + _.duplicates == 0, _.reason.notnull() | (_.rejected > 0))
    damaged = files_of(night).filter(_.reason.notnull())
    unread = nothing.union(damaged).select("path", "reason")
    rows = warehouse.fetch(unread).to_pylist()
    return expectations.files_read({row["path"]: row["reason"] or "every line was rejected" for row in rows})


def unmapped_actions(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Events whose action no verdict pattern matches, of formats whose actions say what became of traffic."""
    judging = [name for name, entry in FORMATS.items() if entry.judges]
    files = FILES.unbound().filter(_.format.isin(judging))
    actions = (
        of_night(SECURITY_EVENTS, night).semi_join(files, "file_id").group_by("action", "verdict").agg(events=_.count())
    )
    counts: dict[str, int] = {}
    for row in warehouse.fetch(actions).to_pylist():
        counts[row["action"] or ""] = counts.get(row["action"] or "", 0) + row["events"]
    open_actions = {action: counts[action] for action in unmapped([a for a in counts if a], settings.verdicts)}
    return expectations.actions_mapped(sum(counts.values()), open_actions)


def volume(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Events of the night beside those of the baseline's nights."""
    first = night - timedelta(days=settings.training.window_days)
    nights = NIGHTS.unbound()
    # a night that holds connections or logins only says nothing of events
    rows = warehouse.fetch(nights.filter(nights.log_date.between(first, night), nights.events > 0)).to_pylist()
    events = {row["log_date"]: row["events"] for row in rows}
    return expectations.volume_as_usual(events.pop(night, 0), list(events.values()))


def flagged_share(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Events above the threshold of at least one algorithm, beside the share of the baseline that lies above it."""
    del settings
    row = _first(warehouse, of_night(REPORT_NIGHTS, night).agg(events=_.events.sum(), anomalies=_.anomalies.sum()))
    # a score is a position in the baseline, so the threshold says how much of the baseline lies below it
    scores = of_clusters(of_night(EVENT_TABLE.pattern_scores, night))
    lowest = _first(warehouse, scores.agg(threshold=_.threshold.min()))
    expected = 1 - (lowest["threshold"] or 0.0)
    return expectations.flagged_as_expected(row["anomalies"] or 0, row["events"] or 0, expected)


def noise_share(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Events that belong to no cluster, by the algorithm that leaves most of them alone."""
    del settings
    scores = of_clusters(of_night(EVENT_TABLE.pattern_scores, night))
    counts = scores.group_by("algorithm").agg(
        noise=_.weight.sum(where=_.cluster_id == NOISE).fill_null(0), rows=_.weight.sum()
    )
    worst = max(warehouse.fetch(counts).to_pylist(), key=lambda row: row["noise"], default={"noise": 0, "rows": 0})
    return expectations.little_noise(worst["noise"], worst["rows"])


def alert_budget(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Events shown beside the budget."""
    row = _first(warehouse, of_night(REPORT_NIGHTS, night).agg(alerts=_.alerts.sum()))
    return expectations.budget_kept(row["alerts"] or 0, settings.thresholds.max_alerts_per_night)


def models_in_service(warehouse: Warehouse, settings: Settings, night: date) -> Verdict:
    """Models that were fitted for the night and not accepted, and how old those are that score it."""
    known = FITS.unbound().select(serving_id=_.model_id, fitted=_.log_date)
    pinned = PINS.unbound().select("feature_table", "algorithm", serving_id=_.model_id)
    pins = pinned.inner_join(known.filter(_.fitted <= night), "serving_id")
    pins = pins.select("feature_table", "algorithm", pinned_id=_.serving_id)
    rows = of_night(FITS, night).left_join(pins, ["feature_table", "algorithm"])
    own = _.accepted.ifelse(_.model_id, ibis.coalesce(_.previous_id, _.model_id))
    rows = rows.select("feature_table", "algorithm", "accepted", "reason", "pinned_id", own_id=own)
    rows = rows.mutate(serving_id=ibis.coalesce(_.pinned_id, _.own_id))
    found = warehouse.fetch(rows.inner_join(known, "serving_id")).to_pylist()
    names = [f"{row['feature_table']} {row['algorithm']}" for row in found]
    named = dict(zip(names, found, strict=True))
    return expectations.models_sound(
        len(found),
        {name: row["reason"] or "" for name, row in named.items() if not row["accepted"]},
        {name: (night - row["fitted"]).days for name, row in named.items()},
        settings.training.max_model_age,
    )


def files_of(night: date) -> ibis.Table:
    """The files that hold rows of the night, of whichever table."""
    rows = ibis.union(*(of_night(table, night).select("file_id") for table in (SECURITY_EVENTS, CONNECTIONS, LOGINS)))
    return FILES.unbound().semi_join(rows, "file_id")


def _first(warehouse: Warehouse, expression: ibis.Table) -> dict[str, Any]:
    return dict(warehouse.fetch(expression).to_pylist()[0])
