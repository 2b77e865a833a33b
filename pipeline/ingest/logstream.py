"""The text of a delivered file, in chunks: decompressed, valid UTF-8, every line ended by a line feed.

Here: what any text format needs before it looks for records, and the bytes as they are for formats that are no text.
Not here: lines and records themselves. Memory is bounded by the chunk, whatever the file's size and however well it
compresses.
"""

import codecs
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pipeline.ingest.archives import ArchiveDamagedError, decompressed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK_BYTES = 4 << 20


class LogStream:
    """One pass over a file, as text or as it is; a chunk of text may end within a line, never within a character.

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

    def binary(self) -> BinaryIO:
        """The decompressed bytes as they are, as a file that can be read once; it ends where there is damage."""
        return io.BufferedReader(_Pieces(self._pieces()), self._chunk_bytes)

    def _pieces(self) -> Iterator[bytes]:
        # kept, because an exception that passes through the engine comes out as one of the engine's own
        try:
            with self.path.open("rb") as file:
                yield from decompressed(file, self._chunk_bytes)
        except OSError as error:
            self.error = error
        except ArchiveDamagedError as damage:
            self.damage = f"archive damaged: {damage}"


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer)
        while not self._rest and (piece := next(self._pieces, None)) is not None:
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        target[:count], self._rest = self._rest[:count], self._rest[count:]
        return count


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
