"""Disturbs real runs and looks at what is left: nothing is lost or doubled, and the next run heals.

Kills after every single step are made by benchmarks/kill_sweep.py: they take too long for here.
"""

import multiprocessing
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from night_helpers import FIRST, checksums, published_checksums, write_config, write_logs
from rich.console import Console

MOMENTS = 7  # with the boundaries ten
BOUNDARIES = ("landed_logs", "models", "findings")
STEPS = ("open", "os.rename", "os.remove")
DONE = "shoal.done"
SECOND = FIRST + timedelta(days=1)
SMALL = """\
[engine]
lock_timeout_seconds = 300
[training]
algorithms = ["kmeans"]
consensus = false
"""
Disturb = Callable[[Path], object]
Processes = multiprocessing.context.ForkServerContext
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def nothing(folder: Path) -> None:
    """An undisturbed run."""


def kill_at(step: int, folder: Path) -> None:
    """At its so-manieth step: a file in the folder that is opened, renamed or removed."""
    steps = count(1)

    def take_step(event: str, arguments: tuple[Any, ...]) -> None:
        if event in STEPS and str(arguments[0]).startswith(str(folder)) and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        if event == DONE:
            (folder.parent / "steps.txt").write_text(str(next(steps)))

    sys.addaudithook(take_step)


def kill_after(name: str, folder: Path) -> None:
    """At the boundary after a step of the night."""
    from pipeline.console import running

    running._advance = lambda _, __, step: os.kill(os.getpid(), signal.SIGKILL) if step == name else None


def fill_disk(folder: Path) -> None:
    """Nothing can be written to the last quarter of the warehouse any more; Dagster's own files are smaller."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limit_files((folder / "home" / "warehouse.duckdb").stat().st_size * 3 // 4)


def limit_files(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def change_zone(folder: Path) -> None:
    os.environ["TZ"] = "Pacific/Auckland"


def run_one(folder: Path, night: date, disturb: Disturb) -> None:
    from pipeline.config import load
    from pipeline.console.running import RunFailedError, run_nights

    disturb(folder)
    with (folder / "out.txt").open("a") as out:
        try:
            run_nights(load(folder / "shoal.toml"), [night], Console(file=out))
        except RunFailedError as failed:
            limit_files(resource.RLIM_INFINITY)
            (folder / "failed.txt").write_text(str(failed))
            raise SystemExit(1) from None
    sys.audit(DONE)


@pytest.fixture(scope="module")
def processes() -> Processes:
    """Children of a process that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pipeline.console.running"])
    return context


def start(processes: Processes, folder: Path, night: date, disturb: Disturb = nothing) -> Any:
    process = processes.Process(target=run_one, args=(folder, night, disturb))
    process.start()
    return process


def finish(processes: Processes, folder: Path, night: date, disturb: Disturb = nothing) -> int | None:
    process = start(processes, folder, night, disturb)
    process.join(1200)
    return process.exitcode


@pytest.fixture(scope="module")
def first_night_done(processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its first night, to which the second night's logs are then delivered."""
    folder = tmp_path_factory.mktemp("first") / "night"
    folder.mkdir()
    write_config(folder, SMALL)
    write_logs(folder, nights=2, events=500)
    landing = folder / "home" / "landing"
    late = next(landing.glob(f"*{SECOND}*"))
    late.rename(folder / late.name)
    assert finish(processes, folder, FIRST) == 0
    (folder / late.name).rename(landing / late.name)
    return folder


@pytest.fixture(scope="module")
def calm(processes: Processes, first_night_done: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its second night, undisturbed; how many steps that took stands beside it."""
    folder = Path(shutil.copytree(first_night_done, tmp_path_factory.mktemp("calm") / "night"))
    assert finish(processes, folder, SECOND, partial(kill_at, 0)) == 0
    return folder


@pytest.fixture
def folder(first_night_done: Path, tmp_path: Path) -> Path:
    """A copy of the home after its first night."""
    return Path(shutil.copytree(first_night_done, tmp_path / "night"))


def assert_same(folder: Path, calm: Path) -> None:
    assert checksums(folder / "home") == checksums(calm / "home")
    assert published_checksums(folder / "home") == checksums(calm / "home")


def test_a_night_that_was_killed_again_and_again_gives_the_same_tables(
    processes: Processes, folder: Path, calm: Path
) -> None:
    steps = int((calm.parent / "steps.txt").read_text())
    kills: list[Disturb] = [partial(kill_at, steps * moment // (MOMENTS + 1)) for moment in range(1, MOMENTS + 1)]
    for kill in (*kills, *(partial(kill_after, name) for name in BOUNDARIES)):
        assert finish(processes, folder, SECOND, kill) == -signal.SIGKILL
    assert finish(processes, folder, SECOND) == 0
    assert_same(folder, calm)


def test_a_full_disk_fails_the_run_with_its_remedy_and_the_next_run_heals(
    processes: Processes, folder: Path, calm: Path
) -> None:
    assert finish(processes, folder, SECOND, fill_disk) == 1
    said = (folder / "failed.txt").read_text()
    assert f"night {SECOND} failed at" in said
    assert "File too large; raise the limit" in said
    assert finish(processes, folder, SECOND) == 0
    assert_same(folder, calm)


def test_two_runs_of_a_night_at_once_give_the_same_tables(processes: Processes, folder: Path, calm: Path) -> None:
    both = [start(processes, folder, SECOND) for _ in range(2)]
    for process in both:
        process.join(1200)
    assert [process.exitcode for process in both] == [0, 0]
    assert_same(folder, calm)


def test_another_zone_of_the_clock_and_leftovers_change_nothing(processes: Processes, folder: Path, calm: Path) -> None:
    home = folder / "home"
    leftovers = [home / ".warehouse.duckdb.unfinished", home / "published" / ".abc.duckdb"]
    for leftover in leftovers:
        leftover.write_bytes(b"half of it")
    assert finish(processes, folder, SECOND, change_zone) == 0
    assert_same(folder, calm)
    assert not leftovers[1].exists()
