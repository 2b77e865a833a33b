"""Checks: what stops a night (a schema breach) and what is only shown (an expectation that fails)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date

import dagster as dg

from assets.common import WAREHOUSE_POOL, asset_key, tables_of
from pipeline.config import Settings
from pipeline.features.own_tables import feature_tables
from pipeline.features.tables import EVENT_TABLE
from pipeline.nights import night_of
from pipeline.scoring import facts
from pipeline.scoring.expectations import Verdict
from pipeline.warehouse.configured import tables
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.inspection import breaches_of
from schemas import raw, report

Expectation = Callable[[Warehouse, Settings, date], Verdict]
Checked = Sequence[dg.AssetSpec]

EXPECTATIONS: tuple[tuple[str, tuple[tuple[dg.AssetKey, Expectation], ...]], ...] = (
    (
        "ingestion_expectations",
        (
            (asset_key(raw.FILES), facts.unread_files),
            (asset_key(raw.REJECTED_LINES), facts.rejected_share),
            (asset_key(raw.SECURITY_EVENTS), facts.unmapped_actions),
            (asset_key(raw.SECURITY_EVENTS), facts.volume),
        ),
    ),
    (
        "report_expectations",
        (
            (asset_key(EVENT_TABLE.scores), facts.noise_share),
            (asset_key(report.NIGHTS), facts.flagged_share),
            (asset_key(report.NIGHTS), facts.models_in_service),
            (asset_key(report.SUSPICIOUS_EVENTS), facts.alert_budget),
        ),
    ),
)


def build(settings: Settings, assets: Iterable[dg.AssetsDefinition]) -> list[dg.AssetChecksDefinition]:
    """A blocking schema check for every stored table, and the expectations."""
    schema_checks = [_schema_check(name, specs) for name, specs in _siblings(assets, settings).items()]
    return [*schema_checks, *(_expectations(name, facts_, settings) for name, facts_ in EXPECTATIONS)]


def _siblings(assets: Iterable[dg.AssetsDefinition], settings: Settings) -> dict[str, list[dg.AssetSpec]]:
    """The stored assets by the step that checks them, which costs more than the check itself.

    Those of a group share one. Those of the report build on each other, and a team's own table must be able to fail
    alone, so these have one for each step.
    """
    known = tables(settings)
    alone = {table.name for table in feature_tables(settings).values() if table.own}
    groups: dict[str, list[dg.AssetSpec]] = {}
    for asset in assets:
        step = asset.node_def.name
        for spec in asset.specs:
            if any(not table.is_view for table in tables_of(spec.metadata, known)):
                is_own = step.rpartition("_")[0] in alone
                shared = step if spec.group_name == "report" else str(spec.group_name)
                groups.setdefault(f"{step if is_own else shared}_schema", []).append(spec)
    return groups


def _schema_check(name: str, specs: Checked) -> dg.AssetChecksDefinition:
    what = "Columns are as declared and keys are unique."
    checks = [dg.AssetCheckSpec("schema", asset=spec.key, blocking=True, description=what) for spec in specs]

    @dg.multi_asset_check(name=name, specs=checks, can_subset=True, pool=WAREHOUSE_POOL)
    def schema(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.AssetCheckResult]:
        night = night_of(context.partition_key)
        chosen = [spec for spec in specs if dg.AssetCheckKey(spec.key, "schema") in context.selected_asset_check_keys]
        filled = {spec.key: tables_of(spec.metadata, warehouse.tables) for spec in chosen}
        # several assets fill the same table
        found = breaches_of(warehouse, dict.fromkeys(table for each in filled.values() for table in each), night)
        for spec in chosen:
            breaches = [found[table.name] for table in filled[spec.key] if table.name in found]
            described = "; ".join(breaches) or "as declared"
            yield dg.AssetCheckResult(
                asset_key=spec.key, check_name="schema", passed=not breaches, description=described
            )

    return schema


def _expectations(
    name: str, expected: Sequence[tuple[dg.AssetKey, Expectation]], settings: Settings
) -> dg.AssetChecksDefinition:
    checks = [dg.AssetCheckSpec(fact.__name__, asset=key, description=fact.__doc__) for key, fact in expected]

    @dg.multi_asset_check(name=name, specs=checks, can_subset=True, pool=WAREHOUSE_POOL)
    def expectations(
        context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
    ) -> Iterator[dg.AssetCheckResult]:
        wanted = context.selected_asset_check_keys
        chosen = [(key, fact) for key, fact in expected if dg.AssetCheckKey(key, fact.__name__) in wanted]
        with warehouse.connect():
            verdicts = [fact(warehouse, settings, night_of(context.partition_key)) for _, fact in chosen]
        for (key, fact), verdict in zip(chosen, verdicts, strict=True):
            yield dg.AssetCheckResult(
                asset_key=key,
                check_name=fact.__name__,
                passed=verdict.holds,
                severity=dg.AssetCheckSeverity.WARN,
                description=verdict.sentence,
                metadata=verdict.facts,
            )

    return expectations
