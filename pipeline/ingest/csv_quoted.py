"""Rows of delimited text that contain quotes, one by one, since a quoted value may hold delimiters and line ends.

Here: quoting only. Not here: headers and columns (csv_rows).
"""

import csv
from collections.abc import Iterator
from itertools import islice

from pipeline.ingest.contract import MAX_RECORD, Record

OPEN_QUOTE = "a quote is opened and never closed"
# the parser's words for text that ends, or that fills a value beyond all measure, within quotes
_OPEN_TO_THE_END = ("unexpected end of data", "field larger than field limit")

# line number, text, fault, values
Row = tuple[int, str | None, str | None, list[str]]


class QuotedRows:
    """Takes lines and gives rows; a row whose quote is open waits for more lines."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter
        self._waiting: list[Record] = []

    @property
    def is_open(self) -> bool:
        """Whether a row waits for more lines."""
        return bool(self._waiting)

    def rows(self, lines: list[Record], *, final: bool = False) -> Iterator[Row]:
        """The rows that these lines complete; with `final`, whatever is open is given line by line."""
        waiting, self._waiting = self._waiting + lines, []
        at = 0
        while at < len(waiting):
            number, text, fault = waiting[at]
            if fault or text is None or not text.strip():
                if fault:
                    yield number, text, fault, []
                at += 1
                continue
            taken, values, fault = self._parsed(waiting, at)
            if fault == OPEN_QUOTE and not final and _length(waiting[at:]) <= MAX_RECORD:
                self._waiting = waiting[at:]
                return
            joined = "\n".join(line or "" for _, line, _ in waiting[at : at + taken])
            yield number, joined, fault, values
            at += taken

    def _parsed(self, lines: list[Record], at: int) -> tuple[int, list[str], str | None]:
        """How many lines the row at a position takes, its values, and what is wrong with it."""
        text = lines[at][1] or ""
        if '"' not in text:
            return 1, text.split(self._delimiter), None
        reader = csv.reader(_readable(islice(lines, at, None)), delimiter=self._delimiter, strict=True)
        try:
            values = next(reader)
        except csv.Error as error:
            is_open = str(error).startswith(_OPEN_TO_THE_END)
            return 1, [], OPEN_QUOTE if is_open else str(error)
        return reader.line_num, values, None


def split_line(text: str, delimiter: str) -> list[str]:
    """The values of a line by itself, whatever its quotes; these do not count where a value is too long to parse."""
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)


def _readable(lines: Iterator[Record]) -> Iterator[str]:
    """Lines up to the first faulty one, no more than a record may hold."""
    length = 0
    for _, text, fault in lines:
        length += len(text or "") + 1
        if fault or text is None or length > MAX_RECORD:
            return
        yield text + "\n"


def _length(lines: list[Record]) -> int:
    return sum(len(text or "") + 1 for _, text, _ in lines)
