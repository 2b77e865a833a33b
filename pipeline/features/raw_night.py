"""The raw rows that the features of a night are built from: its own, and those of the nights before it.

What looks back sees the raw rows of a bounded window, never the features of earlier nights: so the order in which
nights are built does not matter.
"""

from dataclasses import dataclass
from datetime import date

import ibis

from schemas.base import TableSpec, of_night, of_nights


@dataclass(frozen=True)
class RawNight:
    """A night and the window before it.

    Attributes:
        night: the night.
        first, last: of the nights before it that features may look back on.

    Features are built once for all nights, so these dates stand for others: rows may be compared with them, and they
    with nothing else.
    """

    night: date
    first: date
    last: date

    def rows(self, spec: TableSpec) -> ibis.Table:
        """The night's own rows of a raw table."""
        return of_night(spec, self.night)

    def earlier(self, spec: TableSpec) -> ibis.Table:
        """The rows of the nights before it."""
        return of_nights(spec, self.first, self.last)
