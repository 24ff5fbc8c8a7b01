"""Where exactly was the byte lost? One damaged place in a stretch of one encoding, found by weighing every place.

A byte that is dropped from a text of two-byte characters, or put into it, turns all that follows into other characters
up to the next place where the two ways of reading meet again. So every damage there can have been is tried: before it
the bytes are read in step from the left, after it in step from the right, and what stood at the damaged place is
summed over all characters that the bytes left there can come from:

    bits(place, bytes) = bits(before) − log2 Σ_c P(damage of c) · P(c | left) · P(right | c) + bits(after)

The reading without damage is one of the rivals, so that rare characters are not taken for damage. This is done with
pairs of characters, which is fast; between the best dozen the words decide (cnpolicy.vocabulary).
"""

from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import encodings, language, vocabulary
from cnpolicy.decode import lattice
from cnpolicy.decode.lattice import Piece
from cnpolicy.language import Codes

_NEWLINE = 0x0A
_UNKNOWN = 0xFFFD

# The numbers below were chosen on the development half of the news texts, GBK and cp950 of 20 and 100 characters with
# one byte dropped, put in, overwritten or cut off: 94 in 100 files come back right, and of clean files none is harmed.
# That a byte is dropped, put in, or overwritten at this place.
_DAMAGE_BITS = 8.0
# Which byte of the character it was that is gone.
_WHICH_BITS = 1.0
# A byte put in is one of those that programs leave behind, hardly ever another; what was overwritten can be any, and is
# rarer than what was dropped (10 against 8 bits: half a point of the files with a dropped byte, no loss of others).
_STRAY_BITS = 2.0
_ANY_BYTE_BITS = 10.0
_PUT_IN_BITS = 18.0
_STRAYS = frozenset(b"\x00\x80\xff")
_IS_STRAY = np.isin(np.arange(256), list(_STRAYS))
# A reading that loses something must be so much better than one that loses nothing.
_KEEP_BITS = 4.0
# A file cut short inside a character is the most common damage of all.
_CUT_BITS = 10.0
# What an unknown character between its neighbours costs where the characters are not summed over.
_CHARACTER_BITS = 9.0

# So many of the places are weighed exactly, those that cost least without what stood there; a place that is so much
# dearer than the cheapest is left out.
_MOST = 64
_SPREAD_BITS = 40.0
# Characters rarer than this add nothing to a sum.
_RARE_BITS = 19.0

# So many of the ways are weighed by their words, none that is so much dearer than the cheapest, if the cheapest looks
# like Chinese (Chinese read in a wrong encoding costs 15 bits a character). On the development half of the news texts,
# 400 to 500 files of 20 characters with a byte dropped, what comes back right rose from 94.8 to 96.6 of 100 (GBK), 92.3
# to 96.0 (cp950; in part by Taiwan's and Hong Kong's characters in the tables) and 96.3 to 98.4 (UTF-16). The best
# single character instead of the sum over all: up to a point less, in cp950 no clear difference. The mean of what pairs
# and words cost: up to two points less. 40 characters on each side: the same.
_MOST_WAYS = 12
_CLOSE_BITS = 14.0
_PLAUSIBLE_BITS = 13.0
_WORD_SIDE = 8
# Characters that are so much dearer than the best one in a place add nothing.
_OPTION_BITS = 12.0
# What _KEEP_BITS is where words decide: of 6,000 clean files 1 or more harmed none, 0 one; 4 costs a point of cp950.
_KEEP_WORD_BITS = 1.0

_UNIT = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
_OF_CHINESE = lattice.CHINESE | {"utf-8", *_UNIT}
# How many bytes a damaged place may be.
_SIZES = {"utf-16-le": (1, 2, 3), "utf-16-be": (1, 2, 3), "utf-32-le": (1, 3, 5), "utf-32-be": (1, 3, 5)}
_PAIRED = frozenset({"gb18030", "cp950", "big5hkscs", "cp932", "euc_jp", "cp949", "euc_tw", "utf-16-le", "utf-16-be"})


class Mended(NamedTuple):
    """One way to read a stretch: its bits, and the damaged bytes (`start` to `end`; -1 if there are none)."""

    bits: float
    start: int
    end: int

    def pieces(self, size: int, encoding: str, offset: int = 0) -> list[Piece]:
        """Return the stretch of `size` bytes that begins at `offset` as pieces."""
        if self.start < 0:
            return [Piece(offset, offset + size, encoding)]
        parts = ((0, self.start, encoding), (self.start, self.end, ""), (self.end, size, encoding))
        return [Piece(offset + start, offset + end, name) for start, end, name in parts if start < end]


