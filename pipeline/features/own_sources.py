"""Where the rows of an added feature table lie: files, or a query over the raw tables; and what can be wrong with that.

What rows become belongs in own_rows.
"""

import glob
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.config import OwnTable, Settings
from pipeline.config_errors import ConfigError
from pipeline.ingest.contract import RECORDS
from pipeline.ingest.csv_batches import csv_batches
from pipeline.ingest.delimited import Layout
from pipeline.ingest.landing import landed
from pipeline.ingest.logstream import LogStream
from pipeline.warehouse.stored_tables import create_tables, quoted
from schemas import raw

NIGHT = "night"
ANY_NIGHT = date(2026, 1, 5)
ARRIVING = "own_records"
DELIMITER = ","
PARQUET = "read_parquet($file)"
PARQUET_ENDS = (".parquet", ".pq")


@dataclass(frozen=True)
class Relation:
    """Rows of a table, their columns as texts t0, t1, ...: date, entity, features, label.

    The column `damaged` tells lines that are no rows.

    Attributes:
        place: how a person calls it: a path, or that it is a query.
        sql: a SELECT that gives the rows while it is open.
        parameters: of it.
        file: a CSV file that arrives as a stream.
        bytes: of the file that the rows lie in; 0 of a query.
    """

    place: str
    sql: str
    parameters: dict[str, Any]
    file: Path | None = None
    bytes: int = 0


def relations(own: OwnTable, settings: Settings) -> Iterator[Relation]:
    """What the rows of a table come from.

    Raises:
        ConfigError: there is no file.
    """
    if own.sql is not None:
        yield Relation("its query", _texts(own, _query(own)), {})
        return
    files = landed(settings, own)
    if not files:
        message = f"{key(own, 'path')} = {own.path!r}: no file is there; put one there or correct the path"
        raise ConfigError(message)
    for file in files:
        size = file.stat().st_size if file.exists() else 0
        if file.name.lower().endswith(PARQUET_ENDS):
            yield Relation(str(file), _texts(own, PARQUET), {"file": glob.escape(str(file))}, bytes=size)
        else:
            columns = ", ".join(f"trim({name}) as {name}" for name in _text_names(own))
            arriving = f"select {columns}, fault is not null as damaged from {ARRIVING}"  # noqa: S608 - names are ours
            yield Relation(str(file), arriving, {}, file, size)


@contextmanager
def opened(connection: duckdb.DuckDBPyConnection, own: OwnTable, relation: Relation) -> Iterator[None]:
    """Lets the relation be selected from, once; what the engine says of it becomes one sentence.

    Raises:
        ConfigError: it cannot be read, or not to its end.
    """
    stream = LogStream(relation.file) if relation.file else None
    if stream:
        batches = pa.RecordBatchReader.from_batches(_schema(own), _records(own, stream))
        # as a bare stream: of a reader, PyArrow would read ahead without bounds
        connection.register(ARRIVING, batches.__arrow_c_stream__())
    with told(own, relation):
        yield
    if stream:
        connection.unregister(ARRIVING)
        if fault := stream.error or stream.damage:
            raise ConfigError(_unreadable(own, relation, fault))


def check(own: OwnTable, settings: Settings) -> None:
    """Raise unless every column can be read from everything that rows come from.

    Raises:
        ConfigError: no file, a file that cannot be read, a missing column, or no single SELECT over the raw tables.
    """
    with duckdb.connect() as connection:
        if own.sql is not None:
            _check_query(connection, own)
        for relation in relations(own, settings):
            _check_columns(own, relation, _found(connection, own, relation))


def _found(connection: duckdb.DuckDBPyConnection, own: OwnTable, relation: Relation) -> list[str]:
    """The columns that there are."""
    if relation.file:
        return _header(own, relation, relation.file)
    source, parameters = (PARQUET, relation.parameters) if own.sql is None else (_query(own), {NIGHT: ANY_NIGHT})
    with told(own, relation):
        return [column[0] for column in connection.execute(f"from {source} limit 0", parameters).description or []]


