"""The lattice over long data: many blocks side by side.

The cheapest path through a lattice depends on its ends only near them: some characters on, all paths that are still in
the race have the same beginning. So the data is cut into blocks that overlap by that much on both sides, all blocks go
through the lattice together (one step of all of them is one step of numpy), and the paths of neighbours are joined
where they meet. Where they do not meet, which hostile bytes can bring about, the stretch is read step by step.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.decode import lattice
from cnpolicy.decode.lattice import Piece

# What a block is there for, and what it sees besides on either side (bytes). Reading out of step costs some 8 bits a
# character more than the right way, and a loss 27: after 64 bytes only one way is left. A step of few blocks takes as
# long as one of many, so short data is cut into small blocks.
_CORE = 256
_SMALL_CORE = 64
_SMALL = 16384
_BESIDE = 64
# How far from the border of two blocks their paths may be joined.
_JOIN = 32
# Bytes at a time: memory stays bounded, and the arrays of one step in the cache.
_CHUNK = 1 << 16
_STRETCH = 2048
# With less work than this (bytes times encodings) the lattice itself is faster: measured with 3 and with 12 encodings.
_LEAST_WORK = 10_000

# Where the cheapest path to a character came from: 1 to 6 is the length of the character before.
_CHANGED, _AFTER_LOSS, _BEGUN = 0, 7, 8

_FAR = np.float32(1e30)
_LONGEST = 6
_Bytes = npt.NDArray[np.int8]
_Bits = npt.NDArray[np.float32]
_Places = npt.NDArray[np.intp]


class _Units(NamedTuple):
    """The characters and lost bytes of a path, at the offsets where they begin: length (0: none), encoding, loss."""

    length: _Bytes
    mode: _Bytes
    lost: npt.NDArray[np.bool_]


def read(data: bytes, candidates: Sequence[tuple[str, float]]) -> tuple[list[Piece], float]:
    """Return the cheapest reading of the bytes as pieces in order, and what it costs in bits.

    As `lattice.read` does, but that neighbours of one encoding are one piece.
    """
    names, begin = [name for name, _ in candidates], [prior for _, prior in candidates]
    pieces: list[Piece] = []
    total = 0.0
    place = 0
    while place < len(data):
        end = len(data) if len(data) - place < 2 * _CHUNK else place + _CHUNK
        part = data[place:end]
        whole, at_start = end == len(data), not place
        if len(part) * len(names) < _LEAST_WORK:
            found, bits, done = lattice.read_block(part, names, begin, at_start=at_start, final=whole)
        else:
            found, bits, done = _read_chunk(part, names, begin, at_start=at_start, whole=whole)
        pieces += [Piece(piece.start + place, piece.end + place, piece.encoding) for piece in found]
        total += bits
        place += done
        before = next((piece.encoding for piece in reversed(pieces) if piece.encoding), names[0])
        begin = _begin_after(before, names)
    return list(lattice.joined(pieces)), total


def _begin_after(before: str, names: Sequence[str]) -> list[float]:
    """Return what a reading in each encoding costs at its beginning where another one stands before."""
    return [0.0 if name == before else lattice.SWITCH_AT_ASCII for name in names]


def _read_chunk(
    data: bytes, names: Sequence[str], begin: Sequence[float], *, at_start: bool, whole: bool
) -> tuple[list[Piece], float, int]:
    """Read one chunk; unless it is to be read as a `whole`, stop some characters before its end."""
    size = len(data)
    costs = lattice.weigh(data, names, at_start=at_start)
    core = _CORE if size > _SMALL else _SMALL_CORE
    width = min(core + 2 * _BESIDE, size)
    cores = np.arange(0, size, core)
    bases = np.clip(cores - _BESIDE, 0, size - width)
    found, used = _walk(costs, begin, bases, width)
    step_at, last, is_lost = _end(data, names, found, bases, width, whole)
    units = _walk_back(found, used, step_at, last, is_lost)
    if whole:
        for block in np.flatnonzero((bases + width == size) & (step_at < width)).tolist():
            units.length[block, step_at[block]] = width - step_at[block]
            units.lost[block, step_at[block]] = True
            units.mode[block, step_at[block]] = last[block]
    joins, sound = _join(np.frombuffer(data, dtype=np.uint8), units, cores, bases, width)
    stop = size if whole else int(joins[sound][-1]) if sound.any() else size
    length = np.zeros(size, dtype=np.int8)
    mode = np.zeros(size, dtype=np.int8)
    lost = np.zeros(size, dtype=bool)
    first = 0
    bounds = [0, *joins.tolist(), size]
    fine = [True, *sound.tolist(), True]
    for block in range(len(cores)):
        start, end = bounds[block], bounds[block + 1]
        if fine[block] and fine[block + 1]:
            inside = slice(start - bases[block], end - bases[block])
            length[start:end] = units.length[block, inside]
            mode[start:end] = units.mode[block, inside]
            lost[start:end] = units.lost[block, inside]
        if not fine[block + 1]:
            continue
        if not fine[block]:
            # From the last place where two paths met to the next one, step by step.
            before = next((place for place in range(first - 1, -1, -1) if length[place]), -1)
            current = names[mode[before]] if before >= 0 else ""
            while first < end:
                until = end if end - first < 2 * _STRETCH else first + _STRETCH
                priors = _begin_after(current, names) if current else begin
                steps, _, done = lattice.read_block(
                    data[first:until], names, priors, at_start=at_start and not first, final=until == end
                )
                current = current or names[int(np.argmin(begin))]
                for step in steps:
                    current = step.encoding or current
                    place = first + step.start
                    length[place] = step.end - step.start
                    lost[place], mode[place] = not step.encoding, names.index(current)
                first += done
        first = end
    return _gather(data, costs, names, begin, _Units(length[:stop], mode[:stop], lost[:stop]))


class _Lattice(NamedTuple):
    """The steps of all blocks (axes: step, encoding, block), and the cheapest paths to their states.

    `char` is the cheapest path whose last character begins at a step, that character included; `edge` the cheapest
    whose last character ends there; `lost` the cheapest that loses the byte before it.
    """

    length: _Bytes
    onward: _Bits
    fresh: _Bits
    switch: _Bits  # (step, block)
    border: _Bits  # (encoding, 1)
    char: _Bits
    edge: _Bits
    lost: _Bits
    begun: _Bits  # the starts: of the data, or inside them, where a character may begin at any of four steps


def _walk(costs: lattice.Costs, begin: Sequence[float], bases: _Places, width: int) -> tuple[_Lattice, tuple[int, ...]]:
    """Find the cheapest paths through blocks of `width` bytes, and return them and the lengths of characters."""
    modes, size = costs.length.shape
    blocks = len(bases)
    places = bases[None, :] + np.arange(width)[:, None]
    # A character is followed by one of the same encoding, or its onward cost means nothing.
    ends = np.arange(size) + costs.length
    is_followed = (np.take_along_axis(costs.length, np.minimum(ends, size - 1), axis=1) > 0) & (ends < size)

    def cut(table: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.ascontiguousarray(table[:, places].transpose(1, 0, 2))

    length = cut(costs.length)
    used = tuple((np.flatnonzero(np.bincount(costs.length.ravel(), minlength=2)[1:]) + 1).tolist())
    onward = cut(np.where(is_followed, costs.onward, _FAR))
    fresh = cut(np.where(costs.length > 0, costs.fresh, _FAR))
    border = costs.border[:, None]
    entering = fresh + border
    switch, byte_bits = costs.switch[places], costs.lost[places]
    others = {one: np.where(length == one, np.float32(0), _FAR) for one in used}
    shape = (width + _LONGEST + 1, modes, blocks)
    char, edge, lost = (np.full(shape, _FAR, dtype=np.float32) for _ in range(3))
    is_first = bases == 0
    edge[:4, :, ~is_first] = 0.0
    edge[0, :, is_first] = np.array(begin, dtype=np.float32)
    begun = edge[:4].copy()
    char[:4] = begun[: min(4, width)] + fresh[:4] if width >= 4 else _FAR
    value = np.empty((modes, blocks), dtype=np.float32)
    loss = np.float32(lattice.LOST_BITS)
    for step in range(width):
        at_edge, at_lost, at_char = edge[step], lost[step], char[step]
        np.minimum(at_edge, at_lost, out=value)
        value += border
        cheapest = value.min(axis=0)
        cheapest += switch[step]
        np.add(cheapest, entering[step], out=value)
        np.minimum(at_char, value, out=at_char)
        np.add(at_lost, fresh[step], out=value)
        np.minimum(at_char, value, out=at_char)
        following = at_char + onward[step]
        for one in used:
            other = others[one][step]
            ahead = edge[step + one]
            np.add(at_char, other, out=value)
            np.minimum(ahead, value, out=ahead)
            ahead = char[step + one]
            np.add(following, other, out=value)
            np.minimum(ahead, value, out=ahead)
        ahead = lost[step + 1]
        np.add(at_edge, loss, out=ahead)
        np.minimum(ahead, at_lost, out=ahead)
        ahead += byte_bits[step]
    return _Lattice(length, onward, fresh, switch, border, char, edge, lost, begun), used


def _end(
    data: bytes, names: Sequence[str], found: _Lattice, bases: _Places, width: int, final: bool
) -> tuple[_Places, _Places, npt.NDArray[np.bool_]]:
    """Return the last state of each block's cheapest path: the step, the encoding, whether it is a loss."""
    modes, blocks = len(names), len(bases)
    at_end = bases + width == len(data)
    choices: list[_Bits] = [found.lost[width]]
    for step in range(max(width - 3, 0), width + 4):
        more = np.full((modes, blocks), _FAR, dtype=np.float32)
        if step >= width:
            more[:, ~at_end] = 0.0  # the last character reaches beyond the block
        if step == width or (step < width and not final):
            more[:, at_end] = 0.0
        elif step < width:
            for row, name in enumerate(names):
                if lattice.begins_character(data[len(data) - (width - step) :], name):
                    more[row, at_end] = lattice.cut_bits(width - step)
        choices.append(found.edge[step] + more)
    chosen, mode = np.divmod(np.stack(choices).reshape(-1, blocks).argmin(axis=0), modes)
    is_lost = chosen == 0
    return np.where(is_lost, width, max(width - 3, 0) - 1 + chosen), mode, is_lost


