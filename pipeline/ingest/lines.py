"""Splits text into lines: the records of every format that writes one event per line.

Here: line numbers, lines that are too long, the remainder of a damaged archive. Not here: what a line says.
"""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from pipeline.ingest.contract import MAX_RECORD, MAX_REJECTED_TEXT, RECORDS, TOO_LONG, faults_where, record_batch
from pipeline.ingest.logstream import LogStream

NEWLINE = ord("\n")


def line_batches(stream: LogStream) -> Iterator[pa.RecordBatch]:
    """All lines of a file, blank ones too, without their ends.

    A line longer than the limit is cut and marked; when damage ends the file, the unfinished line carries its reason.
    """
    rest, number, is_cut = b"", 1, False
    for chunk in stream:
        text = rest + chunk
        whole = text.rfind(b"\n") + 1
        if whole:
            lines = _split(text[:whole], number, is_cut=is_cut)
            yield lines
            number += lines.num_rows
            is_cut = False
        rest = text[whole:]
        if len(rest) > MAX_RECORD:
            rest, is_cut = rest[:MAX_REJECTED_TEXT].decode(errors="ignore").encode(), True
    last = [(number, rest.decode() or None, TOO_LONG if is_cut else stream.damage)] if rest else []
    if stream.damage and (is_cut or not rest):
        last.append((number, None, stream.damage))
    yield record_batch(last)


def _split(block: bytes, first_line: int, *, is_cut: bool) -> pa.RecordBatch:
    """The lines of a block; `is_cut` if the first one stands for a longer one."""
    text = np.frombuffer(block, np.uint8)
    ends = np.flatnonzero(text == NEWLINE)
    count = len(ends)
    # where each line starts once the line feeds before it are gone
    offsets = np.concatenate(([0], ends - np.arange(count))).astype(np.int32)
    records = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text[text != NEWLINE]))
    too_long = np.diff(offsets) > MAX_RECORD
    too_long[0] |= is_cut
    numbers = pa.array(np.arange(first_line, first_line + count))
    return pa.record_batch([numbers, records, faults_where(too_long, TOO_LONG)], schema=RECORDS)
