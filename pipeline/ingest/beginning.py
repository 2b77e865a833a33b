"""How the text of a file begins, for formats that are written in two notations: a file holds only one of them."""

from pathlib import Path

from pipeline.ingest.logstream import LogStream

FIRST_BYTES = 1 << 12


def beginning(path: Path) -> bytes:
    """The first text of a file from its first character that is no blank; empty if it has none or cannot be read."""
    for chunk in LogStream(path, FIRST_BYTES):
        if text := chunk.lstrip():
            return text
    return b""
