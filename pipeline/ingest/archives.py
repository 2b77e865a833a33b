"""Decompression as a stream: gzip members and zstandard frames one after the other, up to the first damage.

Here: a compressed file in, plain pieces out. Not here: lines and records.
"""

import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard

GZIP = b"\x1f\x8b"
ZSTANDARD = b"\x28\xb5\x2f\xfd"
# small, because a piece with damage in it is lost as a whole and because zstandard may unpack it 32,000 times
PIECE_BYTES = 512


class ArchiveDamagedError(ValueError):
    """A compressed file cannot be read any further."""


class _Part(Protocol):
    """One gzip member or zstandard frame."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


def decompressed(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The plain bytes of an open file, in pieces; the first bytes tell how it is compressed, its name does not.

    Args:
        file: a seekable file at its start.
        size: bytes of a piece where nothing is compressed.

    Raises:
        ArchiveDamagedError: after what stands before the damage.
    """
    start = file.read(4)
    file.seek(0)
    if start.startswith(GZIP):
        return _parts(iter(lambda: file.read(PIECE_BYTES), b""), lambda: zlib.decompressobj(wbits=31))
    if start == ZSTANDARD:
        return _parts(iter(lambda: file.read(PIECE_BYTES), b""), lambda: zstandard.ZstdDecompressor().decompressobj())
    return iter(lambda: file.read(size), b"")


def _parts(pieces: Iterator[bytes], new_part: Callable[[], _Part]) -> Iterator[bytes]:
    part, begun = new_part(), False
    for piece in pieces:
        rest = piece
        # zeros between or after parts are padding
        while rest := rest if begun else rest.lstrip(b"\0"):
            try:
                yield part.decompress(rest)
            except (zlib.error, zstandard.ZstdError) as error:
                raise ArchiveDamagedError(str(error).rpartition(": ")[2]) from error
            rest, begun = part.unused_data, not part.eof
            if not begun:
                part = new_part()
    if begun:
        message = "it ends too early"
        raise ArchiveDamagedError(message)
