"""How fast is `cnpolicy segment` beside `python -m jieba`, and `cnpolicy terms`, as whole processes?

    python tests/benchmarks/segment_speed.py [--megabytes N] [--runs N] [--large]

One file of Simplified news is given to each. The seconds are those of the processor (user and system), start-up
included, so that other work on the machine hardly counts; of several runs the least. jieba gets a quarter of the
file, and its time is taken times four but for its start-up, which counts once: it is linear. For `-j 2`, which works
on the same file, the seconds are those of the clock. `terms` reads 10 MB, and 100 MB with `--large`; beside its
speed stands the most memory that the process held.
"""

import argparse
import compileall
import os
import random
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


class Cost(NamedTuple):
    """What a process took: seconds of the processor, seconds of the clock, megabytes of memory at most."""

    processor: float
    clock: float
    memory: float


def cost(*arguments: str | Path) -> Cost:
    """Run a module of Python's to its end and return what it took."""
    command = [sys.executable, "-W", "ignore", "-m", *map(str, arguments)]
    with Path(os.devnull).open("wb") as nowhere:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
        clock = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return Cost(usage.ru_utime + usage.ru_stime, clock, usage.ru_maxrss / 1024)


def least(runs: int, *arguments: str | Path) -> Cost:
    return min(cost(*arguments) for _ in range(runs))


def text(size: int) -> str:
    """Simplified text of so many bytes in UTF-8, made of the words of a news test set.

    Each word is drawn from those that follow the one before it in the news, each line from beginning to end: the
    frequencies are those of news, but lines do not come again as they would if the few there are were repeated.
    """
    path = SHARED / "data" / "icwb2" / "pku_test_gold.utf8"
    following: dict[str, list[str]] = {}
    for line in path.read_text("utf-8-sig").splitlines():
        if words := line.split():
            for word, other in pairwise(("\n", *words, "\n")):
                following.setdefault(word, []).append(other)
    chance = random.Random(1)
    made: list[str] = []
    word = "\n"
    while size > 0:
        word = chance.choice(following[word])
        made.append(word)
        size -= len(word.encode())
    return "".join(made) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--large", action="store_true", help="also let `terms` read 100 MB")
    options = parser.parse_args()
    # Where Python is told to write no byte code, every process would compile the package anew.
    compileall.compile_dir(ROOT / "cnpolicy", quiet=2)
    size = options.megabytes * 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "text.txt")
        whole = text(size)
        file.write_text(whole, "utf-8")
        segment = ("cnpolicy", "segment", "-q")
        quarter, nothing = Path(folder, "quarter.txt"), Path(folder, "nothing.txt")
        quarter.write_text(whole[: len(whole) // 4], "utf-8")
        nothing.write_text("", "utf-8")
        start_up = cost("jieba", nothing).processor
        jieba = start_up + 4 * (cost("jieba", quarter).processor - start_up)
        print(f"{'python -m jieba':28}{jieba:8.2f} s{options.megabytes / jieba:8.2f} MB/s")
        for name, more in (("segment", ()), ("segment, plain", ("--lexicon", "none", "--split-numbers"))):
            ours = least(options.runs, *segment, "-j", "1", *more, file)
            rate = f"{options.megabytes / ours.processor:8.2f} MB/s{jieba / ours.processor:8.1f} times jieba"
            print(f"{name:28}{ours.processor:8.2f} s{rate}{ours.memory:8.0f} MB", flush=True)
        one, two = (min(cost(*segment, "-j", str(jobs), file).clock for _ in range(options.runs)) for jobs in (1, 2))
        print(f"{'-j 2 against -j 1':28}{one:8.2f} s{two:8.2f} s{one / two:8.2f} times")
        numbers = np.random.default_rng(1).integers(0, 1 << 62, 10_000_000)
        start = time.process_time()
        numbers.sort()
        print(f"{'10 million numbers sorted':28}{time.process_time() - start:8.2f} s")
        del numbers
        for megabytes in (10, 100) if options.large else (10,):
            file.write_text(text(megabytes * 1_000_000), "utf-8")
            for name, more in (("terms --as-is", ("--as-is",)), ("terms, cleaning", ())):
                ours = least(1 if megabytes > 10 else options.runs, "cnpolicy", "terms", "-q", "-j", "1", *more, file)
                rate = f"{megabytes / ours.processor:8.2f} MB/s{ours.memory:8.0f} MB"
                print(f"{f'{name}, {megabytes} MB':28}{ours.processor:8.2f} s{rate}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
