"""How plausible is this as Chinese? The character model that decode and repair share.

A text is scored in bits: minus the binary logarithm of its probability as a walk through character classes (Chinese
characters, punctuation, digits, Latin, kana, …), where from Chinese character to Chinese character the bigram of
jieba's word model holds, simplified and traditional at once (cnpolicy.tables.build says how it is made). Readings of
the same bytes compare by their total bits: a difference of 10 is odds of a thousand to one.

Simplified news costs about 7.3 bits a Chinese character, traditional news 8.3; Chinese read in a wrong encoding 15
and more.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import tables

Bits = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint32]

_BMP = 0x10000


class _Model(NamedTuple):
    bits: Bits
    classes: npt.NDArray[np.uint8]
    names: tuple[str, ...]
    rows: npt.NDArray[np.uint16]
    ends_simplified: Bits
    ends_traditional: Bits
    starts_simplified: Bits
    starts_traditional: Bits
    transitions: Bits
    owner: npt.NDArray[np.uint16]
    within: npt.NDArray[np.uint8]
    within_probability: Bits


@cache
def _model() -> _Model:
    arrays = tables.load("language")
    return _Model(
        arrays["bits"],
        arrays["classes"],
        tuple(arrays["names"].tobytes().decode().split("\n")),
        arrays["rows"],
        arrays["ends_simplified"],
        arrays["ends_traditional"],
        arrays["starts_simplified"],
        arrays["starts_traditional"],
        arrays["transitions"].ravel(),
        arrays["owner"],
        arrays["within"],
        tables.EIGHTHS.astype(np.float32),
    )


def codes(text: str) -> Codes:
    """Return the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _index(points: Codes) -> npt.NDArray[np.intp]:
    """Return the places of code points in the tables: the BMP one by one, every other plane as one."""
    if not len(points) or points.max() < _BMP:
        return points.astype(np.intp)
    return np.where(points < _BMP, points, _BMP + (points >> 16)).astype(np.intp)


_SLICE = 1 << 14  # so many pairs at once stay in the processor's cache
_WAYS = np.arange(tables.WAYS, dtype=np.uint32)[:, None] << np.uint32(tables.ROW_BITS)


def _within(model: _Model, first: npt.NDArray[np.intp], second: npt.NDArray[np.intp]) -> Bits:
    """Return the probability of each pair of rows inside a word, given the first."""
    if len(first) > _SLICE:
        starts = range(0, len(first), _SLICE)
        return np.concatenate(
            [_within(model, first[start : start + _SLICE], second[start : start + _SLICE]) for start in starts]
        )
    place = tables.places(first, second)
    is_mine = model.owner.take(place) == first.astype(np.uint32) + _WAYS
    # A cell lies in one of its places only.
    found: Bits = (model.within_probability.take(model.within.take(place)) * is_mine).sum(axis=0)
    return found


def pair_bits(first: Codes, second: Codes) -> Bits:
    """Return the bits that each code point of `second` costs after the one of `first` at the same place."""
    model = _model()
    before, after = _index(first), _index(second)
    classes = model.classes.take(before), model.classes.take(after)
    return _cost(model, after, classes, (model.rows.take(before), model.rows.take(after)))


def _cost(
    model: _Model,
    after: npt.NDArray[np.intp],
    classes: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]],
    rows: tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]],
) -> Bits:
    """Return what the characters at the places `after` cost, from the classes and rows of each and the one before."""
    cost: Bits = model.transitions.take(classes[0].astype(np.uint16) * np.uint16(len(model.names)) + classes[1])
    cost += model.bits.take(after)
    han = np.flatnonzero((rows[0] > 0) & (rows[1] > 0))
    if len(han):
        one, two = rows[0][han].astype(np.intp), rows[1][han].astype(np.intp)
        chance = _within(model, one, two)
        chance += model.ends_simplified.take(one) * model.starts_simplified.take(two)
        chance += model.ends_traditional.take(one) * model.starts_traditional.take(two)
        stay = model.transitions[0]  # the class of the dictionary's characters is the first
        cost[han] = stay - np.log2(chance)
    return cost


def pair_parts(first: Codes, second: Codes) -> tuple[Bits, Bits, npt.NDArray[np.bool_]]:
    """Return what `pair_bits` is made of, for models that know more of Chinese than pairs.

    What each step costs in bits, with the character's own unless the dictionary has it; the probability of a character
    of the dictionary given the one before (1 for others); and whether the two stand side by side in any word.
    """
    model = _model()
    before, after = _index(first), _index(second)
    step: Bits = model.transitions[model.classes[before].astype(np.intp) * len(model.names) + model.classes[after]]
    row_before, row_after = (model.rows[before].astype(np.intp), model.rows[after].astype(np.intp))
    known = row_after > 0
    own = model.bits[after]
    chance: Bits = np.where(known, np.exp2(-own), np.float32(1))
    joined = np.zeros(len(chance), dtype=np.bool_)
    han = np.flatnonzero(known & (row_before > 0))
    if len(han):
        one, two = row_before[han], row_after[han]
        inside = _within(model, one, two)
        joined[han] = inside > 0
        inside += model.ends_simplified[one] * model.starts_simplified[two]
        inside += model.ends_traditional[one] * model.starts_traditional[two]
        chance[han] = inside
    return np.where(known, step, step + own), chance, joined


