"""Damages the content of files at random, the same way for the same seed."""

import gzip
from collections.abc import Callable
from random import Random

# bytes that mean something to some format, or that no text should hold
ODD = (
    b"\0", b"\r", b"\n", b"\r\n", b"\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3", b"\xf0\x9f\x90\x9f", b"\xe2\x80\xa8",
    b"\x1f\x8b", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b"<", b">", b",", b";", b"|", b"=", b" ", b"-", b"%",
    b"\\u0000", b"\\ud800", b"null", b"{}", b"[{}]", b"x" * 70_000,
)  # fmt: skip
# what may stand where a number or a moment did
NUMBERS = (
    b"", b"-", b"-1", b"0", b"+7", b"007", b"65536", b"4294967296", b"99999999999999999999", b"1e308", b"1e999",
    b"-1e-9", b"NaN", b"inf", b"0x1f", b"1.5", b"1,5", b"1970-01-01", b"9999-12-31", b"0001-01-01", b"31/Feb/2026",
    b"1767582729123", b"\xd9\xa3",
)  # fmt: skip
DELIMITERS = b",\t |;="
DIGITS = b"0123456789"


def mutated(content: bytes, random: Random) -> bytes:
    """The content after one to four accidents."""
    for _ in range(random.randint(1, 4)):
        content = random.choice(ACCIDENTS)(content, random)
    return content


def _span(content: bytes, random: Random, longest: int = 200) -> tuple[int, int]:
    start = random.randint(0, len(content))
    return start, min(len(content), start + random.randint(1, longest))


def _place(content: bytes, wanted: bytes, random: Random) -> int:
    """Somewhere one of the wanted bytes stands, or the end."""
    places = [at for at, byte in enumerate(content[:100_000]) if byte in wanted]
    return random.choice(places) if places else len(content)


def _cut(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + content[end:]


def _end(content: bytes, random: Random) -> bytes:
    return content[: random.randint(0, len(content))]


def _repeat(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:end] + content[start:end] * random.randint(1, 3) + content[end:]


def _repeat_lines(content: bytes, random: Random) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    random.shuffle(lines)
    return content + b"".join(lines)


def _swap(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random, 20)
    return content[:start] + content[start:end][::-1] + content[end:]


def _flip(content: bytes, random: Random) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + random.randbytes(1) + content[at + 1 :]


def _insert(content: bytes, random: Random) -> bytes:
    at = random.randint(0, len(content))
    return content[:at] + random.choice(ODD) + content[at:]


def _shift_columns(content: bytes, random: Random) -> bytes:
    at = _place(content, DELIMITERS, random)
    return content[:at] + content[at : at + 1] * random.choice((0, 2, 3)) + content[at + 1 :]


def _glue(content: bytes, random: Random) -> bytes:
    at = _place(content, b"\n", random)
    return content[:at] + content[at + 1 :]


def _another_number(content: bytes, random: Random) -> bytes:
    start = end = _place(content, DIGITS, random)
    while end < len(content) and content[end] in DIGITS:
        end += 1
    return content[:start] + random.choice(NUMBERS) + content[end:]


def _as_a_whole(content: bytes, random: Random) -> bytes:
    changes: tuple[Callable[[bytes], bytes], ...] = (
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.decode("utf-8", "replace").encode("utf-16"),
        gzip.compress,
        lambda text: gzip.compress(text)[: -random.randint(1, 40)],
        lambda text: gzip.compress(text) + text[:50],
    )
    return random.choice(changes)(content)


ACCIDENTS = (
    _cut, _end, _repeat, _repeat_lines, _swap, _flip, _insert, _insert, _shift_columns, _glue, _another_number,
    _another_number, _as_a_whole,
)  # fmt: skip
