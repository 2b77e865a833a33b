"""Splits the text of a JSON file into records: the fast path, a chunk at a time.

Where every line holds whole objects, line ends are found by NumPy and the records handed on as they stand; punctuation
between them is blanked out, since blanks around an object mean nothing. All other text goes to `json_scanner`. What
does not belong here: fields, validity (both are the engine's work).
"""

import re
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.config import Source
from pipeline.ingest.contract import MAX_RECORD, RECORDS, TOO_LONG, Record, faults_where, record_batch
from pipeline.ingest.json_scanner import JsonScanner, is_object
from pipeline.ingest.logstream import LogStream

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]

NEWLINE, SPACE, OPEN, CLOSE = b"\n {}"
IS_SEPARATOR = np.isin(np.arange(256), list(b" \t,[]"))
JOINT = re.compile(rb"\}[ \t,\[\]]*+\{")
IS_BEFORE_BRACE = np.isin(np.arange(256), list(b"] \t"))
DEEPEST_INDENT = 64


def json_records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
    """The JSON objects of a file: as lines, as arrays of any layout, glued together, or all of it mixed."""
    del source
    return _records(stream, None)


def records_within(wrapper: str) -> Callable[[LogStream, Source], Iterator[pa.RecordBatch]]:
    """A splitter like `json_records` that also opens objects that only wrap the records, by the key of their array."""

    def records(stream: LogStream, source: Source) -> Iterator[pa.RecordBatch]:
        del source
        return _records(stream, wrapper)

    return records


def _records(stream: LogStream, wrapper: str | None) -> Iterator[pa.RecordBatch]:
    scanner = JsonScanner(wrapper=wrapper)
    rest = b""
    for chunk in stream:
        whole = 0 if scanner.is_skipping else chunk.rfind(b"\n") + 1
        block = bytearray(rest)
        block += memoryview(chunk)[:whole]
        split = _split(block, scanner.line, wrapper) if whole else None
        if split is None:
            yield record_batch(scanner.scan((rest + chunk).decode(), final=False))
            rest = scanner.rest.encode()
        else:
            batches, lines = split
            yield from batches
            scanner.line += lines
            rest = chunk[whole:]
    yield record_batch(_last(scanner, rest.decode(), stream.damage))


def _last(scanner: JsonScanner, rest: str, damage: str | None) -> list[Record]:
    """What is left when the file ends; where damage ended it, text that is no whole record makes the last one."""
    records = scanner.scan(rest, final=not damage)
    if damage:
        if scanner.is_skipping or is_object(scanner.rest):
            records += scanner.scan(scanner.rest, final=True)
        records.append((scanner.line, scanner.rest or None, damage))
    return records


def _split(block: bytearray, first_line: int, wrapper: str | None) -> tuple[list[pa.RecordBatch], int] | None:
    """The records of whole lines and how many lines there are, or None if a line holds anything but whole objects.

    The block becomes the records' memory: what stands between them is blanked out in place.
    """
    text = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(text == NEWLINE)
    starts = np.concatenate(([0], ends[:-1] + 1))
    heads, tails = starts.copy(), ends - 1
    if not (_blank_out(text, heads, ends, 1) and _blank_out(text, tails, heads - 1, -1)):
        return None
    filled = np.flatnonzero(heads <= tails)
    heads, tails = heads[filled], tails[filled]
    if not (np.all(text[heads] == OPEN) and np.all(text[tails] == CLOSE)):
        return None
    numbers = filled + first_line
    whole = _lines(text, starts[filled], numbers, tails - heads >= MAX_RECORD)
    joints = [joint.start() for joint in JOINT.finditer(block)]
    if wrapper:
        joints += [opened.start() for opened in re.finditer(rb'"%b"[ \t]*:' % wrapper.encode(), block)]
        joints += _possible_ends(text, heads, tails)
    joined = np.unique(np.searchsorted(ends, joints))
    if not joined.size:
        return [whole], len(ends)
    apart = [
        record
        for line in joined
        for record in JsonScanner(int(line) + first_line, wrapper).scan(
            block[starts[line] : ends[line]].decode(), final=True
        )
    ]
    return [whole.filter(pa.array(~np.isin(filled, joined))), record_batch(apart)], len(ends)


def _possible_ends(text: Bytes, heads: Positions, tails: Positions) -> list[int]:
    """The last braces of lines that may be those of a wrapper: they follow a bracket, or a blank behind one."""
    return tails[(tails > heads) & IS_BEFORE_BRACE[text[tails - 1]]].tolist()


def _blank_out(text: Bytes, at: Positions, limits: Positions, step: int) -> bool:
    """Move each position over the punctuation of its line, which becomes blanks; False if there is too much of it."""
    active = np.flatnonzero(at != limits)
    for _ in range(DEEPEST_INDENT):
        active = active[IS_SEPARATOR[text[at[active]]]]
        if not active.size:
            return True
        text[at[active]] = SPACE
        at[active] += step
        active = active[at[active] != limits[active]]
    return False


def _lines(text: Bytes, starts: Positions, numbers: Positions, too_long: npt.NDArray[np.bool_]) -> pa.RecordBatch:
    """A batch of lines without copying them; blank lines count to the line before."""
    offsets = np.append(starts, text.size).astype(np.int32)
    records = pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(text))
    return pa.record_batch([pa.array(numbers), records, faults_where(too_long, TOO_LONG)], schema=RECORDS)
