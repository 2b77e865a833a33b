"""Kills real runs and looks at what is left."""

import multiprocessing
import shutil
import time
from pathlib import Path

import pytest
from night_helpers import FIRST, checksums, write_config, write_logs
from rich.console import Console

MOMENTS = 10
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def run_first_night(folder: Path) -> None:
    from pipeline.config import load
    from pipeline.console.running import run_nights

    with (folder / "out.txt").open("a") as out:
        run_nights(load(folder / "shoal.toml"), [FIRST], Console(file=out))


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    """Children of a process that has everything imported, so that a moment is a moment of the night."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline.console.running"])
    return context


def finish(processes: multiprocessing.context.ForkServerContext, folder: Path) -> float:
    begun = time.monotonic()
    process = processes.Process(target=run_first_night, args=(folder,))
    process.start()
    process.join(400)
    assert process.exitcode == 0
    return time.monotonic() - begun


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write_config(folder)
    write_logs(folder, nights=2, events=1500)
    return folder


def test_a_night_killed_at_ten_moments_and_run_again_gives_the_same_tables(
    processes: multiprocessing.context.ForkServerContext, logs: Path, tmp_path: Path
) -> None:
    undisturbed, disturbed = (Path(shutil.copytree(logs, tmp_path / name)) for name in ("calm", "killed"))
    finish(processes, undisturbed)
    whole = finish(processes, Path(shutil.copytree(logs, tmp_path / "timed")))
    killed = 0
    for moment in range(1, MOMENTS + 1):
        process = processes.Process(target=run_first_night, args=(disturbed,))
        process.start()
        process.join(whole * moment / (MOMENTS + 1))
        process.kill()
        process.join()
        killed += process.exitcode == -9
    finish(processes, disturbed)
    assert killed >= MOMENTS / 2
    assert checksums(disturbed / "home") == checksums(undisturbed / "home")
