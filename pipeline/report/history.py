"""Findings as they are remembered from night to night, in `report.finding_history`."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import ibis
from ibis import _

from pipeline.features.engine_functions import row_hash
from pipeline.report.findings import Ends, Finding
from pipeline.report.identity import Trace
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import FIRST, LAST, window_dates
from schemas.base import of_night, of_nights
from schemas.report import FINDING_HISTORY, NIGHTS, SUSPICIOUS_CLUSTERS
from schemas.report.findings import GONE

ENDS = ("sources", "targets", "accounts", "ports", "patterns")
# what later nights rest on; a rank may change with what a person suppresses
REMEMBERED = ("log_date", "finding_id", "size", "records", "attack_pattern", "feature_table", "first_night", *ENDS)
HASHES = 2**52
COURSE = ("finding_id", "log_date", "state", "rank", "severity", "records", "explanation")


def earlier_findings(warehouse: Warehouse, night: date, window_days: int) -> tuple[list[Trace], date | None]:
    """What was found in the nights of the window before, and the latest of these nights that was run."""
    dates = window_dates(night, window_days)
    found, nights = (warehouse.fetch(question, dates).to_pylist() for question in _window())
    return [_trace(row) for row in found], nights[0]["last"]


@cache
def _window() -> tuple[ibis.Table, ibis.Table]:
    """What was found, and the latest night that was run."""
    found = of_nights(FINDING_HISTORY, FIRST, LAST).filter(_.state != GONE)
    return found.order_by(["log_date", "finding_id"]), of_nights(NIGHTS, FIRST, LAST).agg(last=_.log_date.max())


def history_rows(
    night: date, findings: Iterable[Finding], gone: Iterable[Trace], ranks: Mapping[str, int]
) -> list[dict[str, Any]]:
    """Rows of `report.finding_history`.

    Args:
        night: the night.
        findings: all that were found, with their identities, shown or not.
        gone: what the night before had, and this one has not.
        ranks: ranks of those that are shown.
    """
    return [*(_found(night, finding, ranks) for finding in findings), *(_gone(night, trace) for trace in gone)]


def course_of(warehouse: Warehouse, night: date, window_days: int) -> list[dict[str, Any]]:
    """The courses of all groups that the night has or has lost: what each was, night by night.

    Args:
        warehouse: where the tables are.
        night: the last of the nights.
        window_days: nights before it.

    Returns:
        rows of `report.finding_history` by group, the oldest first; records and sentence are those that the night's
        report told, None if it did not show the group.
    """
    return warehouse.fetch(_course(), {FIRST: night - timedelta(days=window_days), LAST: night}).to_pylist()


@cache
def _course() -> ibis.Table:
    tonight = of_night(FINDING_HISTORY, LAST)[["finding_id"]]
    rows = of_nights(FINDING_HISTORY, FIRST, LAST).semi_join(tonight, "finding_id")
    shown = of_nights(SUSPICIOUS_CLUSTERS, FIRST, LAST)[["finding_id", "log_date", "records", "explanation"]]
    told = rows.drop("records").left_join(shown, ["finding_id", "log_date"])
    return told[list(COURSE)].order_by(["finding_id", "log_date"])


def fingerprint(night: date) -> ibis.Table:
    """One row: `fingerprint`, a hash of what later nights rest on of the night's findings."""
    rows = of_night(FINDING_HISTORY, night).filter(_.state != GONE)
    of_row = row_hash(*(rows[name] for name in REMEMBERED)) % HASHES
    return rows.agg(fingerprint=of_row.sum().fill_null(0).cast("int64"))


def followed_by(night: date, window_days: int) -> ibis.Table:
    """One row: `follows`, the run nights of the window before a night, with their fingerprints."""
    window = night - timedelta(days=window_days), night - timedelta(days=1)
    before = _listed(of_nights(NIGHTS, *window))
    return before.agg(follows=_.listed.group_concat(" ", order_by=_.day).fill_null(""))


def followed_now(window_days: int) -> ibis.Table:
    """Per night that was run: `log_date`, and `follows_now`, what its row would say it follows if it was run now."""
    nights, before = NIGHTS.unbound()[["log_date"]], _listed(NIGHTS.unbound())
    first = nights.log_date - ibis.interval(days=window_days)
    window = nights.left_join(before, [before.day >= first, before.day < nights.log_date])
    return window.group_by("log_date").agg(follows_now=_.listed.group_concat(" ", order_by=_.day).fill_null(""))


def _listed(nights: ibis.Table) -> ibis.Table:
    return nights.select(day=_.log_date, listed=_.log_date.cast(str) + ":" + _.fingerprint.cast(str))


def _trace(row: Mapping[str, Any]) -> Trace:
    return Trace(
        finding_id=row["finding_id"],
        night=row["log_date"],
        size=row["records"] or row["size"],
        attack_pattern=row["attack_pattern"],
        feature_table=row["feature_table"],
        first_night=row["first_night"],
        ends=Ends(**{name: tuple(row[name]) for name in ENDS}),
    )


def _found(night: date, finding: Finding, ranks: Mapping[str, int]) -> dict[str, Any]:
    identity, leader = finding.identity, finding.leader
    if identity is None:
        message = "a finding is remembered by its identity; identify it first"
        raise ValueError(message)
    return {
        "log_date": night,
        "finding_id": identity.finding_id,
        "state": identity.state,
        "rank": ranks.get(identity.finding_id),
        "severity": finding.severity,
        "size": leader.candidate.size,
        "records": leader.profile.records,
        "attack_pattern": finding.attack_pattern,
        "feature_table": leader.candidate.cluster.feature_table,
        "first_night": identity.first_night,
        "nights": identity.nights,
        **{name: list(getattr(finding.ends, name)) for name in ENDS},
    }


def _gone(night: date, trace: Trace) -> dict[str, Any]:
    return {
        "log_date": night,
        "finding_id": trace.finding_id,
        "state": GONE,
        "rank": None,
        "severity": 0.0,
        "size": 0,
        "records": 0,
        "attack_pattern": trace.attack_pattern,
        "feature_table": trace.feature_table,
        "first_night": trace.first_night,
        "nights": 0,
        **{name: list(getattr(trace.ends, name)) for name in ENDS},
    }
