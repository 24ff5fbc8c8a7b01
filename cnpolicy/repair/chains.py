"""Chains of misreadings: what each wrong encoding makes of bytes, which bytes it loses, and why.

A wrong encoding turns most bytes into characters that can be turned back, and loses the others. Which ones it loses
is known: a byte that begins no pair with the one after it. So a lost byte is not any byte, and often one of a few.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language

Bytes = npt.NDArray[np.int64]
Truth = npt.NDArray[np.bool_]

_BMP = 0x10000
END = 256  # the place after the last byte
UNKNOWN = 257  # a byte that is not known
SPELLINGS = 3  # so many ways at most in which an encoding writes a character; cp932 has three of ¬


_BIG5_TRAILS = (*range(0x40, 0x7F), *range(0xA1, 0xFF))


class Step(NamedTuple):
    """One misreading: bytes of a text in `right` were read as `wrong` (Python's names of the encodings)."""

    right: str
    wrong: str


ARROW = " ← "

Chain = tuple[Step, ...]
"""Misreadings in the order in which they happened: the last one made the text that is seen."""


def describe(chain: Chain) -> str:
    """Return the chain as findings note it.

    >>> describe((Step("utf-8", "gbk"), Step("utf-8", "gbk")))
    'utf-8 ← gbk ← utf-8 ← gbk'
    """
    return ARROW.join(f"{step.right}{ARROW}{step.wrong}" for step in chain)


def wrong_of(chain: str) -> str:
    """Return the encoding that was read in last: it stands last in a chain as findings note it."""
    return chain.rpartition(ARROW)[2]


def rename(chain: str, name: str) -> str:
    """Return a chain as findings note it with another encoding that was read in last."""
    return f"{chain.rpartition(ARROW)[0]}{ARROW}{name}"


class Table(NamedTuple):
    """What an encoding reads: the characters of single bytes and of pairs of bytes, 0 where there is none."""

    singles: Bytes
    pairs: Bytes


def python_codec(name: str) -> str:
    """Return the codec of Python that reads an encoding: it has none for GBK as Windows has it."""
    return "gbk" if name == "cp936" else name


@cache
def table(name: str) -> Table:
    """Return what an encoding reads. `cp936` is GBK as Windows has it, with the euro sign as byte 0x80."""
    codec = python_codec(name)
    singles = np.zeros(256, dtype=np.int64)
    pairs = np.zeros(1 << 16, dtype=np.int64)
    if name.startswith("utf-16"):
        units = np.arange(1 << 16)
        if name.endswith("le"):
            units = (units >> 8) | (units & 0xFF) << 8
        pairs[:] = np.where((units >= 0xD800) & (units < 0xE000), 0, units)
        return Table(singles, pairs)
    for byte in range(256):
        try:
            text = bytes((byte,)).decode(codec)
        except UnicodeDecodeError:
            continue
        singles[byte] = ord(text)
    if name == "cp936":
        singles[0x80] = 0x20AC
    if name == "utf-8":
        return Table(singles, pairs)
    # All pairs in one call: what is no pair gives more or other than one character between two line ends.
    leads = [byte for byte in range(0x80, 0x100) if not singles[byte]]
    codes = (np.array(leads, dtype=np.int64)[:, None] << 8 | np.arange(0x30, 0x100)).ravel()
    if len(codes):
        written = np.stack([codes >> 8, codes & 0xFF, np.full(len(codes), 0x0A)], axis=1).astype(np.uint8)
        points = language.codes(written.tobytes().decode(codec, "replace")).astype(np.int64)
        ends = np.flatnonzero(points == 0x0A)
        starts = np.concatenate([[0], ends[:-1] + 1])
        whole = np.flatnonzero((ends - starts == 1) & (points[starts] != 0xFFFD))
        pairs[codes[whole]] = points[starts[whole]]
    return Table(singles, pairs)


class Misreading(NamedTuple):
    """What is left of bytes that were read in a wrong encoding.

    `spelled` has in row n, for each character of the BMP, the bytes that give it in the n-th way, as one number;
    `length` has how many those are, 0 if there is no such way. `lost` tells for the bytes after (`END`: none,
    `UNKNOWN`: any) and each byte whether the encoding loses the byte there. In UTF-16 it is the unit of two bytes that
    is lost, for the first and the second byte.
    """

    spelled: npt.NDArray[np.int64]
    length: npt.NDArray[np.int64]
    lost: Truth
    units: bool


@cache
def misreading(name: str) -> Misreading:
    """Return what is left of bytes that were read as the encoding `name`."""
    singles, pairs = table(name)
    spelled = np.zeros((SPELLINGS, _BMP), dtype=np.int64)
    length = np.zeros((SPELLINGS, _BMP), dtype=np.int64)

    def add(codes: Bytes, data: Bytes, size: int) -> None:
        """Note further ways to write characters, where they are not yet known; each character once."""
        inside = codes < _BMP
        codes, data = codes[inside], data[inside]
        for way in range(SPELLINGS):
            free = length[way, codes] == 0
            spelled[way, codes[free]], length[way, codes[free]] = data[free], size
            further = ~free & ((length[way, codes] != size) | (spelled[way, codes] != data))
            codes, data = codes[further], data[further]

    def add_all(codes: Bytes, data: Bytes) -> None:
        """Note all pairs, some of which are the same character."""
        while len(codes):
            _, first = np.unique(codes, return_index=True)
            add(codes[np.sort(first)], data[np.sort(first)], 2)
            codes, data = np.delete(codes, first), np.delete(data, first)

    codec = python_codec(name)
    every = np.arange(_BMP)
    kept = np.flatnonzero(singles)
    add(singles[kept], kept, 1)
    kept = np.flatnonzero(pairs)
    if name.startswith("utf-16"):
        spelled[0, pairs[kept]], length[0, pairs[kept]] = kept, 2
    else:
        # First the way in which the encoding itself writes a character, then the others that it reads.
        primary = np.flatnonzero(np.bincount(pairs[kept])[:_BMP])
        text = "\n".join(map(chr, primary.tolist())) + "\n"
        encoded = np.frombuffer(text.encode(codec, "ignore"), dtype=np.uint8).astype(np.int64)
        ends = np.flatnonzero(encoded == 0x0A)
        sizes = np.diff(ends, prepend=-1) - 1
        for size in (1, 2):
            mine = np.flatnonzero(sizes == size)
            data = encoded[ends[mine] - 1] + (encoded[ends[mine] - 2] << 8 if size == 2 else 0)
            add(primary[mine], data, size)
        add_all(pairs[kept], kept)
    if name in ("gbk", "cp936", "gb2312"):
        # Programs differ in what they read beyond GBK: user-defined areas, the euro sign of Windows.
        more = table("gb18030").pairs
        kept = np.flatnonzero(more)
        add_all(more[kept], kept)
    if name in ("gbk", "cp936", "gb2312", "gb18030"):
        add(np.array([0x20AC]), np.array([0x80]), 1)
    if name in ("cp950", "big5"):
        # Windows has areas for the user's own characters: lead bytes, and the private-use character of the first pair.
        for leads, first in ((range(0xFA, 0xFF), 0xE000), (range(0x8E, 0xA1), 0xE311), (range(0x81, 0x8E), 0xEEB8)):
            pairs_of = np.array([lead << 8 | trail for lead in leads for trail in _BIG5_TRAILS], dtype=np.int64)
            add(first + np.arange(len(pairs_of)), pairs_of, 2)
    if name == "gb18030":
        for code in every[(length[0] == 0) & ((every < 0xD800) | (every >= 0xE000))].tolist():
            four = chr(code).encode("gb18030")
            spelled[0, code], length[0, code] = int.from_bytes(four, "big"), len(four)
    lost = np.zeros((258, 256), dtype=np.bool_)
    units = name.startswith("utf-16")
    if units:
        second = (np.arange(256) & 0xF8) == 0xD8
        lost[:256] = second[:, None] if name.endswith("le") else second[None, :]
    elif name != "utf-8":
        alone = (singles == 0) & (np.arange(256) >= 0x80)
        paired = pairs.reshape(256, 256) != 0
        lost[:256] = alone[None, :] & ~paired.T
        lost[END] = alone
        if name == "gb18030":
            lost[0x30:0x3A] = alone[None, :]
    lost[UNKNOWN] = lost[:257].any(axis=0)
    return Misreading(spelled, length, lost, units)


def spellings(points: Bytes, name: str) -> tuple[Bytes, Bytes]:
    """Return how many bytes give each character in each of the ways (rows), 0 for none, and the bytes as one number."""
    wrong = misreading(name)
    inside = np.where(points < _BMP, points, 0)
    length, spelled = wrong.length[:, inside], wrong.spelled[:, inside]
    beyond = np.flatnonzero(points >= _BMP).tolist()
    length[:, beyond] = 0
    for place in beyond:
        data = chr(int(points[place])).encode(python_codec(name), "ignore")
        length[0, place], spelled[0, place] = len(data), int.from_bytes(data, "big")
    return length, spelled
