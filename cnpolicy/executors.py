"""Where the work is done: in this process, in several, or on a cluster.

One interface, `concurrent.futures.Executor`. Tasks are values, functions are found by name in a module, and results
come back in the order of the tasks, whatever finishes first.
"""

import itertools
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Tasks in flight for each process: enough that no process waits while the parent writes, and few enough that finished
# results waiting for their turn stay small (2, 4 and 8 made no difference in time on 20,000 files).
AHEAD = 3
# How long a scheduler may take to answer, its first worker to come, and how often the workers are counted.
CONNECT_SECONDS = 20
WORKER_SECONDS = 60
ASK_SECONDS = 10
CLOSE_SECONDS = 2
_LOGS = ("asyncio", "distributed", "tornado")


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


class Cluster(NamedTuple):
    """A Dask cluster that does the work: the address of its scheduler, and what its workers must agree about.

    `check` is a module's top-level function without arguments; on every worker it must return `expected`, a mapping.
    """

    address: str
    check: Callable[[], Mapping[str, str]]
    expected: Mapping[str, str]


class Gone(Exception):
    """A cluster that cannot be used, or not any more; the message says why and what to do."""


class _Differs(Exception):
    """A worker that would do the work otherwise than this process."""


def in_order(
    jobs: int,
    function: Callable[[Task], Result],
    tasks: Iterable[Task],
    lost: Callable[[Task], Result],
    cluster: Cluster | None = None,
) -> Iterator[Result]:
    """Yield `function(task)` for every task, in order; `function` must be a module's top-level function.

    When a process dies, the tasks that were in flight are run again, each alone in a process of its own. The one that
    kills its process again gives `lost(task)`, which is computed here; all others give their results. A cluster runs
    the tasks of a dead worker again on others; one that has killed several comes to a process of its own here.

    Gone if the cluster cannot be reached, not any more, or would do other work than this process.
    """
    crew: _Crew = _Processes(jobs) if cluster is None else _Workers(cluster)
    waiting: deque[tuple[Task, Future[Result] | None]] = deque()
    todo = iter(tasks)
    try:
        while True:
            try:
                for task in itertools.islice(todo, max(0, crew.depth() - len(waiting))):
                    waiting.append((task, None))  # kept also if the pool cannot take it any more
                    waiting[-1] = (task, crew.submit(function, task))
                if not waiting:
                    return
                future = waiting[0][1]
                assert future is not None
                result = crew.result(future)
            except BrokenProcessPool:
                crew.close()
                yield from _one_by_one(function, [task for task, _ in waiting], lost)
                waiting.clear()
                crew = _Processes(jobs)
                continue
            except _KilledSeveral:
                result = alone(function, waiting[0][0], lost)
            waiting.popleft()
            yield result
    finally:
        crew.close()


def alone(function: Callable[[Task], Result], task: Task, lost: Callable[[Task], Result]) -> Result:
    """Return `function(task)`, run in a process of its own; `lost(task)` if that process dies."""
    (result,) = _one_by_one(function, [task], lost)
    return result


def _one_by_one(
    function: Callable[[Task], Result], tasks: Iterable[Task], lost: Callable[[Task], Result]
) -> Iterator[Result]:
    """Yield the results of tasks in a process that has only one at a time, and is another after it has died."""
    executor = _pool(1)
    try:
        for task in tasks:
            try:
                result = executor.submit(function, task).result()
            except BrokenProcessPool:
                executor.shutdown()
                result = lost(task)
                executor = _pool(1)
            yield result
    finally:
        executor.shutdown()


class _KilledSeveral(Exception):
    """A task that has killed as many workers as a cluster allows."""


class _Crew(Protocol):
    """Those who do the work."""

    def depth(self) -> int:
        """Return how many tasks shall be in flight."""

    def submit(self, function: Callable[[Task], Result], task: Task, /) -> "Future[Result]":
        """Have a task done."""

    def result(self, future: "Future[Result]", /) -> Result:
        """Return what a task has come to, once it is done."""

    def close(self) -> None:
        """Do nothing more."""