def _walk_back(
    found: _Lattice, used: tuple[int, ...], step_at: _Places, mode: _Places, is_lost: npt.NDArray[np.bool_]
) -> _Units:
    """Return the units of each block's cheapest path, found from its last state."""
    width, modes, blocks = found.length.shape
    units = _Units(
        np.zeros((blocks, width), dtype=np.int8),
        np.zeros((blocks, width), dtype=np.int8),
        np.zeros((blocks, width), dtype=bool),
    )
    # Where each cheapest path came from follows from what it cost: the sums are the same ones, to the last bit.
    char, edge, lost = found.char, found.edge, found.lost
    edge_from = np.zeros(edge.shape, dtype=np.int8)
    char_from = np.full(found.length.shape, _CHANGED, dtype=np.int8)
    np.copyto(char_from, _AFTER_LOSS, where=char[:width] == lost[:width] + found.fresh)
    onward = char[:width] + found.onward
    for one in used:
        mine = found.length == one
        np.copyto(edge_from[one : width + one], one, where=mine & (edge[one : width + one] == char[:width]))
        np.copyto(char_from[one:], one, where=mine[: width - one] & (char[one:width] == onward[: width - one]))
    head = min(width, 4)
    char_from[:head][(char[:head] == found.begun[:head] + found.fresh[:head])] = _BEGUN
    cheapest = np.minimum(edge[:width], lost[:width]) + found.border
    best_mode = cheapest.argmin(axis=1)
    edge_is_best = (edge <= lost).ravel()
    lost_again = (lost < edge + np.float32(lattice.LOST_BITS)).ravel()
    char_flat, edge_flat = char_from.ravel(), edge_from.ravel()

    block = np.arange(blocks)
    known = np.zeros(blocks, dtype=np.intp)  # the length of the character before, where what follows it decides
    while len(block):
        here = (step_at * modes + mode) * blocks + block
        length = np.where(is_lost, 1, np.where(known, known, edge_flat[here]))
        if not length.all():  # at a start
            going = length > 0
            block, step_at, mode, is_lost, length = (
                block[going],
                step_at[going],
                mode[going],
                is_lost[going],
                length[going],
            )
        step_at = step_at - length
        units.length[block, step_at] = length
        units.mode[block, step_at] = mode
        units.lost[block, step_at] = is_lost
        here = (step_at * modes + mode) * blocks + block
        source = char_flat[here]
        source[is_lost] = _AFTER_LOSS
        changed = source == _CHANGED
        known = np.where(source < _AFTER_LOSS, source, 0).astype(np.intp)
        mode = np.where(changed, best_mode[step_at, block], mode)
        is_lost = (source == _AFTER_LOSS) & (~is_lost | lost_again[here])
        if changed.any():
            here = (step_at * modes + mode) * blocks + block
            is_lost |= changed & ~edge_is_best[here]
        going = source != _BEGUN
        if not going.all():
            block, step_at, mode, is_lost, known = (
                block[going],
                step_at[going],
                mode[going],
                is_lost[going],
                known[going],
            )
    return units


