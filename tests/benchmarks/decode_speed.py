"""How fast does decode read? MB of the text's UTF-8 a second on one core, for each way through it.

python tests/benchmarks/decode_speed.py
"""

import random
import sys
import time
from pathlib import Path

from cnpolicy.decode import decode
from cnpolicy.document import Document

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "icwb2" / "pku_test.utf8"


def inputs() -> dict[str, tuple[bytes, str]]:
    """The name of each way, its bytes and their text."""
    chance = random.Random(1)
    lines = DATA.read_text(encoding="utf-8").split("\n")[::2]
    text = "\n".join(lines) * 60
    some = [chance.choice(lines) for _ in range(10_000)]
    mixed = b"\n".join(line.encode(chance.choice(("utf-8", "gb18030"))) for line in some)
    few = some[:800]
    inside = b"\n".join(line[: len(line) // 2].encode() + line[len(line) // 2 :].encode("gb18030") for line in few)
    return {
        "utf-8": (text.encode(), text),
        "gbk": (text.encode("gb18030"), text),
        "utf-16 without mark": (text.encode("utf-16-le"), text),
        "lines mixed": (mixed, "\n".join(some)),
        "mixed inside lines": (inside, "\n".join(few)),
    }


def main() -> int:
    decode("中国".encode("gbk") + b"\xff")  # loads the tables
    for name, (data, text) in inputs().items():
        start = time.perf_counter()
        outcome = decode(data)
        spent = time.perf_counter() - start
        assert isinstance(outcome, Document)
        print(f"{name:24} {len(text.encode()) / 1e6 / spent:8.2f} MB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
