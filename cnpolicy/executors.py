"""Where the work is done: in this process or in several.

One interface, `concurrent.futures.Executor`. Tasks are values, functions are found by name in a module, and results
come back in the order of the tasks, whatever finishes first.
"""

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Tasks in flight for each process: enough that no process waits while the parent writes, and few enough that finished
# results waiting for their turn stay small (2, 4 and 8 made no difference in time on 20,000 files).
AHEAD = 3


class Inline(Executor):
    """Runs each task at once in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run the call now; the future is done when it is returned."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def open_executor(jobs: int) -> Executor:
    """Return an executor for this many processes; one job is done in this process."""
    if jobs <= 1:
        return Inline()
    # Spawned, not forked: a fork would copy the parent's threads' locks (progress display, DuckDB) in any state.
    return _pool(jobs)


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_serve)


def _serve() -> None:
    """Leave Ctrl-C to the parent, which ends its workers in good order, and end when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def in_order(
    jobs: int, function: Callable[[Task], Result], tasks: Iterable[Task], lost: Callable[[Task], Result]
) -> Iterator[Result]:
    """Yield `function(task)` for every task, in order; `function` must be a module's top-level function.

    When a process dies, the tasks that were in flight are run again, each alone in a process of its own. The one that
    kills its process again gives `lost(task)`, which is computed here; all others give their results.
    """
    waiting: deque[tuple[Task, Future[Result] | None]] = deque()
    executor = open_executor(jobs)
    todo = iter(tasks)
    depth = 1 if jobs <= 1 else AHEAD * jobs
    try:
        while True:
            try:
                for task in itertools.islice(todo, depth - len(waiting)):
                    waiting.append((task, None))  # kept also if the pool cannot take it any more
                    waiting[-1] = (task, executor.submit(function, task))
                if not waiting:
                    return
                future = waiting[0][1]
                assert future is not None
                result = future.result()
            except BrokenProcessPool:
                executor.shutdown(wait=False, cancel_futures=True)
                while waiting:
                    yield alone(function, waiting.popleft()[0], lost)
                executor = open_executor(jobs)
                continue
            waiting.popleft()
            yield result
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def alone(function: Callable[[Task], Result], task: Task, lost: Callable[[Task], Result]) -> Result:
    """Return `function(task)`, run in a process of its own; `lost(task)` if that process dies."""
    with _pool(1) as executor:
        try:
            return executor.submit(function, task).result()
        except BrokenProcessPool:
            return lost(task)
