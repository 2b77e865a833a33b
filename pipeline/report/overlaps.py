"""How much groups of different feature tables are about the same: counted in the engine, over their cells.

Records cannot be compared, since a firewall and a flow sensor tell of the same traffic in rows of their own; who met
whom can. Logins name hosts and users where traffic names addresses, so each kind of record is compared with its own,
and where two groups have no kind in common, by their sources alone. What follows is decided in merging.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import ibis
from ibis import _

from pipeline.warehouse.engine import Warehouse

SIDES = ("origin", "dest_ip", "user")
KINDS = ("login", "traffic", "blind")
DIGITS = 9  # the engine adds up in any order
Pair = tuple[int, int]


@dataclass(frozen=True)
class Overlap:
    """How much two groups share.

    Attributes:
        alike: how much of their records is distributed alike over the sources, the targets or the users, whichever is
            most, 0 to 1: the intersection of two histograms.
        held: share of the records of one of them, whichever is more, that are between ends that the other knows, too;
            of records of kinds that both have.
    """

    alike: float
    held: float


def overlaps(warehouse: Warehouse, cells: ibis.Table) -> dict[Pair, Overlap]:
    """The overlap of every two groups that share a source, a target or a user; the lower number comes first."""
    sizes = {(row["group"], row["kind"]): row["records"] for row in warehouse.fetch(_sizes(cells)).to_pylist()}
    shared: dict[Pair, dict[str, tuple[float, float]]] = {}
    for row in warehouse.fetch(_shared(cells)).to_pylist():
        shared.setdefault((row["group"], row["other"]), {})[row["what"]] = row["share"], row["other_share"]
    return {pair: _overlap(pair, shares, sizes) for pair, shares in shared.items()}


@cache
def _sizes(cells: ibis.Table) -> ibis.Table:
    return _with_ends(cells).group_by("group", "kind").agg(records=_.records.sum().cast("int64"))


@cache
def _shared(cells: ibis.Table) -> ibis.Table:
    known = _with_ends(cells)
    parts = [*(_alike(known, name) for name in SIDES), *(_held(known, kind) for kind in KINDS)]
    return ibis.union(*parts).order_by(["group", "other", "what"])


def _overlap(pair: Pair, shares: Mapping[str, tuple[float, float]], sizes: Mapping[tuple[int, str], int]) -> Overlap:
    nothing = 0.0, 0.0
    alike = max(shares.get(side, nothing)[0] for side in SIDES)
    kinds = [kind for kind in KINDS if all((group, kind) in sizes for group in pair)]
    if not kinds:
        return Overlap(alike, shares.get("origin", nothing)[0])
    held = (
        _mean((sizes[group, kind], shares.get(kind, nothing)[place]) for kind in kinds)
        for place, group in enumerate(pair)
    )
    return Overlap(alike, max(held))


def _mean(weighted: Iterable[tuple[int, float]]) -> float:
    pairs = list(weighted)
    return sum(weight * value for weight, value in pairs) / sum(weight for weight, _value in pairs)


def _with_ends(cells: ibis.Table) -> ibis.Table:
    """Add the kind of record and what stands at its other end: of a login the user at the host."""
    is_login = cells.raw_table == "logins"
    host, user, origin = (cells[name].fill_null("") for name in ("dest_ip", "user", "origin"))
    kind = ibis.cases((is_login, "login"), (cells.dest_ip.isnull(), "blind"), else_="traffic")
    end = ibis.cases((is_login, user + "@" + host), else_=host)
    # a host that logs in to itself, or nobody knows from where, is known by its name
    return cells.mutate(kind=kind, end=origin + " " + end)


def _alike(cells: ibis.Table, side: str) -> ibis.Table:
    two = _twice(cells.filter(cells[side].notnull()), side)
    found = two.group_by("group", "other").agg(share=ibis.least(two.share, two.other_share).sum().round(DIGITS))
    return found.select("group", "other", "share", other_share=found.share, what=ibis.literal(side))


def _held(cells: ibis.Table, kind: str) -> ibis.Table:
    two = _twice(cells.filter(cells.kind == kind), "end")
    found = two.group_by("group", "other").agg(
        share=two.share.sum().round(DIGITS), other_share=two.other_share.sum().round(DIGITS)
    )
    return found.select("group", "other", "share", "other_share", what=ibis.literal(kind))


def _twice(cells: ibis.Table, by: str) -> ibis.Table:
    """For two groups, the share of the records of each that a value of the column has; values that both have."""
    counted = cells.group_by("group", by).agg(records=_.records.sum().cast("float64"))
    shares = counted.mutate(share=_.records / _.records.sum().over(ibis.window(group_by="group"))).drop("records")
    others = shares.select(by, other=_.group, other_share=_.share)
    return shares.inner_join(others, [by, shares.group < others.other])
