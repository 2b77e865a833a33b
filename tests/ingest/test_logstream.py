"""Bytes become text: compression, damage, encodings, line ends, in chunks of any size."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest.logstream import LogStream

LINES = "".join(f"line {number} äöü €\n" for number in range(5_000)).encode()


def text(tmp_path: Path, content: bytes, chunk_bytes: int = 1 << 16) -> tuple[bytes, str | None]:
    path = tmp_path / "file"
    path.write_bytes(content)
    stream = LogStream(path, chunk_bytes)
    return b"".join(stream), stream.damage


@pytest.mark.parametrize(
    "packed",
    [
        LINES,
        gzip.compress(LINES),
        gzip.compress(LINES[:1000]) + gzip.compress(LINES[1000:]),
        gzip.compress(LINES) + bytes(700),
        zstandard.compress(LINES),
        zstandard.compress(LINES[:1000]) + zstandard.compress(LINES[1000:]),
    ],
    ids=["plain", "gzip", "gzip members", "gzip padded", "zstandard", "zstandard frames"],
)
def test_compression_is_told_by_content(tmp_path: Path, packed: bytes) -> None:
    assert text(tmp_path, packed) == (LINES, None)


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_a_cut_archive_yields_what_is_there(tmp_path: Path, pack: object) -> None:
    noise = np.random.default_rng(7).bytes(400_000).hex().encode()
    packed = pack(noise)  # type: ignore[operator]
    found, damage = text(tmp_path, packed[: len(packed) * 3 // 4])
    assert damage == "archive damaged: it ends too early"
    assert len(found) > len(noise) // 2
    assert noise.startswith(found)


def test_damage_within_an_archive_ends_it(tmp_path: Path) -> None:
    packed = gzip.compress(LINES)
    found, damage = text(tmp_path, packed + b"no member" + gzip.compress(LINES))
    assert found == LINES
    assert damage == "archive damaged: incorrect header check"
    found, damage = text(tmp_path, packed[:-8] + b"checksum")
    assert damage == "archive damaged: incorrect data check"
    broken = zstandard.ZstdCompressor(write_checksum=True).compress(LINES)
    found, damage = text(tmp_path, broken[:-1] + bytes([broken[-1] ^ 1]))
    assert damage is not None


def test_a_file_that_is_gone_is_an_error_to_be_asked_for(tmp_path: Path) -> None:
    stream = LogStream(tmp_path / "nothing")
    assert list(stream) == []
    assert isinstance(stream.error, FileNotFoundError)


pieces = st.sampled_from([b"a", b"\r", b"\n", b"\r\n", b"\xef\xbb\xbf", "€".encode(), b"\xff", b"\x00"])


@given(st.lists(pieces), st.integers(1, 7))
def test_chunks_do_not_matter(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], size: int) -> None:
    content = b"".join(parts)
    whole = content.decode("utf-8", "replace").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    folder = tmp_path_factory.getbasetemp()
    assert text(folder, content, size) == (whole.encode(), None)


def test_no_chunk_cuts_a_character(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(LINES)
    assert "".join(chunk.decode() for chunk in LogStream(path, 11)) == LINES.decode()


def test_memory_is_bounded_however_well_a_file_is_packed(tmp_path: Path) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(zstandard.compress(bytes(1 << 27)))
    assert path.stat().st_size < 1 << 15
    sizes = [len(chunk) for chunk in LogStream(path, 1 << 20)]
    assert sum(sizes) == 1 << 27
    assert max(sizes) < 1 << 25
