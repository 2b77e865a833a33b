"""What runs side by side gives what it gives one after the other."""

import os

import pytest

from pipeline.models.parallel import side_by_side, warm_up


def with_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def failing(number: int) -> float:
    return 1 / number


@pytest.mark.parametrize(("n_jobs", "processes"), [(1, 1), (2, 2), (None, 1)])
def test_results_come_in_order_and_the_first_is_ours(
    n_jobs: int | None, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.models.parallel.cpu_count", lambda: 1)
    warm_up(with_process, 6, n_jobs)
    found = list(side_by_side(with_process, [(number,) for number in (3, 1, 2, 6, 5, 4)], n_jobs))
    assert [square for square, _ in found] == [9, 1, 4, 36, 25, 16]
    assert found[0][1] == os.getpid()
    assert len({process for _, process in found}) == processes


@pytest.mark.parametrize("n_jobs", [3, 4, 9])
def test_results_of_several_workers_come_in_order(n_jobs: int) -> None:
    found = side_by_side(with_process, [(number,) for number in range(6)], n_jobs)
    assert [square for square, _ in found] == [0, 1, 4, 9, 16, 25]


def test_one_call_alone_stays_here() -> None:
    assert list(side_by_side(with_process, [(3,)], 4)) == [(9, os.getpid())]


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_what_a_call_raises_comes_after_the_results_before_it(n_jobs: int) -> None:
    given = side_by_side(failing, [(1,), (2,), (4,), (0,), (5,)], n_jobs)
    assert [next(given) for _ in range(3)] == [1, 1 / 2, 1 / 4]
    with pytest.raises(ZeroDivisionError):
        next(given)
