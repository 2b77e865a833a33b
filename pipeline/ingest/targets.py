"""The raw tables that records become rows of, each described once for all statements about them.

Here: what these tables are called and what their columns are to ingestion. Not here: the statements.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.config import Source
from pipeline.ingest.formats import READ_AS
from schemas import raw
from schemas.base import TableSpec
from schemas.fields import FIELDS


@dataclass(frozen=True)
class Target:
    """A raw table of records.

    Attributes:
        spec: the table.
        count: the column of raw.files and raw.nights that counts its rows.
    """

    spec: TableSpec
    count: str

    @property
    def name(self) -> str:
        """What a record's `target` says."""
        return self.spec.table

    @property
    def key(self) -> str:
        """The column that identifies a row."""
        return self.spec.key[0]

    @property
    def fields(self) -> tuple[str, ...]:
        """The columns that a record fills."""
        return FIELDS[self.name]

    def sql(self, template: str) -> str:
        """A statement about this table, of a template with `{table}`, `{name}`, `{key}`, `{count}` and `{said}`."""
        said = ", ".join(f'"{column}"' for column in (*self.fields, *self._judged))
        return template.format(table=self.spec.name, name=self.name, key=self.key, count=self.count, said=said)

    @property
    def _judged(self) -> tuple[str, ...]:
        return ("verdict",) if "verdict" in self.spec.columns() else ()


TARGETS = {
    target.name: target
    for target in (
        Target(raw.SECURITY_EVENTS, "events"),
        Target(raw.CONNECTIONS, "connections"),
        Target(raw.LOGINS, "logins"),
    )
}


def filled_by(source: Source) -> tuple[Target, ...]:
    """The tables that files of a source fill; `auto` stands for text that no format recognises."""
    entry = READ_AS[source.format]
    if "table" in entry.options:
        return (TARGETS[source.table],)
    return tuple(target for target in TARGETS.values() if target.spec.name in entry.tables)


def of_each(targets: Iterable[Target], template: str, between: str = " union all ") -> str:
    """The template's statement about each table, joined."""
    return between.join(target.sql(template) for target in targets)
