"""Runs a function in a process of its own and tells its seconds, its peak memory and what it returned."""

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """One measured run: wall seconds, peak resident memory in MiB, and what the function returned."""

    seconds: float
    peak_mib: float
    result: Any


def measure(name: str, function: Callable[..., Any], *arguments: Any) -> Measured:
    """Run `function` alone in a fresh interpreter; what it imports itself is part of its time."""
    sys.stderr.write(f"{name} ...\n")
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_call, args=(sender, function, arguments))
    process.start()
    try:
        seconds, peak, result = receiver.recv()
    except EOFError:
        process.join()
        sys.exit(f"{name} died with exit code {process.exitcode}")
    process.join()
    sys.stderr.write(f"{name}: {seconds:.1f} s, {peak:,.0f} MiB\n")
    return Measured(round(seconds, 2), round(peak, 1), result)


def _call(sender: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    begun = time.perf_counter()
    result = function(*arguments)
    seconds = time.perf_counter() - begun
    sender.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, result))
