"""The list of what was planted, for comparison with what is found; it never goes into the logs.

What belongs here: the columns of `ground_truth.csv` and how records become a row of it; the count by source beside it.
"""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import numpy as np

from pipeline.samples.draws import Ints
from pipeline.samples.planted import Planted
from pipeline.samples.records import NO_PORT
from pipeline.samples.site import dotted

COLUMNS = (
    "night",
    "kind",
    "name",
    "source_ips",
    "dest_ips",
    "dest_ports",
    "first_event",
    "last_event",
    "events",
)
SOURCE_COLUMNS = ("night", "name", "format", "records")


def truth_row(day: date, planted: Planted) -> tuple[str, ...]:
    """One planted thing of one night: lists in ascending order, times in UTC, all its log records counted."""
    records = planted.records
    ports = np.unique(records.dest_port[records.dest_port != NO_PORT])
    return (
        day.isoformat(),
        planted.kind,
        planted.name,
        _addresses(records.source),
        _addresses(records.dest),
        " ".join(map(str, ports.tolist())),
        _moment(day, int(records.time.min())),
        _moment(day, int(records.time.max())),
        str(len(records)),
    )


def truth_csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> bytes:
    """The file with its header, lines ended alike on every system."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue().encode()


def _addresses(addresses: Ints) -> str:
    return " ".join(map(dotted, np.unique(addresses).tolist()))


def _moment(day: date, milliseconds: int) -> str:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return (midnight + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
