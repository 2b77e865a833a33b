"""Which findings people asked not to be shown.

The rule: a finding is suppressed when suppressions, together, cover every one of its records, or when one names the
finding itself. A record is covered by its source address (or its target, if the suppression says so), its user or its
destination port. One record that nobody spoke of, and the finding is shown: so a suppressed scanner hides neither a
stranger beside it nor an attack on it; a group that is wholly covered is no part of a finding that is shown (merging).
What does not belong here: how entries are edited (people), what is a finding.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

import ibis

from pipeline.people.coverage import any_of, covers
from pipeline.people.entries import entry_of, holds

PATTERN = "pattern"
EXPOSED, COVERS = "exposed", "covers_"
Row = Mapping[str, Any]
Group = tuple[Hashable, ...]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Cover:
    """What suppressions cover of a group of records.

    Attributes:
        exposed: records that none covers.
        suppression_ids: those that cover at least one.
    """

    exposed: int
    suppression_ids: tuple[str, ...]


def active(suppressions: Iterable[Row], night: date) -> list[Row]:
    """Those that have not expired by the night, in the order of their ids."""
    return sorted((row for row in suppressions if holds(row, night)), key=lambda row: str(row["suppression_id"]))


def covers_by(rows: ibis.Table, keys: Sequence[str], suppressions: Sequence[Row]) -> ibis.Table:
    """What each suppression covers, as one row per group: the keys, `exposed`, and a flag per suppression in order.

    Args:
        rows: records with the keys and any of source_ip, dest_ip, dest_port and user.
        keys: columns that tell the groups apart.
        suppressions: active ones.
    """
    tests = {f"{COVERS}{place}": covers(entry_of(row), rows) for place, row in enumerate(suppressions)}
    tested = rows.select(*keys, **tests)
    names = [tested[name] for name in tests]
    return tested.group_by(list(keys)).agg(
        **{EXPOSED: (~any_of(names)).sum()}, **{test.get_name(): test.any() for test in names}
    )


def cover_of(rows: Iterable[Row], keys: Sequence[str], suppressions: Sequence[Row]) -> dict[Group, Cover]:
    """The rows of `covers_by` by group."""
    return {
        tuple(row[key] for key in keys): Cover(
            int(row[EXPOSED]),
            tuple(str(entry["suppression_id"]) for place, entry in enumerate(suppressions) if row[f"{COVERS}{place}"]),
        )
        for row in rows
    }


def together(covers: Iterable[Cover | None]) -> Cover | None:
    """What is covered of several groups that are one finding; None if one of them was not looked at."""
    known = list(covers)
    looked_at = [cover for cover in known if cover is not None]
    if not looked_at or len(looked_at) < len(known):
        return None
    ids = {suppression_id for cover in looked_at for suppression_id in cover.suppression_ids}
    return Cover(sum(cover.exposed for cover in looked_at), tuple(sorted(ids)))


def suppress(
    findings: Iterable[Found], named: Callable[[Found], tuple[str, Cover | None]], suppressions: Sequence[Row]
) -> tuple[list[Found], list[tuple[Found, tuple[str, ...]]]]:
    """The findings that stay, and those that are suppressed with the ids of what covers them; the order is kept.

    Args:
        findings: any kind of them.
        named: the finding_id that a group keeps from night to night, and what suppressions cover of its records, which
            is None if they were not looked at.
        suppressions: active ones.
    """
    by_pattern: dict[str, list[str]] = {}
    for row in suppressions:
        if row["kind"] == PATTERN:
            by_pattern.setdefault(row["value"], []).append(str(row["suppression_id"]))
    kept, suppressed = [], []
    for finding in findings:
        finding_id, cover = named(finding)
        ids = {*by_pattern.get(finding_id, ()), *(cover.suppression_ids if cover and not cover.exposed else ())}
        if ids:
            suppressed.append((finding, tuple(sorted(ids))))
        else:
            kept.append(finding)
    return kept, suppressed
