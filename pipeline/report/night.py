"""The findings of a night and what goes with them, from the scored tables; the engine counts, the rules decide.

What belongs here: the order of the steps. What does not: any of the steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

import ibis
import pandas as pd
import pyarrow as pa

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.models.nightly import model_names
from pipeline.people.editing import entries
from pipeline.report import cells as counting
from pipeline.report.alerts import suspicious_events
from pipeline.report.candidates import Candidate, candidates
from pipeline.report.details import details_of
from pipeline.report.evidence import EXAMPLES, Detail, ends_of, evidence
from pipeline.report.findings import Finding, Group, familiar, find, id_of, judge, ranked
from pipeline.report.history import earlier_findings, history_rows
from pipeline.report.identity import channels_of, identify
from pipeline.report.merging import about_the_same
from pipeline.report.overlaps import overlaps
from pipeline.report.profiles import Counted, counted_of, known_of, views
from pipeline.report.reading import fits_of, large_clusters, scored_of, user_hours
from pipeline.report.records import members
from pipeline.report.scored import Scored
from pipeline.report.suppressions import Cover, Row, active, cover_of, covers_by, suppress, together
from pipeline.report.suppressions import Group as Key
from pipeline.report.usual import Usual, usual_of
from pipeline.report.wording import row
from pipeline.scoring.serving import score_tables
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import NIGHT
from schemas.report import (
    FINDING_HISTORY,
    SUPPRESSED_CLUSTERS,
    SUPPRESSIONS,
    SUSPICIOUS_CLUSTERS,
    SUSPICIOUS_EVENTS,
)

CHOSEN, CELLS = "chosen_patterns", "record_cells"
CHOSEN_SCHEMA = pa.schema([("group", pa.int64()), ("feature_table", pa.string()), ("pattern_id", pa.int64())])
FILLED = (SUSPICIOUS_CLUSTERS, SUPPRESSED_CLUSTERS, SUSPICIOUS_EVENTS, FINDING_HISTORY)


class Known(NamedTuple):
    """What the records behind the candidates tell.

    Attributes:
        counted: what they are, by candidate.
        same: candidates that are about the same.
        covers: what suppressions cover of them, by candidate.
    """

    counted: Counted
    same: set[frozenset[int]]
    covers: Mapping[Key, Cover]

    def cover(self, finding: Finding) -> Cover | None:
        """What suppressions cover of a finding."""
        return together(self.covers.get((group.number,)) for group in finding.groups)


def findings_of(warehouse: Warehouse, night: date, settings: Settings) -> dict[str, pa.Table]:
    """Rows of the night for the tables of `FILLED`."""
    with warehouse.connect():
        fits = fits_of(warehouse, night, score_tables(settings))
        scored = _scored(warehouse, night, settings, fits)
        found = [each for known in scored.values() for each in candidates(known, settings.report.attack_patterns)]
        earlier, last = earlier_findings(warehouse, night, settings.training.window_days)
        if not found:
            return _as_tables([], [], [], history_rows(night, [], identify([], night, earlier, last)[1], {}))
        suppressions = active(entries(warehouse, SUPPRESSIONS), night)
        with warehouse.materialised(_chosen(found), CHOSEN) as patterns:
            known = _counted(warehouse, patterns, night, settings, suppressions)
            window = fits["trained_from"].min(), fits["trained_to"].max()
            hours = user_hours(warehouse, scored, patterns, night, window)
            groups = _judged(found, known.counted, hours, scored, usual_of(warehouse, window, settings.site), settings)
            findings = [
                replace(each, ends=ends_of(each.leader, known.counted))
                for each in find(groups, known.same, len(model_names(settings.training)), channels_of(earlier))
            ]
            identified, gone = identify(findings, night, earlier, last)
            ordered = ranked([familiar(each) for each in identified])
            kept, hidden = suppress(ordered, lambda it: (id_of(it), known.cover(it)), suppressions)
            shown = [*kept[: settings.report.max_findings], *(each for each, _ in hidden)]
            budget = settings.thresholds.max_alerts_per_night
            details = details_of(warehouse, shown, scored, night, settings.site, max(budget, EXAMPLES))
    rows = [
        _row(place, each, night, scored, known.counted, detail)
        for place, (each, detail) in enumerate(zip(shown, details, strict=True))
    ]
    rows, covered = rows[: len(rows) - len(hidden)], rows[len(rows) - len(hidden) :]
    covered = [row | {"suppression_ids": ids} for row, (_, ids) in zip(covered, hidden, strict=True)]
    events = suspicious_events(rows, [each.records for each in details[: len(rows)]], budget)
    history = history_rows(night, identified, gone, {each["finding_id"]: each["rank"] for each in rows})
    return _as_tables(rows, covered, events, history)


def _scored(warehouse: Warehouse, night: date, settings: Settings, fits: pd.DataFrame) -> dict[str, Scored]:
    """The scored patterns of each feature table that has some."""
    large = large_clusters(warehouse, night, score_tables(settings))
    found = {name: scored_of(warehouse, table, night, fits, large) for name, table in feature_tables(settings).items()}
    return {name: scored for name, scored in found.items() if scored}


def _chosen(found: Sequence[Candidate]) -> pa.Table:
    """The patterns of the candidates by their number."""
    rows = [
        (group, each.cluster.feature_table, pattern) for group, each in enumerate(found) for pattern in each.patterns
    ]
    return pa.table(list(map(list, zip(*rows, strict=True))), schema=CHOSEN_SCHEMA)


def _counted(
    warehouse: Warehouse, patterns: ibis.Table, night: date, settings: Settings, suppressions: Sequence[Row]
) -> Known:
    """What the records behind the candidates tell."""
    countries = tuple(settings.report.suspicious_countries)
    # a group is of one feature table, so its records can be added up table by table: to keep them costs more
    parts = [counting.cells_of(behind) for behind in members(patterns, settings.site)]
    with warehouse.materialised(parts, CELLS, {NIGHT: night}) as cells:
        questions = (
            counting.counts(cells, counting.GROUP, countries),
            counting.counts(cells, counting.VIEW, countries),
            counting.histograms(cells),
            counting.busiest_pairs(cells),
            counting.tops(cells),
        )
        covered = warehouse.fetch(covers_by(cells, counting.GROUP, suppressions)).to_pylist() if suppressions else []
        covers = cover_of(covered, counting.GROUP, suppressions)
        counted = counted_of(*map(warehouse.fetch, questions))
        hidden = {group for group in counted.groups if (cover := covers.get((group,))) and not cover.exposed}
        return Known(counted, about_the_same(overlaps(warehouse, cells), hidden), covers)


def _judged(
    found: Sequence[Candidate],
    counted: Counted,
    hours: Mapping[int, Mapping[str, float]],
    scored: Mapping[str, Scored],
    rates: Mapping[str, Usual],
    settings: Settings,
) -> list[Group]:
    """What the rules say of each candidate."""
    groups = []
    for number, candidate in enumerate(found):
        known = known_of(candidate, hours.get(number, {}))
        ranges = scored[candidate.cluster.feature_table].ranges(candidate.cluster.algorithm)
        usual = {name: replace(each, ranges=ranges) for name, each in rates.items()}
        groups.append(judge(number, candidate, views(number, known, counted), usual, settings.report))
    return groups


def _row(
    place: int,
    finding: Finding,
    night: date,
    scored: Mapping[str, Scored],
    counted: Counted,
    detail: Detail,
) -> dict[str, Any]:
    known = scored[finding.leader.candidate.cluster.feature_table]
    assert finding.identity is not None  # noqa: S101 - identified above
    return row(finding, finding.identity, place + 1, night, evidence(finding, known, counted, detail))


def _as_tables(*rows: Sequence[Mapping[str, Any]]) -> dict[str, pa.Table]:
    return {
        spec.name: pa.Table.from_pylist(list(each), schema=spec.arrow_schema())
        for spec, each in zip(FILLED, rows, strict=True)
    }
