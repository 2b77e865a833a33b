"""The format `user_csv`: one row per user, with login attempts per hour and the average length of a session.

Such a table tells of people, not of single logins, so that a row is one login whose details hold the attempts. Without
a column for the time, rows are of the moment of their file; without one for the user, they are named by their place.
"""

import re
from collections.abc import Iterator

import ibis
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.contract import RECORDS, Format, Head, Reader, Recognition
from pipeline.ingest.csv_batches import csv_batches
from pipeline.ingest.csv_quoted import split_line
from pipeline.ingest.delimited import Layout
from pipeline.ingest.details import details_of
from pipeline.ingest.engine_functions import variable
from pipeline.ingest.logstream import LogStream

ATTEMPTS, MINUTES = "Login Attempts/hr", "Avg Session Duration (min)"
# in lower case, with _ for all that is neither letter nor digit
NAMES = {
    "attempts": ("login_attempts_hr", "login_attempts_per_hour", "login_attempts"),
    "session_minutes": ("avg_session_duration_min", "avg_session_duration", "session_minutes"),
    "timestamp": ("timestamp", "date", "time", "datetime"),
    "user": ("user", "user_id", "userid", "username", "user_name", "account"),
    "source_ip": ("source_ip",),
    "host": ("host",),
    "label": ("label",),
}
SCHEMA = pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in NAMES)])
MOST = 1e9
NO_NUMBER = "login attempts per hour is no number"
EXAMPLE = f"""\
user,{ATTEMPTS},{MINUTES}
ann,3,42.5"""


def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The rows with the text of the columns that are known."""
    return csv_batches(stream, source.delimiter, lambda names: _layout(names, source), SCHEMA)


def fields(rows: ibis.Table, source: Source) -> ibis.Table:
    """What a row says of its user; the row identifies it, with the day of its file where it has no time."""
    del source
    attempts = rows.attempts.strip().nullif("")
    number = attempts.try_cast("float64")
    is_wrong = attempts.notnull() & ~number.between(0, MOST).fill_null(False)
    fault = rows.fault.fill_null(is_wrong.ifelse(NO_NUMBER, ibis.null(str)))
    moment = variable("file_moment")
    # the day alone, so that a file that grows on it repeats its records
    dated = rows.timestamp.isnull().ifelse(moment.date().cast("string") + " " + rows.record, rows.record)
    return rows.mutate(
        fault=fault,
        canonical=fault.isnull().ifelse(dated, ibis.null(str)),
        # null where the header has no such column, blank where the row has no value
        timestamp=rows.timestamp.fill_null(moment.cast("string")),
        user=rows.user.fill_null("row-" + (rows.line_number - 1).cast("string")),
        details=details_of({"login_attempts_per_hour": number}),
    )


def recognise(head: Head) -> Recognition | None:
    """By both measures in the header."""
    names = split_line(head.lines[0], ",") if head.lines else []
    return None if _lacks(_places(names)) else Recognition(0.95, f"a header line with {ATTEMPTS} and {MINUTES}")


def _layout(names: list[str], source: Source) -> Layout:
    places = _places(names)
    absent = _lacks(places)
    return Layout(source.delimiter, len(names), places, f"the header has no column {absent}" if absent else None)


def _places(names: list[str]) -> dict[str, int]:
    plain = [re.sub("[^a-z0-9]+", "_", name.casefold()).strip("_") for name in names]
    known = {name: [plain.index(choice) for choice in choices if choice in plain] for name, choices in NAMES.items()}
    return {name: found[0] for name, found in known.items() if found}


def _lacks(places: dict[str, int]) -> str | None:
    needed = {"attempts": ATTEMPTS, "session_minutes": MINUTES}
    return next((title for name, title in needed.items() if name not in places), None)


FORMAT = Format(
    name="user_csv",
    description="one row per user: login attempts per hour and minutes of an average session",
    example=EXAMPLE,
    options=("delimiter",),
    tables=("raw.logins",),
    reader=Reader(SCHEMA, records, fields),
    dates_by_name=True,
    recognise=recognise,
)
