"""What a chain of one misreading leaves no doubt about: the characters none of whose bytes were lost."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair.chains import Bytes, Truth, table
from cnpolicy.repair.filling import FOREIGN, KNOWN, LOST_BYTE, SWALLOWED_BYTE, Runs, fill
from cnpolicy.repair.readers import Reader
from cnpolicy.repair.trellis import LOST, Stretch, Trellis

_NOT = -1  # instead of a byte: it was lost, or the character never was one of the wrong encoding
# Characters of UTF-8 that are no good reading: what is rarer than this was put together by chance from what is left.
_RARE_BITS = 17.0
_UNLIKELY_BITS = 20.0  # nor what is so unlikely after the one before it: both may be good text
# Stretches of so many characters that cost more on average are not what the right encoding says.
_SPAN = 6
_POOR_BITS = 13.0
# Where bytes are dropped, fewer are looked at, and so many before them are doubtful, too. Measured on odd lines: of GBK
# read as Big5 99.4 % of the characters come back (with the values above 99.0 %), of Big5 read as GBK 78.5 (73.1 %).
_SPAN_DROPPED, _POOR_BITS_DROPPED, _BEFORE = 4, 12.0, 6
_LEAST_GAIN = 1.0  # bits a character by which it must be better than the text as it is
SWAPPED_LINE_END = 0x0A00
_APART = 3  # so many characters must be certain between two stretches, or they are one


class Certain(NamedTuple):
    """The characters that are certain, and the stretches between them that are not.

    `token` is the offset of the garbled character that completes each, `whole` tells whether it ends with it.
    """

    code: Bytes
    token: Bytes
    whole: Truth
    stretches: list[Stretch]
    restored: Truth
    doubts: dict[int, list[tuple[int, float]]]


def find_certain(trellis: Trellis, left: int, right: int) -> Certain:
    """Divide a text into what is certain and what is not; `left` and `right` are the characters around it."""
    size = len(trellis.points)
    plain = ~trellis.hole & ~trellis.foreign & (trellis.length[1] == 0)
    marks = 2 if trellis.style == "swallowed" or trellis.wrong[0].units else 1
    length = np.where(plain, trellis.length[0], marks)
    owner = np.repeat(np.arange(size), length)
    starts = np.cumsum(length) - length
    shift = length[owner] - 1 - (np.arange(len(owner)) - starts[owner])
    data = np.where(plain[owner], trellis.bytes[0][owner] >> 8 * shift & 0xFF, _NOT)
    kind = np.where(trellis.hole, LOST_BYTE, np.where(plain, KNOWN, FOREIGN))[owner]
    kind[(kind == LOST_BYTE) & (np.arange(len(owner)) > starts[owner])] = SWALLOWED_BYTE
    layout = _Layout(data, kind, owner, starts, length)
    read = trellis.readers[0]
    begin, span, code = _utf8(data) if read.name == "utf-8" else _pairs(data, read.name)
    return _divide(trellis, layout, (begin, span, code), (left, right))


def _utf8(data: Bytes) -> tuple[Bytes, Bytes, Bytes]:
    """Return where the characters of UTF-8 begin, how many bytes they have, and which they are."""
    padded = np.concatenate([data, np.full(3, _NOT)])
    first, second, third, fourth = (padded[place : place + len(data)] for place in range(4))
    two, three, four = ((byte >= 0x80) & (byte < 0xC0) for byte in (second, third, fourth))
    span = np.zeros(len(data), dtype=np.int64)
    code = np.zeros(len(data), dtype=np.int64)
    plain = (first >= 0) & (first < 0x80)
    span[plain], code[plain] = 1, first[plain]
    values = (
        ((first >= 0xC2) & (first < 0xE0) & two, 2, (first & 0x1F) << 6 | second & 0x3F, 0x80),
        (
            (first >= 0xE0) & (first < 0xF0) & two & three,
            3,
            (first & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F,
            0x800,
        ),
        (
            (first >= 0xF0) & (first < 0xF5) & two & three & four,
            4,
            (first & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F,
            0x10000,
        ),
    )
    for mask, size, value, least in values:
        mask &= (value >= least) & (value < 0x110000) & ((value < 0xD800) | (value >= 0xE000))
        span[mask], code[mask] = size, value[mask]
    begin = np.flatnonzero(span)
    return begin, span[begin], code[begin]


def _pairs(data: Bytes, name: str) -> tuple[Bytes, Bytes, Bytes]:
    """Return where characters of an encoding of one or two bytes begin, how many they have, and which they are."""
    singles, pairs = table(name)
    begins: list[int] = []
    spans: list[int] = []
    units = name.startswith("utf-16")
    alone = (singles > 0).tolist()
    known = data.tolist()
    size, here = len(known), 0
    while here < size:
        byte = known[here]
        span = 1 if not units and (0 <= byte < 0x80 or (byte >= 0 and alone[byte])) else 2
        begins.append(here)
        spans.append(span)
        here += span
    begin, span_of = np.array(begins), np.array(spans)
    first = data[begin]
    second = np.concatenate([data, [_NOT]])[np.minimum(begin + 1, size)]
    code = np.where(span_of == 1, singles[first], pairs[(first & 0xFF) << 8 | second & 0xFF])
    code[(first < 0) | (span_of == 2) & (second < 0)] = 0
    code[(span_of == 1) & (first == 0)] = 0
    if units:
        # U+0A00 is no character: between lines that were read with their bytes swapped, a line end is one.
        code[code == SWAPPED_LINE_END] = 0x0A
    kept = np.flatnonzero(code > 0)
    return begin[kept], span_of[kept], code[kept]


class _Layout(NamedTuple):
    """The bytes that the garbled characters were: which, of what kind (see filling), and of which character.

    `starts` and `length` are the characters' own.
    """

    data: Bytes
    kind: Bytes
    owner: Bytes
    starts: Bytes
    length: Bytes


def _ragged(begin: Bytes, span: Bytes, size: int) -> tuple[Bytes, Bytes]:
    """Return where the runs of bytes begin and stop that no character has."""
    covered = np.zeros(size + 1, dtype=np.int64)
    covered[begin] += 1
    np.subtract.at(covered, begin + span, 1)
    ragged = np.cumsum(covered[:size]) == 0
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ragged, [False]]).astype(np.int8)))
    return edges[::2], edges[1::2]


def _divide(
    trellis: Trellis,
    layout: _Layout,
    characters: tuple[Bytes, Bytes, Bytes],
    around: tuple[int, int],
) -> Certain:
    data, kind, owner, starts, length = layout
    read = trellis.readers[0]
    begin, span, code = characters
    size = len(data)
    good = language.own_bits(code.astype(np.uint32)) < _RARE_BITS
    if read.name == "utf-8":
        # The two bytes of 路 in GBK are U+00B7 in UTF-8: good text beside what is garbled is full of such.
        good &= ((code < 0x80) | (code >= 0x800)) & (_pair_bits(code) < _UNLIKELY_BITS)
    elif len(code) >= _SPAN:
        good &= ~_is_poor(trellis.points, layout, characters, dropped=trellis.style == "dropped")
    if (layout.length > 1).any():
        # Where a garbled character is one byte, several make a character, and one of them says nothing.
        good &= ~_may_be_outside(trellis.points, layout, characters)
    begin, span, code = begin[good], span[good], code[good]
    opens, closes = _ragged(begin, span, size)
    row = np.full(len(begin), -1)
    runs = _runs(read, begin, code, (opens, closes), around)
    filled = fill(trellis.chain[0], data, kind, trellis.natural[owner], runs, dropped=trellis.style == "dropped")
    if len(filled.code):
        order = np.argsort(np.concatenate([begin, filled.place]), kind="stable")
        begin = np.concatenate([begin, filled.place])[order]
        span = np.concatenate([span, filled.span])[order]
        code = np.concatenate([code, filled.code])[order]
        row = np.concatenate([row, np.arange(len(filled.code))])[order]
        opens, closes = _ragged(begin, span, size)
    # What is between two ragged runs and too short is ragged too.
    if len(opens):
        between = np.searchsorted(begin, opens[1:]) - np.searchsorted(begin, closes[:-1])
        kept = between >= _APART
        opens = opens[np.concatenate([[True], kept])]
        closes = closes[np.concatenate([kept, [True]])]
        # At the ends too: the characters around the text are its neighbours there.
        if np.searchsorted(begin, opens[0]) < _APART:
            opens[0] = 0
        if len(begin) - np.searchsorted(begin, closes[-1]) < _APART:
            closes[-1] = size
    ends = begin + span
    stretches: list[Stretch] = []
    covered_tokens = np.zeros(len(length) + 1, dtype=np.int64)
    for first, stop in zip(opens.tolist(), closes.tolist(), strict=True):
        opener, last = int(owner[first]), int(owner[stop - 1])
        border = int(starts[opener])
        where = int(np.searchsorted(ends, border, side="right"))  # the first character that ends after the border
        left = int(code[where - 1]) if where else around[0]
        opening = _begun(read, data, int(begin[where]), border) if where < len(begin) and begin[where] < border else 0
        border = int(starts[last] + length[last])
        where = int(np.searchsorted(ends, border, side="right"))
        right = int(code[where]) if where < len(begin) else around[1]
        closing = _begun(read, data, int(begin[where]), border) if where < len(begin) and begin[where] < border else 0
        stretches.append(Stretch(opener, last + 1, left, right, opening, closing))
        covered_tokens[opener] += 1
        covered_tokens[last + 1] -= 1
    token = owner[ends - 1] if len(ends) else np.zeros(0, dtype=np.int64)
    outside = np.cumsum(covered_tokens)[token] == 0
    whole = (starts + length)[token] == ends
    row = row[outside]
    restored = np.zeros(len(row), dtype=np.bool_)
    mine = np.flatnonzero(row >= 0)
    restored[mine] = filled.restored[row[mine]]
    doubts = {
        place: filled.doubts[own]
        for place, own in zip(mine.tolist(), row[mine].tolist(), strict=True)
        if own in filled.doubts
    }
    return Certain(code[outside], token[outside], whole[outside], stretches, restored, doubts)


def _is_poor(points: Bytes, layout: _Layout, characters: tuple[Bytes, Bytes, Bytes], *, dropped: bool) -> Truth:
    """Tell which characters stand where the text makes no sense in this reading, or as much sense as it is.

    With pairs of bytes nothing but the sense tells what is read out of step, or was never garbled. Where bytes were
    `dropped`, some characters before it are as doubtful: nothing shows where the byte was.
    """
    begin, span, code = characters
    bits = _pair_bits(code)
    # What stays costs what its garbled characters cost, each as much for each of its bytes.
    own = _pair_bits(points) / np.maximum(layout.length, 1)
    sums = np.concatenate([[0.0], np.cumsum(own[layout.owner])])
    stays = sums[np.minimum(begin + span, len(layout.data))] - sums[begin]
    size = _SPAN_DROPPED if dropped else _SPAN
    mean, mean_of_stays = _means(bits, size), _means(stays, size)
    poor = (mean > (_POOR_BITS_DROPPED if dropped else _POOR_BITS)) | (mean > mean_of_stays - _LEAST_GAIN)
    reach = np.concatenate([[0], np.cumsum(poor)])
    places = np.arange(len(code))
    ahead = size // 2 + (_BEFORE if dropped else 0)
    found: Truth = reach[np.minimum(places + ahead, len(code))] > reach[np.maximum(places - size // 2, 0)]
    return found


def _means(bits: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    """Return the mean of so many values around each, of fewer at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(bits)])
    places = np.arange(len(bits))
    starts, stops = np.maximum(places - size // 2, 0), np.minimum(places + (size + 1) // 2, len(bits))
    found: npt.NDArray[np.float64] = (sums[stops] - sums[starts]) / (stops - starts)
    return found


def _may_be_outside(points: Bytes, layout: _Layout, characters: tuple[Bytes, Bytes, Bytes]) -> Truth:
    """Tell which characters are likelier as they are if what is garbled begins behind them, or ends before them."""
    begin, span, code = characters
    own = np.concatenate([[LOST], points, [LOST]])
    token = layout.owner[begin] + 1
    last = layout.owner[np.minimum(begin + span, len(layout.owner)) - 1] + 1
    read = np.concatenate([[LOST], code, [LOST]])
    before, behind = read[:-2], read[2:]
    ends = _bits(before, code) + _bits(code, own[last + 1]) > _bits(before, own[token]) + _bits(
        own[token], own[last + 1]
    )
    begins = _bits(own[token - 1], code) + _bits(code, behind) > _bits(own[token - 1], own[token]) + _bits(
        own[token], behind
    )
    return ends | begins


def _bits(first: Bytes, second: Bytes) -> npt.NDArray[np.float32]:
    return language.pair_bits(first.astype(np.uint32), second.astype(np.uint32))


def _pair_bits(code: Bytes) -> npt.NDArray[np.float64]:
    return _bits(np.concatenate([[LOST], code[:-1]]), code).astype(np.float64)


def _runs(read: Reader, begin: Bytes, code: Bytes, ragged: tuple[Bytes, Bytes], around: tuple[int, int]) -> Runs:
    """Return the runs to fill: those that stand among so many certain characters that these are in step."""
    opens, closes = ragged
    beside = np.concatenate([[around[0]], code, [around[1]]])
    number = np.searchsorted(begin, opens)
    if read.name != "utf-8":
        apart = np.diff(number, prepend=-_APART, append=len(begin) + _APART) >= _APART
        kept = np.flatnonzero(apart[:-1] & apart[1:])
        opens, closes, number = opens[kept], closes[kept], number[kept]
    return Runs(opens, closes, beside[number], beside[number + 1])


def _begun(read: Reader, data: Bytes, begin: int, stop: int) -> int:
    """Return what the bytes from `begin` on, which are no whole character, are the beginning of."""
    first = int(data[begin])
    if read.name != "utf-8":
        return first + (1 if read.name.startswith("utf-16") else 0)
    size = 2 if first < 0xE0 else 3 if first < 0xF0 else 4
    value = first & (0x7F >> size)
    for byte in data[begin + 1 : stop].tolist():
        value = value << 6 | byte & 0x3F
    return (size - (stop - begin)) << 18 | value