def _header(own: OwnTable, relation: Relation, file: Path) -> list[str]:
    stream, found = LogStream(file), list[str]()

    def noted(names: list[str]) -> Layout:
        found.extend(names)
        return Layout(DELIMITER, len(names), {})

    batches = csv_batches(stream, DELIMITER, noted, RECORDS)
    while not found and next(batches, None) is not None:
        pass
    if not found:
        fault = stream.error or stream.damage or "it has no header"
        raise ConfigError(_unreadable(own, relation, fault))
    return found


def _records(own: OwnTable, stream: LogStream) -> Iterator[pa.RecordBatch]:
    def layout_of(names: list[str]) -> Layout:
        exact = {name.lower(): place for place, name in reversed(list(enumerate(names)))}
        places = {text: exact[name.lower()] for text, name in zip(_text_names(own), own.columns, strict=True)}
        return Layout(DELIMITER, len(names), places)

    return csv_batches(stream, DELIMITER, layout_of, _schema(own))


def _schema(own: OwnTable) -> pa.Schema:
    return pa.schema([*RECORDS, *(pa.field(name, pa.string()) for name in _text_names(own))])


def _text_names(own: OwnTable) -> list[str]:
    return [f"t{place}" for place in range(len(own.columns))]


def _texts(own: OwnTable, relation: str) -> str:
    columns = zip(own.columns, _text_names(own), strict=True)
    texts = ", ".join(f"trim(cast({quoted(name)} as varchar)) as {text}" for name, text in columns)
    return f"select {texts}, false as damaged from {relation}"  # noqa: S608 - quoted above


def _query(own: OwnTable) -> str:
    """The configured query as a relation; it may end in a comment."""
    return f"({(own.sql or '').strip().rstrip(';')}\n)"


def key(own: OwnTable, name: str) -> str:
    """How a key of the section is called."""
    return f"feature_tables.{own.name}.{name}"


@contextmanager
def told(own: OwnTable, relation: Relation) -> Iterator[None]:
    """Turns what the engine says of a relation that it cannot read into one sentence."""
    try:
        yield
    except duckdb.Error as fault:
        raise ConfigError(_unreadable(own, relation, str(fault).partition("\n")[0].rstrip(". "))) from fault


def _unreadable(own: OwnTable, relation: Relation, reason: object) -> str:
    where = key(own, "sql" if own.sql is not None else "path")
    return f"{where}: {relation.place} cannot be read: {reason}; correct it or leave it out"


def _check_query(connection: duckdb.DuckDBPyConnection, own: OwnTable) -> None:
    """Raise unless it is one SELECT for a night; on this connection it then reaches the raw tables and nothing else."""
    with told(own, Relation("its query", "", {})):
        statements = connection.extract_statements(own.sql or "")
    if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
        kinds = " and ".join(statement.type.name for statement in statements) or "nothing"
        message = f"{key(own, 'sql')}: it is {kinds}; give one SELECT over the raw tables"
        raise ConfigError(message)
    if (asked := set(statements[0].named_parameters)) != {NIGHT}:
        names = ", ".join(f"${name}" for name in sorted(asked)) or "none"
        message = f"{key(own, 'sql')}: its parameters are {names}; ask for one night with log_date = $night"
        raise ConfigError(message)
    create_tables(connection, {spec.name: spec for spec in raw.TABLES})
    connection.execute("set enable_external_access = false")


def _check_columns(own: OwnTable, relation: Relation, found: Sequence[str]) -> None:
    """Raise if a column is missing; the engine tells names apart by their letters, not by their case."""
    known = {name.lower() for name in found}
    if missing := next((name for name in own.columns if name.lower() not in known), None):
        hint = _hint(missing, found)
        message = f"feature_tables.{own.name}: {relation.place} has no column {missing!r}; {hint}"
        raise ConfigError(message)


def _hint(missing: str, found: Iterable[str]) -> str:
    close = get_close_matches(missing, list(found), n=1)
    return f"did you mean {close[0]!r}?" if close else f"name one of {', '.join(map(repr, found))}"
