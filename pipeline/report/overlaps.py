"""How much groups of different feature tables are about the same: counted in the engine, over their cells.

Records cannot be compared, since a firewall and a flow sensor tell of the same traffic in rows of their own; who met
whom can. What follows from an overlap is decided in merging.
"""

import ibis
import pyarrow as pa
from ibis import _

from pipeline.warehouse.engine import Warehouse

SIDES = ("source_ip", "dest_ip", "user")
DIGITS = 9  # the engine adds up in any order


def overlaps(warehouse: Warehouse, cells: ibis.Table) -> pa.Table:
    """One row per two groups (`group` < `other`) that share an address, a target or a user.

    Columns: `source_ip`, `dest_ip`, `user`: how much of their records is distributed alike over these, 0 to 1 (the
    intersection of the two histograms); `held` and `other_held`: the share of the records of each that are between a
    source and a target that the other knows, too.
    """
    parts = [_side(cells, name) for name in SIDES]
    shared = ibis.union(*parts, _pairs(cells)).pivot_wider(
        id_cols=["group", "other"], names_from="what", names=[*SIDES, "held", "other_held"], values_from="share",
        values_fill=0.0,
    )  # fmt: skip
    return warehouse.fetch(shared.order_by(["group", "other"]))


def _side(cells: ibis.Table, name: str) -> ibis.Table:
    two = _twice(_shares(cells.filter(cells[name].notnull()), [name]), [name])
    found = two.group_by("group", "other").agg(share=ibis.least(two.share, two.other_share).sum().round(DIGITS))
    return found.select("group", "other", "share", what=ibis.literal(name))


def _pairs(cells: ibis.Table) -> ibis.Table:
    known = cells.filter(cells.source_ip.notnull() | cells.dest_ip.notnull())
    ends = {name: known[name].fill_null("") for name in ("source_ip", "dest_ip")}
    two = _twice(_shares(known.mutate(**ends), list(ends)), list(ends))
    found = two.group_by("group", "other").agg(
        held=two.share.sum().round(DIGITS), other_held=two.other_share.sum().round(DIGITS)
    )
    return found.pivot_longer(["held", "other_held"], names_to="what", values_to="share")[
        ["group", "other", "share", "what"]
    ]


def _shares(cells: ibis.Table, by: list[str]) -> ibis.Table:
    """For each group, the share of its records that each value of the columns has."""
    counted = cells.group_by(["group", *by]).agg(records=_.records.sum().cast("float64"))
    return counted.mutate(share=_.records / _.records.sum().over(ibis.window(group_by="group"))).drop("records")


def _twice(shares: ibis.Table, by: list[str]) -> ibis.Table:
    others = shares.select(*by, other=_.group, other_share=_.share)
    return shares.inner_join(others, [*by, shares.group < others.other])
