"""How fast do tidy and convert run, together? MB of the text's UTF-8 a second on one core.

    python tests/benchmarks/tidy_speed.py

Clean text is news that both leave as it is: one long text, and pages of it. Damaged text is the five real files, each
ten times over. Processor time counts, the best of three runs.
"""

import sys
import time
from pathlib import Path

from cnpolicy import convert, pipeline, tidy
from cnpolicy.document import Document
from cnpolicy.rules import Options

SHARED = Path(__file__).resolve().parents[3] / "shared"
STAGES = (tidy.STAGE, convert.STAGE)
PAGE = 3000  # characters


def processed(text: str) -> Document:
    return pipeline.run(Document("text", text, "str", ""), STAGES, Options())


def inputs() -> dict[str, list[str]]:
    """The name of each measurement and its texts."""
    news = processed((SHARED / "data" / "icwb2" / "pku_test.utf8").read_text("utf-8-sig")).text
    pages = [news[start : start + PAGE] for start in range(0, len(news), PAGE)]
    damaged = [(path.read_text("utf-8").rstrip("\n") + "\n") * 10 for path in sorted((SHARED / "seeds").glob("*.txt"))]
    return {"clean": [news * 20], "clean pages": pages, "damaged": damaged}


def speeds() -> dict[str, float]:
    """MB a second for each kind of text."""
    found: dict[str, float] = {}
    for name, texts in inputs().items():
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            for text in texts:
                processed(text)
            best = min(best, time.process_time() - start)
        found[name] = sum(len(text.encode()) for text in texts) / 1e6 / best
    return found


def main() -> int:
    for name, speed in speeds().items():
        print(f"{name:12} {speed:8.2f} MB/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
