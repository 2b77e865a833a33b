"""Says which format a file is: shows its beginning to every format of the registry and takes the surest answer.

Here: the beginning of a file, and choosing. Not here: how a format knows its files (that is its `recognise`).
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from pipeline.ingest.archives import ArchiveDamagedError, decompressed
from pipeline.ingest.contract import Head
from pipeline.ingest.formats import FORMATS
from pipeline.ingest.unrecognised import UNRECOGNISED

HEAD_BYTES = 1 << 16
MOST_LINES = 200
EMPTY = "empty"
BINARY = "binary data"


@dataclass(frozen=True)
class Candidate:
    """A format that a file may be of.

    Attributes:
        format: its name.
        confidence: 0 to 1.
        why: a few words.
    """

    format: str
    confidence: float
    why: str


@dataclass(frozen=True)
class Detection:
    """Which format a file is.

    Attributes:
        format: its name, or None if no format recognises the file.
        confidence: 0 to 1.
        why: a few words.
        runners_up: the other formats that it may be, the surest first.
    """

    format: str | None
    confidence: float
    why: str
    runners_up: tuple[Candidate, ...] = ()


def detect(path: Path) -> Detection:
    """The format that is surest about a file; of those that are equally sure the first in the registry.

    Raises:
        OSError: the file cannot be read.
    """
    head, damage = _head(path)
    answers = ((name, entry.recognise(head)) for name, entry in FORMATS.items())
    candidates = [Candidate(name, answer.confidence, answer.why) for name, answer in answers if answer]
    if not candidates:
        return Detection(None, 0.0, _why_none(head, damage))
    best, *others = sorted(candidates, key=lambda candidate: -candidate.confidence)
    return Detection(best.format, best.confidence, best.why, tuple(others))


def _why_none(head: Head, damage: str | None) -> str:
    if not head.data.strip():
        return damage or EMPTY
    return BINARY if b"\0" in head.data else UNRECOGNISED


def _head(path: Path) -> tuple[Head, str | None]:
    """The beginning of a file, and why it is shorter than it should be, if so."""
    data, damage = b"", None
    with path.open("rb") as file:
        try:
            for piece in decompressed(file, HEAD_BYTES + 1):
                data += piece
                if len(data) > HEAD_BYTES:
                    break
        except ArchiveDamagedError as error:
            damage = f"archive damaged: {error}"
    is_whole = len(data) <= HEAD_BYTES
    data = data[:HEAD_BYTES].removeprefix(codecs.BOM_UTF8)
    return Head(path.name, data, _lines(data, is_whole=is_whole)), damage


def _lines(data: bytes, *, is_whole: bool) -> tuple[str, ...]:
    """The first lines that are not blank, without the last one where the file goes on."""
    lines = data.splitlines()
    if not is_whole and not data.endswith((b"\r", b"\n")):
        lines = lines[:-1]
    return tuple([line.decode(errors="replace") for line in lines if line.strip()][:MOST_LINES])