def weigh(data: bytes, encoding: str, *, left: int = _NEWLINE, final: bool = True) -> list[Mended]:
    """Return the ways to read the bytes in the encoding with one damaged place at most, the cheapest first.

    `left` is the code point before them. Unless `final`, the last character is a whole one.
    """
    size = len(data)
    edges = lattice.edges(data, encoding)
    lengths, points = edges.length.tolist(), edges.code
    after, alone = lattice.costs(edges, False)
    if encoding in lattice.CHINESE:
        kana = lattice.kana_bits(points)
        alone = alone + kana
        after = after + kana[np.minimum(np.arange(size) + edges.length, size - 1)]
    onward = after.tolist()
    unit = _UNIT.get(encoding, 1)

    # The reading in step from the left: where its characters begin, what they cost up to there, what stands before.
    first = float(language.pair_bits(np.array([left], dtype=np.uint32), points[:1])[0]) if size else 0.0
    starts, costs, lasts = [0], [0.0], [left]
    place, cost = 0, 0.0
    step = first
    while place < size and lengths[place]:
        cost += step
        step = onward[place]
        lasts.append(place)
        place += lengths[place]
        starts.append(place)
        costs.append(cost)
    reached = place
    # The readings in step to the right, from each offset on, without the first character's own cost.
    rest = [float("inf")] * (size + 8)
    rest[size] = 0.0
    cut = -1
    if final:
        for place in range(max(size - 3, 0), size):
            if not lengths[place] and lattice.begins_character(data[place:], encoding):
                cut = place
                break
    for place in range(size - 1, -1, -1):
        if lengths[place]:
            rest[place] = rest[place + lengths[place]] + onward[place]
    found: list[Mended] = []
    if reached == size:
        found.append(Mended(cost, -1, -1))
    elif reached == cut:
        found.append(Mended(cost + _CUT_BITS, cut, size))

    at = np.array(starts)
    base_costs = np.array(costs)
    rest_costs = np.array(rest)
    fresh = np.zeros(size + 8)
    fresh[:size] = np.where(edges.length > 0, alone, 1e12)
    wholes = np.zeros(size + 8, dtype=bool)
    wholes[:size] = edges.length > 0
    # In UTF-8 nothing but parts of characters, and control bytes, is ever a damaged character.
    taken_bytes = np.frombuffer(data, dtype=np.uint8)
    odd = np.zeros(size + 9, dtype=np.int64)
    continues = np.zeros(size + 9, dtype=bool)
    continues[:size] = (taken_bytes & 0xC0) == 0x80
    np.cumsum((taken_bytes >= 0x80) | (taken_bytes < 9), out=odd[1 : size + 1])
    options: list[tuple[npt.NDArray[np.float64], int]] = []
    # Two stray bytes side by side may part a character of two.
    strays = np.zeros(size + 9, dtype=bool)
    strays[:size] = _IS_STRAY[taken_bytes]
    parted = strays[at + 1] & strays[at + 2]
    for taken in _SIZES.get(encoding, (1, 2, 3, 4)):
        ends = np.minimum(at + taken, size + 7)
        bits = base_costs + rest_costs[ends] + fresh[ends]
        bits[at + taken > size] = np.inf
        if taken == unit or (taken > 1 and encoding != "utf-8"):
            bits[(edges.length[np.minimum(at, size - 1)] == taken) if size else slice(None)] = np.inf
        if taken == 2 and encoding not in _UNIT:
            # Two signs of ASCII are hardly a character of which one byte was overwritten.
            bits[odd[np.minimum(at + taken, size)] == odd[at]] = np.inf
        if taken == 4 and encoding != "utf-8":
            bits[~parted] = np.inf
        if encoding == "utf-8":
            # Three of four bytes may happen to be a character; the fourth, which belongs to it, is the witness.
            readable = wholes[at] & ~continues[at + 3] if taken == 4 else wholes[at]
            bits[readable | (odd[at + taken] - odd[at] < taken)] = np.inf
        options.append((bits, taken))
    everything = np.concatenate([bits for bits, _ in options])
    if not len(everything) or not np.isfinite(everything).any():
        return found
    limit = everything.min() + _SPREAD_BITS
    order = np.argsort(everything, kind="stable")[:_MOST]
    order = order[everything[order] < limit]
    chosen: list[tuple[int, int, int, int, float]] = []
    for index in order.tolist():
        number, place_index = divmod(index, len(at))
        start, taken = starts[place_index], options[number][1]
        last = lasts[place_index]
        before = left if place_index == 0 else int(points[last])
        end = start + taken
        right = int(points[end]) if end < size and lengths[end] else -1
        chosen.append((start, end, before, right, costs[place_index] + rest[end]))
    doubt = _KEEP_BITS if reached == size else 0.0
    found += [way._replace(bits=way.bits + doubt) for way in _weigh_places(data, encoding, chosen)]
    found.sort()
    # A euro sign of one byte is one only beside what may have been cut off here.
    found = [way for way in found if way.start < 0 or all(_reads(data, piece) for piece in way.pieces(size, encoding))]
    if encoding in _OF_CHINESE and found and found[0].bits < _PLAUSIBLE_BITS * (len(starts) + 1):
        return _weigh_words(data, encoding, found, lengths, points, rest, left, cut if reached == cut else -1)
    return found


