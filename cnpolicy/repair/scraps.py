"""Read UTF-8 of which only scraps are left: where most characters lost bytes, whole lines must tell what they were.

Read as Big5, four characters of five lose bytes, and one of five all three. But where each character began is known,
for every lost byte left a mark, and so is why it was lost. First the bytes are divided into characters, by the marks
alone; what each of these can have been is then weighed line by line (cnpolicy.repair.lines).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cnpolicy import language
from cnpolicy.repair import writing
from cnpolicy.repair.chains import Bytes, Step, Truth, spellings
from cnpolicy.repair.filling import KNOWN, LOST_BYTE, SWALLOWED_BYTE, candidates_of, shapes_of
from cnpolicy.repair.lines import Line, weigh
from cnpolicy.repair.trellis import (
    LOST,
    MARK_STAYS_BITS,
    QUESTION,
    STAY_FIRST_BITS,
    STRAY_BITS,
    SWITCH_BITS,
    Read,
)

Doubts = list[tuple[int, float]]

_PIECE = 400  # so many characters are read as one at most
_TOLD = 8  # so many candidates of a place are told
_NEWLINE = 0x0A
# Bits, beside those of the trellis: what characters cost of which bytes are lost, those of two bytes, and ASCII. On odd
# lines of news, half and one and a half of each bring the same 66.9 % of the characters back; only what the trellis has
# a byte cost that is left over counts: with 15, 25 and 40 bits it is 66.9, 66.9 and 57.2 %.
_HOLED_BITS, _TWO_BITS, _TWO_LOST_BITS = 8.0, 16.0, 24.0
_ASCII_BITS = 5.0
_LEADS = frozenset((-1, *range(0xE2, 0xEA), 0xEF))
_TWO_LEADS = frozenset((0xC2, 0xC3, 0xCE, 0xCF, 0xD0, 0xD1))
_CONTINUES = frozenset((-1, *range(0x80, 0xC0)))
# One byte left over in so many characters or more often: the marks may stand for two bytes. From 20 to 120 the same.
_STRAYS = 50
_STRAY, _STAYS = 0, -1  # instead of a number of bytes


class _Layout(NamedTuple):
    """The bytes that the garbled characters were (-1: lost), their kinds, and where each character begins in them."""

    data: Bytes
    kind: Bytes
    starts: Bytes


def _lay_out(points: Bytes, step: Step, *, swallowed: bool) -> tuple[_Layout, Truth]:
    """Return the bytes of the garbled characters, and which of these are none of the wrong encoding's."""
    length, spelled = (ways[0] for ways in spellings(points, step.wrong))
    hole = points == LOST
    is_marked = bool(hole.any())
    if not is_marked:
        hole = points == QUESTION
    # Windows reads the byte 80 as the control of this number.
    control = points == 0x80
    length[control], spelled[control] = 1, 0x80
    foreign = (length == 0) & ~hole
    length[foreign] = 1
    length[hole] = 1
    if swallowed:
        following = np.append(points[1:], _NEWLINE)
        # At the end of a line there is nothing to swallow, and browsers leave ASCII as it is.
        length[hole & (following >= 0x80 if is_marked else following != _NEWLINE)] = 2
    starts = np.concatenate([[0], np.cumsum(length)])
    owner = np.repeat(np.arange(len(points)), length)
    shift = length[owner] - 1 - (np.arange(len(owner)) - starts[owner])
    data = spelled[owner] >> 8 * shift & 0xFF
    data[hole[owner] | foreign[owner]] = -1
    kind = np.where(hole[owner], np.where(np.arange(len(owner)) == starts[owner], LOST_BYTE, SWALLOWED_BYTE), KNOWN)
    return _Layout(data, kind, starts), foreign


