"""What a bin stands for, beside what features make of counts."""

import duckdb
import ibis
import pytest

from pipeline.features.binning import log2_bin, log2_bin_from_zero
from pipeline.features.tables import FEATURE_TABLES
from pipeline.scoring.bins import BINS, Bin
from pipeline.scoring.phrases import PHRASES
from pipeline.warehouse.queries import compile_sql

COUNTS = ibis.table({"n": "int64"}, name="counts")


@pytest.mark.parametrize("kind", sorted(set(BINS.values()), key=lambda kind: (kind.step, kind.added)))
def test_a_count_lies_between_the_least_and_the_most_of_its_bin(kind: Bin) -> None:
    binned = (log2_bin_from_zero if kind.added else log2_bin)(COUNTS.n, kind.step)
    with duckdb.connect() as engine:
        engine.execute(f"create table counts as select unnest(range({1 - kind.added}, 70000)) as n")
        rows = engine.execute(compile_sql(COUNTS.select("n", bin=binned))).fetchall()
    by_bin: dict[float, list[int]] = {}
    for count, value in rows:
        by_bin.setdefault(value, []).append(count)
    # the last bin is cut off by the range
    for value in sorted(by_bin)[:-1]:
        assert (min(by_bin[value]), max(by_bin[value])) == (kind.least(value), kind.most(value))
    assert len(by_bin) > 4


def test_below_zero_there_are_none() -> None:
    assert (Bin(2).least(-1.0), Bin(2).most(-1.0)) == (0, 0)


def test_every_feature_that_is_a_logarithm_has_bins_or_a_phrase() -> None:
    names = {name for table in FEATURE_TABLES.values() for name in table.columns.numeric if name.endswith("_log2")}
    assert names <= BINS.keys() | PHRASES.keys()
    assert names >= BINS.keys()
