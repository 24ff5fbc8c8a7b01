"""Fill lost bytes where it is known which bytes make up each character: a search over characters, not over bytes.

Most losses are of this sort. A character of UTF-8 shows by its first byte where it begins and ends, so that between
characters that are whole a hole leaves open which character it is, but not where. The candidates are those whose
bytes fit what is left and the reason for the loss; pairs of characters decide between them, forward and backward, as
in the trellis (cnpolicy.repair.trellis), which takes what is left over. Many places are filled in one go.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair.chains import END, UNKNOWN, Bytes, Step, Truth, misreading, table
from cnpolicy.repair.punctuation import pair_bits

Floats = npt.NDArray[np.float64]

KNOWN, LOST_BYTE, SWALLOWED_BYTE, FOREIGN = range(4)  # what a byte is: there, lost, lost beside a lost one; or none
_MOST = 8  # characters in a row: longer runs are left to the trellis, which may find that they are none
# Where more characters than this fit what is left, on average, those rarer than this are no candidates: all but some
# 9,000 are. Nearly nothing speaks for them there.
_CROWD, _RARE_BITS = 256, 13.0
# Hypotheses that cost so much more than the best are dropped, as in the trellis, and more than so many of a place: for
# each place so many continuations are weighed, or at least those of a few hypotheses.
_BEAM_BITS = 20.0
_CONTINUATIONS = 1 << 12
_BEAM = (4, 64)
_LAST_BEAM = 1 << 10  # those that one character more is to tell apart
# What a run may cost: so many bits for each step from character to character, and so many more. The trellis weighs
# what costs more against leaving it as it is, which costs 45 bits and more.
_STEP_BITS, _MORE_BITS = 11.0, 12.0
_LEAST_CHANCE = 1e-5  # candidates less probable than this are not told


class Runs(NamedTuple):
    """Runs of bytes between certain characters, in order: where each begins and stops, and the characters beside it."""

    begin: Bytes
    stop: Bytes
    left: Bytes
    right: Bytes


class Filled(NamedTuple):
    """The characters of the runs that could be filled, in order.

    `place` is where a character begins and `span` how many bytes are left of it; `doubts` has for each row with lost
    bytes the candidates and how probable they are, the best first.
    """

    place: Bytes
    span: Bytes
    code: Bytes
    restored: Truth
    doubts: dict[int, list[tuple[int, float]]]


class _Index(NamedTuple):
    """The characters of an encoding, sorted by those of their bytes that are known."""

    key: Bytes
    code: Bytes
    data: Bytes  # a row for each of the bytes


@cache
def _characters(name: str) -> tuple[Bytes, Bytes]:
    """Return the characters of an encoding that have as many bytes as Chinese ones, and their bytes."""
    if name == "utf-8":
        code = np.concatenate([np.arange(0x800, 0xD800), np.arange(0xE000, 0xFFFD)])
        return code, np.stack([code >> 12 | 0xE0, code >> 6 & 0x3F | 0x80, code & 0x3F | 0x80])
    pairs = table(name).pairs
    data = np.flatnonzero((pairs > 0) & (pairs != 0xFFFD))
    return pairs[data], np.stack([data >> 8, data & 0xFF])


@cache
def _index(step: Step, kinds: tuple[int, ...]) -> _Index:
    """Return the characters whose bytes are lost as `kinds` has it, as far as the character alone tells."""
    code, data = _characters(step.right)
    lost = misreading(step.wrong).lost
    good = np.ones(len(code), dtype=np.bool_)
    following = np.concatenate([data[1:], np.full((1, len(code)), UNKNOWN)])
    for place, kind in enumerate(kinds):
        if kind == LOST_BYTE:
            good &= lost[following[place], data[place]]
    code, data = code[good], data[:, good]
    key = _key(data, kinds)
    if len(code) > _CROWD * len(np.unique(key)):
        common = np.flatnonzero(language.own_bits(np.minimum(code, 0xFFFF).astype(np.uint32)) < _RARE_BITS)
        code, data, key = code[common], data[:, common], key[common]
    order = np.argsort(key, kind="stable")
    return _Index(key[order], code[order], data[:, order])


def _key(data: Bytes, kinds: tuple[int, ...]) -> Bytes:
    key = np.zeros(data.shape[1], dtype=np.int64)
    for place, kind in enumerate(kinds):
        if kind == KNOWN:
            key = key << 8 | data[place]
    return key


class Shapes(NamedTuple):
    """What may have been the bytes of a character: for which slot, its bytes and their kinds, and the byte after it.

    `last` tells whether it may be that nothing follows.
    """

    slot: Bytes
    data: Bytes
    kind: Bytes
    following: Bytes
    last: Truth


class _Slots(NamedTuple):
    """The places of single characters, in order: the run of each and its number in it.

    `holed` tells whether lost bytes are in it, `torn` whether the byte before it is lost.
    """

    run: Bytes
    number: Bytes
    holed: Truth
    torn: Truth


class Candidates(NamedTuple):
    """What may stand in each slot, sorted by slot."""

    slot: Bytes
    code: Bytes
    first: Bytes
    last: Bytes


class _Link(NamedTuple):
    """How candidates come from those of the slot before; the numbers are those of `Candidates`."""

    origin: Bytes
    dest: Bytes
    bits: Floats


def fill(step: Step, data: Bytes, kind: Bytes, natural: Truth, runs: Runs, *, dropped: bool) -> Filled:
    """Return the characters of the runs of bytes that are characters with holes.

    `kind` is what each byte of `data` is, `natural` tells which are of characters that may be good text: nothing
    follows a lost byte before them. `dropped`: lost bytes left no hole.
    """
    size = 3 if step.right == "utf-8" else 2
    holes = np.concatenate([[0], np.cumsum(kind != KNOWN)])
    strange = np.concatenate([[0], np.cumsum(kind == FOREIGN)])
    length = runs.stop - runs.begin
    holed = holes[runs.stop] > holes[runs.begin]
    span = size
    if dropped and step.right == "utf-8":
        # One byte is gone, from wherever it fits.
        span = size - 1
        chosen = np.flatnonzero((length == span) & ~holed)
    else:
        chosen = np.flatnonzero(
            (length % size == 0)
            & (length <= size * (_MOST if size == 3 else 1))
            & holed
            & (strange[runs.stop] == strange[runs.begin])
        )
    count = length[chosen] // span
    run = np.repeat(chosen, count)  # by slot
    number = np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    place = runs.begin[run] + number * span
    shapes = shapes_of(data, kind, natural, place, span)
    if span < size:
        shapes = _with_a_hole(shapes)
    candidates = candidates_of(step, shapes)
    torn = kind[np.maximum(place - 1, 0)] == LOST_BYTE
    slots = _Slots(run, number, (holes[place + span] > holes[place]) | (span < size), torn)
    best, doubts = _search(misreading(step.wrong).lost, runs, slots, candidates)
    rows = np.flatnonzero(best >= 0)
    number_of = np.cumsum(best >= 0) - 1
    return Filled(
        place[rows],
        np.full(len(rows), span),
        candidates.code[best[rows]],
        slots.holed[rows],
        {int(number_of[slot]): known for slot, known in doubts.items()},
    )


def shapes_of(data: Bytes, kind: Bytes, natural: Truth, place: Bytes, span: int) -> Shapes:
    """Return the bytes at the places as they are."""
    following = np.concatenate([np.where(kind == KNOWN, data, UNKNOWN), [END]])
    behind = np.append(natural, True)[place + span]
    own = np.stack([data[place + shift] for shift in range(span)])
    return Shapes(
        np.arange(len(place)),
        own,
        np.stack([kind[place + shift] for shift in range(span)]),
        following[place + span],
        behind,
    )


def _with_a_hole(shapes: Shapes) -> Shapes:
    """Return the shapes with a lost byte, in front, inside, and at the end."""
    found: list[Shapes] = []
    for place in range(len(shapes.data) + 1):
        data = np.insert(shapes.data, place, 0, axis=0)
        kind = np.insert(shapes.kind, place, LOST_BYTE, axis=0)
        found.append(Shapes(shapes.slot, data, kind, shapes.following, shapes.last))
    return Shapes(
        np.concatenate([one.slot for one in found]),
        np.concatenate([one.data for one in found], axis=1),
        np.concatenate([one.kind for one in found], axis=1),
        np.concatenate([one.following for one in found]),
        np.concatenate([one.last for one in found]),
    )


def candidates_of(step: Step, shapes: Shapes) -> Candidates:
    """Return what may stand in the slots: what fits the bytes that are left, and the reason why the others are not."""
    lost = misreading(step.wrong).lost
    size = len(shapes.kind)
    pattern = np.zeros(len(shapes.slot), dtype=np.int64)
    for row in shapes.kind:
        pattern = pattern << 2 | row
    parts: list[tuple[Bytes, Bytes, Bytes, Bytes]] = []
    for bits in np.flatnonzero(np.bincount(pattern)).tolist():
        mine = np.flatnonzero(pattern == bits)
        kinds = tuple(bits >> 2 * (size - 1 - place) & 3 for place in range(size))
        index = _index(step, kinds)
        key = _key(shapes.data[:, mine], kinds)
        shape, entry = _ranges(np.searchsorted(index.key, key), np.searchsorted(index.key, key, side="right"))
        shape = mine[shape]
        if kinds[-1] == LOST_BYTE:
            byte = index.data[-1, entry]
            good = lost[shapes.following[shape], byte] | (shapes.last[shape] & lost[END, byte])
            shape, entry = shape[good], entry[good]
        parts.append((shapes.slot[shape], index.code[entry], index.data[0, entry], index.data[-1, entry]))
    columns = [np.concatenate([np.zeros(0, dtype=np.int64), *(part[column] for part in parts)]) for column in range(4)]
    order = np.argsort(columns[0], kind="stable")
    return Candidates(*(column[order] for column in columns))


def _ranges(low: Bytes, high: Bytes) -> tuple[Bytes, Bytes]:
    """Return the numbers from `low` to `high` for each of them, and in front of each of which one it is."""
    sizes = high - low
    owner = np.repeat(np.arange(len(low)), sizes)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes - low, sizes)


def _search(
    lost: Truth, runs: Runs, slots: _Slots, candidates: Candidates
) -> tuple[Bytes, dict[int, list[tuple[int, float]]]]:
    """Return the best candidate of each slot (-1: its run costs too much), and the candidates of those in doubt."""
    size, steps = len(candidates.slot), int(slots.number.max(initial=0))
    own_run, own_number = slots.run[candidates.slot], slots.number[candidates.slot]
    least, total = np.full(size, np.inf), np.full(size, -np.inf)  # the best way to a candidate, the sum of all ways
    best_from = np.full(size, -1)
    is_last = np.concatenate([slots.run[1:] != slots.run[:-1], [True]])[: len(slots.run)]
    further = np.concatenate([np.bincount(candidates.slot, minlength=len(slots.run))[1:], [0]])
    most = np.where(is_last, _LAST_BEAM, np.clip(_CONTINUATIONS // np.maximum(further, 1), *_BEAM))
    opening = np.flatnonzero(own_number == 0)
    start = pair_bits(runs.left[own_run[opening]], candidates.code[opening]).astype(np.float64)
    least[opening], total[opening] = start, -start
    links: list[_Link] = []
    alive = [_beam(candidates.slot[opening], start, most)]
    alive[0] = opening[alive[0]]
    for step in range(1, steps + 1):
        link = _join(lost, slots.torn, candidates, alive[-1], np.flatnonzero(own_number == step))
        links.append(link)
        ways = least[link.origin] + link.bits
        order = _first_of_each(link.dest, ways)
        dest = link.dest[order]
        least[dest], best_from[dest] = ways[order], link.origin[order]
        total[dest] = sum_by(link.dest, total[link.origin] - link.bits, size)[dest]
        alive.append(dest[_beam(candidates.slot[dest], least[dest], most)])
    closing = np.sort(np.concatenate(alive))
    closing = closing[is_last[candidates.slot[closing]]]
    end = pair_bits(candidates.code[closing], runs.right[own_run[closing]]).astype(np.float64)
    ways = least[closing] + end
    order = _first_of_each(candidates.slot[closing], ways)
    last = candidates.slot[closing[order]]
    good = ways[order] <= _STEP_BITS * (slots.number[last] + 2) + _MORE_BITS
    chosen = np.full(len(slots.run), -1)
    chosen[last[good]] = closing[order[good]]
    for step in range(steps, 0, -1):
        mine = np.flatnonzero((slots.number == step) & (chosen >= 0))
        chosen[mine - 1] = best_from[chosen[mine]]
    backward = np.full(size, -np.inf)
    backward[closing] = -end
    for link in reversed(links):
        some = sum_by(link.origin, backward[link.dest] - link.bits, size)
        backward = np.where(np.isfinite(some), some, backward)
    whole = sum_by(own_run[closing], total[closing] - end, len(runs.begin))
    told = np.flatnonzero(slots.holed[candidates.slot] & (chosen[candidates.slot] >= 0) & np.isfinite(backward))
    chance = np.exp2(total[told] + backward[told] - whole[own_run[told]])
    kept = chance >= _LEAST_CHANCE
    told, chance = told[kept], chance[kept]
    order = np.lexsort((-chance, candidates.slot[told]))
    doubts: dict[int, list[tuple[int, float]]] = {}
    for slot, code, share in zip(
        candidates.slot[told[order]].tolist(),
        candidates.code[told[order]].tolist(),
        chance[order].tolist(),
        strict=True,
    ):
        doubts.setdefault(slot, []).append((code, share))
    return chosen, doubts


def _first_of_each(owner: Bytes, weight: Floats) -> Bytes:
    """Return which entry of each owner has the least weight; the owners are in order."""
    if not len(owner):
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    least = np.minimum.reduceat(weight, starts)
    hits = np.flatnonzero(weight == np.repeat(least, np.diff(np.append(starts, len(owner)))))
    found: Bytes = hits[np.searchsorted(hits, starts)]
    return found


def _beam(slot: Bytes, weight: Floats, most: Bytes) -> Bytes:
    """Return which hypotheses to go on with: the best ones of each slot, as many as `most` has for it."""
    order = np.lexsort((weight, slot))
    starts = np.flatnonzero(np.diff(slot[order], prepend=-1))
    counts = np.diff(np.append(starts, len(order)))
    good = weight[order] <= np.repeat(weight[order][starts], counts) + _BEAM_BITS
    good &= np.arange(len(order)) - np.repeat(starts, counts) < most[slot[order]]
    return np.sort(order[good])


def _join(lost: Truth, torn: Truth, candidates: Candidates, alive: Bytes, mine: Bytes) -> _Link:
    """Return all ways from what is alive to the candidates of the slots behind."""
    slot = candidates.slot[mine]
    before = candidates.slot[alive]
    low, high = np.searchsorted(before, slot - 1), np.searchsorted(before, slot - 1, side="right")
    owner, entry = _ranges(low, high)
    origin, dest = alive[entry], mine[owner]
    good = ~torn[candidates.slot[dest]] | lost[candidates.first[dest], candidates.last[origin]]
    origin, dest = origin[good], dest[good]
    return _Link(origin, dest, pair_bits(candidates.code[origin], candidates.code[dest]).astype(np.float64))


def sum_by(place: Bytes, exponent: Floats, size: int) -> Floats:
    """Return the binary logarithms of the sums of powers of two, by place."""
    most = np.full(size, -np.inf)
    np.maximum.at(most, place, exponent)
    base = np.where(np.isfinite(most), most, 0.0)
    total = np.bincount(place, np.exp2(exponent - base[place]), minlength=size)
    with np.errstate(divide="ignore"):
        return np.log2(total) + base
