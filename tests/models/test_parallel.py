"""What runs side by side gives what it gives one after the other."""

import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from traceback import format_exception

import pytest
from joblib.externals.loky import get_reusable_executor

from pipeline.models.parallel import IN_HAND, answers, processes, side_by_side, warm_up

NUMBERS = [[3, 1, 2], [], [6, 5], [4, 8, 7]]
IN_ORDER = [3, 1, 2, 6, 5, 4, 8, 7]


@pytest.fixture(autouse=True)
def end_of_workers() -> Iterator[None]:
    """Another number of workers would have to wait for those of the test before."""
    yield
    get_reusable_executor(reuse=True).shutdown(wait=True)


def with_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def calls(groups: Iterable[Iterable[int]]) -> Iterator[list[tuple[str, tuple[int]]]]:
    yield from ([(f"call {number}", (number,)) for number in group] for group in groups)


def asleep_for(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def inverse(number: int) -> float:
    return 1 / number


def killed_by_seven(number: int) -> str:
    if number == 7:
        os._exit(1)
    return str(number)


@pytest.mark.parametrize(("calls", "n_jobs", "wanted"), [(5, 1, 1), (5, 3, 3), (2, 3, 2), (5, None, 4), (3, None, 3)])
def test_there_are_no_more_processes_than_cores_calls_or_jobs(
    calls: int, n_jobs: int | None, wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.models.parallel.cpu_count", lambda: 4)
    assert processes(calls, n_jobs) == wanted


@pytest.mark.parametrize("most", [1, 2, 3])
def test_results_come_in_order_from_here_and_from_workers(most: int) -> None:
    warm_up(with_process, most)
    found = [(name, *result) for name, (result, _) in side_by_side(with_process, calls(NUMBERS), most)]
    assert [name for name, *_ in found] == [f"call {number}" for number in IN_ORDER]
    assert [square for _, square, _ in found] == [number * number for number in IN_ORDER]
    at_work = {process for *_, process in found}
    assert os.getpid() in at_work
    assert len(at_work) <= most
    assert (len(at_work) == 1) == (most == 1)


def test_one_call_alone_stays_here() -> None:
    assert list(side_by_side(with_process, calls([[3]]), 4)) == [("call 3", ((9, os.getpid()), None))]


def test_nothing_to_call_gives_nothing() -> None:
    assert not list(side_by_side(with_process, calls([[], []]), 2))


def test_a_group_is_asked_for_when_nothing_is_left_of_those_before() -> None:
    asked = []

    def groups() -> Iterator[list[int]]:
        for group in range(20):
            asked.append(group)
            yield [1, 2, 3]

    given = side_by_side(with_process, calls(groups()), 1)
    next(given)
    assert asked == [0]
    assert len(list(given)) == 59


@pytest.mark.parametrize("most", [1, 2, 3])
def test_what_a_call_raises_is_its_answer_and_says_where(most: int) -> None:
    found = list(side_by_side(inverse, calls([[0, 0, 0, 1, 4], [5, 0]]), most))
    assert [result for _, (result, _) in found] == [None, None, None, 1, 1 / 4, 1 / 5, None]
    faults = [fault for _, (_, fault) in found if fault]
    assert [type(fault) for fault in faults] == [ZeroDivisionError] * 4
    for fault in faults:
        assert "in inverse" in "".join(format_exception(fault))


def test_a_killed_worker_loses_what_it_had_in_hand_and_nothing_else() -> None:
    found = dict(side_by_side(killed_by_seven, calls([[7, 1, 2, 3], [4, 5, 6]]), 2))
    assert list(found) == [f"call {number}" for number in (7, 1, 2, 3, 4, 5, 6)]
    assert isinstance(found["call 7"][1], BrokenExecutor)
    kept = {name for name, (result, _) in found.items() if result == name[-1]}
    assert len(kept) >= len(found) - IN_HAND


def test_the_longest_calls_are_begun_first_by_the_worker_and_here() -> None:
    long = [("long", (0.6,)), ("also long", (0.5,)), ("short", (0.01,)), ("shorter", (0.005,))]
    warm_up(asleep_for, 2)
    places = {name: place for name, (place, _) in side_by_side(asleep_for, [long], 2)}
    assert places["also long"] == os.getpid() != places["long"]


def test_what_names_the_calls_may_call_side_by_side_itself() -> None:
    def groups() -> Iterator[list[int]]:
        for group in NUMBERS:
            yield [square for _, (square, _) in answers(with_process, calls([group]), 2)]

    found = [square for _, ((square, _), _) in side_by_side(with_process, calls(groups()), 2)]
    assert found == [number**4 for number in IN_ORDER]


@pytest.mark.parametrize("most", [1, 2])
def test_answers_are_what_calls_returned_or_the_first_fault(most: int) -> None:
    assert list(answers(inverse, calls([[1, 2, 4]]), most)) == [("call 1", 1), ("call 2", 1 / 2), ("call 4", 1 / 4)]
    with pytest.raises(ZeroDivisionError):
        list(answers(inverse, calls([[1, 0, 4]]), most))
