"""Runs side by side what does not wait for each other: here, and in worker processes kept for the next time."""

from collections.abc import Callable, Iterator, Sequence
from traceback import format_exc
from typing import Any, TypeVar

from joblib import cpu_count
from joblib.externals.loky import get_reusable_executor

Result = TypeVar("Result")
# from one feature table to the next, and from one night to the next
KEPT_SECONDS = 60


def side_by_side(
    function: Callable[..., Result], arguments: Sequence[tuple[Any, ...]], n_jobs: int | None
) -> Iterator[Result]:
    """What the function returns for each tuple of arguments, in their order; the first is for this process.

    Processes, not threads: small fits spend their time in Python, and the limit of threads that makes sums the same
    everywhere holds for a whole process.

    Args:
        function: of a module, so that a worker can import it.
        arguments: of each call; what takes longest comes first.
        n_jobs: processes at most, this one included; one per core by default. With one, nothing leaves this process.

    Raises:
        Exception: what a call raised, after the results of those before it.
    """
    executor, workers = _workers(len(arguments), n_jobs)
    if executor is None:
        yield from (function(*each) for each in arguments)
        return
    # each worker gets its share at once, so that what the calls have in common is sent to it once
    others = [executor.submit(_each, function, arguments[place::workers]) for place in range(1, workers + 1)]
    yield function(*arguments[0])
    for place in range(len(arguments) - 1):
        results, fault = others[place % workers].result()
        if place // workers == len(results):
            raise fault
        yield results[place // workers]


def warm_up(function: Callable[..., Any], calls: int, n_jobs: int | None) -> None:
    """Let the workers start, which takes seconds, and import what so many calls of a function will need."""
    executor, workers = _workers(calls, n_jobs)
    for _ in range(workers):
        executor.submit(repr, function)


def _workers(calls: int, n_jobs: int | None) -> tuple[Any, int]:
    """The worker processes for so many calls beside this process, and how many; None where it is alone."""
    workers = min(n_jobs or cpu_count(), calls) - 1
    return (get_reusable_executor(workers, timeout=KEPT_SECONDS) if workers > 0 else None), workers


def _each(
    function: Callable[..., Result], arguments: Sequence[tuple[Any, ...]]
) -> tuple[list[Result], Exception | None]:
    """The results of the calls up to the first that fails, and what that raised."""
    results: list[Result] = []
    for each in arguments:
        try:
            results.append(function(*each))
        except Exception as fault:  # noqa: BLE001 - raised by whoever asked
            fault.add_note(format_exc())
            return results, fault
    return results, None