def _divide(points: Bytes, layout: _Layout, foreign: Truth) -> tuple[list[tuple[int, int]], float]:
    """Return where the characters begin and how many bytes they have, in order, and what that costs in bits.

    `_STAYS` instead of a number: it is not read at all.

    The cheapest way, by the bytes alone: what costs little is read.
    """
    size = len(layout.data)
    data = [*layout.data.tolist(), 256, 256, 256]
    token = np.full(size + 4, -1)
    token[layout.starts[:-1]] = np.arange(len(points))
    starting = token.tolist()
    ends = layout.starts[1:].tolist()
    units = np.minimum(points, 0xFFFF).astype(np.uint32)
    stay_bits = language.pair_bits(np.concatenate([[_NEWLINE], units[:-1]]).astype(np.uint32), units)
    stay_bits = np.where(points == LOST, MARK_STAYS_BITS, stay_bits)
    stays = stay_bits.tolist()
    own = language.own_bits(np.arange(0x10000, dtype=np.uint32)).astype(np.float64)
    strange = foreign.tolist()
    never = 1e9
    # The cost of each place, read (0) or stayed (1) before it, and what came last: place, state and size.
    cost = [[never, never] for _ in range(size + 4)]
    came: list[list[tuple[int, int, int]]] = [[(0, 0, 0), (0, 0, 0)] for _ in range(size + 4)]
    cost[0] = [0.0, STAY_FIRST_BITS]

    def go(here: int, state: int, to: int, state_then: int, bits: float, span: int) -> None:
        if cost[here][state] + bits < cost[to][state_then]:
            cost[to][state_then] = cost[here][state] + bits
            came[to][state_then] = (here, state, span)

    for here in range(size):
        first = starting[here]
        if first >= 0 and not strange[first] and data[here] == _NEWLINE:
            both = min(cost[here])
            state = cost[here].index(both)
            go(here, state, here + 1, 0, 0.0, 1)
            go(here, state, here + 1, 1, STAY_FIRST_BITS, _STAYS)
            continue
        if first >= 0:
            for state in (0, 1):
                if cost[here][state] < never:
                    go(here, state, ends[first], 1, stays[first] + (0 if state else SWITCH_BITS), _STAYS)
        if first >= 0 and cost[here][1] + SWITCH_BITS < cost[here][0]:
            cost[here][0], came[here][0] = cost[here][1] + SWITCH_BITS, came[here][1]
        if cost[here][0] >= never or (first >= 0 and strange[first]):
            continue
        one, two, three = data[here : here + 3]
        if 0 <= one < 0x80:
            go(here, 0, here + 1, 0, _ASCII_BITS, 1)
            continue
        if one in _LEADS and two in _CONTINUES and three in _CONTINUES:
            if min(one, two, three) >= 0:
                bits = own[(one & 0xF) << 12 | (two & 0x3F) << 6 | three & 0x3F]
            else:
                bits = _HOLED_BITS
            go(here, 0, here + 3, 0, bits, 3)
        if (one == -1 or one in _TWO_LEADS) and two in _CONTINUES:
            go(here, 0, here + 2, 0, _TWO_BITS if one >= 0 else _TWO_LOST_BITS, 2)
        go(here, 0, here + 1, 0, STRAY_BITS, _STRAY)
    found: list[tuple[int, int]] = []
    here, state = size, 0 if cost[size][0] <= cost[size][1] else 1
    while here > 0:
        before, state, span = came[here][state]
        found.append((before, span))
        here = before
    return found[::-1], min(cost[size])


def _code_of(data: Sequence[int]) -> int:
    """Return the character of whole bytes of UTF-8, 0xFFFD if they are none."""
    if len(data) == 1:
        return data[0]
    code = data[0] & (0x7F >> len(data))
    for byte in data[1:]:
        code = code << 6 | byte & 0x3F
    return code if code >= (0x80 if len(data) == 2 else 0x800) and not 0xD800 <= code < 0xE000 else LOST


def _in_style(points: Bytes, step: Step) -> tuple[_Layout, list[tuple[int, int]]]:
    """Return the bytes and the characters they make up: a mark stands for one byte, or has swallowed the next one."""
    layout, foreign = _lay_out(points, step, swallowed=False)
    units, bits = _divide(points, layout, foreign)
    # What fits as it is, fits by no chance.
    if sum(span == _STRAY for _, span in units) * _STRAYS > len(units) and len(layout.data):
        other, foreign = _lay_out(points, step, swallowed=True)
        others, other_bits = _divide(points, other, foreign)
        if other_bits < bits:
            return other, others
    return layout, units