def _join(
    taken: npt.NDArray[np.uint8], units: _Units, cores: _Places, bases: _Places, width: int
) -> tuple[_Places, npt.NDArray[np.bool_]]:
    """Return where the path of each block but the first is to begin, and whether it meets that of the one before."""
    around = np.arange(-_JOIN, _JOIN + 1)
    places = cores[1:, None] + around
    number = np.arange(1, len(cores))[:, None]
    left, right = places - bases[:-1, None], places - bases[1:, None]
    inside = (left >= 0) & (left < width) & (right >= 0) & (right < width)
    left, right = np.clip(left, 0, width - 1), np.clip(right, 0, width - 1)
    both = inside & (units.length[number - 1, left] > 0) & (units.length[number, right] > 0)
    both &= ~(units.lost[number - 1, left] | units.lost[number, right])
    same = units.mode[number - 1, left] == units.mode[number, right]
    # An ASCII character is the same in whatever encoding.
    plain = (units.length[number - 1, left] == 1) & (units.length[number, right] == 1)
    plain &= taken[np.clip(places, 0, len(taken) - 1)] < 0x80
    cost = np.abs(around) + np.where(both & same, 0, np.where(both & plain, 1000, 1_000_000))
    nearest = cost.argmin(axis=1)
    return cores[1:] + around[nearest], cost.min(axis=1) < 1_000_000


