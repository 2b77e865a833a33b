"""The rows of a feature table that a team adds, a night at a time, in a temporary table of the engine.

Names of columns are quoted, values are bound: neither is ever read as SQL. Which relations the rows come from belongs
in own_sources, what follows from them in own_tables.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from pipeline.config import OwnTable, Settings
from pipeline.features.own_sources import Relation, check, opened, relations
from pipeline.warehouse.configured import specs_of
from pipeline.warehouse.storage import replace_rows
from pipeline.warehouse.threads import as_many_as_there_are, as_many_as_useful

UNKNOWN = "unknown"
BENIGN = "benign"
MOST = 1e100  # beyond, squares could not be added up
REVISIONS = 2**52  # so many that equal ones mean equal rows, so few that sums of them stay whole numbers
FIRST_DAY, LAST_DAY = "1970-01-01", "2999-12-31"
DATE = "cast(try_cast({0} as timestamptz) as date)"
NUMBER = """
case lower({0}) when 'true' then 1 when 'false' then 0
else case when abs(try_cast({0} as double)) <= {most} then try_cast({0} as double) end end
"""
COUNTED = {"unreadable": "bigint", "damaged": "boolean"}
COUNTS = """
select count(*) filter (damaged), count(*) filter (log_date is null and not damaged),
       count(*) filter (log_date <> $night),
       count(*) filter (log_date = $night and entity_id is null),
       count(entity_id) filter (log_date = $night) - count(distinct entity_id) filter (log_date = $night),
       coalesce(sum(unreadable) filter (log_date = $night), 0)::bigint
from {0}
"""
NIGHTS = """
select log_date, sum(rows)::bigint as rows, (sum(content) % {revisions})::bigint + 1 as revision
from (from {found} union all select log_date, 0, 0 from {nights}) group by log_date
"""


@dataclass(frozen=True)
class LeftOut:
    """How many rows a night's table does not hold, by reason, and how many numbers are null for what they say."""

    damaged: int = 0
    undated: int = 0
    of_other_nights: int = 0
    without_entity: int = 0
    repeated: int = 0
    unreadable_numbers: int = 0

    @property
    def rows(self) -> int:
        """Rows left out; those of other nights are left to these, so a query may give them."""
        return self.damaged + self.undated + self.without_entity + self.repeated

    @property
    def counts(self) -> dict[str, int]:
        """Every count, by its reason in words."""
        return {
            "lines that are no rows of the table": self.damaged,
            "rows without a date that can be read": self.undated,
            "rows of other nights": self.of_other_nights,
            "rows without an entity": self.without_entity,
            "rows of an entity that has one": self.repeated,
            "numbers that cannot be read": self.unreadable_numbers,
        }

    @property
    def sentence(self) -> str:
        """What was left out and why."""
        found = ", ".join(f"{count:,} {reason}" for reason, count in self.counts.items() if count)
        return f"{self.rows:,} rows left out: {found}" if found else "every row is in the table"


