"""How many files does decode read right? Encodes, damages and mixes good text, and compares with what comes back.

    python tests/benchmarks/decode_accuracy.py [--half even|odd] [--cases N] [--peers] [CELL]...

The odd lines of the texts are for development, the even lines for the score; floors.json holds the score's floors.
For each cell it prints the share of cases that are right and the lower end of its 95 % interval (Wilson).
"""

import argparse
import difflib
import random
import sys
from collections.abc import Callable, Iterator
from functools import cache
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from cnpolicy.decode import decode
from cnpolicy.document import Document

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

SIMPLIFIED = "icwb2/pku_test.utf8"
TRADITIONAL = "icwb2/cityu_test.utf8"

CLEAN = {
    "utf-8": (SIMPLIFIED, TRADITIONAL),
    "utf-8-sig": (SIMPLIFIED, TRADITIONAL),
    "gb2312": (SIMPLIFIED,),
    "gbk": (SIMPLIFIED, TRADITIONAL),
    "gb18030": (SIMPLIFIED, TRADITIONAL),
    "hz": (SIMPLIFIED,),
    "big5": (TRADITIONAL,),
    "cp950": (TRADITIONAL,),
    "big5hkscs": (TRADITIONAL,),
    "euc_tw": (TRADITIONAL,),
    "iso2022_cn": (SIMPLIFIED, TRADITIONAL),
    "utf-16": (SIMPLIFIED, TRADITIONAL),
    "utf-16-le": (SIMPLIFIED, TRADITIONAL),
    "utf-16-be": (SIMPLIFIED, TRADITIONAL),
    "utf-32": (SIMPLIFIED, TRADITIONAL),
    "utf-32-le": (SIMPLIFIED, TRADITIONAL),
    "utf-32-be": (SIMPLIFIED, TRADITIONAL),
    "utf-7": (SIMPLIFIED, TRADITIONAL),
}
DAMAGED = ("utf-8", "gb18030", "cp950", "utf-16-le", "utf-16-be")
LENGTHS = (8, 20, 100, 1000)


class Case(NamedTuple):
    """Bytes, the text that they hold, and how many of its characters the damage touched."""

    data: bytes
    text: str
    touched: int = 0


@cache
def lines(name: str, half: str) -> tuple[str, ...]:
    every = (DATA / name).read_text(encoding="utf-8").replace("\ufeff", "").split("\n")
    return tuple(line.strip() for line in every[0 if half == "odd" else 1 :: 2] if line.strip())


def excerpt(chance: random.Random, name: str, half: str, length: int) -> str:
    """Some lines from a random place on, cut to the length."""
    every = lines(name, half)
    start = chance.randrange(len(every))
    parts: list[str] = []
    size = 0
    while size < length:
        parts.append(every[start % len(every)])
        size += len(parts[-1]) + 1
        start += 1
    first = parts[0]
    offset = chance.randrange(max(1, len(first) - length + 1)) if len(parts) == 1 else 0
    return "\n".join(parts)[offset : offset + length]


def write(text: str, encoding: str) -> tuple[bytes, str]:
    """The text in the encoding, and the text without the characters that it lacks."""
    kept = text.encode(encoding, "ignore").decode(encoding)
    # What the decoder of a family has for a code may differ in a few signs (Big5 as Windows reads it).
    read_as = {"gb2312": "gb18030", "big5": "cp950"}.get(encoding)
    data = kept.encode(encoding)
    return data, data.decode(read_as) if read_as else kept


def clean_cases(encoding: str, length: int, half: str, count: int) -> Iterator[Case]:
    chance = random.Random(f"{encoding} {length} {half}")
    for _ in range(count):
        name = chance.choice(CLEAN[encoding])
        data, text = write(excerpt(chance, name, half, length), encoding)
        yield Case(data, text)


DAMAGES = ("drop", "insert", "overwrite", "cut")


