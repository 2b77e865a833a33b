"""The text of a delivered file, in chunks: decompressed, valid UTF-8, every line ended by a line feed.

Here: what any text format needs before it looks for records. Not here: lines and records themselves. Memory is
bounded by the chunk, whatever the file's size and however well it compresses.
"""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.ingest.archives import ArchiveDamagedError, decompressed

CHUNK_BYTES = 4 << 20


class LogStream:
    """One pass over a file's text; a chunk may end within a line, never within a character.

    Attributes:
        path: the file.
        damage: once the pass is over: why the archive ended early, or None.
        error: once the pass is over: why the file could not be read to its end, or None.
    """

    def __init__(self, path: Path, chunk_bytes: int = CHUNK_BYTES) -> None:
        self.path = path
        self.damage: str | None = None
        self.error: OSError | None = None
        self._chunk_bytes = chunk_bytes

    def __iter__(self) -> Iterator[bytes]:
        """The chunks."""
        return _fed(_valid(_gathered(self._pieces(), self._chunk_bytes)))

    def _pieces(self) -> Iterator[bytes]:
        # kept, because an exception that passes through the engine comes out as one of the engine's own
        try:
            with self.path.open("rb") as file:
                yield from decompressed(file, self._chunk_bytes)
        except OSError as error:
            self.error = error
        except ArchiveDamagedError as damage:
            self.damage = f"archive damaged: {damage}"


def _gathered(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)


def _valid(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """UTF-8 without a byte order mark; bytes that are none become U+FFFD."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    at_start = True
    for chunk in chunks:
        clean = chunk
        if not chunk.isascii() or decoder.getstate()[0]:
            text = decoder.decode(chunk)
            clean = (text.removeprefix("\ufeff") if at_start else text).encode()
            at_start = at_start and not text
        else:
            at_start = False
        yield clean
    if rest := decoder.decode(b"", final=True):
        yield rest.encode()


def _fed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Line feeds where lines ended in a carriage return or in both."""
    held = b""
    for chunk in chunks:
        data, held = held + chunk, b""
        if b"\r" in data:
            if data.endswith(b"\r"):
                data, held = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        yield data
    if held:
        yield b"\n"
