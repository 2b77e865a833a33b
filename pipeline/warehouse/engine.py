"""The one place that opens the warehouse file.

Connections open late and close early; a lock held by another process is waited for, with a deadline, and nothing else
is retried. What does not belong here: which tables exist (schemas), what Dagster stores (io_manager).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from threading import Timer
from typing import Self

import duckdb
import ibis
import pyarrow as pa

from pipeline.config import Engine, Settings
from pipeline.warehouse.configured import tables
from pipeline.warehouse.copies import space, write_anew
from pipeline.warehouse.queries import prepared_sql
from pipeline.warehouse.threads import as_many_as_useful
from pipeline.warehouse.upgrades import bring_up_to_date
from schemas.base import TableSpec, arrow_schema
from schemas.registry import TABLES

POLL_SECONDS = 0.02
# how long a run may go from step to step without letting others have the file
SHARED_SECONDS = 5.0
INCOMING = "incoming_rows"
# opening a file costs more than most questions to it: who asks several opens it once around them
OPEN: ContextVar[dict[Path, duckdb.DuckDBPyConnection]] = ContextVar("open_warehouses", default={})  # noqa: B039
# open files that nobody uses just now, each with the moment at which it is closed and what closes it then
IDLE: dict[Path, tuple[duckdb.DuckDBPyConnection, float, Timer]] = {}
SHARED: set[Path] = set()


class WarehouseBusyError(RuntimeError):
    """Another process held the warehouse for longer than the deadline."""


@dataclass(frozen=True)
class Warehouse:
    """The live DuckDB file: one writer at a time, opened for as short as possible; `tables` are those that it has."""

    file: Path
    engine: Engine = field(default_factory=Engine)
    tables: Mapping[str, TableSpec] = field(default_factory=lambda: TABLES, repr=False, compare=False)

    @classmethod
    def of(cls, settings: Settings) -> "Warehouse":
        """The warehouse that the settings name."""
        return cls(settings.warehouse_file, settings.engine, tables(settings))

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection to the live file, in which every stored table exists; inside another one, that same one."""
        if outer := OPEN.get().get(self.file):
            yield outer
            return
        connection, until = self._idle() or self._opened()
        try:
            token = OPEN.set(OPEN.get() | {self.file: connection})
            try:
                yield connection
            finally:
                OPEN.reset(token)
        except BaseException:
            connection.close()  # temporary tables may have been left in it
            raise
        if self.file not in SHARED or time.monotonic() > until or self.file in IDLE:
            connection.close()
        else:
            timer = Timer(until - time.monotonic(), self._let_go)
            timer.daemon = True
            IDLE[self.file] = connection, until, timer
            timer.start()

    @contextmanager
    def shared(self) -> Iterator[Self]:
        """Connections that follow each other use one that stays open in between, for so long as others can wait."""
        SHARED.add(self.file)
        try:
            yield self
        finally:
            SHARED.discard(self.file)
            self._let_go()

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection whose work lands as a whole or not at all."""
        with self.connect() as connection, in_transaction(connection):
            yield connection

    def fetch(self, expression: ibis.Table, dates: Mapping[date, date] | None = None) -> pa.Table:
        """The rows of an unbound expression, in memory; `dates` are those that its own stand for, if they do."""
        with self.connect() as connection:
            rows = connection.execute(prepared_sql(connection, expression, dates)).to_arrow_table()
        # the engine widens sums to 128 bits, which Arrow calls a decimal
        return rows.cast(arrow_schema(expression.schema()))

    @contextmanager
    def materialised(
        self, rows: Sequence[ibis.Table] | pa.Table, name: str, dates: Mapping[date, date] | None = None
    ) -> Iterator[ibis.Table]:
        """Rows of unbound expressions of one schema, or rows in memory, as a temporary table for several questions.

        Each expression is asked by itself: of a union the engine would first keep whatever its parts share.
        """
        with self.connect() as connection:
            if isinstance(rows, pa.Table):
                schema = ibis.Schema.from_pyarrow(rows.schema)
                connection.register(INCOMING, rows)
                connection.execute(f"create temp table {name} as from {INCOMING}")
                connection.unregister(INCOMING)
            else:
                schema = rows[0].schema()
                for place, part in enumerate(rows):
                    how = f"insert into {name}" if place else f"create temp table {name} as"
                    connection.execute(f"{how} {prepared_sql(connection, part, dates)}")
            yield temporary(name, schema)
            connection.execute(f"drop table {name}")

    def compact(self, least_share: float, least_bytes: int) -> int:
        """Write the file anew if enough of it holds nothing; return the bytes that it is smaller by.

        Args:
            least_share: of the file, from 0 to 1, that must be free.
            least_bytes: that must be free.
        """
        with self.connect() as connection:
            before = space(connection)
        self._let_go()
        if before.free < max(least_share * before.total, least_bytes):
            return 0
        with duckdb.connect() as connection:
            configure(connection, self.engine, self.file.parent / "spill")
            try:
                is_done = write_anew(connection, self.file)
            except duckdb.IOException as error:
                if not _is_locked(error):
                    raise
                return 0
        return before.total - self.file.stat().st_size if is_done else 0

    def _number(self) -> int | None:
        """What tells the file from another one of its name."""
        return self.file.stat().st_ino if self.file.exists() else None

    def _opened(self) -> tuple[duckdb.DuckDBPyConnection, float]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        connection = self._locked()
        try:
            configure(connection, self.engine, self.file.parent / "spill")
            bring_up_to_date(connection, self.file, self.tables)
            as_many_as_useful(connection, self.engine)
        except BaseException:
            connection.close()
            raise
        return connection, time.monotonic() + SHARED_SECONDS

    def _idle(self) -> tuple[duckdb.DuckDBPyConnection, float] | None:
        """The file that is open and that nobody else uses from now on, and until when."""
        # taken away in a single step: two threads never have the same one
        if idle := IDLE.pop(self.file, None):
            connection, until, timer = idle
            timer.cancel()
            return connection, until
        return None

    def _let_go(self) -> None:
        """Close the file if it is open and nobody uses it."""
        if idle := self._idle():
            idle[0].close()

    def _locked(self) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + self.engine.lock_timeout_seconds
        while True:
            before = self._number()
            try:
                connection = duckdb.connect(self.file)
                if before in {None, self._number()}:
                    return connection
                # while it was opened, the file was written anew: this one has no name any more
                connection.close()
            except duckdb.IOException as error:
                if not _is_locked(error):
                    raise
                if time.monotonic() > deadline:
                    message = (
                        f"another process holds {self.file.name} for more than {self.engine.lock_timeout_seconds:g} s; "
                        "wait for its run to end or stop it, or raise engine.lock_timeout_seconds"
                    )
                    raise WarehouseBusyError(message) from error
                time.sleep(POLL_SECONDS)


def _is_locked(error: duckdb.IOException) -> bool:
    return "could not set lock" in str(error).lower()


@contextmanager
def in_transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Work of a connection that lands as a whole or not at all."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def configure(connection: duckdb.DuckDBPyConnection, engine: Engine, spill: Path) -> None:
    """Bound the engine's memory and make its clock UTC."""
    connection.execute("set timezone = 'UTC'")
    connection.execute("set enable_progress_bar = false")
    connection.execute("set preserve_insertion_order = false")
    connection.execute("set memory_limit = $limit", {"limit": engine.memory_limit})
    connection.execute("set temp_directory = $spill", {"spill": str(spill)})
    if engine.threads:
        connection.execute("set threads = $threads", {"threads": engine.threads})


@cache
def temporary(name: str, schema: ibis.Schema) -> ibis.Table:
    """A temporary table as an expression, the same one each time: what is asked of it can be kept by it."""
    return ibis.table(schema, name=name)