def damaged_cases(encoding: str, damage: str, length: int, half: str, count: int) -> Iterator[Case]:
    chance = random.Random(f"{encoding} {damage} {length} {half}")
    for _ in range(count):
        name = chance.choice(CLEAN[encoding])
        data, text = write(excerpt(chance, name, half, length), encoding)
        place = chance.randrange(len(data))
        if damage == "drop":
            data = data[:place] + data[place + 1 :]
        elif damage == "insert":
            data = data[:place] + chance.choice((b"\0", b"\x80", b"\xff")) + data[place:]
        elif damage == "overwrite":
            data = data[:place] + bytes((data[place] ^ chance.randrange(1, 256),)) + data[place + 1 :]
        else:
            place = max(place, len(data) // 2)
            data = data[:place]
            # The rest of the text is gone with the rest of the bytes.
            text = text[: len(data.decode(encoding, "ignore")) + 1]
        yield Case(data, text, 1)


def mixed_cases(kind: str, half: str, count: int) -> Iterator[Case]:
    chance = random.Random(f"{kind} {half}")
    for _ in range(count):
        parts: list[tuple[str, str]] = []
        if kind == "lines utf-8 gb18030":
            for _ in range(chance.randrange(2, 20)):
                text = chance.choice(lines(SIMPLIFIED, half)) + "\n"
                parts.append((text, chance.choice(("utf-8", "gb18030"))))
        elif kind == "paragraphs of three":
            for encoding, name in (("utf-8", SIMPLIFIED), ("cp950", TRADITIONAL), ("gb18030", SIMPLIFIED)):
                start = chance.randrange(len(lines(name, half)) - 6)
                chosen = lines(name, half)[start : start + chance.randrange(1, 6)]
                parts += [(text + "\n", encoding) for text in chosen]
            chance.shuffle(parts)
        elif kind == "utf-8 template, gb18030 text":
            for _ in range(chance.randrange(1, 8)):
                head = chance.choice(lines(SIMPLIFIED, half))[:12]
                parts.append((f"<p>{head}：", "utf-8"))
                parts.append((chance.choice(lines(SIMPLIFIED, half)), "gb18030"))
                parts.append(("</p>\n", "utf-8"))
        elif kind == "gb18030 with utf-8 pasted in":
            for _ in range(chance.randrange(1, 8)):
                text = chance.choice(lines(SIMPLIFIED, half))
                place = chance.randrange(len(text))
                pasted = chance.choice(lines(SIMPLIFIED, half))[: chance.randrange(4, 40)]
                parts += [(text[:place], "gb18030"), (pasted, "utf-8"), (text[place:] + "\n", "gb18030")]
        else:
            for _ in range(chance.randrange(1, 8)):
                text = chance.choice(lines(SIMPLIFIED, half))
                place = chance.randrange(len(text))
                quoted = chance.choice(lines(TRADITIONAL, half))[: chance.randrange(6, 40)]
                parts += [(text[:place], "gb18030"), (f"「{quoted}」", "cp950"), (text[place:] + "\n", "gb18030")]
        written = [write(text, encoding) for text, encoding in parts]
        yield Case(b"".join(data for data, _ in written), "".join(text for _, text in written))


FOREIGN = {
    "japanese": ("negatives/japanese.txt", ("cp932", "euc_jp", "iso2022_jp", "utf-16-le")),
    "korean": ("negatives/korean.txt", ("cp949", "utf-16-le")),
}


def foreign_cases(language: str, encoding: str, length: int, half: str, count: int) -> Iterator[Case]:
    chance = random.Random(f"{encoding} {length} {half}")
    for _ in range(count):
        data, text = write(excerpt(chance, FOREIGN[language][0], half, length), encoding)
        yield Case(data, text)


def right(text: str, case: Case) -> float:
    """The share of the untouched characters that came back in their place."""
    if text == case.text:
        return 1.0
    head = 0
    while head < min(len(text), len(case.text)) and text[head] == case.text[head]:
        head += 1
    tail = 0
    while tail < min(len(text), len(case.text)) - head and text[-1 - tail] == case.text[-1 - tail]:
        tail += 1
    kept = head + tail
    if not case.touched:
        one, two = text[head : len(text) - tail], case.text[head : len(case.text) - tail]
        blocks = difflib.SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
        kept += sum(block.size for block in blocks)
    return min(1.0, kept / max(1, len(case.text) - case.touched))


def cells(half: str, count: int) -> Iterator[tuple[str, Callable[[], Iterator[Case]], str]]:
    """The name of each cell, its cases, and what counts: `files` exactly right, `files99`, or `characters`."""
    for encoding in CLEAN:
        for length in LENGTHS:
            yield f"clean/{encoding}/{length}", lambda e=encoding, n=length: clean_cases(e, n, half, count), "files"
    for encoding in DAMAGED:
        for damage in DAMAGES:
            for length in (20, 100, 1000):
                name = f"damaged/{encoding}/{damage}/{length}"
                yield name, lambda e=encoding, d=damage, n=length: damaged_cases(e, d, n, half, count), "files99"
    for kind in (
        *("lines utf-8 gb18030", "paragraphs of three", "utf-8 template, gb18030 text"),
        *("gb18030 with utf-8 pasted in", "gb18030 with big5 quotations"),
    ):
        yield f"mixed/{kind}", lambda k=kind: mixed_cases(k, half, count), "characters"
    for language, (_, names) in FOREIGN.items():
        for encoding in names:
            for length in (20, 100):
                name = f"foreign/{language}/{encoding}/{length}"
                yield name, lambda i=language, e=encoding, n=length: foreign_cases(i, e, n, half, count), "files"


def lower_bound(hits: float, count: int) -> float:
    """The lower end of the 95 % interval of a share (Wilson)."""
    share, z = hits / count, 1.96
    centre = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (centre - spread) / (1 + z * z / count)


def measure(
    make: Callable[[], Iterator[Case]], counts: str, show: int = 0
) -> tuple[float, int, list[tuple[float, bool]]]:
    """How much of a cell is right, of how much, and each confidence with whether it was deserved."""
    hits = 0.0
    total = 0
    calibration: list[tuple[float, bool]] = []
    for case in make():
        outcome = decode(case.data)
        text = outcome.text if isinstance(outcome, Document) else ""
        share = right(text, case)
        if isinstance(outcome, Document):
            calibration.append((outcome.confidence, share >= 0.99))
        if counts == "characters":
            hits += share * len(case.text)
            total += len(case.text)
        else:
            hits += share >= (0.99 if counts == "files99" else 1.0)
            total += 1
        if share < (0.99 if counts == "files99" else 1.0) and show > 0:
            show -= 1
            label = f"{outcome.encoding} {outcome.confidence:.4f}" if isinstance(outcome, Document) else str(outcome)
            print(f"  {share:.3f} {label}\n    {case.data[:60]!r}\n    want {case.text[:70]!r}\n    got  {text[:70]!r}")
    return hits, total, calibration


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("even", "odd"), default="even")
    parser.add_argument("--cases", type=int, default=3000)
    parser.add_argument("--show", type=int, default=0, help="print so many cases of each cell that went wrong")
    parser.add_argument("cells", nargs="*", help="how the names of the cells to measure begin (default: all)")
    options = parser.parse_args()
    everything: list[tuple[float, bool]] = []
    for name, make, counts in cells(options.half, options.cases):
        if options.cells and not any(name.startswith(start) for start in options.cells):
            continue
        hits, total, calibration = measure(make, counts, options.show)
        everything += calibration
        bound = lower_bound(hits, total)
        print(
            f"{name:45} {100 * hits / total:8.3f} %  (at least {100 * bound:.3f} %, n={total:,}, {counts})", flush=True
        )
    sure = [good for confidence, good in everything if confidence >= 0.99]
    if sure:
        print(f"confidence 0.99 or more: {len(sure):,} files, {100 * sum(sure) / len(sure):.3f} % right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
