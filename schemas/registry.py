"""Every table by its name: the one list that storage, checks, the published copy and the documentation follow."""

from schemas import features, models, pins, raw, report, scores
from schemas.base import TableSpec

TABLES: dict[str, TableSpec] = {
    spec.name: spec for module in (raw, features, models, pins, scores, report) for spec in module.TABLES
}
