"""Walks the graph: conventions that every asset keeps, and what the nightly job is made of."""

from datetime import UTC, datetime

import dagster as dg
import pytest
from dagster._core.definitions.freshness import CronFreshnessPolicy

from assets.common import WAREHOUSE_POOL, tables_of
from pipeline.config import Settings
from pipeline.definitions import build_defs
from pipeline.features.tables import FEATURE_TABLES
from pipeline.nights import LATE_LOGS, NIGHTLY, report_freshness, steps_of
from schemas.registry import TABLES

GROUPS = {"ingestion", "features", "models", "scores", "report", "upkeep"}


BY_PEOPLE = {"models.pins", "report.suppressions", "report.feedback"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With a channel, so that all assets are there."""
    return Settings(
        {"notifications": [{"name": "log", "kind": "file", "path": "told.jsonl"}]}
        | settings.model_dump(exclude={"notifications"}),
        folder=settings.folder,
    )


@pytest.fixture
def defs(settings: Settings) -> dg.Definitions:
    return build_defs(settings)


def specs(defs: dg.Definitions) -> list[dg.AssetSpec]:
    return list(defs.resolve_all_asset_specs())


def test_definitions_load(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_every_asset_has_a_group_an_owner_a_kind_and_a_description(defs: dg.Definitions) -> None:
    for spec in specs(defs):
        assert spec.group_name in GROUPS, spec.key
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.description, spec.key
        assert spec.partitions_def is not None, spec.key


def test_every_table_is_filled_by_an_asset_that_carries_its_schema(defs: dg.Definitions) -> None:
    filled = set()
    for spec in specs(defs):
        for table in tables_of(spec.metadata):
            filled.add(table.name)
        if tables_of(spec.metadata):
            columns = spec.metadata["dagster/column_schema"].columns
            assert all(column.description for column in columns), spec.key
    assert filled == set(TABLES) - BY_PEOPLE


def test_without_channels_nobody_is_told(settings: Settings) -> None:
    told = {spec.key.to_user_string() for spec in specs(build_defs(settings))}
    silent = settings.model_copy(update={"notifications": []})
    assert told - {spec.key.to_user_string() for spec in specs(build_defs(silent))} == {"report/notified"}


def test_every_column_is_described() -> None:
    for table in TABLES.values():
        assert table.model.__doc__, table.name
        for name, column in table.columns().items():
            assert column.description, f"{table.name}.{name}"


def test_every_stored_table_asset_has_a_blocking_schema_check(defs: dg.Definitions) -> None:
    checks = {
        spec.asset_key: spec for check in defs.asset_checks or [] for spec in check.check_specs if spec.name == "schema"
    }
    for spec in specs(defs):
        if any(not table.is_view for table in tables_of(spec.metadata)):
            assert checks[spec.key].blocking, spec.key


def test_expectations_do_not_block(defs: dg.Definitions) -> None:
    others = [spec for check in defs.asset_checks or [] for spec in check.check_specs if spec.name != "schema"]
    assert {spec.name for spec in others} >= {
        "unread_files",
        "rejected_share",
        "unmapped_actions",
        "volume",
        "flagged_share",
        "noise_share",
    }
    assert not any(spec.blocking for spec in others)


def test_whatever_opens_the_warehouse_waits_for_its_pool(defs: dg.Definitions) -> None:
    for job in (NIGHTLY, LATE_LOGS):
        for node in defs.resolve_job_def(job).graph.node_defs:
            assert node.pools == {WAREHOUSE_POOL}, node.name


def test_what_touches_the_outside_is_tried_again(defs: dg.Definitions) -> None:
    tried = {node.name for node in defs.resolve_job_def(NIGHTLY).graph.node_defs if node.retry_policy}
    assert tried == {"landed_logs", "report__page", "report__published"}


def test_a_report_that_is_late_shows(settings: Settings) -> None:
    schedule = settings.schedule.model_copy(update={"hour": 23, "timezone": "Europe/Berlin"})
    policy = report_freshness(schedule)
    assert isinstance(policy, CronFreshnessPolicy)
    assert (policy.deadline_cron, policy.timezone) == ("30 2 * * *", "Europe/Berlin")
    specs_ = specs(build_defs(settings))
    assert [spec.key.to_user_string() for spec in specs_ if spec.freshness_policy] == ["report/nights"]


def test_there_is_one_model_and_one_score_asset_per_algorithm(defs: dg.Definitions, settings: Settings) -> None:
    keys = {spec.key.to_user_string() for spec in specs(defs)}
    for algorithm in (*settings.training.algorithms, "consensus"):
        assert {f"models/events_{algorithm}", f"scores/events_{algorithm}"} <= keys


@pytest.mark.parametrize("change", [{"consensus": False}, {"seed_compatible": True}])
def test_without_a_consensus_nothing_makes_one(settings: Settings, change: dict[str, bool]) -> None:
    changed = settings.model_copy(update={"training": settings.training.model_copy(update=change)})
    assert not [spec.key for spec in specs(build_defs(changed)) if "consensus" in spec.key.to_user_string()]


def test_the_nightly_job_runs_all_of_it(defs: dg.Definitions) -> None:
    job = defs.resolve_job_def(NIGHTLY)
    assert job.asset_layer.selected_asset_keys == {spec.key for spec in specs(defs)}
    steps = {name for name in job.graph.node_dict if not name.endswith(("_schema", "_expectations"))}
    assert {f"{table}_{what}" for table in FEATURE_TABLES for what in ("features", "scores")} | {"models"} < steps
    assert steps_of(defs) > len(steps)


@pytest.mark.parametrize("name", ["warehouse", "context", "input", "type", "night"])
def test_a_table_of_a_team_may_have_any_name(settings: Settings, name: str) -> None:
    own = {"name": name, "path": "own.csv", "date": "day", "entity": "id", "numeric": ["x"]}
    added = Settings(
        {"feature_tables": [own]} | settings.model_dump(exclude={"feature_tables"}), folder=settings.folder
    )
    steps = build_defs(added).resolve_job_def(NIGHTLY).graph.node_dict
    assert {f"{name}_models", f"{name}_scores"} < set(steps)


@pytest.mark.parametrize("key", ["models/events_kmeans", "scores/users_dbscan", "scores/users"])
def test_one_asset_can_be_made_alone_with_its_checks(defs: dg.Definitions, key: str) -> None:
    made = defs.resolve_job_def(NIGHTLY).execute_in_process(
        partition_key="2026-01-05",
        instance=dg.DagsterInstance.ephemeral(),
        asset_selection=[dg.AssetKey.from_user_string(key)],
    )
    materialized = {event.asset_key.to_user_string() for event in made.get_asset_materialization_events()}
    assert key in materialized
    checked = {check.asset_key.to_user_string() for check in made.get_asset_check_evaluations()}
    assert checked <= materialized


@pytest.mark.parametrize(
    ("zone", "moment", "night"),
    [
        ("UTC", datetime(2026, 1, 8, 2, 30, tzinfo=UTC), "2026-01-07"),
        ("Europe/Berlin", datetime(2026, 1, 8, 1, 30, tzinfo=UTC), "2026-01-07"),
        ("America/Chicago", datetime(2026, 1, 8, 8, 30, tzinfo=UTC), "2026-01-07"),
    ],
)
def test_at_half_past_two_the_schedule_asks_for_the_night_that_ended(
    settings: Settings, zone: str, moment: datetime, night: str
) -> None:
    changed = settings.model_copy(update={"schedule": settings.schedule.model_copy(update={"timezone": zone})})
    defs = build_defs(changed)
    schedule = defs.resolve_schedule_def(f"{NIGHTLY}_schedule")
    assert schedule.cron_schedule == "30 2 * * *"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    context = dg.build_schedule_context(scheduled_execution_time=moment, repository_def=defs.get_repository_def())
    requests = schedule.evaluate_tick(context).run_requests
    assert [request.partition_key for request in requests or []] == [night]


def test_before_the_first_night_the_schedule_says_why_it_does_nothing(settings: Settings) -> None:
    defs = build_defs(settings)
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 1, 5, 2, 30, tzinfo=UTC), repository_def=defs.get_repository_def()
    )
    tick = defs.resolve_schedule_def(f"{NIGHTLY}_schedule").evaluate_tick(context)
    assert not tick.run_requests
    assert "first night" in (tick.skip_message or "")
