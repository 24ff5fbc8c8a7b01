"""Every command and snippet of the README is run, and what it shows is what comes out."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pictures
import pytest
from conftest import ROOT, SAMPLES, Run

README = (ROOT / "README.md").read_text("utf-8")
# An indented line that begins with a command, up to the remark two spaces after it.
COMMANDS = re.findall(r"^    ((?:cnpolicy|cat) .+?)(?:  +\S.*)?$", README, re.MULTILINE)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of the samples."""
    path = tmp_path_factory.mktemp("database") / "corpus.duckdb"
    subprocess.run([sys.executable, "-m", "cnpolicy", "index", SAMPLES, "-o", path, "-q"], check=True)
    return path


@pytest.fixture
def place(tmp_path: Path, database: Path) -> Path:
    """A folder with what the commands of the README speak of."""
    shutil.copytree(SAMPLES, tmp_path / "samples")
    shutil.copytree(SAMPLES, tmp_path / "speeches")
    for year in ("2012", "2023"):
        shutil.copytree(SAMPLES / "hubei", tmp_path / "cleaned" / year)
    shutil.copy(database, tmp_path / "corpus.duckdb")
    shutil.copy(SAMPLES / "2008-bulletin-mianyang.txt", tmp_path / "FILE")
    (tmp_path / "chrome.txt").write_text("# written by cnpolicy chrome\n版面编辑：*\n", "utf-8")
    program = tmp_path / "bin" / "cnpolicy"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -W error -m cnpolicy "$@"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("command", [*COMMANDS])
def test_command(place: Path, command: str) -> None:
    if "|" in command.split("  ")[0] and not command.startswith(("cat", "cnpolicy clean")):
        command = command.replace("decode | repair | tidy | convert", "tidy FILE")
    if "-o chrome.txt" in command:
        (place / "chrome.txt").unlink()
    if "-o cleaned" in command:
        shutil.rmtree(place / "cleaned")
    if "-o corpus.duckdb" in command:
        (place / "corpus.duckdb").unlink()
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'PATH="{place}/bin:$PATH"; {command}'],
        cwd=place,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
    )
    assert done.returncode == (1 if "--check" in command else 0), done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stdout or " -o " in command or "--check" in command or ">" in command


def test_there_are_commands() -> None:
    assert len(COMMANDS) >= 12


def test_the_first_command_installs_and_runs_the_main_job(run: Run, place: Path) -> None:
    line = next(line for line in README.splitlines() if "pip install -q . &&" in line)
    steps = [step.strip() for step in line.split("&&")]
    assert steps[:2] == ["python3 -m venv .venv", ".venv/bin/pip install -q ."]
    for step in steps[2:]:
        program, *arguments = step.split()
        assert program == ".venv/bin/cnpolicy"
        if arguments[0] == "clean":
            shutil.rmtree(place / "cleaned")
        assert run(*arguments, cwd=place).returncode == 0


def test_snippet(place: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-W", "error", "-c", snippet], cwd=place, capture_output=True, check=True)
    assert done.stdout.decode().startswith("gb18030 深入学习，2012年工作要点\n")
    assert "hubei/2012-speech-jingzhou.txt" in done.stdout.decode()


def test_the_queries_of_the_database(database: Path) -> None:
    (queries,) = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
    with duckdb.connect(str(database), read_only=True) as connection:
        for query in queries.split(";\n"):
            assert not query or connection.sql(query).fetchall(), query


def test_the_line_its_repair_and_its_explanation(run: Run) -> None:
    broken, repaired = re.findall(r"^    (深入学习.*)$", README, re.MULTILINE)
    line = pictures.PICTURES / "line.txt"
    assert line.read_bytes() == (broken + "\r\n").encode("gb18030")
    assert run("clean", line).stdout.decode() == repaired + "\n"
    explained = run("explain", "line.txt", cwd=pictures.PICTURES).stdout.decode()
    shown = "".join(f"    {part}\n" if part else "\n" for part in explained.splitlines())
    assert shown in README


def test_the_pictures_show_what_the_terminal_shows() -> None:
    assert pictures.stale() == []
