"""A Dask cluster for real: a scheduler and workers on the loopback, some of which die."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import test_executors
from conftest import Run
from test_cli_index import as_they_are
from test_faults import begun, corpus_of, ended
from test_scale import files, no_temporary

from cnpolicy import executors, manifest

pytest.importorskip("distributed", reason="needs cnpolicy[dask]")


class Cluster(NamedTuple):
    """A scheduler with two workers: their processes, and the scheduler's address."""

    scheduler: "subprocess.Popen[bytes]"
    workers: "list[subprocess.Popen[bytes]]"
    address: str


def start(module: str, *args: str, cwd: Path, **environment: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{module}", *args],
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def start_worker(address: str, cwd: Path, **environment: str) -> "subprocess.Popen[bytes]":
    args = (address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(cwd))
    return start("dask_worker", *args, cwd=cwd, **environment)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The folder in which the cluster runs: paths that are relative to the user's mean nothing there."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


@pytest.fixture
def cluster(elsewhere: Path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    environment: dict[str, str] = getattr(request, "param", {})
    told = elsewhere / "scheduler.json"
    args = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(told))
    scheduler = start("dask_scheduler", *args, cwd=elsewhere, **environment)
    workers: list[subprocess.Popen[bytes]] = []
    try:
        deadline = time.monotonic() + 120
        while not told.exists() or not told.read_bytes().endswith(b"}"):
            assert time.monotonic() < deadline
            assert scheduler.poll() is None
            time.sleep(0.05)
        address = json.loads(told.read_bytes())["address"]
        workers += [start_worker(address, elsewhere, **environment) for _ in range(2)]
        yield Cluster(scheduler, workers, address)
    finally:
        for process in (*workers, scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_cluster_makes_what_one_process_makes_and_a_worker_may_die(
    inside: Run, cluster: Cluster, tmp_path: Path
) -> None:
    corpus_of(tmp_path / "in", 60, 2)
    assert inside("segment", "in", "-o", "words", "--cluster", cluster.address, "--shard", "1/30").returncode == 0
    with begun("tidy", "in", "-o", "out", "--cluster", cluster.address, cwd=tmp_path) as process:
        os.killpg(cluster.workers[0].pid, signal.SIGKILL)
        assert ended(process) == (0, "60 documents to out\n")
    assert inside("tidy", "in", "-o", "fresh", "-j", "1").returncode == 0
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    assert no_temporary(tmp_path / "out")
    assert inside("segment", "in", "-o", "cut", "-j", "1", "--shard", "1/30").returncode == 0
    assert files(tmp_path / "words") == files(tmp_path / "cut") != {}
    assert inside("index", "in", "-o", "cluster.duckdb", "--cluster", cluster.address).returncode == 0
    assert inside("index", "in", "-o", "here.duckdb", "-j", "1").returncode == 0
    assert as_they_are(tmp_path / "cluster.duckdb") == as_they_are(tmp_path / "here.duckdb")
    assert not list(tmp_path.glob(".*"))
    text = inside("tidy", "in/0", "--jsonl", "--cluster", cluster.address).stdout
    assert text == inside("tidy", "in/0", "--jsonl", "-j", "1").stdout


ONE_DEATH = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", "PYTHONPATH": str(Path(__file__).parent)}


@pytest.mark.parametrize("cluster", [ONE_DEATH], indirect=True)
def test_a_task_that_kills_its_workers_is_lost_alone(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", ONE_DEATH["PYTHONPATH"])
    where = executors.Cluster(cluster.address, manifest.environment, manifest.environment())
    done = executors.in_order(1, test_executors.die_on_three, range(8), lambda number: -number, where)
    assert list(done) == [0, 1, 2, -3, 4, 5, 6, 7]


def test_a_scheduler_that_is_gone(
    inside: Run, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executors, "CONNECT_SECONDS", 2)
    corpus_of(tmp_path / "in", 60, 1)
    with begun("decode", "in", "-o", "out", "--cluster", cluster.address, cwd=tmp_path) as process:
        os.killpg(cluster.scheduler.pid, signal.SIGKILL)
        status, said = ended(process)
    assert status == 3
    assert f"the scheduler at {cluster.address} is gone" in said
    assert "start it again, and the same command goes on where it stopped" in said
    assert "Traceback" not in said
    done = inside("decode", "in", "-o", "out", "--cluster", cluster.address)
    assert (done.returncode, b"no Dask scheduler answers" in done.stderr) == (3, True)
    done = inside("decode", "in", "-o", "out", "-j", "1")
    assert done.returncode == 0
    assert b" done before" in done.stderr
    done = inside("index", "in", "-o", "corpus.duckdb", "--cluster", cluster.address)
    assert (done.returncode, b"no Dask scheduler answers" in done.stderr) == (3, True)
    assert sorted(path.name for path in tmp_path.glob("*")) == ["elsewhere", "in", "out"]


def test_a_worker_with_other_tables_is_refused(inside: Run, cluster: Cluster, elsewhere: Path, tmp_path: Path) -> None:
    for worker in cluster.workers:
        os.killpg(worker.pid, signal.SIGKILL)
    site = elsewhere / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import cnpolicy.manifest as manifest\nmanifest.tables_sha256 = lambda: 'of another version'\n"
    )
    cluster.workers.append(start_worker(cluster.address, elsewhere, PYTHONPATH=str(site)))
    corpus_of(tmp_path / "in", 3, 1)
    done = inside("decode", "in", "-o", "out", "--cluster", cluster.address)
    assert done.returncode == 3
    assert "has tables of another version instead of " in done.stderr.decode()
    assert "install the same there" in done.stderr.decode()
    assert list(files(tmp_path / "out")) == []
