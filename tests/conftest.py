"""What all tests share: the program as a user runs it, text to measure on, and the switch for benchmarks."""

import compileall
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

collect_ignore = ["fuzz/fuzz.py"]  # a program, and it needs what the tests do not

# The first call of many a function loads tables; a deadline would call that a failure. The same examples every time, so
# that a change passes or fails for what it is; `--hypothesis-profile explore` looks for new ones.
settings.register_profile("cnpolicy", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("cnpolicy")

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "samples"
SHARED = ROOT.parent / "shared"

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


def pytest_configure() -> None:
    # Where Python is told to write no byte code, each of the hundreds of processes would compile the package anew.
    compileall.compile_dir(ROOT / "cnpolicy", quiet=2)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--benchmark", action="store_true", help="also run what measures speed and accuracy")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--benchmark"):
        return
    for item in items:
        if "benchmark" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="measures; run with --benchmark"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of texts to measure on, which is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the texts to measure on are not here")
    return SHARED


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A function that runs `cnpolicy` with arguments in an empty folder and returns what it came to."""

    def call(
        *args: object,
        stdin: bytes = b"",
        cwd: Path = tmp_path,
        before: Callable[[], object] | None = None,
        **environment: str,
    ) -> "subprocess.CompletedProcess[bytes]":
        done = subprocess.run(
            command(*args),
            input=stdin,
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            timeout=240,
            preexec_fn=before,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return done

    return call


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """A function like that of `run`, in this process: a hundredth of the time, for the many ways to use a command."""

    def call(*args: object, cwd: Path = tmp_path, **environment: str) -> "subprocess.CompletedProcess[bytes]":
        from cnpolicy import cli

        capfdbinary.readouterr()
        with monkeypatch.context() as patch:
            patch.chdir(cwd)
            patch.setattr(sys, "argv", ["cnpolicy", *map(str, args)])
            for name, value in environment.items():
                patch.setenv(name, value)
            status = cli.main()
            sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return subprocess.CompletedProcess([], status, out, err)

    return call


def command(*args: object) -> list[str | bytes]:
    """The command line of `cnpolicy` with these arguments, under an interpreter that turns warnings into errors."""
    given = [arg if isinstance(arg, str | bytes) else str(arg) for arg in args]
    return [sys.executable, "-W", "error", "-m", "cnpolicy", *given]
