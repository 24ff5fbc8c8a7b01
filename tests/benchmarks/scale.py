"""How much faster are two processes than one, and what does a Dask cluster give? Whole runs, over 20,000 small files.

    python tests/benchmarks/scale.py [--runs 3] [--files 20000]

`clean` with `-j 1` and with a process for each core, and on a cluster on this machine with one worker and with one for
each core (with the package `distributed`). The runs take turns, so that other work on the machine slows all of them;
what is told are medians, and ratios within one turn. The texts are beside the checkout, and no part of the project.
"""

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peers import DATA, FILES, make_corpora, seconds


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """A scheduler with so many workers; its address."""
    told = folder / "scheduler.json"
    told.unlink(missing_ok=True)

    def start(module: str, *args: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"distributed.cli.{module}", *args, "--no-dashboard"]
        return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    running = [start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(told))]
    try:
        while not told.exists() or not told.read_bytes().endswith(b"}"):
            time.sleep(0.1)
        address = json.loads(told.read_bytes())["address"]
        running += [start("dask_worker", address, "--nthreads", "1", "--no-nanny") for _ in range(workers)]
        yield address
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait()


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--files", type=int, default=20_000)
    given = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"the texts to measure on are not here: {DATA}")
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_corpora(folder, FILES * 10_000)
        for copy in range(given.files // FILES):
            shutil.copytree(folder / "clean", folder / "in" / f"{copy:02}")
        paths = list((folder / "in").rglob("*.txt"))
        megabytes = sum(path.stat().st_size for path in paths) / 1e6
        out = folder / "out"
        clean = [sys.executable, "-m", "cnpolicy", "clean", str(folder / "in"), "-o", str(out), "-q"]
        counts = sorted({1, len(cores)})
        times: dict[tuple[str, int], list[float]] = {}
        for _ in range(given.runs):
            for count in counts:
                taken = seconds([*clean, "-j", str(count)], cores, out)
                times.setdefault(("processes (`-j`)", count), []).append(taken)
                if importlib.util.find_spec("distributed"):
                    with cluster(folder, count) as address:
                        seconds([*clean, "--cluster", address, "--shard", f"1/{given.files}"], cores, out)  # warm
                        taken = seconds([*clean, "--cluster", address], cores, out)
                    times.setdefault(("workers of a cluster", count), []).append(taken)
            print({key: round(column[-1], 1) for key, column in times.items()}, file=sys.stderr, flush=True)
    rows = []
    for (what, count), column in sorted(times.items()):
        ratios = [one / more for one, more in zip(times[what, 1], column, strict=True)]
        middle = statistics.median(column)
        spread = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if count > 1 else ""
        rows.append(f"| {count} {what} | {middle:.1f} s | {megabytes / middle:.2f} | {spread} |")
    table = "\n".join(
        [
            "| `clean` with | time | MB/s | times as fast as one (least to greatest) |",
            "|---|---|---|---|",
            *rows,
            "",
            f"Medians of {given.runs} runs over {len(paths):,} files, {megabytes:.0f} MB, on {len(cores)} cores.",
        ]
    )
    print(table)


if __name__ == "__main__":
    main()
