"""Kills a small night after every single step and runs it again: are the tables those of a calm night?

A sweep over all steps takes ten minutes or more, so it is no part of the tests: tests/test_faults.py makes some of
these kills, with the same helpers. Steps that are named are swept alone: `kill_sweep.py landed_logs findings`.
"""

import multiprocessing
import shutil
import signal
import sys
import tempfile
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from night_helpers import FIRST, checksums, write_config, write_logs
from test_faults import SECOND, SMALL, finish, kill_after


def steps_of_a_night(folder: Path) -> list[str]:
    from pipeline.config import load
    from pipeline.definitions import build_defs
    from pipeline.nights import NIGHTLY

    return [node.name for node in build_defs(load(folder / "shoal.toml")).resolve_job_def(NIGHTLY).graph.node_defs]


def main() -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["pipeline.console.running"])
    with tempfile.TemporaryDirectory() as scratch:
        first = Path(scratch, "first")
        first.mkdir()
        write_config(first, SMALL)
        write_logs(first, nights=2, events=500)
        finish(processes, first, FIRST)
        calm = Path(shutil.copytree(first, Path(scratch, "calm")))
        finish(processes, calm, SECOND)
        steps, chosen = steps_of_a_night(first), sys.argv[1:]
        if unknown := set(chosen) - set(steps):
            sys.exit(f"no steps: {', '.join(sorted(unknown))}; there are {', '.join(steps)}")
        wrong = []
        for step in chosen or steps:
            killed = Path(shutil.copytree(first, Path(scratch, "killed")))
            stopped = finish(processes, killed, SECOND, partial(kill_after, step))
            healed = finish(processes, killed, SECOND)
            same = checksums(killed / "home") == checksums(calm / "home")
            print(f"{step}: stopped by {stopped}, healed {healed}, same tables {same}", flush=True)
            if (stopped, healed, same) != (-signal.SIGKILL, 0, True):
                wrong.append(step)
            shutil.rmtree(killed)
    sys.exit(f"not healed: {', '.join(wrong)}" if wrong else 0)


if __name__ == "__main__":
    main()
