"""The order of results, and processes that die."""

import os
import time
from pathlib import Path

import pytest

from cnpolicy import executors


def square(number: int) -> int:
    time.sleep(0.001 * (number % 3))
    return number * number


def die_on_three(number: int) -> int:
    if number == 3:
        os._exit(9)
    return number


def fail_on_three(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return number


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    numbers = list(range(20))
    assert list(executors.in_order(jobs, square, numbers, lost=lambda _: -1)) == [number**2 for number in numbers]


def test_one_task_that_kills_its_process_does_not_take_others_with_it() -> None:
    done = list(executors.in_order(2, die_on_three, list(range(10)), lost=lambda number: -number))
    assert done == [0, 1, 2, -3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_is_raised_where_the_result_was_due(jobs: int) -> None:
    results = executors.in_order(jobs, fail_on_three, list(range(10)), lost=lambda number: number)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


def test_tasks_are_taken_only_as_results_are_used() -> None:
    taken = []

    def tasks() -> "list[int]":
        for number in range(1000):
            taken.append(number)
            yield number  # type: ignore[misc]

    results = executors.in_order(1, square, tasks(), lost=lambda number: number)
    next(results)
    assert len(taken) <= 2


def test_cores_is_what_this_process_may_use() -> None:
    assert 1 <= executors.cores() <= (os.cpu_count() or 1)
    assert Path("/proc/self").exists() is False or executors.cores() == len(os.sched_getaffinity(0))
