"""Kills real runs and looks at what is left."""

import multiprocessing
import shutil
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from night_helpers import FIRST, checksums, published_checksums, write_config, write_logs
from rich.console import Console

MOMENTS = 10
SECOND = FIRST + timedelta(days=1)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run_one(folder: Path, night: date) -> None:
    from pipeline.config import load
    from pipeline.console.running import run_nights

    with (folder / "out.txt").open("a") as out:
        run_nights(load(folder / "shoal.toml"), [night], Console(file=out))


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Children of a process that has everything imported, so that a moment is a moment of the night."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline.console.running"])
    return context


def finish(processes: multiprocessing.context.ForkServerContext, folder: Path, night: date) -> float:
    begun = time.monotonic()
    process = processes.Process(target=run_one, args=(folder, night))
    process.start()
    process.join(400)
    assert process.exitcode == 0
    return time.monotonic() - begun


@pytest.fixture
def first_night_done(processes: multiprocessing.context.ForkServerContext, tmp_path: Path) -> Path:
    """A home after its first night, to which the second night's logs are then delivered."""
    folder = tmp_path / "first_night"
    folder.mkdir()
    write_config(folder)
    write_logs(folder, nights=2, events=1500)
    landing = folder / "home" / "landing"
    late = next(landing.glob(f"*{SECOND}*"))
    late.rename(folder / late.name)
    finish(processes, folder, FIRST)
    (folder / late.name).rename(landing / late.name)
    return folder


def test_a_night_killed_at_ten_moments_and_run_again_gives_the_same_tables(
    processes: multiprocessing.context.ForkServerContext, first_night_done: Path, tmp_path: Path
) -> None:
    # both are copies, since a delivery is known by its path
    undisturbed, disturbed = (Path(shutil.copytree(first_night_done, tmp_path / name)) for name in ("calm", "killed"))
    whole = finish(processes, undisturbed, SECOND)
    killed = 0
    for moment in range(1, MOMENTS + 1):
        process = processes.Process(target=run_one, args=(disturbed, SECOND))
        process.start()
        process.join(whole * moment / (MOMENTS + 1))
        process.kill()
        process.join()
        killed += process.exitcode == -9
    finish(processes, disturbed, SECOND)
    assert killed >= MOMENTS / 2
    assert checksums(disturbed / "home") == checksums(undisturbed / "home")
    assert published_checksums(disturbed / "home") == published_checksums(undisturbed / "home")
    assert published_checksums(disturbed / "home") == checksums(disturbed / "home")
