"""What happens in a night beside the firewall's own log, and the entries that other sensors make of it.

What belongs here: what all sensors share. What does not: any one of them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

import numpy as np

from pipeline.samples.connections import BACKGROUND, Connections, measured
from pipeline.samples.night import Night
from pipeline.samples.planted import Planted
from pipeline.samples.records import Records

_ENCODER = json.JSONEncoder(separators=(",", ":"))


class Entry(NamedTuple):
    """A line that a sensor writes.

    Attributes:
        time: milliseconds since midnight UTC.
        text: the line.
        planted: name of the planted thing that they tell of, or nothing.
    """

    time: int
    text: str
    planted: str = ""


@dataclass(frozen=True)
class Activity:
    """A night as any sensor may see it.

    Attributes:
        night: which one.
        connections: all packets and connections at the edge and within the site.
        names: of the planted things that `connections.planted` counts.
    """

    night: Night
    connections: Connections
    names: tuple[str, ...]

    @classmethod
    def of(cls, night: Night, background: Records, planted: Iterable[Planted]) -> Self:
        """From what the firewall logs."""
        things = tuple(planted)
        connections = measured(night.rng("connections"), background, things)
        return cls(night, connections, tuple(thing.name for thing in things))

    def name_of(self, place: int) -> str:
        """Name of a planted thing by its place, nothing for the background."""
        return "" if place == BACKGROUND else self.names[place]

    def of_planted(self, name: str) -> Connections:
        """The connections of a planted thing, none if it is not planted in this night."""
        places = [place for place, known in enumerate(self.names) if known == name]
        return self.connections.take(np.flatnonzero(np.isin(self.connections.planted, places)))

    def moment(self, milliseconds: int) -> datetime:
        """A time of the night."""
        return self.midnight + timedelta(milliseconds=milliseconds)

    @property
    def midnight(self) -> datetime:
        """When the night begins."""
        return datetime(self.night.day.year, self.night.day.month, self.night.day.day, tzinfo=UTC)


def json_line(record: dict[str, Any]) -> str:
    """A record as most sensors write it."""
    return _ENCODER.encode(record)
