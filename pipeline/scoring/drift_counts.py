"""Rows of the baseline's nights and of a night by feature and bin, counted in the engine from patterns.

The bins follow from the baseline: values whose rows lie within the same twentieth of it share one, what lies beyond
all of it has its own. What the counts mean belongs to `drift`.
"""

from datetime import date
from functools import cache

import ibis
import pandas as pd
from ibis import _

from pipeline.features.tables import FeatureTable
from pipeline.models.columns import FeatureColumns
from pipeline.warehouse.engine import Warehouse
from schemas.base import of_nights

PATTERNS = "drifting_patterns"
BINS = 20
MISSING = -2
BELOW = -1
ABOVE = BINS
VALUE = ("feature", "number", "text")


def bin_counts(warehouse: Warehouse, table: FeatureTable, first: date, night: date) -> pd.DataFrame:
    """Per feature, night and bin: `rows`, and what the bin holds of that night: numbers from `low` to `high`, or texts.

    Numbers and flags are ordered by value, texts by how many rows of the baseline have them. The middle of a value's
    rows in the baseline decides on the bin: `BELOW` and `ABOVE` hold values beyond all of the baseline, `ABOVE` also
    texts that it does not know, `MISSING` rows without a value.

    Args:
        warehouse: that has the patterns.
        table: the feature table.
        first: first night of the baseline, which ends before the night.
        night: the night.
    """
    with warehouse.materialised([_read(table, first, night)], PATTERNS):
        return warehouse.fetch(_counted(table.columns)).to_pandas()


def _read(table: FeatureTable, first: date, night: date) -> ibis.Table:
    """The patterns of the nights, their columns as numbers and texts."""
    patterns, columns = of_nights(table.patterns, first, night), table.columns
    numbers = [patterns[name].cast("float64").name(name) for name in (*columns.numeric, *columns.flags)]
    texts = [patterns[name].cast("string").name(name) for name in columns.categorical]
    base = (patterns.log_date < night).ifelse(patterns.weight, 0).name("base")
    return patterns.select("log_date", "weight", base, *numbers, *texts)


@cache
def _counted(columns: FeatureColumns) -> ibis.Table:
    """The counts of the materialised patterns; the same for all nights, so it is made once."""
    numbers, texts = (*columns.numeric, *columns.flags), columns.categorical
    types = dict.fromkeys(numbers, "float64") | dict.fromkeys(texts, "string")
    patterns = ibis.table({"log_date": "date", "weight": "int64", "base": "int64"} | types, name=PATTERNS)
    nothing = ibis.null("float64"), ibis.null("string")
    values = ibis.union(
        *(_by_value(patterns, name, patterns[name], nothing[1]) for name in numbers),
        *(_by_value(patterns, name, nothing[0], patterns[name]) for name in texts),
    )
    return (
        _placed(values)
        .group_by("feature", "log_date", "bin")
        .agg(
            rows=_.rows.sum().cast("int64"),
            low=_.number.min(), high=_.number.max(), least=_.text.min(), greatest=_.text.max(),
        )
    )  # fmt: skip


def _by_value(patterns: ibis.Table, name: str, number: ibis.Value, text: ibis.Value) -> ibis.Table:
    """Rows by night and value, which is a number or a text."""
    return patterns.group_by("log_date", number=number, text=text).agg(
        rows=_.weight.sum().cast("int64"), base=_.base.sum().cast("int64"), feature=ibis.literal(name)
    )


def _placed(values: ibis.Table) -> ibis.Table:
    """The values with their bins."""
    is_missing = values.number.isnull() & values.text.isnull()
    own = values.mutate(is_missing=is_missing, base=is_missing.ifelse(0, values.base))
    own = own.mutate(level=own.base.sum().over(ibis.window(group_by=VALUE)).cast("int64"))
    # one order for both kinds: for all values of one kind the column of the other is null
    order = [own.number, own.text.isnull().ifelse(0, -own.level), own.text]
    reached = own.base.sum().over(ibis.range_window(group_by="feature", order_by=order, following=0)).cast("int64")
    own = own.mutate(before=reached - own.level, total=own.base.sum().over(ibis.window(group_by="feature")))
    middle = (BINS * (2 * own.before + own.level)) // (2 * own.total).cast("int64").nullif(0)
    is_below = (own.level == 0) & (own.before == 0)
    place = ibis.cases((own.is_missing, MISSING), (is_below, BELOW), else_=middle.fill_null(ABOVE))
    return own.mutate(bin=place.cast("int64"))
