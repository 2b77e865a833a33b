"""A side file that tells attacks from the rest: which of its two forms it has, and what its rows say.

Either attacks as windows of time with addresses and ports (the sample's `ground_truth.csv`), or labelled entities. What
follows for the entities of a night belongs in `evaluation_labels`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from pipeline.config_errors import ConfigError

KEY = "evaluation.labels"
ATTACK, BENIGN = "attack", "benign"
# texts of label columns that say of a row that it is no attack
HARMLESS = (BENIGN, "normal", "background", "0", "0.0", "false", "-")
WINDOWS = ("night", "kind", "name", "source_ips", "dest_ips", "dest_ports", "first_event", "last_event")
ENTITIES = ("feature_table", "entity_id", "log_date", "label")
MOMENT = pa.timestamp("us", tz="UTC")
LISTED = pa.list_(pa.string())


@dataclass(frozen=True, eq=False)
class Truth:
    """What a side file says; one of the two tables is empty.

    Attributes:
        windows: night, kind, name, source_ips, dest_ips, dest_ports (lists of texts), first_event, last_event (UTC).
        entities: feature_table, entity_id, log_date, label; rows without a label are not there.
    """

    windows: pa.Table
    entities: pa.Table


def read_truth(file: Path | None) -> Truth:
    """The rows of a side file; where none is named, or it is not there, none.

    Raises:
        ConfigError: it cannot be read, or a value is not what its column holds.
    """
    windows, entities = _no_rows(WINDOWS), _no_rows(ENTITIES)
    if file is None or not file.exists():
        return Truth(_windows(Path(), windows), _entities(Path(), entities))
    rows = _texts(file)
    if set(WINDOWS) <= set(rows.column_names):
        windows = rows
    elif set(ENTITIES) <= set(rows.column_names):
        entities = rows
    else:
        expected = f"{', '.join(WINDOWS)} (attacks) or {', '.join(ENTITIES)} (entities)"
        raise _unusable(file, f"its columns are {', '.join(rows.column_names)}", f"it needs {expected}")
    return Truth(_windows(file, windows), _entities(file, entities))


def read_or_tell(file: Path | None) -> tuple[Truth, str | None]:
    """The rows of a side file, or none and the sentence that says why it cannot be used: it stops no night."""
    try:
        return read_truth(file), None
    except ConfigError as fault:
        return read_truth(None), str(fault)


def _windows(file: Path, rows: pa.Table) -> pa.Table:
    kinds = rows["kind"].unique().to_pylist()
    if unknown := sorted(set(kinds) - {ATTACK, BENIGN}):
        raise _unusable(file, f"kind = {unknown[0]!r} means nothing", f"write {ATTACK} or {BENIGN}")
    return pa.table(
        {
            "night": _typed(file, rows, "night", pa.date32(), "a day such as 2026-01-05"),
            "kind": rows["kind"],
            "name": _telling(rows["name"]),
            **{name: _lists(rows[name]) for name in ("source_ips", "dest_ips", "dest_ports")},
            **{
                name: _typed(file, rows, name, MOMENT, "a time with its zone such as 2026-01-05T08:00:00Z")
                for name in ("first_event", "last_event")
            },
        }
    )


def _entities(file: Path, rows: pa.Table) -> pa.Table:
    days = _typed(file, rows, "log_date", pa.date32(), "a day such as 2026-01-05")
    dated = rows.select(ENTITIES).set_column(ENTITIES.index("log_date"), "log_date", days)
    return dated.filter(pc.not_equal(pc.utf8_trim_whitespace(rows["label"]), ""))


def _telling(names: pa.ChunkedArray) -> pa.ChunkedArray:
    """Names of attacks; one that says nothing, or of a row that it is none, is that of any attack."""
    plain = pc.utf8_lower(pc.utf8_trim_whitespace(names))
    return pc.if_else(pc.is_in(plain, pa.array(["", *HARMLESS])), ATTACK, names)


def _lists(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts with spaces between as lists; an empty text is an empty list."""
    split = pc.split_pattern(pc.utf8_trim_whitespace(values), " ")
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(values), ""), pa.scalar([], LISTED), split)


def _typed(file: Path, rows: pa.Table, name: str, kind: pa.DataType, expected: str) -> pa.ChunkedArray:
    try:
        return pc.cast(rows[name], kind)
    except pa.ArrowInvalid:
        value, line = next((text, line) for line, text in enumerate(rows[name].to_pylist(), 2) if not _fits(text, kind))
    raise _unusable(file, f"row {line} has {name} = {value!r}", f"write {expected}")


def _fits(text: str, kind: pa.DataType) -> bool:
    try:
        pc.cast(pa.scalar(text), kind)
    except pa.ArrowInvalid:
        return False
    return True


def _texts(file: Path) -> pa.Table:
    try:
        with csv.open_csv(file) as opened:
            names = opened.schema.names
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise _unusable(file, f"its column {twice[0]!r} is there twice", "name each column once")
        texts = csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False)
        return csv.read_csv(file, convert_options=texts)
    except (OSError, pa.ArrowInvalid) as fault:
        raise _unusable(file, str(fault).partition("\n")[0], "correct it or take the key out") from fault


def _no_rows(names: Sequence[str]) -> pa.Table:
    return pa.table({name: pa.array([], pa.string()) for name in names})


def _unusable(file: Path, fault: str, remedy: str) -> ConfigError:
    return ConfigError(f"{KEY} = {str(file)!r} cannot be used: {fault}; {remedy}")
