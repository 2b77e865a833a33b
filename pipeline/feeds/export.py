"""Exports of a night: which formats there are, and their bytes; the same night gives the same bytes.

What does not belong here: what a document of a format says (ecs, ocsf, stix).
"""

import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.config_errors import UsageError
from pipeline.feeds import ecs, ocsf
from pipeline.feeds.night import JSON_COLUMNS, read, table
from pipeline.feeds.rows import as_csv, as_json

FINDINGS, EVENTS = CONTENTS = ("findings", "events")
Export = Callable[[Path, date, str], bytes]


@dataclass(frozen=True)
class ExportFormat:
    """A format of exports.

    Attributes:
        suffix: of files in it.
        export: the bytes of what is asked for, from the published folder and the night.
        holds: what can be asked for; events are within their findings where they are not named.
        is_text: whether it can be shown.
    """

    suffix: str
    export: Export
    holds: tuple[str, ...] = CONTENTS
    is_text: bool = True


def export(folder: Path, night: date, name: str, what: str) -> bytes:
    """The findings or events of a night in a format.

    Args:
        folder: the published copy.
        night: the night.
        name: of the format.
        what: findings or events.

    Raises:
        NothingPublishedError: no night has been published yet.
        UsageError: this one has not, or the format does not hold what is asked for.
    """
    chosen = FORMATS[name]
    if what not in chosen.holds:
        message = f"{name} has no {what} of their own, they stand in the findings; leave out --what {what}"
        raise UsageError(message)
    return chosen.export(folder, night, what)


def _csv(folder: Path, night: date, what: str) -> bytes:
    rows = table(folder, night, what)
    return as_csv(rows.column_names, [tuple(row.values()) for row in rows.to_pylist()]).encode()


def _json(folder: Path, night: date, what: str) -> bytes:
    rows = table(folder, night, what)
    read_json = [name for name in JSON_COLUMNS if name in rows.column_names]
    parsed = (row | {name: json.loads(row[name]) for name in read_json} for row in rows.to_pylist())
    return as_json(rows.column_names, [tuple(row.values()) for row in parsed]).encode()


def _parquet(folder: Path, night: date, what: str) -> bytes:
    file = io.BytesIO()
    pq.write_table(table(folder, night, what), file, compression="zstd")
    return file.getvalue()


def _ecs(folder: Path, night: date, what: str) -> bytes:
    documents = ecs.findings if what == FINDINGS else ecs.events
    return _lines(documents(read(folder, night)))


def _ocsf(folder: Path, night: date, what: str) -> bytes:
    del what
    return _lines(ocsf.findings(read(folder, night)))


def _stix(folder: Path, night: date, what: str) -> bytes:
    del what
    from pipeline.feeds.stix import bundle  # noqa: PLC0415 - half a second, and few ask for it

    return bundle(read(folder, night)).encode()


def _lines(documents: Iterable[dict[str, Any]]) -> bytes:
    """JSON lines in ASCII: nothing that a log says acts on a terminal."""
    return "".join(json.dumps(document, allow_nan=False) + "\n" for document in documents).encode("ascii")


FORMATS = {
    "csv": ExportFormat("csv", _csv),
    "parquet": ExportFormat("parquet", _parquet, is_text=False),
    "json": ExportFormat("jsonl", _json),
    "ecs": ExportFormat("ecs.jsonl", _ecs),
    "ocsf": ExportFormat("ocsf.jsonl", _ocsf, (FINDINGS,)),
    "stix": ExportFormat("stix.json", _stix, (FINDINGS,)),
}
