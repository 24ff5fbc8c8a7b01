"""How fast does decode read? MB of the text's UTF-8 a second of one core, for each way through it.

    python tests/benchmarks/decode_speed.py

The best of three runs by the processor's clock, so that other work on the machine counts little. The last lines are
what a small file takes, and what iconv takes for the text of GBK.
"""

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

from cnpolicy.decode import decode
from cnpolicy.document import Document

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "icwb2"
DATA = FOLDER / "pku_test.utf8"
TRADITIONAL = FOLDER / "cityu_test.utf8"


def inputs() -> dict[str, tuple[bytes, str]]:
    """The name of each way, its bytes and their text."""
    chance = random.Random(1)
    lines = DATA.read_text(encoding="utf-8").split("\n")[::2]
    text = "\n".join(lines) * 60
    some = [chance.choice(lines) for _ in range(10_000)]
    mixed = b"\n".join(line.encode(chance.choice(("utf-8", "gb18030"))) for line in some)
    few = some[:800]
    inside = b"\n".join(line[: len(line) // 2].encode() + line[len(line) // 2 :].encode("gb18030") for line in few)
    hong_kong = "\n".join(TRADITIONAL.read_text(encoding="utf-8").replace("\ufeff", "").split("\n")[::2]) * 40
    big5 = hong_kong.encode("cp950", "ignore")
    return {
        "utf-8": (text.encode(), text),
        "big5, with rare names": (big5, big5.decode("cp950")),
        "gbk": (text.encode("gb18030"), text),
        "utf-16 without mark": (text.encode("utf-16-le"), text),
        "lines mixed": (mixed, "\n".join(some)),
        "mixed inside lines": (inside, "\n".join(few)),
    }


def seconds(data: bytes, runs: int = 3) -> float:
    """The processor time of the fastest of some runs."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        outcome = decode(data)
        best = min(best, time.process_time() - start)
        assert isinstance(outcome, Document)
    return best


def main() -> int:
    decode("中国".encode("gbk") + b"\xff")  # loads the tables
    ways = inputs()
    for name, (data, text) in ways.items():
        print(f"{name:24} {len(text.encode()) / 1e6 / seconds(data):8.2f} MB/s", flush=True)
    lines = DATA.read_text(encoding="utf-8").split("\n")[::2]
    for size in (100, 1000):
        files = ["\n".join(lines[start:])[:size].encode("gb18030") for start in range(0, 600, 20)]
        print(f"gbk, {size:5} characters    {1e3 * sum(map(seconds, files)) / len(files):8.2f} ms a file", flush=True)
    if shutil.which("iconv"):
        data, text = ways["gbk"]
        start = time.perf_counter()
        subprocess.run(["iconv", "-f", "gb18030", "-t", "utf-8"], input=data, capture_output=True, check=True)
        print(f"gbk by iconv             {len(text.encode()) / 1e6 / (time.perf_counter() - start):8.2f} MB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