def _gather(
    data: bytes,
    costs: lattice.Costs,
    names: Sequence[str],
    begin: Sequence[float],
    units: _Units,
) -> tuple[list[Piece], float, int]:
    """Return the pieces that the units make, what they cost, and where they end."""
    at = np.flatnonzero(units.length)
    mode, is_lost = units.mode[at].astype(np.intp), units.lost[at]
    before = at[:-1]
    bits = np.where(is_lost, costs.lost[at], costs.fresh[mode, at]).astype(np.float64)
    bits[0] += begin[mode[0]] + (lattice.LOST_BITS if is_lost[0] else 0.0)
    stays = (mode[1:] == mode[:-1]) & ~is_lost[1:]
    goes = (mode[1:] != mode[:-1]) & ~is_lost[1:]
    read_before = ~is_lost[:-1]
    onward = costs.onward[mode[:-1], before]
    bits[1:] = np.where(stays & read_before, onward, bits[1:])
    bits[1:] += np.where(goes, costs.switch[at[1:]] + costs.border[mode[1:]] + costs.border[mode[:-1]], 0.0)
    bits[1:] += np.where(is_lost[1:] & read_before, lattice.LOST_BITS, 0.0)
    end = int(at[-1] + units.length[at[-1]])
    may_be_cut = is_lost[-1] and end == len(data) and not is_lost[-2:-1].any()
    if may_be_cut and lattice.begins_character(data[at[-1] :], names[mode[-1]]):
        bits[-1] = lattice.cut_bits(end - int(at[-1]))
    kinds = np.where(is_lost, -1, mode)
    starts = np.flatnonzero(np.concatenate([[True], kinds[1:] != kinds[:-1]]))
    offsets = [*at[starts].tolist(), end]
    pieces = [
        Piece(offsets[index], offsets[index + 1], names[kind] if kind >= 0 else "")
        for index, kind in enumerate(kinds[starts].tolist())
    ]
    return pieces, float(bits.sum()), end
