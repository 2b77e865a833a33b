"""The registry of feature tables: a new one is a module beside this, a schema, and one line here."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis

from pipeline.config import Site
from pipeline.features import events
from pipeline.models.columns import FeatureColumns
from schemas.base import TableSpec
from schemas.features import EVENT_PATTERNS, EVENTS
from schemas.raw import SECURITY_EVENTS
from schemas.scores import EVENT_PATTERNS as EVENT_PATTERN_SCORES
from schemas.scores import EVENTS as EVENT_SCORES


@dataclass(frozen=True)
class FeatureTable:
    """What the rest needs to know of a feature table.

    Attributes:
        name: short name, used in model ids and in asset names.
        raw: table whose rows it describes.
        build: features of the raw rows of whole nights.
        features: columns that make a pattern.
        columns: which of them enter a model, and how.
        seed_columns: the columns of the published recipe.
    """

    name: str
    raw: TableSpec
    entities: TableSpec
    patterns: TableSpec
    pattern_scores: TableSpec
    scores: TableSpec
    build: Callable[[ibis.Table, Site], ibis.Table]
    features: tuple[str, ...]
    columns: FeatureColumns
    seed_columns: FeatureColumns


EVENT_TABLE = FeatureTable(
    name="events",
    raw=SECURITY_EVENTS,
    entities=EVENTS,
    patterns=EVENT_PATTERNS,
    pattern_scores=EVENT_PATTERN_SCORES,
    scores=EVENT_SCORES,
    build=events.build,
    features=events.FEATURES,
    columns=FeatureColumns(
        numeric=(
            "hour_sin",
            "hour_cos",
            "bytes_log",
            "source_events_log2",
            "source_ports_log2",
            "source_targets_log2",
            "target_sources_log2",
            "target_events_log2",
        ),
        flags=(
            "is_weekend",
            "is_business_hours",
            "source_ip_is_private",
            "dest_ip_is_private",
            "is_web_port",
            "is_mail_port",
            "is_database_port",
            "port_missing",
            "bytes_missing",
            "large_transfer",
        ),
        categorical=("protocol", "country", "verdict"),
    ),
    seed_columns=FeatureColumns(
        numeric=("bytes_log",),
        flags=(
            "is_weekend",
            "is_business_hours",
            "source_ip_is_private",
            "is_web_port",
            "is_mail_port",
            "is_database_port",
            "large_transfer",
        ),
        categorical=(),
    ),
)

FEATURE_TABLES: dict[str, FeatureTable] = {EVENT_TABLE.name: EVENT_TABLE}
