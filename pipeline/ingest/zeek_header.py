"""Reads the header lines of Zeek's TSV logs, which may stand anywhere in a file: logs are often concatenated.

Here: what the lines that start with `#` say, and which of them are damaged. Not here: rows.
"""

import re
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest.delimited import Layout
from pipeline.ingest.zeek_names import (
    COLUMNS,
    CONNECTION,
    FACTS,
    TIME,
    UNTYPED,
    type_by_columns,
    type_in_file_name,
)

TAB = "\t"
DAMAGED = "header line cannot be read"
NO_HEADER = "no header: there is no #fields line above"
NO_TIME = f"the header names no column {TIME}"
# of these no value means that there is none
USUAL_NOTHING = ("", "-", "(empty)")
_KEYS = ("set_separator", "empty_field", "unset_field", "path", "open", "close", "fields", "types")
_SEPARATOR = re.compile(r"#separator\s(.{1,32})")
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")


class ZeekHeader:
    """What the header lines of a file say; `#separator` begins a new header."""

    def __init__(self, file_name: str) -> None:
        self._file_type = type_in_file_name(file_name)
        self._separator = TAB
        self._said: dict[str, str] = {}

    def are_headers(self, lines: pa.StringArray) -> pa.BooleanArray:
        """Those that start with `#`: where a row begins with this character, Zeek writes it in another way."""
        return pc.starts_with(lines, "#")

    def read(self, line: str) -> str | None:
        """Take a header line in; gives what is wrong with it, if anything."""
        if line.startswith("#separator"):
            found = _SEPARATOR.fullmatch(line)
            self._said = {}
            self._separator = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), found[1]) if found else TAB
            return None if found else DAMAGED
        key, _, value = line[1:].partition(self._separator)
        if key not in _KEYS:
            return DAMAGED
        if key == "fields":
            self._said.pop("types", None)
        self._said[key] = value
        return None

    @property
    def layout(self) -> Layout:
        """Of the rows that follow."""
        names = self._said.get("fields", "").split(self._separator)
        places = {
            column: names.index(name)
            for column, choices in COLUMNS.items()
            if (name := next(filter(names.__contains__, choices), None))
        }
        path = self._said.get("path", "")
        log_type = path if path not in USUAL_NOTHING else type_by_columns(names) or self._file_type or UNTYPED
        nothing = {self._said.get(key, "") for key in ("empty_field", "unset_field")}.difference(USUAL_NOTHING)
        facts = {fact: names.index(name) for name, fact in FACTS.items() if name in names}
        return Layout(
            self._separator,
            len(names),
            places,
            fault=self._fault(names, places),
            constants={"log_type": log_type},
            facts={} if log_type == CONNECTION else facts,
            nothing=tuple(sorted(nothing)),
        )

    def _fault(self, names: list[str], places: Mapping[str, int]) -> str | None:
        if "fields" not in self._said:
            return NO_HEADER
        if TIME not in places:
            return NO_TIME
        types = self._said["types"].count(self._separator) + 1 if "types" in self._said else len(names)
        return f"the header has {len(names)} names but {types} types" if types != len(names) else None
