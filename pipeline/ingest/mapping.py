"""What a source with a generic format says of its columns: which of them become which of ours.

Here: the mapping and what a file must have for it. Not here: how values are found (csv_rows, flat_json, parquet).
"""

from collections.abc import Collection

from pipeline.config import Source
from schemas.fields import FIELDS

TABLES = tuple(f"raw.{name}" for name in FIELDS)
COLUMNS = tuple(dict.fromkeys(name for names in FIELDS.values() for name in names))


def wanted(source: Source) -> dict[str, str]:
    """The name in the file of each column of the source's table: as mapped, otherwise our own."""
    return {name: source.columns.get(name, name) for name in FIELDS[source.table]}


def missing(source: Source, names: Collection[str]) -> str | None:
    """Why no row of a file with these columns can be read: it lacks the timestamp or a column that is mapped."""
    needed = dict.fromkeys((wanted(source)["timestamp"], *source.columns.values()))
    absent = [name for name in needed if name not in names]
    return f"the header has no column {' and no column '.join(absent)}" if absent else None