def read_scraps(points: Bytes, step: Step, around: tuple[int, int]) -> Read:
    """Return the best reading of UTF-8 that was read as an encoding which loses bytes of most characters.

    `around` are the characters before and behind the text.
    """
    layout, units = _in_style(points, step)
    begin = np.array([one for one, _ in units])
    span = np.array([size for _, size in units])
    width = np.append(begin[1:], len(layout.data)) - begin
    known = np.concatenate([[0], np.cumsum(layout.kind != KNOWN)])
    holed = (span > 1) & (known[begin + width] > known[begin])
    owner = np.repeat(np.arange(len(points)), np.diff(layout.starts))
    stays = span == _STAYS
    code = np.full(len(units), LOST)
    code[stays] = points[owner[begin[stays]]]
    whole = layout.data.tolist()
    for number in np.flatnonzero(~stays & ~holed & (span > 0)).tolist():
        first, size = units[number]
        code[number] = _code_of(whole[first : first + size])
    natural = np.zeros(len(layout.data) + 1, dtype=np.bool_)
    natural[begin[stays]] = natural[-1] = True
    span = np.where(holed, span, 0)
    shares = writing.shares(code[~holed])
    doubts: dict[int, Doubts] = {}
    before = around[0]
    for first, stop in _pieces(code, holed):
        if holed[first:stop].any():
            options = _options(layout, step, (begin[first:stop], span[first:stop]), natural[:-1])
            behind = int(code[stop]) if stop < len(code) else around[1]
            line, chance = weigh(_line(code[first:stop], options, (before, behind)), shares)
            bounds = line.start.tolist()
            for row in (np.flatnonzero(holed[first:stop]) + first).tolist():
                here = slice(bounds[row - first + 1], bounds[row - first + 2])
                order = np.argsort(-chance[here], kind="stable")[:_TOLD]
                told = list(zip(line.code[here][order].tolist(), chance[here][order].tolist(), strict=True))
                code[row] = told[0][0]
                if told[0][0] != LOST:
                    doubts[row] = told
        before = int(code[stop - 1])
    restored = np.zeros(len(code), dtype=np.bool_)
    restored[list(doubts)] = True
    last = begin + width
    token = owner[last - 1]
    ends = layout.starts[token + 1] == last
    ends[-1:] = True
    return Read(
        np.zeros(len(code), dtype=np.int64),
        code,
        token,
        ends,
        restored,
        stays,
        doubts,
        np.zeros(1),
        np.zeros(1, dtype=np.bool_),
    )


def _pieces(code: Bytes, holed: Truth) -> Iterator[tuple[int, int]]:
    """Yield where the lines begin and end, of long ones the parts between characters that are known."""
    begin = 0
    for end in [*(np.flatnonzero((code == _NEWLINE) & ~holed) + 1).tolist(), len(code)]:
        while end - begin > _PIECE:
            sure = np.flatnonzero(~holed[begin + _PIECE // 2 : begin + _PIECE])
            stop = begin + _PIECE // 2 + int(sure[-1]) + 1 if len(sure) else begin + _PIECE
            yield begin, stop
            begin = stop
        if end > begin:
            yield begin, end
        begin = end


def _options(layout: _Layout, step: Step, places: tuple[Bytes, Bytes], natural: Truth) -> dict[int, Bytes]:
    """Return what may stand where bytes were lost; `places` are where characters begin, and their bytes (0: known)."""
    begin, span = places
    found: dict[int, Bytes] = {}
    three = np.flatnonzero(span == 3)
    if len(three):
        candidates = candidates_of(step, shapes_of(layout.data, layout.kind, natural, begin[three], 3))
        bounds = np.searchsorted(candidates.slot, np.arange(len(three) + 1)).tolist()
        for number, row in enumerate(three.tolist()):
            found[row] = candidates.code[bounds[number] : bounds[number + 1]]
    short = np.arange(0x80, 0x800)
    for row in np.flatnonzero(span == 2).tolist():
        one, two = layout.data[begin[row] : begin[row] + 2].tolist()
        good = ((one < 0) | (short >> 6 | 0xC0 == one)) & ((two < 0) | (short & 0x3F | 0x80 == two))
        found[row] = short[good]
    return found


def _line(code: Bytes, options: dict[int, Bytes], around: tuple[int, int]) -> Line:
    """Return the places of a line, between what stands before and behind it."""
    parts = [np.array([around[0]])]
    for row in range(len(code)):
        some = options.get(row)
        parts.append(code[row : row + 1] if some is None or not len(some) else some)
    parts.append(np.array([around[1]]))
    return Line(np.concatenate([[0], np.cumsum([len(part) for part in parts])]), np.concatenate(parts))
