"""What the texts of arrivals mean: verdicts of actions, keywords of protocols, countries of addresses.

Here: looking up each distinct text once, however many records say it. Not here: the lists and databases themselves.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cache

import ibis
import pyarrow as pa
from duckdb import DuckDBPyConnection

from pipeline.config import Verdicts
from pipeline.ingest.addresses import is_private
from pipeline.ingest.countries import NO_COUNTRY, Countries
from pipeline.ingest.engine_functions import country_of, taught
from pipeline.ingest.protocols import unified
from pipeline.ingest.targets import Target
from pipeline.ingest.verdicts import verdict
from pipeline.warehouse.queries import compile_sql

TEXTS = "select distinct {column} from arrivals where {column} is not null"
COUNTRY_OF = "country_of"


@dataclass(frozen=True)
class Knowledge:
    """What is known beyond the logs.

    Attributes:
        verdicts: what actions mean.
        countries: the databases of the sources that have one, by source.
    """

    verdicts: Verdicts
    countries: dict[str, Countries] = field(default_factory=dict)


def known_to(connection: DuckDBPyConnection, source: str, known: Knowledge) -> AbstractContextManager[None]:
    """Make the database of a source known to the engine for a while, around a transaction that asks it.

    What is made known within one is forgotten when it is rolled back, but not by the connection.
    """
    countries = known.countries.get(source)
    return taught(connection, COUNTRY_OF, countries.of_each) if countries else nullcontext()


def translate(connection: DuckDBPyConnection, source: str, targets: Sequence[Target], known: Knowledge) -> None:
    """Fill `verdicts`, `protocols` and `countries`: by `text` the `meaning` of what the arrivals of a source say.

    `countries` holds the public source addresses of which the log names no country, and how many `records` have each;
    the connection must know the source's database (`known_to`).
    """
    columns = {column for target in targets for column in target.spec.columns()}
    if "verdict" in columns:
        _look_up(connection, "action", "verdicts", lambda action: verdict(action, known.verdicts))
    if "protocol" in columns:
        _look_up(connection, "protocol", "protocols", unified)
    has_database = source in known.countries
    connection.execute(f"create or replace temp table countries as {_located(has_database=has_database)}")


def _look_up(connection: DuckDBPyConnection, column: str, table: str, meaning: Callable[[str], str]) -> None:
    texts = [text for (text,) in connection.execute(TEXTS.format(column=column)).fetchall()]
    columns = {"text": pa.array(texts, pa.string()), "meaning": pa.array(map(meaning, texts), pa.string())}
    connection.register("meanings", pa.table(columns))
    connection.execute(f"create or replace temp table {table} as from meanings")
    connection.unregister("meanings")


@cache
def _located(*, has_database: bool) -> str:
    arrivals = ibis.table({"source_ip": "string", "country": "string"}, name="arrivals")
    unnamed = arrivals.filter(arrivals.country.isnull() & arrivals.source_ip.notnull())
    addresses = unnamed.group_by(text=unnamed.source_ip).agg(records=unnamed.count())
    public = addresses.filter(~is_private(addresses.text))
    meaning = country_of(public.text).nullif(NO_COUNTRY) if has_database else ibis.null(str)
    return compile_sql(public.mutate(meaning=meaning))
