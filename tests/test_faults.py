"""Kills real runs and looks at what is left."""

import multiprocessing
import os
import shutil
import signal
import sys
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from night_helpers import FEW, FIRST, checksums, published_checksums, write_config, write_logs
from rich.console import Console

MOMENTS = 10
STEPS = ("open", "os.rename", "os.remove")
SECOND = FIRST + timedelta(days=1)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def run_one(folder: Path, night: date, killed_at: int = 0) -> None:
    """Run a night, killed at its so-manieth step: a file in the folder that is opened, renamed or removed."""
    steps = count(1)

    def take_step(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STEPS and str(arguments[0]).startswith(str(folder)) and next(steps) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(take_step)
    from pipeline.config import load
    from pipeline.console.running import run_nights

    with (folder / "out.txt").open("a") as out:
        run_nights(load(folder / "shoal.toml"), [night], Console(file=out))
    (folder / "steps.txt").write_text(str(next(steps)))


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Children of a process that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline.console.running"])
    return context


def finish(
    processes: multiprocessing.context.ForkServerContext, folder: Path, night: date, killed_at: int = 0
) -> int | None:
    process = processes.Process(target=run_one, args=(folder, night, killed_at))
    process.start()
    process.join(1200)
    return process.exitcode


@pytest.fixture
def first_night_done(processes: multiprocessing.context.ForkServerContext, tmp_path: Path) -> Path:
    """A home after its first night, to which the second night's logs are then delivered."""
    folder = tmp_path / "first_night"
    folder.mkdir()
    write_config(folder, FEW)
    write_logs(folder, nights=2, events=600)
    landing = folder / "home" / "landing"
    late = next(landing.glob(f"*{SECOND}*"))
    late.rename(folder / late.name)
    assert finish(processes, folder, FIRST) == 0
    (folder / late.name).rename(landing / late.name)
    return folder


def test_a_night_killed_at_ten_moments_and_run_again_gives_the_same_tables(
    processes: multiprocessing.context.ForkServerContext, first_night_done: Path, tmp_path: Path
) -> None:
    # both are copies, since a delivery is known by its path
    undisturbed, disturbed = (Path(shutil.copytree(first_night_done, tmp_path / name)) for name in ("calm", "killed"))
    assert finish(processes, undisturbed, SECOND) == 0
    steps = int((undisturbed / "steps.txt").read_text())
    for moment in range(1, MOMENTS + 1):
        killed_at = steps * moment // (MOMENTS + 1)
        assert finish(processes, disturbed, SECOND, killed_at) == -signal.SIGKILL
    assert finish(processes, disturbed, SECOND) == 0
    assert checksums(disturbed / "home") == checksums(undisturbed / "home")
    assert published_checksums(disturbed / "home") == published_checksums(undisturbed / "home")
    assert published_checksums(disturbed / "home") == checksums(disturbed / "home")
