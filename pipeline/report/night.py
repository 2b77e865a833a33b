"""The findings of a night and what goes with them, from the scored tables; the engine counts, the rules decide.

What belongs here: the order of the steps. What does not: any of the steps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import FeatureTable
from pipeline.models.nightly import model_names
from pipeline.report import cells as counting
from pipeline.report.alerts import suspicious_events
from pipeline.report.candidates import Candidate, Scored, candidates
from pipeline.report.details import details_of
from pipeline.report.evidence import EXAMPLES, Detail, ends_of, evidence
from pipeline.report.findings import Finding, Group, find, judge, suppress
from pipeline.report.history import earlier_findings, history_rows
from pipeline.report.identity import identify
from pipeline.report.merging import about_the_same
from pipeline.report.overlaps import overlaps
from pipeline.report.profiles import Counted, Profile, counted_of, views
from pipeline.report.reading import fits_of, large_clusters, scored_of
from pipeline.report.records import LINKS, members
from pipeline.report.usual import usual_of
from pipeline.report.wording import row
from pipeline.warehouse.engine import Warehouse
from schemas.base import TableSpec
from schemas.report import FINDING_HISTORY, SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS

CHOSEN, CELLS = "chosen_patterns", "record_cells"
CHOSEN_SCHEMA = pa.schema([("group", pa.int64()), ("feature_table", pa.string()), ("pattern_id", pa.int64())])
FILLED = (SUSPICIOUS_CLUSTERS, SUSPICIOUS_EVENTS, FINDING_HISTORY)


def findings_of(warehouse: Warehouse, night: date, settings: Settings) -> dict[str, pa.Table]:
    """Rows of the night for `report.suspicious_clusters`, `report.suspicious_events` and `report.finding_history`."""
    with warehouse.connect():
        fits = fits_of(warehouse, night)
        scored = _scored(warehouse, night, settings, fits)
        found = [each for known in scored.values() for each in candidates(known, settings.report.attack_patterns)]
        tables = {name: known.table for name, known in scored.items()}
        counted, same = _counted(warehouse, tables, found, night, settings)
        groups = _judged(warehouse, found, counted, scored, fits, settings)
        findings = [
            replace(each, ends=ends_of(each.leader, counted))
            for each in find(groups, same, len(model_names(settings.training)))
        ]
        earlier, last = earlier_findings(warehouse, night, settings.training.window_days)
        identified, gone = identify(findings, night, earlier, last)
        kept, _suppressed = suppress(identified, ())
        shown = kept[: settings.report.max_findings]
        most = max(settings.thresholds.max_alerts_per_night, EXAMPLES)
        details = details_of(warehouse, tables, shown, scored, night, settings.site, most)
    rows = [
        _row(place, each, night, scored, counted, detail)
        for place, (each, detail) in enumerate(zip(shown, details, strict=True))
    ]
    ranks = {each["finding_id"]: each["rank"] for each in rows}
    events = suspicious_events(rows, [each.records for each in details], settings.thresholds.max_alerts_per_night)
    history = history_rows(night, identified, gone, ranks)
    return {spec.name: _as_table(spec, each) for spec, each in zip(FILLED, (rows, events, history), strict=True)}


def _scored(warehouse: Warehouse, night: date, settings: Settings, fits: pd.DataFrame) -> dict[str, Scored]:
    """The scored patterns of each feature table that has some."""
    large = large_clusters(warehouse, night)
    found = {name: scored_of(warehouse, table, night, fits, large) for name, table in feature_tables(settings).items()}
    return {name: scored for name, scored in found.items() if scored}


def _counted(
    warehouse: Warehouse,
    tables: Mapping[str, FeatureTable],
    found: Sequence[Candidate],
    night: date,
    settings: Settings,
) -> tuple[Counted, set[frozenset[int]]]:
    """What the records of the candidates are, and which of them are about the same."""
    chosen = [
        {"group": group, "feature_table": each.cluster.feature_table, "pattern_id": pattern}
        for group, each in enumerate(found)
        for pattern in each.patterns
    ]
    linked = [table for name, table in tables.items() if name in LINKS]
    with warehouse.materialised(pa.Table.from_pylist(chosen, schema=CHOSEN_SCHEMA), CHOSEN) as patterns:
        # without any table there are no records to count, whichever table is asked
        behind = ibis.union(*(members(table, patterns, night, settings.site) for table in linked))
        with warehouse.materialised(counting.cells_of(behind), CELLS) as cells:
            countries = settings.report.suspicious_countries
            counted = counted_of(
                counting.counts(warehouse, cells, counting.GROUP, countries),
                counting.counts(warehouse, cells, counting.VIEW, countries),
                counting.histograms(warehouse, cells),
                counting.busiest_pairs(warehouse, cells),
                counting.tops(warehouse, cells),
            )
            return counted, about_the_same(overlaps(warehouse, cells))


def _judged(
    warehouse: Warehouse,
    found: Sequence[Candidate],
    counted: Counted,
    scored: Mapping[str, Scored],
    fits: pd.DataFrame,
    settings: Settings,
) -> list[Group]:
    """What the rules say of each candidate."""
    if not found:
        return []
    window = fits["trained_from"].min(), fits["trained_to"].max()
    rates = usual_of(warehouse, window, settings.site)
    judged = []
    for number, candidate in enumerate(found):
        known = Profile(
            feature_table=candidate.cluster.feature_table,
            raw_table="",
            size=candidate.size,
            share=candidate.share,
            is_new=candidate.is_new,
            score=candidate.score,
            isolation=candidate.isolation,
            features=candidate.features,
        )
        ranges = scored[candidate.cluster.feature_table].usual[candidate.cluster.algorithm]
        usual = {name: replace(each, ranges=ranges) for name, each in rates.items()}
        judged.append(judge(number, candidate, views(number, known, counted), usual, settings.report))
    return judged


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


def _as_table(spec: TableSpec, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=spec.schema().to_pyarrow())
