"""Takes permissions away from real commands: they say what helps, and the next run heals."""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from night_helpers import FIRST, checksums, published_checksums, write_config, write_logs
from rich.console import Console

from pipeline.config import load
from pipeline.console.ingesting import ingest_all

ROOT = Path(__file__).parents[1]
SECOND = FIRST + timedelta(days=1)
REMEDY = "let the user that runs Shoal write there, then run it again"
Tables = dict[str, tuple[int, int]]
READ, WRITE = 0o444, 0o222
SMALL = """\
[training]
algorithms = ["kmeans"]
consensus = false
"""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.getuid() == 0 and not shutil.which("setpriv"), reason="root may read and write everything"),
]


def shoal(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; as root without the powers that go over permissions."""
    as_anyone = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    command = [*as_anyone, sys.executable, "-m", "pipeline", "--config", str(folder / "shoal.toml"), *arguments]
    environment = os.environ | {"COLUMNS": "300"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=200)


def read_all(folder: Path) -> None:
    ingest_all(load(folder / "shoal.toml"), Console(file=io.StringIO()))


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the first night's logs are read and the second's have just been delivered."""
    folder = tmp_path_factory.mktemp("delivered")
    write_config(folder, SMALL)
    write_logs(folder, nights=2, events=500)
    (late,) = (folder / "home" / "landing").glob(f"*{SECOND}*")
    late.rename(folder / late.name)
    read_all(folder)
    (folder / late.name).rename(late)
    (folder / "home" / "dagster").mkdir()
    return folder


@pytest.fixture
def folder(delivered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(delivered, tmp_path / "site"))


@pytest.fixture(scope="module")
def healed(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables once all has been read undisturbed; nothing is lost or doubled if others are the same."""
    folder = Path(shutil.copytree(delivered, tmp_path_factory.mktemp("healed") / "site"))
    read_all(folder)
    return checksums(folder / "home")


@contextmanager
def without(mode: int, place: Path) -> Iterator[None]:
    before = place.stat().st_mode
    place.chmod(before & ~mode)
    try:
        yield
    finally:
        place.chmod(before)


@pytest.mark.parametrize(
    ("taken", "named"),
    [
        (".", "warehouse.duckdb.wal"),
        ("warehouse.duckdb", "warehouse.duckdb"),
        ("published/raw/files", "published/raw/files"),  # what was read is in the warehouse by then
    ],
)
def test_what_cannot_be_written_is_a_sentence_and_the_next_run_heals(
    folder: Path, healed: Tables, taken: str, named: str
) -> None:
    home = folder / "home"
    with without(WRITE, home / taken):
        refused = shoal(folder, "ingest")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.endswith(f"Permission denied; {REMEDY}\n")
    assert f"{home}/{named}" in refused.stderr
    assert published_checksums(home) != healed
    assert shoal(folder, "ingest").returncode == 0
    assert checksums(home) == published_checksums(home) == healed


def test_logs_that_cannot_be_read_are_named_and_read_once_they_can(folder: Path, healed: Tables) -> None:
    (log,) = (folder / "home" / "landing").glob(f"*{SECOND}*")
    with without(READ, log):
        refused = shoal(folder, "ingest")
    (line,) = [line for line in refused.stdout.splitlines() if "Permission denied" in line]
    assert log.name in line
    assert checksums(folder / "home") != healed
    assert shoal(folder, "ingest").returncode == 0
    assert checksums(folder / "home") == healed


def test_a_night_whose_books_cannot_be_kept_is_a_sentence_and_the_next_run_heals(folder: Path, healed: Tables) -> None:
    home, night = folder / "home", ("run", "--date", str(FIRST))
    before = checksums(home)
    with without(WRITE, home / "dagster"):
        refused = shoal(folder, *night)
    assert refused.returncode == 1
    assert refused.stderr == f"shoal: [Errno 13] Permission denied: '{home / 'dagster'}'; {REMEDY}\n"
    assert checksums(home) == before
    assert shoal(folder, *night).returncode == 0
    after = checksums(home)
    assert published_checksums(home) == after
    assert after["report.nights"][0] == 1
    assert after["raw.security_events"] == healed["raw.security_events"]
