"""What is usual at the site: the models' feature ranges, and the share of records at night and of refused ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.clock import with_clock
from pipeline.features.outcomes import failed
from pipeline.report.cells import NIGHT_HOURS_END
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.queries import FIRST, LAST
from schemas.base import TableSpec, of_nights
from schemas.raw import CONNECTIONS, LOGINS, SECURITY_EVENTS

OUTCOMES = {SECURITY_EVENTS: "verdict", CONNECTIONS: "state", LOGINS: "success"}


@dataclass(frozen=True)
class Usual:
    """The baseline's own base rates.

    Attributes:
        night_share: share of records between 0 and 5 h.
        refused_share: share of refused records, of those of which it is known.
        ranges: per numeric feature, the values below which 5 % and 95 % of the baseline's entities lie.
    """

    night_share: float = 0.0
    refused_share: float = 0.0
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def usual_of(warehouse: Warehouse, window: tuple[date, date], site: Site) -> dict[str, Usual]:
    """What is usual by raw table, but for ranges of features; under the empty name what is of no raw table.

    Args:
        warehouse: where the records are.
        window: first and last night of the baseline.
        site: whose clock the hours are of.
    """
    found = dict.fromkeys(("", *(spec.table for spec in OUTCOMES)), Usual())
    for row in warehouse.fetch(_rates(site), {FIRST: window[0], LAST: window[1]}).to_pylist():
        if row["records"]:
            night, refused = row["at_night"] / row["records"], row["refused"] / max(1, row["judged"])
            found[row["raw_table"]] = Usual(night, refused)
    return found


@cache
def _rates(site: Site) -> ibis.Table:
    """One row per raw table: records, those at night, those of which the outcome is known, those refused."""
    parts = []
    for spec, column in OUTCOMES.items():
        rows = with_clock(of_nights(spec, FIRST, LAST), site)
        # an outcome is read from a word, so each word is read once
        words = rows.group_by(said=rows[column]).agg(
            records=_.count(), at_night=_.hour_of_day.count(where=_.hour_of_day < NIGHT_HOURS_END)
        )
        judged, refused = _outcome(spec, words.said)
        parts.append(
            words.agg(
                records=words.records.sum().fill_null(0).cast("int64"),
                at_night=words.at_night.sum().fill_null(0).cast("int64"),
                judged=words.records.sum(where=judged).fill_null(0).cast("int64"),
                refused=words.records.sum(where=refused).fill_null(0).cast("int64"),
            ).mutate(raw_table=ibis.literal(spec.table))
        )
    return ibis.union(*parts)


def _outcome(spec: TableSpec, said: ibis.Value) -> tuple[ibis.Value, ibis.Value]:
    """Whether a record's outcome is known, and whether it was refused."""
    if spec == SECURITY_EVENTS:
        return said != "other", said == "blocked"
    if spec == LOGINS:
        return said.notnull(), ~said
    return said.notnull(), failed(said)