def _weigh_words(
    data: bytes,
    encoding: str,
    ways: list[Mended],
    lengths: list[int],
    points: Codes,
    rest: list[float],
    left: int,
    cut: int,
) -> list[Mended]:
    """Return the ways, the best of which are weighed anew by their words; the cheapest keeps its bits.

    `lengths` and `points` are the characters at each offset, `rest` the bits of all after them, `left` is the code
    point before the bytes, `cut` where a character begins that the end cuts off (-1: nowhere).
    """
    close = list(dict.fromkeys(way for way in ways[:_MOST_WAYS] if way.bits < ways[0].bits + _CLOSE_BITS))
    if len(close) < 2:
        return ways
    size = len(data)
    # The text from some characters before the first of the places to some after the last; what is behind, by pairs.
    in_step = _walk(lengths, 0, size)
    places = [way for way in close if way.start >= 0]
    first = min(way.start for way in places)
    in_step = in_step[max(sum(place < first for place in in_step) - _WORD_SIDE, 0) :]
    reach = min(size, max(way.end for way in places) + _WORD_SIDE * _UNIT.get(encoding, 3))
    head = chr(left) if in_step[:1] == [0] and left != _NEWLINE else ""
    undamaged = any(way.start < 0 for way in close)

    def text(offsets: list[int]) -> str:
        return "".join(map(chr, points[offsets].tolist()))

    weighed: list[Mended] = []
    for way in close:
        if way.start < 0:
            offsets = [place for place in in_step if place < reach]
            bits = vocabulary.total_bits(head + text(offsets)) + rest[offsets[-1]]
        elif way.start == cut:
            bits = _CUT_BITS + vocabulary.total_bits(head + text([place for place in in_step if place < cut]))
        else:
            before = head + text([place for place in in_step if place < way.start])
            offsets = _walk(lengths, way.end, reach)
            after = text(offsets)
            options, costs = _likely(data[way.start : way.end], encoding, before[-1:] or "\n", after[:1])
            every = costs + vocabulary.weigh(before, options, after, reach=size)
            bits = _DAMAGE_BITS + every.min() - np.log2(np.exp2(every.min() - every).sum())
            bits += _KEEP_WORD_BITS if undamaged else 0.0
            bits += rest[offsets[-1]] if offsets else 0.0
        weighed.append(way._replace(bits=float(bits)))
    shift = ways[0].bits - min(way.bits for way in weighed)
    others = [way for way in ways if way not in close]
    return sorted([*(way._replace(bits=way.bits + shift) for way in weighed), *others])


def _walk(lengths: list[int], place: int, stop: int) -> list[int]:
    """Return where the characters begin that are read in step from a place on, up to `stop`."""
    found: list[int] = []
    while place < stop and lengths[place]:
        found.append(place)
        place += lengths[place]
    return found