@dataclass(frozen=True)
class OwnRows:
    """Where the rows of an added feature table come from.

    The temporary table `staged` has the columns entity_id, log_date, label and c0, c1, ... for the features in order.
    """

    own: OwnTable
    settings: Settings

    @property
    def staged(self) -> str:
        """Name of the temporary table."""
        return f"own_{self.own.name}"

    def check(self) -> None:
        """Raise unless the columns can be read.

        Raises:
            ConfigError: no file, a column is missing, or the query is no SELECT over the raw tables.
        """
        check(self.own, self.settings)

    def update_nights(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Note which nights the files have rows of, and which revision of them; a night that lost all keeps a row.

        Raises:
            ConfigError: see `check`; or a file cannot be read to its end.
        """
        nights = specs_of(self.own).nights
        if nights is None:
            return
        found = f"{self.staged}_found"
        connection.execute(f"create or replace temp table {found} (log_date date, rows bigint, content hugeint)")
        texts = ", ".join(f"t{place}" for place in range(len(self.own.columns)))
        for relation in relations(self.own, self.settings):
            query = f"""
                insert into {found} select {DATE.format("t0")} as night, count(*), sum(hash({texts}))
                from ({relation.sql}) where t1 <> '' and night between '{FIRST_DAY}' and '{LAST_DAY}' group by night
            """  # noqa: S608 - names are ours
            with self._opened(connection, relation):
                connection.execute(query, relation.parameters)
        union = NIGHTS.format(found=found, nights=nights.name, revisions=REVISIONS)
        rows = connection.execute(union).to_arrow_table()
        replace_rows(connection, nights, rows.cast(nights.arrow_schema()), {})

    def stage(self, connection: duckdb.DuckDBPyConnection, night: date) -> LeftOut:
        """Put a night's rows into the temporary table; of rows with one entity the one that sorts first stays.

        Raises:
            ConfigError: see `update_nights`.
        """
        read = f"{self.staged}_read"
        columns = {"entity_id": "varchar", "log_date": "date", "label": "varchar"}
        columns |= {f"c{place}": kind for place, (_, kind) in enumerate(self._features())}
        defined = ", ".join(f"{name} {kind}" for name, kind in (columns | COUNTED).items())
        connection.execute(f"create or replace temp table {read} ({defined})")
        for relation in relations(self.own, self.settings):
            with self._opened(connection, relation):
                parameters = relation.parameters | {"night": night} | self._benign()
                connection.execute(f"insert into {read} by name {self._values(relation)}", parameters)
        counts = connection.execute(COUNTS.format(read), {"night": night}).fetchall()[0]
        connection.execute(
            f"""
            create or replace temp table {self.staged} as
            select {", ".join(columns)} from {read} where log_date = $night and entity_id is not null
            qualify row_number() over (partition by entity_id order by {", ".join(columns)}) = 1
            """,  # noqa: S608 - names are ours
            {"night": night},
        )
        connection.execute(f"drop table {read}")
        as_many_as_useful(connection, self.settings.engine)
        return LeftOut(*counts)

    @contextmanager
    def _opened(self, connection: duckdb.DuckDBPyConnection, relation: Relation) -> Iterator[None]:
        """As `opened`, and a large file is read by all threads."""
        threads = as_many_as_there_are(connection, self.settings.engine, relation.bytes)
        with threads, opened(connection, self.own, relation):
            yield

    def _benign(self) -> dict[str, list[str]]:
        return {"benign": [text.strip().lower() for text in self.own.benign]} if self.own.label else {}

    def _features(self) -> list[tuple[str, str]]:
        """The features in order, each with its type."""
        numbers = [(name, "double") for name in (*self.own.numeric, *self.own.log)]
        return [*numbers, *((name, "varchar") for name in self.own.categorical)]

    def _values(self, relation: Relation) -> str:
        """SQL of the rows of a night, of undated ones, and of those that a query gives of other nights."""
        features = self._features()
        values, unreadable = [], ["0"]
        for place, (_, kind) in enumerate(features):
            text, name = f"t{place + 2}", f"c{place}"
            if kind == "double":
                values.append(f"{NUMBER.format(text, most=MOST)} as {name}")
                unreadable.append(f"({text} <> '' and {name} is null)::bigint")
            else:
                values.append(f"coalesce(nullif({text}, ''), '{UNKNOWN}') as {name}")
        label = f"t{len(features) + 2}"
        told_as = f"if(list_contains($benign, lower({label})), '{BENIGN}', nullif({label}, ''))"
        day = DATE.format("t0")
        return f"""
            select nullif(t1, '') as entity_id, damaged,
                   if({day} between '{FIRST_DAY}' and '{LAST_DAY}', {day}, null) as log_date,
                   {", ".join(values)}, coalesce({" + ".join(unreadable)}, 0) as unreadable,
                   {told_as if self.own.label else "null"} as label
            from ({relation.sql})
            where log_date = $night or log_date is null or {str(self.own.sql is not None).lower()}
        """  # noqa: S608 - names are ours
