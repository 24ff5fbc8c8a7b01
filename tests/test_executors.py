"""The order of results, and processes that die."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnpolicy import executors


def square(number: int) -> int:
    time.sleep(0.001 * (number % 3))
    return number * number


def own_number(_: int) -> int:
    time.sleep(0.1)
    return os.getpid()


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


@pytest.mark.parametrize("pause", [0, 0.05])
def test_one_task_that_kills_its_process_does_not_take_others_with_it(pause: float) -> None:
    done = []
    for result in executors.in_order(2, die_on_three, list(range(20)), lost=lambda number: -number):
        time.sleep(pause)  # the pool breaks while the results are used
        done.append(result)
    assert done == [0, 1, 2, -3, *range(4, 20)]


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    code = (
        "import time, test_executors as t\nfrom cnpolicy import executors\n"
        "if __name__ == '__main__':\n"
        "    for pid in executors.in_order(2, t.own_number, range(1000), lost=lambda _: 0):\n"
        "        print(pid, flush=True)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{worker}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


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
