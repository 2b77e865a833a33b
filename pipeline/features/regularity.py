"""How regular a series is: the measures by which RITA tells beacons from people.

Both measures rest on quartiles, so a few odd values do not hide a beacon. Source: RITA (Active Countermeasures),
"beacon analysis": Bowley skewness and the median absolute deviation about the median (MADM).
"""

import ibis
from ibis import _

LEAST_VALUES = 3  # below, any series looks regular


def skew_and_dispersion(series: ibis.Table, by: str, value: str, name: str) -> ibis.Table:
    """Per value of the column `by`: `{name}_skew` and `{name}_dispersion` of the numbers in the column `value`.

    The skew is Bowley's without its sign, 0 (symmetric) to 1. The dispersion is the MADM over the median, at most 1; it
    is 0 for a metronome. Fewer than three numbers have neither: they have no row.
    """
    known = series.filter(series[value].notnull())
    quartiles = known.group_by(by).agg(
        values=_.count(),
        low=_[value].quantile(0.25),
        middle=_[value].quantile(0.5),
        high=_[value].quantile(0.75),
    )
    quartiles = quartiles.filter(_["values"] >= LEAST_VALUES)
    skew = (quartiles.low + quartiles.high - 2 * quartiles.middle).abs() / (quartiles.high - quartiles.low).nullif(0)
    quartiles = quartiles.select(by, "middle", skew=skew.fill_null(0.0))
    spread = (
        known.inner_join(quartiles, by)
        .group_by(by, "skew", "middle")
        .agg(madm=(_[value] - _.middle).abs().quantile(0.5))
    )
    relative = spread.madm / spread.middle.nullif(0)
    # a series around 0 has no relative spread: it is either constant or not
    dispersion = (relative > 1).ifelse(1.0, relative).fill_null((spread.madm > 0).cast("float64"))
    return spread.select(by, **{f"{name}_skew": spread.skew, f"{name}_dispersion": dispersion})
