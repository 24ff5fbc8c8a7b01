"""What suspects.bin is made of: how much likelier each character is in mojibake than in a text.

The rows are the kinds of misreading that cnpolicy.repair.sieves lists, in its order. Everything follows from these,
language.bin and Python's codecs: the characters of Chinese by their frequency, turned into bytes, and read as the wrong
encoding reads them.
"""

import hashlib
import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from cnpolicy import language, tables
from cnpolicy.repair.chains import table
from cnpolicy.repair.sieves import KINDS, TWICE

_BMP = 1 << 16
Weights = npt.NDArray[np.float64]

# Bits that a character is rarer by for not being of the class that most of a Chinese text is of. Small for those that
# fill texts of their own.
_CLASS_BITS = {
    "han": 0.2,
    "rare-han": 6.0,
    "punctuation": 3.0,
    "kana": 1.5,
    "hangul": 1.5,
    "halfwidth-kana": 5.0,
    "lost": 8.0,
    "private": 8.0,
    "symbol": 3.0,
    "cyrillic": 1.0,
    "greek": 1.0,
    "bopomofo": 1.0,
}
_OTHER_BITS = 2.0
_LEAST, _MOST = -8, 8
_LOST_WEIGHT = 4  # U+FFFD and `?` in a row with the others are what is left of lost bytes
_MARK_WEIGHT = 1
_STRAY_WEIGHT = -1  # a sign of ASCII can be what is left of a pair whose first byte is lost, as in Big5


def _prior() -> Weights:
    """Return how often each code unit stands in Chinese text: characters and punctuation, as shares."""
    points = np.arange(_BMP, dtype=np.uint32)
    own = language.own_bits(points).astype(np.float64)
    names = language.class_names()
    share = np.zeros(len(names))
    share[names.index("han")], share[names.index("punctuation")] = 0.86, 0.14
    prior: Weights = share[_classes()] * np.exp2(-own)
    prior[prior < 1e-8] = 0
    prior[:0x800] = 0  # of two bytes in UTF-8: marks, beside the characters of three
    scaled: Weights = prior / prior.sum()
    return scaled


def _classes() -> npt.NDArray[np.uint8]:
    """Return the class of each code unit; surrogates count as what the first class is."""
    points = np.arange(_BMP, dtype=np.uint32)
    return np.where((points >= 0xD800) & (points < 0xE000), np.uint8(0), language.classes_of(points))


def _characters(pairs: npt.NDArray[np.int64], weights: npt.NDArray[Any]) -> Weights:
    """Return the weight of each code unit, given the weights of the pairs of bytes that are read as it."""
    inside = (pairs > 0) & (pairs < _BMP)
    return np.bincount(pairs[inside], weights[inside], minlength=_BMP).astype(np.float64)


def _of_utf_8(prior: Weights, wrong: str) -> Weights:
    """Return how often each code unit stands in UTF-8 read as `wrong`."""
    points = np.flatnonzero(prior)
    share = prior[points]
    first, second, third = points >> 12 | 0xE0, points >> 6 & 0x3F | 0x80, points & 0x3F | 0x80
    starts = np.bincount(first, share, minlength=256)
    ends = np.bincount(third, share, minlength=256)
    weights = np.bincount(first << 8 | second, share, minlength=_BMP)
    weights += np.bincount(second << 8 | third, share, minlength=_BMP)
    weights += np.outer(ends, starts).ravel()
    read = table(wrong)
    found = _characters(read.pairs, weights * (2 / 3))
    alone = np.flatnonzero(read.singles[0x80:]) + 0x80
    single = (starts + ends + np.bincount(second, share, minlength=256)) / 6
    return found + np.bincount(read.singles[alone], single[alone], minlength=_BMP)


def _of_pairs(prior: Weights, right: str, wrong: str) -> Weights:
    """Return how often each code unit stands in text of pairs of bytes read as `wrong`."""
    pairs = table(right).pairs
    weights = np.where((pairs > 0) & (pairs < _BMP), prior[np.minimum(pairs, _BMP - 1)], 0.0)
    read = table(wrong)
    found = _characters(read.pairs, weights)
    grid = weights.reshape(256, 256)
    alone = np.flatnonzero(read.singles[0x80:]) + 0x80
    single = (grid.sum(axis=0) + grid.sum(axis=1)) / 2
    return found + np.bincount(read.singles[alone], single[alone], minlength=_BMP)


def _out_of_step(prior: Weights) -> Weights:
    pairs = table("gbk").pairs
    grid = np.where((pairs > 0) & (pairs < _BMP), prior[np.minimum(pairs, _BMP - 1)], 0.0).reshape(256, 256)
    return _characters(pairs, np.outer(grid.sum(axis=0), grid.sum(axis=1)).ravel())


def _garbled(prior: Weights, kind: int) -> Weights:
    """Return how often each code unit stands in a kind of misreading, by the widest of its chains."""
    right, wrong = KINDS[kind].chains[-1][0]
    if right == wrong:
        return _out_of_step(prior)
    if right != "utf-8":
        return _of_pairs(prior, right, wrong)
    once = _of_utf_8(prior, wrong)
    if kind != TWICE:
        return once
    again = once.copy()
    again[:0x800] = 0
    again[0xD800:0xE000] = 0
    return np.maximum(once, _of_utf_8(again / again.sum(), wrong))


def weights() -> npt.NDArray[np.int8]:
    """Return for each kind of misreading (a row) by how many bits each code unit is likelier in it than in a text."""
    prior = _prior()
    garbled = np.stack([_garbled(prior, kind) for kind in range(len(KINDS))])
    points = np.arange(_BMP, dtype=np.uint32)
    costs = np.array([_CLASS_BITS.get(name, _OTHER_BITS) for name in language.class_names()])
    natural = language.own_bits(points) + costs[_classes()]
    bits = natural + np.log2(np.maximum(garbled, 1e-12))
    weights: npt.NDArray[np.int8] = np.clip(np.round(bits), _LEAST, _MOST).astype(np.int8)
    weights[:, :0x80] = _LEAST
    weights[[kind.chains[0][0].right == "cp950" for kind in KINDS], 0x40:0x7F] = _STRAY_WEIGHT
    weights[:, 0xFFFD], weights[:, ord("?")] = _LOST_WEIGHT, _MARK_WEIGHT
    return weights


def build() -> tuple[bytes, dict[str, dict[str, str]]]:
    """Return suspects.bin, with its inputs: `weights`, int8, one row a kind and one column a code unit, in bits."""
    inputs = {
        "language.bin": {"sha256": hashlib.sha256((tables.FOLDER / "language.bin").read_bytes()).hexdigest()},
        "codecs of Python": {"version": f"{sys.version_info.major}.{sys.version_info.minor}"},
    }
    return tables.pack({"weights": weights()}), inputs