def own_bits(points: Codes) -> Bits:
    """Return what each code point costs inside its class, whatever stands before it."""
    found: Bits = _model().bits[_index(points)]
    return found


def bits(text: str) -> Bits:
    """Return what each character of the text costs in bits, the first one after a line end.

    >>> natural, garbled = bits("中华人民共和国").sum(), bits("笢貌鸟鏍僕睦弊").sum()
    >>> bool(natural < 60 < 100 < garbled)
    True
    """
    if not text:
        return np.zeros(0, dtype=np.float32)
    model = _model()
    index = _index(codes("\n" + text))
    classes, rows = model.classes.take(index), model.rows.take(index)
    return _cost(model, index[1:], (classes[:-1], classes[1:]), (rows[:-1], rows[1:]))


def total_bits(text: str) -> float:
    """Return what the text costs in bits."""
    return float(bits(text).sum(dtype=np.float64))


def bits_per_character(text: str) -> float:
    """Return what a character of the text costs on average, in bits; 0 for an empty text."""
    return total_bits(text) / len(text) if text else 0.0


class Pairs(NamedTuple):
    """The characters of the dictionary by number, and the pairs of them that stand side by side inside its words.

    `rows` has the number of each code unit (0: not in the dictionary). `starts` and `ends` have by number how probable
    it is that a word begins with the character, or that it is the last of its word, in simplified and in traditional
    writing. Of each pair `first` and `second` are the numbers, and `chance` is how probable the second is inside a word
    if the first is there.
    """

    rows: npt.NDArray[np.int64]
    starts: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    ends: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    chance: npt.NDArray[np.float64]


def pairs() -> Pairs:
    """Return all pairs that the model knows, for searches that go from a character to what stands beside it."""
    model = _model()
    owner = model.owner.astype(np.int64)
    place = np.flatnonzero(owner)
    first = owner[place] & (1 << tables.ROW_BITS) - 1
    return Pairs(
        model.rows[:_BMP].astype(np.int64),
        (model.starts_simplified.astype(np.float64), model.starts_traditional.astype(np.float64)),
        (model.ends_simplified.astype(np.float64), model.ends_traditional.astype(np.float64)),
        first,
        _columns(place, first, owner[place] >> tables.ROW_BITS),
        tables.EIGHTHS[model.within[place]],
    )


def _columns(
    place: npt.NDArray[np.intp], row: npt.NDArray[np.int64], way: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the columns of the cells that lie in these places: the inverse of `tables.places`."""
    size = 1 << tables.PLACE_BITS
    zero = np.zeros(1, dtype=np.int64)
    inverse = np.array([pow(int(factor), -1, size) for factor in tables.places(zero, zero + 1)[:, 0]])
    shift = tables.places(row, np.zeros_like(row)).astype(np.int64)[way, np.arange(len(row))]
    found: npt.NDArray[np.int64] = (place - shift) * inverse[way] % size
    return found


@cache
def _rarity() -> npt.NDArray[np.uint8]:
    model = _model()
    return np.minimum(np.round(model.bits[:_BMP]), 31).astype(np.uint8)


def rarity(text: str) -> npt.NDArray[np.uint8]:
    """Return for each UTF-16 code unit of the text what the character costs inside its class, in whole bits up to 31.

    Twenty times as fast as `bits`, and enough to see where a text is not one: the common characters of Chinese cost 5
    to 11, those that bytes read out of step give 12 to 24.
    """
    units = np.frombuffer(text.encode("utf-16-le", "surrogatepass"), dtype="<u2")
    found: npt.NDArray[np.uint8] = _rarity().take(units)
    return found


def transitions() -> Bits:
    """Return what the step from class (row) to class (column) costs in bits, without the character's own."""
    width = len(_model().names)
    found: Bits = _model().transitions.reshape(width, width)
    return found


def class_names() -> tuple[str, ...]:
    """Return the names of the character classes; the place of a name is the number of the class."""
    return _model().names


def classes(text: str) -> npt.NDArray[np.uint8]:
    """Return the number of the class of each character."""
    return classes_of(codes(text))


def classes_of(points: Codes) -> npt.NDArray[np.uint8]:
    """Return the number of the class of each code point."""
    numbers: npt.NDArray[np.uint8] = _model().classes[_index(points)]
    return numbers
