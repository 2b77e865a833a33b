"""Signs of attack patterns in the features that the models see: what makes a cluster worth a look, however usual it is.

Only what hardly anything benign shows is a sign. Whether it is the attack pattern is decided later, by the records.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.config import AttackPatterns
from pipeline.models.patterns import BoolArray, FloatArray
from pipeline.report.scored import HALF, Scored

NO_SIGN = -1


@dataclass(frozen=True)
class Sign:
    """Features that an attack shows.

    Attributes:
        table: the feature table.
        least: the least value of each feature; where it is negative, the greatest, without its sign.
    """

    table: str
    least: Mapping[str, float]


def with_sign(scored: Scored, limits: AttackPatterns) -> pd.Series:
    """For each pattern the number of the sign that its features show, the first of several, or -1."""
    shown = np.full(len(scored.patterns), NO_SIGN, dtype=np.int64)
    for number, sign in reversed(list(enumerate(signs_of(limits)))):
        if sign.table == scored.table.name:
            columns = {name: scored.matrix[:, scored.names.index(name)] for name in sign.least}
            shown[np.all([_reaches(columns[name], limit) for name, limit in sign.least.items()], axis=0)] = number
    return pd.Series(shown, index=scored.patterns.index)


def signs_of(limits: AttackPatterns) -> list[Sign]:
    """All signs; counts are binned, down to powers of four."""
    ports, targets, guesses = (_binned(each) for each in (limits.scanned_ports, limits.scanned_targets, limits.guesses))
    users, flood = float(np.floor(np.log2(limits.sprayed_users))), _binned(limits.flood_sources)
    beacon = {
        "interval_dispersion": -limits.beacon_dispersion,
        "size_dispersion": -limits.beacon_dispersion,
        "pair_connections_log2": _binned(limits.beacon_calls),
        "pair_coverage": limits.beacon_hours / 24 - 1 / 16,  # coverage is rounded to eighths
    }
    return [
        Sign("events", {"source_ports_log2": ports}),
        Sign("connections", {"source_ports_log2": ports}),
        Sign("connections", {"source_targets_log2": targets, "source_failed_share": HALF}),
        Sign("connections", {"target_sources_log2": flood, "source_failed_share": HALF}),
        Sign("connections", beacon),
        Sign("source_ips", {"ports_log2": ports, "failed_share": HALF}),
        Sign("source_ips", {"ports_log2": ports, "blocked_share": HALF}),
        Sign("source_ips", {"logins_log2": guesses, "login_failure_share": HALF}),
        Sign("source_ips", {"users_log2": users, "login_failure_share": HALF}),
        Sign("users", {"failure_share": HALF}),
    ]


def _binned(count: int) -> float:
    return float(np.floor(np.log2(count) / 2) * 2)


def _reaches(values: FloatArray, limit: float) -> BoolArray:
    """At least the limit; of a negative one, at most its absolute value. What is unknown does not."""
    with np.errstate(invalid="ignore"):
        return np.asarray(values >= limit if limit > 0 else values <= -limit)
