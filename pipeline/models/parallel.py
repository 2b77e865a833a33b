"""Runs side by side what does not wait for each other: here, and in worker processes kept for the next time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from traceback import format_exception
from typing import Any, TypeAlias

from joblib import cpu_count
from joblib.externals.loky import get_reusable_executor

from pipeline.garbage import look_seldom

Arguments: TypeAlias = tuple[Any, ...]
Answer: TypeAlias = tuple[Any, Exception | None]  # what a call returned, or what it raised
# from one night to the next
KEPT_SECONDS = 60
IN_HAND = 2  # calls that a worker has: what it runs, and what it goes on with at once


@dataclass(eq=False)
class _Call:
    name: Any
    arguments: Arguments
    answer: "Future[Answer] | None" = None  # from its beginning on

    def begin(self, answer: "Future[Answer]") -> None:
        """The answer will be here; the arguments, which may be large, are held no longer."""
        self.answer, self.arguments = answer, ()


def processes(calls: int, n_jobs: int | None) -> int:
    """How many processes are worth it, this one included.

    Args:
        calls: that can run at a time.
        n_jobs: processes at most; one per core by default.
    """
    return min(n_jobs or cpu_count(), calls)


def warm_up(function: Callable[..., Any], most: int) -> None:
    """Let the workers start, which takes seconds, and import what calls of a function will need."""
    for _ in range(most - 1):
        _executor(most).submit(repr, function)


def side_by_side(
    function: Callable[..., Any], groups: Iterable[Sequence[tuple[Any, Arguments]]], most: int
) -> Iterator[tuple[Any, Answer]]:
    """The name of each call and its answer, in their order.

    Processes, not threads: small fits spend their time in Python, and the limit of threads that makes sums the same
    everywhere holds for a whole process.

    Args:
        function: of a module, so that a worker can import it.
        groups: names and arguments of calls, what takes longest first. Whoever is free takes the longest that is left,
            and a worker has a short one in hand to go on with. A group is asked for when too little is left of those
            before it to keep everybody busy.
        most: processes at most, this one included. With one, nothing leaves this process.
    """
    waiting: deque[_Call] = deque()
    groups, workers = iter(groups), most - 1
    try:
        while True:
            while (len(_left(waiting)) < IN_HAND * workers or not waiting) and (
                group := next(groups, None)
            ) is not None:
                waiting.extend(_Call(name, arguments) for name, arguments in group)
            if not waiting:
                return
            _hand_out(function, waiting, workers)
            left, first = _left(waiting), waiting[0]
            if first.answer is None or (left and not first.answer.done()):
                left[0].begin(_here(function, left[0].arguments))
            else:
                yield waiting.popleft().name, _received(first.answer)
    finally:
        for call in waiting:
            if call.answer is not None:
                call.answer.cancel()


def answers(
    function: Callable[..., Any], groups: Iterable[Sequence[tuple[Any, Arguments]]], most: int
) -> Iterator[tuple[Any, Any]]:
    """The name of each call and what it returned, as `side_by_side` gives them, of calls that all have to succeed.

    Raises:
        Exception: what the first call raised that did not.
    """
    for name, (returned, fault) in side_by_side(function, groups, most):
        if fault is not None:
            raise fault
        yield name, returned


def _hand_out(function: Callable[..., Any], waiting: Iterable[_Call], workers: int) -> None:
    """Let workers begin, all but one call, which is for this process: it has nothing better to do."""
    running = sum(call.answer is not None and not call.answer.done() for call in waiting)
    for busy in range(running, IN_HAND * workers):
        if len(left := _left(waiting)) > 1:
            call = left[0] if busy < workers else left[-1]
            call.begin(_executor(workers + 1).submit(_travelling, function, call.arguments))


def _left(calls: Iterable[_Call]) -> list[_Call]:
    """Those that have not begun."""
    return [call for call in calls if call.answer is None]


def _executor(most: int) -> Any:
    return get_reusable_executor(most - 1, timeout=KEPT_SECONDS, initializer=look_seldom)


def _here(function: Callable[..., Any], arguments: Arguments) -> "Future[Answer]":
    answer: Future[Answer] = Future()
    answer.set_result(_called(function, arguments))
    return answer


def _called(function: Callable[..., Any], arguments: Arguments) -> Answer:
    try:
        return function(*arguments), None
    except Exception as fault:  # noqa: BLE001 - for whoever asked
        return None, fault


def _travelling(function: Callable[..., Any], arguments: Arguments) -> Answer:
    """The same in a worker; on its way a fault would lose its traceback."""
    result, fault = _called(function, arguments)
    if fault is not None:
        fault.add_note("".join(format_exception(fault)))
    return result, fault


def _received(answer: "Future[Answer]") -> Answer:
    """The answer, once it is there, or why there is none: its worker was killed, or it could not travel."""
    try:
        return answer.result()
    except Exception as fault:  # noqa: BLE001 - for whoever asked
        return None, fault