def _likely(left_over: bytes, encoding: str, left: str, right: str) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Return the texts that can have stood between two characters where these bytes are left, with their bits.

    Those only that their neighbours do not make unlikely.
    """
    codes, bits = _possible(left_over, encoding)
    before = np.full(len(codes), ord(left), dtype=np.uint32)
    nothing = codes == _NOTHING
    cost = bits.copy()
    cost[~nothing] += language.pair_bits(before[~nothing], codes[~nothing])
    if right:
        after = np.full(len(codes), ord(right), dtype=np.uint32)
        cost += language.pair_bits(np.where(nothing, before, codes), after)
    kept = np.flatnonzero(cost < cost.min() + _OPTION_BITS)
    return ["" if code == _NOTHING else chr(code) for code in codes[kept].tolist()], bits[kept]


def _reads(data: bytes, piece: Piece) -> bool:
    if not piece.encoding or b"\x80" not in data:
        return True
    return encodings.read(data[piece.start : piece.end], piece.encoding) is not None


def _weigh_places(data: bytes, encoding: str, chosen: list[tuple[int, int, int, int, float]]) -> list[Mended]:
    """Return the damaged places with their bits: start, end, code points beside them, and bits of all the rest."""
    if not chosen:
        return []
    points: list[Codes] = []
    weights: list[npt.NDArray[np.float32]] = []
    for start, end, _, _, _ in chosen:
        codes, bits = _possible(data[start:end], encoding)
        points.append(codes)
        weights.append(bits)
    counts = np.array([len(codes) for codes in points])
    middle = np.concatenate(points)
    before = np.repeat(np.array([item[2] for item in chosen], dtype=np.uint32), counts)
    right = np.array([item[3] for item in chosen])
    after = np.repeat(np.where(right < 0, _NEWLINE, right).astype(np.uint32), counts)
    ended = np.repeat(right < 0, counts)
    nothing = middle == _NOTHING
    known = np.where(nothing, before, middle)
    cost = np.concatenate(weights) + np.where(ended, np.float32(0), language.pair_bits(known, after))
    cost[~nothing] += language.pair_bits(before[~nothing], middle[~nothing])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    least = np.minimum.reduceat(cost, starts)
    mass = np.add.reduceat(np.exp2(np.repeat(least, counts) - cost), starts)
    total = _DAMAGE_BITS + least - np.log2(mass)
    return [
        Mended(item[4] + bits, item[0], item[1])
        for item, bits in zip(chosen, total.astype(float).tolist(), strict=True)
    ]


_NOTHING = 0x110000


@lru_cache(maxsize=1024)  # there are some thousand millions
def _possible(left_over: bytes, encoding: str) -> tuple[Codes, npt.NDArray[np.float32]]:
    """Return the characters of which the damage can have left these bytes, with the bits of that; or nothing."""
    codes: list[Codes] = []
    bits: list[npt.NDArray[np.float32]] = []

    def add(found: Codes, cost: float) -> None:
        codes.append(found)
        bits.append(np.full(len(found), cost, dtype=np.float32))

    def put_in(byte: int) -> float:
        return _STRAY_BITS if byte in _STRAYS else _PUT_IN_BITS

    size = len(left_over)
    one = np.array([_NOTHING], dtype=np.uint32)
    if size == 1:
        add(one, put_in(left_over[0]))
    if encoding == "utf-8" and size == 4:
        for place in (1, 2):
            edges = lattice.edges(left_over[:place] + left_over[place + 1 :], encoding)
            if edges.length[0] == 3:
                add(edges.code[:1], put_in(left_over[place]))
    elif encoding not in _PAIRED:
        add(np.array([_UNKNOWN], dtype=np.uint32), _CHARACTER_BITS)
    elif size == 1:
        leads, trails = _partners(encoding, left_over[0])
        add(leads, _WHICH_BITS)
        add(trails, _WHICH_BITS)
        if left_over[0] >= 0x80 and encoding not in _UNIT:
            add(_PLAIN, _ANY_BYTE_BITS)
    elif size == 2:
        add(_partners(encoding, left_over[0])[0], _WHICH_BITS + _ANY_BYTE_BITS)
        add(_partners(encoding, left_over[1])[1], _WHICH_BITS + _ANY_BYTE_BITS)
    elif size == 3:
        edges = lattice.edges(left_over[:1] + left_over[2:], encoding)
        if edges.length[0] == 2:
            add(edges.code[:1], put_in(left_over[1]))
    elif size == 4:
        edges = lattice.edges(left_over[:1] + left_over[3:], encoding)
        if edges.length[0] == 2:
            add(edges.code[:1], put_in(left_over[1]) + put_in(left_over[2]))
    if not any(map(len, codes)):
        add(one, 60.0)
    return np.concatenate(codes), np.concatenate(bits)


_PLAIN = np.array([0x0A, *range(0x20, 0x7F)], dtype=np.uint32)


@cache
def _partners(encoding: str, byte: int) -> tuple[Codes, Codes]:
    """Return the characters whose first byte this is, and those whose second it is."""
    first: npt.NDArray[Any]
    second: npt.NDArray[Any]
    if encoding in _UNIT:
        other = np.arange(256)
        low, high = other << 8 | byte, byte << 8 | other
        first, second = (low, high) if encoding == "utf-16-le" else (high, low)
    else:
        square = lattice.code_tables(encoding)[1].reshape(256, 256)
        first, second = square[byte], square[:, byte]
    kept: list[Codes] = []
    for found in (first, second):
        codes = found[(found > 0) & ((found < 0xD800) | (found >= 0xE000))].astype(np.uint32)
        kept.append(codes[language.own_bits(codes) < _RARE_BITS])
    return kept[0], kept[1]
