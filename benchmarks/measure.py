"""Runs a function alone in a fresh process: wall seconds, memory over time, and what it returned.

Here: processes and their figures. Not here: what is run (contestants, notebook), how figures are shown (nightly).
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

SAMPLE_SECONDS = 0.05
MIB = 1024 * 1024
NOT_BUSY = ("iowait", "guest", "guest_nice")  # time of guests is user time too


@dataclass(frozen=True)
class Measured:
    """One measured run.

    Attributes:
        seconds: wall clock, imports of the function's own included, the start of the interpreter not.
        cpu: processor time of the process, which suffers less than the wall clock where others are at work.
        peak_mib: most resident memory of the process and its children together.
        others: cores that other processes kept busy meanwhile, on average; figures with much of it are worth little.
        memory: (seconds since the epoch, resident MiB) samples.
        result: what the function returned.
    """

    seconds: float
    cpu: float
    peak_mib: float
    others: float
    memory: list[tuple[float, float]]
    result: Any

    def peak_until(self, moment: float) -> float:
        """The highest sample until a moment in seconds since the epoch."""
        return max((mib for at, mib in self.memory if at <= moment), default=0.0)


def measure(name: str, function: Callable[..., Any], *arguments: Any) -> Measured:
    """Run `function` in a fresh interpreter and wait for it.

    The function and its module must be light to import: what they import at their top is not timed.

    Raises:
        SystemExit: the process ended without a result.
    """
    sys.stderr.write(f"{name} ...\n")
    busy, begun = _busy_seconds(), time.perf_counter()
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, function, arguments))
    process.start()
    # an open copy here would keep the pipe from ending when the process dies
    sender.close()
    try:
        memory = _sampled(process.pid or 0, receiver)
        seconds, used, own_peak, result = receiver.recv()
    except EOFError:
        process.join()
        sys.exit(f"{name} ended with exit code {process.exitcode} and without a result")
    finally:
        if process.is_alive() and sys.exc_info()[0]:
            process.kill()
        process.join()
    peak = max([own_peak, *(mib for _, mib in memory)])
    others = max(0.0, (_busy_seconds() - busy - used) / (time.perf_counter() - begun))
    sys.stderr.write(f"{name}: {seconds:,.1f} s, at most {peak:,.0f} MiB, others kept {others:.2f} cores busy\n")
    return Measured(round(seconds, 2), round(used, 2), round(peak, 1), round(others, 2), memory, result)


def _busy_seconds() -> float:
    """Processor time that the machine has spent on anything."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - sum(getattr(times, name, 0.0) for name in NOT_BUSY))


def _sampled(pid: int, receiver: Connection) -> list[tuple[float, float]]:
    """Memory of the process and its children until it has something to say."""
    samples = []
    while not receiver.poll(SAMPLE_SECONDS):
        try:
            process = psutil.Process(pid)
            resident = sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))
        except psutil.NoSuchProcess:
            continue
        samples.append((time.time(), round(resident / MIB, 1)))
    return samples


def _run(sender: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    # the last line of standard output is the benchmark's own
    os.dup2(2, 1)
    begun = time.perf_counter()
    result = function(*arguments)
    seconds, used = time.perf_counter() - begun, os.times()
    sender.send((seconds, sum(used[:4]), own_peak_mib(), result))


def own_peak_mib() -> float:
    """Most resident memory that this process has had, 0 where the system does not tell.

    Not `ru_maxrss`, which on Linux starts from the memory of the process that started this one.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return 0.0
    found = [line.split()[1] for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM")]
    return round(int(found[0]) / 1024, 1)
