"""How fast is cnpolicy beside what people use? Whole processes, in one run, on the same files.

    python tests/benchmarks/peers.py [--runs 5] [--megabytes 20] [--cores N]... [--write] [a|b|c|d]...

    a  `clean` beside charset-normalizer + ftfy + OpenCC, on a clean corpus and on a damaged one
    b  `stats` beside that and jieba and a Counter
    c  `segment` beside `python -m jieba`
    d  `decode` of one file of ten times the size beside iconv, which only converts, and beside chardet

Each pair runs by turns, so that other work on the machine slows both; what is told is the median of the ratios of
times, with the least and the greatest. `--cores 1 --cores 2` measures with so many processor cores for both sides (by
default: with one, and with all); cnpolicy is called as a user calls it and takes as many as there are. `--write` puts
the table into the README. The texts are beside the checkout, and are not part of the project.
"""

import argparse
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cnpolicy.encodings  # noqa: F401 - Python gets the codecs that it lacks

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data" / "icwb2"
BEGIN, END = "<!-- peers: written by tests/benchmarks/peers.py -->", "<!-- end of peers -->"
FILES = 2_000

ENCODINGS = {"utf-8": 0.60, "gb18030": 0.25, "utf-8-sig": 0.05, "utf-16": 0.05, "big5hkscs": 0.05}


def _misread(right: str, wrong: str) -> Callable[[str, random.Random], bytes]:
    return lambda text, _: text.encode(right, "ignore").decode(wrong, "replace").encode()


def _half_width(text: str, _: random.Random) -> bytes:
    return text.translate(str.maketrans("，：；？！（）", ",:;?!()")).encode()


def _full_width(text: str, _: random.Random) -> bytes:
    return "".join(chr(ord(one) + 0xFEE0) if one.isascii() and one.isalnum() else one for one in text).encode()


def _web_page(text: str, _: random.Random) -> bytes:
    return "".join(f"<p>&nbsp;&nbsp;{line.replace('“', '&ldquo;')}</p>\r\n" for line in text.splitlines()).encode()


def _fixed_width(text: str, _: random.Random) -> bytes:
    return "\n".join(line[at : at + 38] for line in text.splitlines() for at in range(0, len(line), 38)).encode()


def _pages(text: str, _: random.Random) -> bytes:
    return "".join(
        f"{text[at : at + 700]}\n— {page} —\n" for page, at in enumerate(range(0, len(text), 700), 1)
    ).encode()


def _dropped(text: str, chance: random.Random) -> bytes:
    data = bytearray(text.encode("gb18030"))
    for _ in range(3):
        del data[chance.randrange(len(data))]
    return bytes(data)


# Of a hundred files of the damaged corpus so many are damaged so; the others are as in the clean one.
DAMAGES: dict[str, tuple[int, Callable[[str, random.Random], bytes]]] = {
    "UTF-8 read as GBK": (2, _misread("utf-8", "gb18030")),
    "UTF-8 read as Windows-1252": (2, _misread("utf-8", "cp1252")),
    "GBK read as Latin-1": (1, _misread("gbk", "latin-1")),
    "half-width punctuation": (3, _half_width),
    "full-width letters and digits": (2, _full_width),
    "markup of a web page": (2, _web_page),
    "lines of fixed width": (1, _fixed_width),
    "page numbers": (1, _pages),
    "three bytes of GBK dropped": (1, _dropped),
}

_CHAIN = """
import sys, pathlib
import charset_normalizer, ftfy, opencc
converter = opencc.OpenCC("t2s")
source, target = map(pathlib.Path, sys.argv[1:3])
def texts():
    for path in sorted(source.rglob("*.txt")):
        best = charset_normalizer.from_bytes(path.read_bytes()).best()
        yield path, converter.convert(ftfy.fix_text("" if best is None else str(best)))
"""
CLEAN = (
    _CHAIN
    + """
for path, text in texts():
    out = target / path.relative_to(source)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, "utf-8")
"""
)
COUNT = (
    _CHAIN
    + """
import collections, jieba
jieba.setLogLevel(60)
counts = collections.Counter()
for _, text in texts():
    counts.update(jieba.lcut(text))
for word, count in counts.most_common(100):
    print(word, count)
"""
)
DETECT = """
import sys, chardet
data = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(data.decode(chardet.detect(data)["encoding"], "replace").encode())
"""


class Pair(NamedTuple):
    """Two commands that do the same: ours and the others', with the aims (None: there is none) on one core and two."""

    letter: str
    what: str
    ours: list[str]
    theirs: list[str]
    aims: tuple[str, str]
    out: Path | None = None


# The news of these test sets has wide letters and digits, which are damage; in the clean corpus there shall be none.
_WIDE = re.compile("[０-９Ａ-Ｚａ-ｚ％](?:[！-～]*[０-９Ａ-Ｚａ-ｚ％．])?")


def _narrow(text: str) -> str:
    return _WIDE.sub(lambda match: "".join(chr(ord(one) - 0xFEE0) for one in match[0]), text)


def lines(name: str) -> list[str]:
    """The odd lines of a text, so that nothing is measured on the lines that floors score."""
    return _narrow((DATA / name).read_text("utf-8-sig")).splitlines()[::2]


