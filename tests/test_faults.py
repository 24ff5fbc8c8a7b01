"""What goes wrong on real machines, each produced for real: disks, permissions, signals, locks, clocks, locales."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import Run, command
from test_cli import without_override
from test_scale import files, no_temporary, records

LINE = "各级党组织要认真学习,深入贯彻落实,２０１２年取得明显成效。\r\n"


def corpus_of(root: Path, count: int, lines: int) -> Path:
    """A folder of so many files of so many lines each, in two encodings, ten in each folder."""
    for number in range(count):
        path = root / f"{number // 10}" / f"{number:04}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((LINE * (lines + number % 7)).encode(("gb18030", "utf-8")[number % 2]))
    return root


# A run in batches of three documents that says when the first are in the journal, and waits to be told to go on: what
# happens then happens in the middle of the run, however fast or busy the machine is.
WAITING = """
import os
from cnpolicy import __main__, manifest, runs
runs.BATCH_DOCUMENTS, runs.WORTH_A_PROCESS = 3, 0
note = manifest.Ledger.note
def note_and_wait(ledger, records):
    note(ledger, records)
    manifest.Ledger.note = note
    os.write(1, b"begun\\n")
    os.read(0, 1)
manifest.Ledger.note = note_and_wait
if __name__ == "__main__":
    __main__.main()