class _Processes:
    """Processes of this machine; one job is done in this process."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._executor = Inline() if jobs <= 1 else _pool(jobs)

    def depth(self) -> int:
        return 1 if self._jobs <= 1 else AHEAD * self._jobs

    def submit(self, function: Callable[[Task], Result], task: Task, /) -> "Future[Result]":
        return self._executor.submit(function, task)

    def result(self, future: "Future[Result]", /) -> Result:
        return future.result()

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)


def _pool(jobs: int) -> ProcessPoolExecutor:
    # Spawned, not forked: a fork would copy the parent's threads' locks (progress display, DuckDB) in any state.
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


class _Workers:
    """The workers of a Dask cluster, as many as there are at any time."""

    def __init__(self, cluster: Cluster) -> None:
        try:
            import distributed
        except ImportError:
            raise Gone("--cluster needs Dask: pip install 'cnpolicy[dask]'") from None
        self._cluster = cluster
        self._killed = distributed.KilledWorker
        try:
            self._client = distributed.Client(cluster.address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as problem:
            raise Gone(f"no Dask scheduler answers at {cluster.address} ({problem}); check the address") from None
        # What happens to the connection is told by us, in one line. Each of their logs has a level of its own.
        for name in (*_LOGS, *logging.root.manager.loggerDict):
            if name.startswith(_LOGS):
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        try:
            self._client.wait_for_workers(1, timeout=WORKER_SECONDS)
        except TimeoutError:
            self._client.close()
            raise Gone(
                f"the scheduler at {cluster.address} has no workers; start some: dask worker {cluster.address}"
            ) from None
        self._executor = self._client.get_executor(pure=False)
        self._asked = 0.0
        self._depth = AHEAD

    def depth(self) -> int:
        now = time.monotonic()
        if now - self._asked > ASK_SECONDS:
            self._asked = now
            with self._told():
                self._depth = AHEAD * max(1, sum(self._client.nthreads().values()))
        return self._depth

    def submit(self, function: Callable[[Task], Result], task: Task, /) -> "Future[Result]":
        with self._told():
            future: Future[Result] = self._executor.submit(
                _checked, self._cluster.check, dict(self._cluster.expected), function, task
            )
            return future

    def result(self, future: "Future[Result]", /) -> Result:
        with self._told():
            while True:
                try:
                    return future.result(timeout=1)
                except TimeoutError:
                    if self._client.status != "running":
                        raise CancelledError from None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in our words what happened to the cluster while the block ran."""
        address = self._cluster.address
        try:
            yield
        except self._killed:
            raise _KilledSeveral from None
        except _Differs as problem:
            raise Gone(str(problem)) from None
        except (ModuleNotFoundError, AttributeError) as problem:
            raise Gone(
                f"a worker of {address} cannot do the work ({problem}); install the same cnpolicy there"
            ) from None
        except (CancelledError, OSError) as problem:
            raise Gone(
                f"the scheduler at {address} is gone ({problem or 'connection lost'}); "
                "start it again, and the same command goes on where it stopped"
            ) from None

    def close(self) -> None:
        with suppress(Exception):  # a scheduler that is gone cannot be told goodbye
            self._client.close(timeout=CLOSE_SECONDS)


def _checked(
    check: Callable[[], Mapping[str, str]],
    expected: Mapping[str, str],
    function: Callable[[Task], Result],
    task: Task,
) -> Result:
    """Return `function(task)` on a worker that agrees with the process that sent it."""
    here = check()
    if here != expected:
        names = sorted(name for name in {*here, *expected} if here.get(name) != expected.get(name))
        differing = ", ".join(f"{name} {here.get(name)} instead of {expected.get(name)}" for name in names)
        raise _Differs(f"a worker on {socket.gethostname()} has {differing}; install the same there and start it again")
    return function(task)