def make_corpora(folder: Path, size: int) -> Counter[str]:
    """Write the clean corpus and the damaged one, and return how many files of the latter have which damage."""
    chance = random.Random(20)
    simplified, traditional = lines("pku_test.utf8"), lines("cityu_test.utf8")
    plan = [name for name, (count, _) in DAMAGES.items() for _ in range(count)]
    plan += [""] * (100 - len(plan))
    done: Counter[str] = Counter()
    for number in range(FILES):
        encoding = chance.choices(list(ENCODINGS), list(ENCODINGS.values()))[0]
        source = traditional if encoding == "big5hkscs" else simplified
        text = ""
        while len(text) * 3 < size // FILES:
            text += chance.choice(source) + "\n"
        data = text.encode(encoding, "ignore")
        damage = plan[number * 37 % 100]
        done[damage] += 1
        for corpus, made in (("clean", data), ("damaged", DAMAGES[damage][1](text, chance) if damage else data)):
            path = folder / corpus / f"{number % 40:02}" / f"{number:04}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made)
    text = "".join(chance.choice(simplified) + "\n" for _ in range(4_000))
    with open(folder / "one.txt", "wb") as one, open(folder / "large.txt", "wb") as large:
        data = text.encode()
        for _ in range(max(1, size // len(data))):
            one.write(data)
        data = text.encode("gb18030")
        for _ in range(max(1, 10 * size // len(data))):
            large.write(data)
    return done


def pairs(folder: Path) -> list[Pair]:
    """The pairs to time."""
    ours, python = [sys.executable, "-m", "cnpolicy"], sys.executable
    out, one, large = folder / "out", str(folder / "one.txt"), str(folder / "large.txt")
    made = []
    for corpus, aims in (("clean", ("9", "15")), ("damaged", ("", "3"))):
        source = str(folder / corpus)
        chain = [python, "-c", CLEAN, source, str(out)]
        made.append(
            Pair("a", f"`clean`, {corpus} files", [*ours, "clean", source, "-o", str(out), "-q"], chain, aims, out)
        )
    source = str(folder / "clean")
    count = [python, "-c", COUNT, source, str(out)]
    made.append(Pair("b", "`stats`, clean files", [*ours, "stats", source, "-q"], count, ("6.5", "12")))
    made.append(
        Pair(
            "c", "`segment`", [*ours, "segment", one, "-q"], [python, "-m", "jieba", "-q", "-d", " ", one], ("10", "18")
        )
    )
    convert = ["iconv", "-c", "-f", "gb18030", "-t", "utf-8", large]
    made.append(Pair("d", "`decode`, one large file; iconv", [*ours, "decode", large, "-q"], convert, ("", "0.25")))
    made.append(
        Pair(
            "d",
            "`decode`, one large file; chardet",
            [*ours, "decode", large, "-q"],
            [python, "-c", DETECT, large],
            ("", ""),
        )
    )
    return made


def seconds(command: list[str], cores: set[int], out: Path | None) -> float:
    """How long a process takes, by the clock on the wall; its output tree is removed before and after."""
    if out is not None:
        shutil.rmtree(out, ignore_errors=True)
    began = time.perf_counter()
    done = subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    taken = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(command)[:200]}: {done.stderr.decode()[-2000:]}")
    if out is not None:
        shutil.rmtree(out, ignore_errors=True)
    return taken


def row(pair: Pair, cores: set[int], runs: int) -> str:
    """The row of the table for a pair, and what was measured on the way to standard error."""
    times = [(seconds(pair.ours, cores, pair.out), seconds(pair.theirs, cores, pair.out)) for _ in range(runs)]
    ratios = [theirs / ours for ours, theirs in times]
    aim = pair.aims[0] if len(cores) == 1 else pair.aims[1]
    cells = (
        *(pair.what, str(len(cores))),
        *(f"{statistics.median(column):.2f} s" for column in zip(*times, strict=True)),
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        aim and f"{aim}",
    )
    print(*cells, sep="\t", file=sys.stderr, flush=True)
    return f"| {' | '.join(cells)} |"


def write(table: str) -> None:
    """Put the table into the README, between its marks."""
    path = ROOT / "README.md"
    text = path.read_text("utf-8")
    if BEGIN not in text or END not in text:
        sys.exit(f"the README has no place for the table: {BEGIN} … {END}")
    before, rest = text.split(BEGIN, 1)
    path.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.split(END, 1)[1]}", "utf-8")


def main() -> None:
    """Measure, print the table and, if asked, write it into the README."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("letters", nargs="*", metavar="a|b|c|d")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--megabytes", type=float, default=20)
    parser.add_argument("--cores", type=int, action="append")
    parser.add_argument("--write", action="store_true", help="put the table into the README")
    given = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"the texts to measure on are not here: {DATA}")
    there = sorted(os.sched_getaffinity(0))
    wanted = given.cores or sorted({1, len(there)})
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        damages = make_corpora(folder, int(given.megabytes * 1e6))
        damaged = FILES - damages[""]
        mix = ", ".join(f"{damage} {count}" for damage, count in damages.items() if damage)
        rows = [
            row(pair, set(there[:cores]), given.runs)
            for cores in wanted
            for pair in pairs(folder)
            if not given.letters or pair.letter in given.letters
        ]
    head = (
        "| what | cores | cnpolicy | the others | times as fast (least to greatest) | aim |\n|---|---|---|---|---|---|"
    )
    decoded = f", of {given.megabytes * 10:g} MB for `decode`" if not given.letters or "d" in given.letters else ""
    note = (
        f"Medians of {given.runs} runs of whole processes; {FILES:,} files of {given.megabytes * 1e3 / FILES:.0f} kB, "
        f"{' '.join(f'{name} {share:.0%}' for name, share in ENCODINGS.items())}; one file of "
        f"{given.megabytes:g} MB for `segment`{decoded}. Of the damaged corpus "
        f"{damaged} files are: {mix}. {platform.machine()}, Python {platform.python_version()}."
    )
    table = "\n".join([head, *rows, "", note])
    print(table)
    if given.write:
        write(table)


if __name__ == "__main__":
    main()