"""


@contextmanager
def begun(*args: object, cwd: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A run that has written the first documents of its output tree, and waits until `ended` is called."""
    started = [sys.executable, "-W", "error", "-c", WAITING, *map(str, args)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(started, cwd=cwd, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdin, process.stdout, process.stderr:
        try:
            assert process.stdout.readline() == b"begun\n", process.stderr.read().decode()
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def ended(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    """The exit status of a process, which goes on now, and what it said."""
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.close()
    said = process.stderr.read().decode()
    return process.wait(120), said


# ---- disks and permissions -------------------------------------------------------------------------------------------


def test_nothing_is_made_for_inputs_that_are_not_there(inside: Run, tmp_path: Path) -> None:
    done = inside("clean", "nosuch", "-o", "out")
    assert done.returncode == 3
    assert done.stderr.decode().startswith("cnpolicy: nosuch: find: no such file or directory")
    assert list(tmp_path.iterdir()) == []
    corpus_of(tmp_path / "in", 3, 1)
    assert inside("clean", "in", "-o", "out").returncode == 0
    before = files(tmp_path / "out")
    (tmp_path / "in").rename(tmp_path / "elsewhere")
    assert inside("clean", "in", "-o", "out").returncode == 3
    assert {name: data for name, data in files(tmp_path / "out").items() if name != "manifest.jsonl"} == {
        name: data for name, data in before.items() if name != "manifest.jsonl"
    }


@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="only root mounts a small disk")
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 40, 300)
    (tmp_path / "out").mkdir()
    program = " ".join(map(str, command("decode", "in", "-o", "out", "-j", "1")))
    script = f"""
        mount -t tmpfs -o size=400k small out || exit 77
        {program} 2> first; echo $? >> first
        mount -o remount,size=20m out
        {program} 2> second; echo $? >> second
        cp -a out copied
    """
    done = subprocess.run(["unshare", "-m", "sh", "-c", script], cwd=tmp_path, capture_output=True, timeout=120)
    if done.returncode == 77 or b"unshare" in done.stderr:
        pytest.skip("a small disk cannot be mounted here")
    first, second = ((tmp_path / name).read_text() for name in ("first", "second"))
    assert first.endswith("\n3\n")
    assert "no space left on the device; make room and run the same command again to go on" in first
    assert "Traceback" not in first + second
    assert second.endswith("\n0\n")
    assert "40 documents to out" in second
    assert len(records(tmp_path / "copied")) == 40
    assert no_temporary(tmp_path / "copied")


def test_folders_that_must_not_be_written_to(run: Run, tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 11, 1)
    (tmp_path / "locked").mkdir(mode=0o555)
    done = run("clean", "in", "-o", "locked/out", before=without_override)
    assert done.returncode == 3
    assert b"locked/out" in done.stderr
    assert b"permission denied" in done.stderr
    (tmp_path / "out" / "1").mkdir(parents=True, mode=0o555)
    (tmp_path / "out" / "1").chmod(0o555)
    done = run("clean", "in", "-o", "out", "--force", before=without_override)
    assert done.returncode == 3
    assert b"1/0010.txt: write: permission denied" in done.stderr
    assert [record["status"] for record in records(tmp_path / "out")] == ["written"] * 10 + ["failed"]


def test_files_that_vanish_while_a_run_goes_on(tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 20, 1)
    with begun("decode", "in", "-o", "out", "-j", "1", cwd=tmp_path) as process:
        (tmp_path / "in" / "1" / "0019.txt").unlink()
        (tmp_path / "in" / "1" / "0018.txt").unlink()
        (tmp_path / "in" / "1" / "0018.txt").mkdir()
        status, said = ended(process)
    assert status == 3
    assert "1/0019.txt: read: no such file or directory; check the spelling, or whether it was moved meanwhile" in said
    assert "1/0018.txt: read: this is a directory" in said
    assert "20 documents to out; 2 failed" in said


def test_an_output_tree_on_another_device(inside: Run, tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no other device")
    tree = other / f"cnpolicy-test-{os.getpid()}"
    try:
        corpus_of(tmp_path / "in", 5, 2)
        assert inside("clean", "in", "-o", tree).returncode == 0
        assert inside("clean", "in", "-o", "here").returncode == 0
        assert files(tree) == files(tmp_path / "here")
    finally:
        shutil.rmtree(tree, ignore_errors=True)


# ---- processes -------------------------------------------------------------------------------------------------------


def workers_of(pid: int) -> list[int]:
    """The numbers of the processes that work for a run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
            if parent == pid and b"spawn_main" in path.with_name("cmdline").read_bytes():
                found.append(int(path.parent.name))
        except OSError:  # gone meanwhile
            continue
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers in /proc")
def test_a_worker_that_is_killed(inside: Run, tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 60, 2)
    with begun("decode", "in", "-o", "out", "-j", "2", cwd=tmp_path) as process:
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        status, said = ended(process)
    assert (status, said) == (0, "60 documents to out\n")
    assert inside("decode", "in", "-o", "fresh", "-j", "1").returncode == 0
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    assert no_temporary(tmp_path / "out")


def test_two_runs_at_once(inside: Run, tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 20, 1)
    with begun("decode", "in", "-o", "out", "-j", "1", cwd=tmp_path) as process:
        done = inside("decode", "in", "-o", "out")
        part = inside("decode", "in", "-o", "out", "--shard", "1/2")
        status, said = ended(process)
    for refused in (done, part):
        assert refused.returncode == 2
        assert f"another run is writing to out (process {process.pid} on " in refused.stderr.decode()
    assert (status, said) == (0, "20 documents to out\n")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_run_that_is_killed_goes_on(inside: Run, tmp_path: Path, jobs: int) -> None:
    corpus_of(tmp_path / "in", 40, 2)
    with begun("clean", "in", "-o", "out", "-j", jobs, cwd=tmp_path) as process:
        os.killpg(process.pid, signal.SIGKILL)
    (tmp_path / "out" / "0" / ".cnpolicy-1-2-3.tmp").write_bytes(b"half")
    said = inside("clean", "in", "-o", "out").stderr.decode()
    assert said.startswith("40 documents to out; ")
    assert 3 <= int(said.split("; ")[1].split(" done before")[0]) < 40
    assert inside("clean", "in", "-o", "fresh").returncode == 0
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    assert no_temporary(tmp_path / "out")
    assert not list((tmp_path / "out" / ".cnpolicy").glob("*journal*"))


@pytest.mark.benchmark
def test_killed_at_fifty_random_moments_a_run_goes_on(run: Run, tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 500, 150)
    assert run("clean", "in", "-o", "fresh").returncode == 0
    chance = random.Random(2)
    kills = 0
    while kills < 50:
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
        while True:  # until a run ends before it is killed, or was killed often enough
            process = subprocess.Popen(
                command("clean", "in", "-o", "out", "-j", "2"),
                cwd=tmp_path,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            # The processes take about a second to start, the whole about six.
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0.2, 5) if kills < 50 else 300)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                kills += 1
            said = process.communicate()[1].decode()
            if process.returncode != -signal.SIGKILL:
                assert process.returncode == 0, said
                break
        assert files(tmp_path / "out") == files(tmp_path / "fresh")
        assert no_temporary(tmp_path / "out")
        assert not list((tmp_path / "out" / ".cnpolicy").glob("*journal*"))


def test_a_part_that_is_killed_goes_on(inside: Run, tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 20, 1)
    assert inside("decode", "in", "-o", "fresh", "-j", "1").returncode == 0
    assert inside("decode", "in", "-o", "out", "--shard", "2/2").returncode == 0
    with begun("decode", "in", "-o", "out", "--shard", "1/2", "-j", "1", cwd=tmp_path) as process:
        os.killpg(process.pid, signal.SIGKILL)
    (tmp_path / "out" / "0" / ".cnpolicy-1-2-3.tmp").write_bytes(b"half")
    assert inside("decode", "in", "-o", "out", "--shard", "1/2").returncode == 0
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


# Runs each command in a copy of this process, with everything loaded already, and a standard output that nobody reads.
EACH = """
import json, os, sys
import cnpolicy.cli, cnpolicy.report, cnpolicy.runs, cnpolicy.index, cnpolicy.__main__
cnpolicy.clean("深入学习,贯彻锛屾垜")
for args in json.load(sys.stdin):
    pid = os.fork()
    if not pid:
        ours, theirs = os.pipe()
        os.close(ours)
        os.dup2(theirs, 1)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        sys.argv = ["cnpolicy", *args]
        cnpolicy.__main__.main()
    print(*args, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), sep="\\t", flush=True)
"""


def at_a_closed_pipe(calls: list[list[str]], folder: Path) -> None:
    corpus_of(folder / "in", 3, 20)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", EACH],
        input=json.dumps(calls).encode(),
        cwd=folder,
        capture_output=True,
        timeout=240,
    )
    statuses = {tuple(line.split("\t")[:-1]): line.split("\t")[-1] for line in done.stdout.decode().splitlines()}
    assert statuses == {tuple(call): "0" for call in calls}, done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert b"rror" not in done.stderr


FILE = "in/0/0000.txt"


def test_a_closed_pipe(tmp_path: Path) -> None:
    """Once for each way in which commands write: bytes, lines, tables for programs and for people, help."""
    calls = [["decode", FILE], ["clean", "in", "--diff"], ["rules"], ["inspect", "in", "--format", "table"], ["--help"]]
    at_a_closed_pipe(calls, tmp_path)


@pytest.mark.benchmark
def test_a_closed_pipe_at_every_command(tmp_path: Path) -> None:
    from cnpolicy import cli

    more = {
        **{name: ["in", "-w", "学习"] for name in ("timeline", "collocates", "kwic")},
        "explain": [FILE],
        "keyness": ["in/0", FILE],
        "similar": [FILE, "in"],
        "rules": [],
        "index": ["in", "-o", "corpus.duckdb"],
    }
    single = [[stage, FILE] for stage in ("clean", "decode", "repair", "tidy", "convert", "segment")]
    calls = [[name, *more.get(name, ["in"])] for name in cli.program.commands if [name, FILE] not in single]
    at_a_closed_pipe([*calls, *single, ["clean", "in", "--jsonl"]], tmp_path)


# ---- clocks and locales ----------------------------------------------------------------------------------------------


def test_a_clock_that_goes_back(run: Run, inside: Run, tmp_path: Path) -> None:
    corpus_of(tmp_path / "in", 5, 2)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import itertools, time\n"
        "_steps = itertools.count()\n"
        "time.time = lambda: 1e9 - 3600 * next(_steps)\n"
        "time.time_ns = lambda: int(time.time() * 1e9)\n"
    )
    assert run("clean", "in", "-o", "out", PYTHONPATH=str(tmp_path / "site")).returncode == 0
    assert inside("clean", "in", "-o", "fresh").returncode == 0
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    # What was written last seems to be the oldest, and what was changed seems to be as it was.
    changed = tmp_path / "in" / "0" / "0001.txt"
    stamp = changed.stat()
    changed.write_bytes(changed.read_bytes().replace("明显".encode(), "显著".encode()))
    os.utime(changed, ns=(stamp.st_atime_ns, stamp.st_mtime_ns - 10**15))
    for path in (tmp_path / "out").rglob("*"):
        os.utime(path, ns=(0, 0))
    done = run("clean", "in", "-o", "out", PYTHONPATH=str(tmp_path / "site"))
    assert done.stderr.decode() == "5 documents to out; 4 done before\n"
    assert "显著" in (tmp_path / "out" / "0" / "0001.txt").read_text("utf-8")


@pytest.mark.parametrize("locale", ["C", pytest.param("POSIX", marks=pytest.mark.benchmark)])
def test_a_locale_that_knows_ascii_only(run: Run, inside: Run, tmp_path: Path, locale: str) -> None:
    (tmp_path / "输入").mkdir()
    for name in ("简报.txt", "line\nend.txt"):
        (tmp_path / "输入" / name).write_text(LINE, "utf-8")
    with open(os.fsencode(tmp_path / "输入") + b"/\xbc\xf2.txt", "wb") as file:
        file.write(LINE.encode("gb18030"))
    ascii_only = {"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert run("clean", "输入", "-o", "out", **ascii_only).returncode == 0
    assert inside("clean", "输入", "-o", "fresh").returncode == 0
    assert (tmp_path / "out" / "manifest.jsonl").read_bytes() == (tmp_path / "fresh" / "manifest.jsonl").read_bytes()
    assert sorted(os.listdir(os.fsencode(tmp_path / "out"))) == sorted(os.listdir(os.fsencode(tmp_path / "fresh")))
    done = run("inspect", "输入", **ascii_only)
    assert "简报.txt".encode() in done.stdout
    assert rb"\xbc\xf2.txt" in done.stdout


# ---- very many -------------------------------------------------------------------------------------------------------


@pytest.mark.benchmark
def test_a_hundred_thousand_files_in_one_folder(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for number in range(100_000):
        (root / f"{number:06}.txt").write_bytes(LINE.encode("gb18030"))
    # What the parent keeps of each is what counts here, not what cleaning takes.
    said = []
    for number in range(2):
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command("decode", "in", "-o", "out"), cwd=tmp_path, capture_output=True, timeout=1800)
        assert done.returncode == 0, done.stderr
        said.append(done.stderr.decode())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"run {number + 1}: {time.monotonic() - began:.0f} s, {used:.0f} s of processors, {after.ru_maxrss} kB")
    assert said == ["100,000 documents to out\n", "100,000 documents to out; 100,000 done before\n"]
    assert len(records(tmp_path / "out")) == 100_000
    assert after.ru_maxrss < 400_000
