"""Read the right encoding byte by byte, for many readings at once."""

from functools import cache

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair.chains import Bytes, Truth, table

Costs = npt.NDArray[np.float32]

NOTHING, INVALID = -1, -2  # instead of a character: it is not complete yet; there is none with such bytes
_LOST = 0xFFFD
_PARTIALS = 1 << 20
_NEVER_BITS = 60.0
# The first bytes of what Chinese text has: letters of Latin, Greek and Cyrillic, punctuation, characters, forms.
_LEADS = (*range(0xC2, 0xD2), *range(0xE2, 0xEA), 0xEF)


def fresh_bits(codes: Bytes) -> Costs:
    """Return what characters cost where nothing is known of what stands before them."""
    return language.pair_bits(np.full(len(codes), _LOST, dtype=np.uint32), codes.astype(np.uint32))


class Reader:
    """A decoder of one encoding without a state of its own.

    A beginning of a character is a number below 2**20; 0 is nothing. `bits` has what it costs for each beginning that
    the text goes on with one of its characters; `first` and `further` tell which bytes may begin and go on a character.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.first: Truth = np.zeros(256, dtype=np.bool_)
        self.further: Truth = np.zeros(256, dtype=np.bool_)
        codes = np.arange(1, 0x10000)
        self.bits: Costs = np.full(_PARTIALS, _NEVER_BITS, dtype=np.float32)
        if name == "utf-8":
            self.first[list(_LEADS)] = True
            self.further[0x80:0xC0] = True
            two, three = codes[(codes >= 0x80) & (codes < 0x800)], codes[(codes >= 0x800)]
            self._weigh((1 << 18) | two >> 6, two)
            self._weigh((2 << 18) | three >> 12, three)
            self._weigh((1 << 18) | three >> 6, three)
        else:
            read = table(name)
            self._singles, self._pairs = read.singles.copy(), read.pairs.copy()
            self._singles[0] = 0
            alone = np.flatnonzero(self._singles)
            paired = np.flatnonzero(read.pairs)
            self.first[alone[alone >= 0x80]] = True
            self.first[paired >> 8] = True
            self.further[paired & 0xFF] = True
            self._offset = 1 if name.startswith("utf-16") else 0
            self._weigh((paired >> 8) + self._offset, read.pairs[paired])
        self.bits[0] = 0

    def _weigh(self, partials: Bytes, codes: Bytes) -> None:
        """Sum the probabilities of the characters by their beginnings."""
        least = int(partials.min())
        mass = np.bincount(partials - least, np.exp2(-fresh_bits(codes).astype(np.float64)))
        kept = np.flatnonzero(mass)
        self.bits[kept + least] = -np.log2(mass[kept])

    def feed(self, partial: Bytes, byte: Bytes) -> tuple[Bytes, Bytes]:
        """Return what is begun and what is complete after one byte more: a character, `NOTHING` or `INVALID`."""
        return self._feed_utf8(partial, byte) if self.name == "utf-8" else self._feed_table(partial, byte)

    @staticmethod
    def _feed_utf8(partial: Bytes, byte: Bytes) -> tuple[Bytes, Bytes]:
        rest, value = partial >> 18, partial & 0x3FFFF
        empty = partial == 0
        follows = (byte & 0xC0) == 0x80
        # Going on: the value grows by six bits; a form that is longer than need be is none.
        grown = value << 6 | byte & 0x3F
        left = rest - 1
        short = (rest == 2) & (grown < 0x20) | (rest == 3) & ((grown < 0x10) | (grown > 0x10F))
        surrogate = (rest == 1) & (grown >= 0xD800) & (grown < 0xE000)
        good = ~empty & follows & ~short & ~surrogate
        started = np.where(
            (byte >= 0xE0) & (byte < 0xF0),
            2 << 18 | byte & 0xF,
            np.where((byte >= 0xC2) & (byte < 0xE0), 1 << 18 | byte & 0x1F, 3 << 18 | byte & 0x7),
        )
        starts = empty & (byte >= 0xC2) & (byte < 0xF5)
        plain = empty & (byte < 0x80)
        code = np.where(plain, byte, np.where(good & (left == 0), grown, NOTHING))
        code[~(plain | starts | good)] = INVALID
        following = np.where(starts, started, np.where(good & (left > 0), left << 18 | grown, 0))
        return following, code

    def _feed_table(self, partial: Bytes, byte: Bytes) -> tuple[Bytes, Bytes]:
        offset = self._offset
        empty = partial == 0
        single = self._singles[byte]
        pair = self._pairs[(partial - offset & 0xFF) << 8 | byte]
        code = np.where(empty, np.where(single > 0, single, NOTHING), np.where(pair > 0, pair, INVALID))
        begins = empty & (single == 0)
        if not offset:
            code[begins & (byte < 0x80)] = INVALID
        following = np.where(begins, byte + offset, 0)
        return following, code


@cache
def reader(name: str) -> Reader:
    """Return the reader of an encoding."""
    return Reader(name)
