"""The registry of built-in feature tables: a new one is a module beside this, a schema, and one entry here.

Those that a configuration adds need no entry: see own_tables.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis

from pipeline.config import Site
from pipeline.features import connections, destination_ips, events, source_ips, users
from pipeline.features.address_behaviour import COLUMNS as ADDRESS_COLUMNS
from pipeline.features.address_behaviour import SEED_COLUMNS as ADDRESS_SEED_COLUMNS
from pipeline.features.address_behaviour import SEED_ONLY
from pipeline.features.own_rows import OwnRows
from pipeline.features.raw_night import RawNight
from pipeline.models.columns import BOOKKEEPING, FeatureColumns
from schemas import features, scores
from schemas.base import TableSpec
from schemas.raw import CONNECTIONS, LOGINS, SECURITY_EVENTS


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """What the rest needs to know of a feature table; one equals itself alone, so that expressions can be kept for it.

    Attributes:
        name: short name, used in model ids and in asset names.
        raw: tables whose rows it describes.
        build: feature rows of a night, but for pattern and revision; columns besides those of `entities` are dropped.
        columns: which columns enter a model, and how.
        seed_columns: the columns of the published recipe.
        looks_back: whether features of a night depend on raw rows of the nights before it, too.
        seed_only: columns that tell almost all entities apart and that only the published recipe uses; otherwise they
            are null in patterns.
        own: where the rows of a table come from that a team adds; they are staged before `build` is run.
        nights: nights with rows and their revisions, where that is not what raw.nights says.
    """

    name: str
    raw: tuple[TableSpec, ...]
    entities: TableSpec
    patterns: TableSpec
    pattern_scores: TableSpec
    scores: TableSpec
    build: Callable[[RawNight, Site], ibis.Table]
    columns: FeatureColumns
    seed_columns: FeatureColumns
    looks_back: bool = False
    seed_only: tuple[str, ...] = ()
    own: OwnRows | None = None
    nights: TableSpec | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that make a pattern."""
        return tuple(name for name in self.patterns.columns() if name not in BOOKKEEPING)


EVENT_TABLE = FeatureTable(
    name="events",
    raw=(SECURITY_EVENTS,),
    entities=features.EVENTS,
    patterns=features.EVENT_PATTERNS,
    pattern_scores=scores.EVENT_PATTERNS,
    scores=scores.EVENTS,
    build=events.build,
    columns=events.COLUMNS,
    seed_columns=events.SEED_COLUMNS,
)
USER_TABLE = FeatureTable(
    name="users",
    raw=(LOGINS,),
    entities=features.USERS,
    patterns=features.USER_PATTERNS,
    pattern_scores=scores.USER_PATTERNS,
    scores=scores.USERS,
    build=users.build,
    columns=users.COLUMNS,
    seed_columns=users.SEED_COLUMNS,
    looks_back=True,
)
SOURCE_IP_TABLE = FeatureTable(
    name="source_ips",
    raw=source_ips.RAW,
    entities=features.SOURCE_IPS,
    patterns=features.SOURCE_IP_PATTERNS,
    pattern_scores=scores.SOURCE_IP_PATTERNS,
    scores=scores.SOURCE_IPS,
    build=source_ips.build,
    columns=source_ips.COLUMNS,
    seed_columns=ADDRESS_SEED_COLUMNS,
    looks_back=True,
    seed_only=SEED_ONLY,
)
DESTINATION_IP_TABLE = FeatureTable(
    name="destination_ips",
    raw=destination_ips.RAW,
    entities=features.DESTINATION_IPS,
    patterns=features.DESTINATION_IP_PATTERNS,
    pattern_scores=scores.DESTINATION_IP_PATTERNS,
    scores=scores.DESTINATION_IPS,
    build=destination_ips.build,
    columns=ADDRESS_COLUMNS,
    seed_columns=ADDRESS_SEED_COLUMNS,
    looks_back=True,
    seed_only=SEED_ONLY,
)
CONNECTION_TABLE = FeatureTable(
    name="connections",
    raw=(CONNECTIONS,),
    entities=features.CONNECTIONS,
    patterns=features.CONNECTION_PATTERNS,
    pattern_scores=scores.CONNECTION_PATTERNS,
    scores=scores.CONNECTIONS,
    build=connections.build,
    columns=connections.COLUMNS,
    seed_columns=connections.SEED_COLUMNS,
    looks_back=True,
)

FEATURE_TABLES: dict[str, FeatureTable] = {
    table.name: table for table in (EVENT_TABLE, USER_TABLE, SOURCE_IP_TABLE, DESTINATION_IP_TABLE, CONNECTION_TABLE)
}
