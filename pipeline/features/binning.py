"""Coarse values: what enters a pattern is binned, so that entities alike become one pattern."""

import ibis
from ibis import _

OCTAVE = 2.0


def log2_bin(count: ibis.Value, step: int = 1) -> ibis.Value:
    """log2 of a whole number, rounded down to a multiple of `step`; 0 for 0 and 1, null for null.

    The half keeps powers of two clear of rounding: log2(16) must not come out as 3.999...
    """
    return ((greatest_one(count) + 0.5).log2() / step).floor() * step


def log2_bin_from_zero(count: ibis.Value, step: int = 1) -> ibis.Value:
    """log2 of 1 + a whole number, rounded down to a multiple of `step`: it tells none from one."""
    return log2_bin(count + 1, step)


def half_octave(value: ibis.Value) -> ibis.Value:
    """log2 of a positive number, rounded to halves."""
    return (value.log2() * 2).round() / 2


def log_bin(quantity: ibis.Value) -> ibis.Value:
    """log(1 + quantity), rounded to a whole number."""
    return (quantity.cast("float64") + 1).ln().round()


def bounded(quantity: ibis.Value, most: float) -> ibis.Value:
    """A quantity that no damaged record can drive beyond what may be added up; null for null."""
    return (quantity > most).ifelse(most, quantity)


def share_bin(part: ibis.Value, whole: ibis.Value, steps: int = 4) -> ibis.Value:
    """The part of a whole, rounded to so many steps between 0 and 1; null where there is no whole."""
    return quantised(part / whole.nullif(0), steps)


def quantised(share: ibis.Value, steps: int = 4) -> ibis.Value:
    """A share, rounded to so many steps between 0 and 1."""
    return (share * float(steps)).round() / steps


def greatest_one(count: ibis.Value) -> ibis.Value:
    """The count, but at least 1; null stays null, which `greatest` would pass over."""
    return (count < 1).ifelse(1, count)


def distinct_texts(column: str) -> ibis.Value:
    """Aggregate: the distinct texts of a column, sorted, in one text; null if there are none."""
    return _[column].collect(distinct=True).sort().join(", ")
