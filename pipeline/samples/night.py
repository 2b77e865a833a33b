"""One night to be written: its date, its place in the run, its streams of numbers.

What belongs here: what all traffic of a night shares. What does not: any traffic.
"""

import math
from dataclasses import dataclass
from datetime import date

from numpy.random import Generator

from pipeline.samples.draws import stream
from pipeline.samples.site import USUAL_EVENTS, Site

DAYS_PER_WEEK = 7
SATURDAY = 5


@dataclass(frozen=True)
class Night:
    """What the traffic of a night depends on; nothing else, so a night is the same however many are written.

    Attributes:
        day: the UTC day.
        number: 1 for the first night.
        seed: of all draws.
        events: records of an ordinary working day.
        site: who is there.
    """

    day: date
    number: int
    seed: int
    events: int
    site: Site

    @property
    def is_weekend(self) -> bool:
        """Saturday or Sunday."""
        return self.day.weekday() >= SATURDAY

    @property
    def week(self) -> int:
        """0 for the first seven nights."""
        return (self.number - 1) // DAYS_PER_WEEK

    @property
    def night_of_week(self) -> int:
        """1 to 7, counted from the first night."""
        return (self.number - 1) % DAYS_PER_WEEK + 1

    def rng(self, purpose: str) -> Generator:
        """The night's own stream for a purpose."""
        return stream(self.seed, self.day.toordinal(), purpose)

    def rng_of_week(self, purpose: str) -> Generator:
        """A stream that the nights of a week share, for what lasts longer than a night."""
        return stream(self.seed, self.week, purpose)

    def grown(self, count: int) -> int:
        """A planted count at this size of site: it grows with the events' fourth root and never shrinks."""
        return max(count, count * math.isqrt(math.isqrt(self.events)) // math.isqrt(math.isqrt(USUAL_EVENTS)))
