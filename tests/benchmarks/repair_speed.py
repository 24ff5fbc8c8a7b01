"""How fast is repair? MB of UTF-8 a second on one core, and the ratio to ftfy.fix_encoding in the same run.

    python tests/benchmarks/repair_speed.py [--runs N] [NAME...]

`clean` texts have nothing to repair, `garbled` ones are garbled from beginning to end; their megabytes are those of the
garbled text, as that is what has to be read. The medians of the runs are given, and `scale`: the time for the text
four times over against the time for it once (linear is 4).
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

from garbling import attempt, garblings
from repair_accuracy import GOOD, TEXTS, lines

from cnpolicy import pipeline
from cnpolicy.document import Document
from cnpolicy.repair import STAGE
from cnpolicy.rules import Options

CLEAN_LINES = 1500
GARBLED_LINES = 40
GARBLINGS = (
    *("1/utf-8 as latin-1", "1/utf-8 as cp1252 twice", "1/utf-8 as strict cp1252, replaced", "1/utf-8 as mac_roman"),
    *("1/utf-8 as cp437", "1/utf-8 as cp1251", "2/gbk as latin-1", "2/big5 as cp1252", "2/euc_tw as mac_roman"),
    *("3/utf-8 as gbk, replaced", "3/utf-8 as gbk, question", "3/utf-8 as gbk, swallowed", "3/utf-8 as gbk, dropped"),
    *("3/utf-8 as gb18030, replaced", "3/utf-8 as gbk twice, replaced"),
    *("4/utf-8 as big5, replaced", "4/utf-8 as cp932, replaced", "4/utf-8 as cp949, replaced"),
    *("4/gbk as big5, replaced", "4/gbk as cp932, replaced", "4/gbk as cp949, replaced", "4/big5 as gbk, replaced"),
    *("5/utf-16 swapped", "5/utf-16-le as latin-1", "5/hz raw", "5/utf-7 raw", "5/gbk out of step, first"),
    *("6/decimal entities, all", r"6/\u, all", "6/%XX of utf-8, all", "6/quoted-printable of gbk"),
    *("8/gbk as utf-8", "8/gbk as utf-8 as gbk"),
)


def inputs() -> Iterator[tuple[str, str]]:
    """The name of each text, and the text."""
    for name in GOOD:
        yield f"clean/{name.split('/')[1].split('.')[0]}", "\n".join(lines(name, "even")[:CLEAN_LINES])
    known = {garbling.name: garbling for garbling in garblings()}
    for name in GARBLINGS:
        garbling = known[name]
        good: list[str] = []
        for line in lines(TEXTS[garbling.scripts[0]], "even"):
            if len(good) < GARBLED_LINES and attempt(garbling.garble, line) is not None:
                good.append(line)
        yield f"garbled/{name}", garbling.garble("\n".join(good))


def repair(text: str) -> None:
    document = pipeline.read(text)
    assert isinstance(document, Document)
    pipeline.run(document, (STAGE,), Options())


def seconds(work: Callable[[str], object], text: str, runs: int) -> float:
    """The median time of the work on a text, in seconds."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work(text)
        taken.append(time.perf_counter() - start)
    return median(taken)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-scale", action="store_true", help="leave out the text four times over")
    parser.add_argument("names", nargs="*", help="how the names of the texts begin (default: all)")
    options = parser.parse_args()
    try:
        from ftfy import fix_encoding as peer
    except ImportError:
        peer = None
    # Loads the tables.
    repair("深入学习".encode().decode("gbk", "replace") * 9)
    print(f"{'text':45}{'kB':>7}{'MB/s':>9}{'ftfy':>9}{'ratio':>8}{'scale':>7}")
    for name, text in inputs():
        if options.names and not name.startswith(tuple(options.names)):
            continue
        size = len(text.encode())
        ours = seconds(repair, text, options.runs)
        theirs = seconds(peer, text, options.runs) if peer else float("nan")
        scale = float("nan") if options.no_scale else seconds(repair, "\n".join([text] * 4), 1) / ours
        rates = f"{size / 1e6 / ours:9.2f}{size / 1e6 / theirs:9.2f}{theirs / ours:8.2f}"
        print(f"{name:45}{size / 1e3:7.1f}{rates}{scale:7.1f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
