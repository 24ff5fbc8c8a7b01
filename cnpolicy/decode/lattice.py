"""The noisy channel: which characters, in which encodings, do these damaged bytes come from?

The bytes are a lattice: at every offset, each encoding may read a character of one to six bytes, and a byte may be
lost. A path costs the bits of its characters in the language model, plus what each change of encoding and each lost
place costs; the cheapest path is found by dynamic programming (Viterbi). Time and memory are linear in the bytes: long
data goes through in windows, and a state that is much dearer than the best one is dropped.
"""

import codecs
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import encodings, language
from cnpolicy.language import Codes

LOST = 0xFFFD
_NEWLINE = 0x0A

# What a lost place costs, and what its bytes cost. Damage is rare: one place in some thousand characters. Two rare
# characters side by side cost about 41 bits and must stay cheaper than a loss (54 bits). ASCII is read by nearly every
# encoding: it is seldom what was lost. NUL is never anything else.
LOST_BITS = 18.0
_BYTE_BITS = 9.0
_ASCII_BITS = 14.0
_NUL_BITS = 2.0

# Bytes at the end of the data that begin a character: a file cut short is the most common damage of all.
_CUT_BITS = 6.0
_CUT_BYTE_BITS = 5.0

# What a change of encoding costs at a line end, beside an ASCII character, and inside a run of other characters.
SWITCH_AT_LINE = 10.0
SWITCH_AT_ASCII = 13.0
SWITCH_IN_RUN = 17.0

# What it costs more to go from or to an encoding of another language, one that died out, or one in which an ASCII
# letter is no byte of its own: Chinese files are mixed of the encodings that Chinese programs use side by side.
FOREIGN = frozenset({"cp932", "euc_jp", "cp949", "euc_tw"})
_FOREIGN_BITS = 12.0

# GB and Big5 have kana too, but a text of kana is a Japanese one, in an encoding of Japan.
_KANA_BITS = 3.0

CHINESE = frozenset({"gb18030", "cp950", "big5hkscs", "euc_tw"})

# States that cost more than this above the best one at the same byte are dropped. A wrong alignment that is to win
# later is never that far behind: it loses at most LOST_BITS and some bytes against the other.
_BEAM_BITS = 90.0
_INFINITE = float("inf")


class Piece(NamedTuple):
    """A stretch of bytes that one encoding reads without loss, or (`encoding` empty) that none does."""

    start: int
    end: int
    encoding: str


class _Edges(NamedTuple):
    """What one encoding reads at each offset: the length of the character in bytes (0: none) and its code point."""

    length: npt.NDArray[np.int8]
    code: Codes


class Costs(NamedTuple):
    """What the steps through the lattice cost in bits, for each encoding (first axis) and offset."""

    length: npt.NDArray[np.int8]  # bytes of the character that begins here, 0 if none does
    onward: npt.NDArray[np.float32]  # the next character of the same encoding, after this one
    fresh: npt.NDArray[np.float32]  # this character after a place where nothing is known
    switch: npt.NDArray[np.float32]  # a change of encoding here (of all encodings)
    lost: npt.NDArray[np.float32]  # this byte, if it is lost (in all encodings)
    border: npt.NDArray[np.float32]  # going to or from each encoding


def _border_bits(name: str) -> float:
    """Return what it costs more to go from or to the encoding: one of another language, or of two bytes a letter."""
    return _FOREIGN_BITS if name in FOREIGN or name.startswith(("utf-16", "utf-32")) else 0.0


def weigh(data: bytes, names: Sequence[str], *, at_start: bool) -> Costs:
    """Return what the steps cost; `at_start` says that the data begins a line."""
    size = len(data)
    shape = (len(names), size)
    length = np.zeros(shape, dtype=np.int8)
    onward = np.zeros(shape, dtype=np.float32)
    fresh = np.zeros(shape, dtype=np.float32)
    for row, name in enumerate(names):
        read = edges(data, name)
        after, alone = costs(read, at_start)
        if name in CHINESE:
            kana = kana_bits(read.code)
            alone += kana
            after += kana[np.minimum(np.arange(size) + read.length, size - 1)]
        length[row], onward[row], fresh[row] = read.length, after, alone
    border = np.array([_border_bits(name) for name in names], dtype=np.float32)
    return Costs(length, onward, fresh, _switch_costs(data), _byte_costs(data), border)


def read(data: bytes, candidates: Sequence[tuple[str, float]]) -> tuple[list[Piece], float]:
    """Return the cheapest reading of the bytes as pieces in order, and what it costs in bits.

    `candidates` are encodings, each with what a text in it costs before it is looked at (bits).
    """
    names, begin = [name for name, _ in candidates], [prior for _, prior in candidates]
    pieces, cost, _ = read_block(data, names, begin, at_start=True, final=True)
    return pieces, cost


def read_window(
    data: bytes, start: int, stop: int, size: int, candidates: Sequence[tuple[str, float]]
) -> tuple[list[Piece], int]:
    """Return the cheapest reading of about `size` bytes from `start` on, not beyond `stop`, and where it ends."""
    end = min(stop, start + size)
    if stop - end < size // 4:
        end = stop
    names, begin = [name for name, _ in candidates], [prior for _, prior in candidates]
    pieces, _, done = read_block(data[start:end], names, begin, at_start=start == 0, final=end == stop)
    return [Piece(piece.start + start, piece.end + start, piece.encoding) for piece in pieces], start + done


def read_block(
    data: bytes, names: Sequence[str], begin: Sequence[float], *, at_start: bool, final: bool
) -> tuple[list[Piece], float, int]:
    """Return the cheapest reading of the bytes as pieces in order, what it costs in bits, and where it ends.

    `begin` is what a text in each of the encodings costs before it is looked at (bits). The bytes are at the start of
    the data or not; unless they are its end (`final`), the reading stops some characters before theirs.
    """
    size = len(data)
    weighed = weigh(data, names, at_start=at_start)
    lengths: list[list[int]] = weighed.length.tolist()
    onward: list[list[float]] = weighed.onward.tolist()
    fresh: list[list[float]] = weighed.fresh.tolist()
    switch: list[float] = weighed.switch.tolist()
    byte_bits: list[float] = weighed.lost.tolist()
    border: list[float] = weighed.border.tolist()
    modes = range(len(names))

    # For each encoding and offset: the cheapest path whose last character begins here (char), whose last character
    # ends here (edge), or whose last bytes up to here are lost (lost), and where each came from.
    char = [[_INFINITE] * (size + 1) for _ in modes]
    char_from: list[list[int]] = [[0] * (size + 1) for _ in modes]
    edge = [[_INFINITE] * (size + 1) for _ in modes]
    edge_from: list[list[int]] = [[0] * (size + 1) for _ in modes]
    lost = [[_INFINITE] * (size + 1) for _ in modes]
    lost_from: list[list[int]] = [[0] * (size + 1) for _ in modes]
    for mode in modes:
        edge[mode][0] = begin[mode]
        edge_from[mode][0] = -1
        if lengths[mode] and lengths[mode][0]:
            char[mode][0] = begin[mode] + fresh[mode][0]
            char_from[mode][0] = -1

    # Where a path came from, as a number: 4 · offset · modes + 4 · mode + kind.
    kinds = 4
    width = kinds * len(names)
    from_char, from_edge, from_lost = 0, 1, 2
    for here in range(size):
        best = _INFINITE
        best_from = -1
        for mode in modes:
            value = edge[mode][here] + border[mode]
            if value < best:
                best, best_from = value, here * width + mode * kinds + from_edge
            value = lost[mode][here] + border[mode]
            if value < best:
                best, best_from = value, here * width + mode * kinds + from_lost
        limit = best + _BEAM_BITS
        switched = best + switch[here]
        following = here + 1
        for mode in modes:
            at_edge = edge[mode][here]
            at_lost = lost[mode][here]
            length = lengths[mode][here]
            if length:
                chars = char[mode]
                value = switched + border[mode] + fresh[mode][here]
                if value < chars[here]:
                    chars[here] = value
                    char_from[mode][here] = best_from
                if at_lost < limit:
                    value = at_lost + fresh[mode][here]
                    if value < chars[here]:
                        chars[here] = value
                        char_from[mode][here] = here * width + mode * kinds + from_lost
                value = chars[here]
                if value < limit + 40.0:
                    end = here + length
                    if value < edge[mode][end]:
                        edge[mode][end] = value
                        edge_from[mode][end] = here * width + mode * kinds + from_char
                    if end < size and lengths[mode][end]:
                        value += onward[mode][here]
                        if value < chars[end]:
                            chars[end] = value
                            char_from[mode][end] = here * width + mode * kinds + from_char
            if at_edge < limit or at_lost < limit:
                value = at_edge + LOST_BITS
                came = here * width + mode * kinds + from_edge
                if at_lost < value:
                    value, came = at_lost, here * width + mode * kinds + from_lost
                value += byte_bits[here]
                if value < lost[mode][following]:
                    lost[mode][following] = value
                    lost_from[mode][following] = came

    stop = size
    best = _INFINITE
    state = -1
    cut = 0
    if final:
        for mode, name in enumerate(names):
            for size_cut in range(1, min(4, size + 1)):
                value = edge[mode][size - size_cut] + cut_bits(size_cut)
                if value < best and begins_character(data[size - size_cut :], name):
                    best, cut = value, size_cut
                    state = (size - size_cut) * width + mode * kinds + from_edge
    for mode in modes:
        for value, kind in ((edge[mode][stop], from_edge), (lost[mode][stop], from_lost)):
            if value < best:
                best, state, cut = value, stop * width + mode * kinds + kind, 0
    steps: list[Piece] = [Piece(size - cut, size, "")] if cut else []
    while state >= 0:
        here, rest = divmod(state, width)
        mode, kind = divmod(rest, kinds)
        if kind == from_edge:
            state = edge_from[mode][here]
        elif kind == from_lost:
            steps.append(Piece(here - 1, here, ""))
            state = lost_from[mode][here]
        else:
            steps.append(Piece(here, here + lengths[mode][here], names[mode]))
            state = char_from[mode][here]
    steps.reverse()
    if not final:
        # The last characters may yet be read otherwise when the next block is seen.
        safe = len(steps)
        while safe > 1 and steps[safe - 1].end > size - 64:
            safe -= 1
        steps = steps[:safe]
        stop = steps[-1].end
    return steps, best, stop


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces that are not empty, neighbours of one encoding as one."""
    last: Piece | None = None
    for piece in pieces:
        if piece.start == piece.end:
            continue
        if last and last.encoding == piece.encoding:
            last = Piece(last.start, piece.end, piece.encoding)
            continue
        if last:
            yield last
        last = piece
    if last:
        yield last


def kana_bits(codes: Codes) -> npt.NDArray[np.float32]:
    """Return what each character costs more in an encoding of China because it is kana."""
    return np.where((codes >= 0x3041) & (codes < 0x30FB), np.float32(_KANA_BITS), np.float32(0))


def cut_bits(size: int) -> float:
    """Return what so many bytes at the end of the data cost that begin a character."""
    return _CUT_BITS + size * _CUT_BYTE_BITS


def _byte_costs(data: bytes) -> npt.NDArray[np.float32]:
    """Return what each byte costs if it is lost."""
    costs = np.full(256, _BYTE_BITS, dtype=np.float32)
    costs[:0x80] = _ASCII_BITS
    costs[0] = _NUL_BITS
    found: npt.NDArray[np.float32] = costs[np.frombuffer(data, dtype=np.uint8)]
    return found


def _switch_costs(data: bytes) -> npt.NDArray[np.float32]:
    """Return what a change of encoding costs at each offset."""
    taken = np.frombuffer(data, dtype=np.uint8)
    cost = np.full(len(data), SWITCH_IN_RUN, dtype=np.float32)
    plain = taken < 0x80
    cost[plain] = SWITCH_AT_ASCII
    cost[1:][plain[:-1]] = SWITCH_AT_ASCII
    cost[1:][taken[:-1] == 0x0A] = SWITCH_AT_LINE
    cost[:1] = SWITCH_AT_LINE
    return cost


def costs(edges: _Edges, at_start: bool) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return for each offset the bits of the character after this one, and of this one where nothing is known."""
    size = len(edges.length)
    after = np.zeros(size, dtype=np.float32)
    alone = np.zeros(size, dtype=np.float32)
    here = np.flatnonzero(edges.length)
    alone[here] = language.pair_bits(np.full(len(here), LOST, dtype=np.uint32), edges.code[here])
    if at_start and size and edges.length[0]:
        alone[:1] = language.pair_bits(np.full(1, _NEWLINE, dtype=np.uint32), edges.code[:1])
    following = here + edges.length[here]
    inside = following < size
    here, following = here[inside], following[inside]
    joined = edges.length[following] > 0
    here, following = here[joined], following[joined]
    after[here] = language.pair_bits(edges.code[here], edges.code[following])
    return after, alone


# --- what each encoding reads at each offset ------------------------------------------------------------------------


def edges(data: bytes, name: str) -> _Edges:
    """Return what the encoding reads at each offset of the bytes."""
    size = len(data)
    taken = np.zeros(size + 8, dtype=np.uint32)
    taken[:size] = np.frombuffer(data, dtype=np.uint8)
    if name == "utf-8":
        found = _utf8_edges(taken, size)
    elif name.startswith("utf-16"):
        found = _utf16_edges(taken, size, name)
    elif name.startswith("utf-32"):
        found = _utf32_edges(taken, size, name)
    else:
        found = _table_edges(data, taken, size, name)
    over = np.arange(size) + found.length > size
    found.length[over] = 0
    return found


def begins_character(data: bytes, name: str) -> bool:
    """Tell whether the bytes are the beginning of one character in the encoding, and not a whole one."""
    decoder = codecs.getincrementaldecoder(name)("strict")
    try:
        return decoder.decode(data) == "" and decoder.getstate()[0] == data
    except UnicodeDecodeError:
        return False


def _no_edges(size: int) -> _Edges:
    return _Edges(np.zeros(size, dtype=np.int8), np.zeros(size, dtype=np.uint32))


def _utf8_edges(taken: Codes, size: int) -> _Edges:
    edges = _no_edges(size)
    first, second, third, fourth = (taken[shift : shift + size] for shift in range(4))
    one = (first > 0) & (first < 0x80)
    follows = [(byte & 0xC0) == 0x80 for byte in (second, third, fourth)]
    two = (first >= 0xC2) & (first < 0xE0) & follows[0]
    three = (first >= 0xE0) & (first < 0xF0) & follows[0] & follows[1]
    four = (first >= 0xF0) & (first < 0xF5) & follows[0] & follows[1] & follows[2]
    codes = (
        (one, first, 1, 1),
        (two, (first & 0x1F) << 6 | second & 0x3F, 2, 0x80),
        (three, (first & 0x0F) << 12 | (second & 0x3F) << 6 | third & 0x3F, 3, 0x800),
        (four, (first & 7) << 18 | (second & 0x3F) << 12 | (third & 0x3F) << 6 | fourth & 0x3F, 4, 0x10000),
    )
    for mask, code, length, least in codes:
        mask &= (code >= least) & (code < 0x110000)
        edges.length[mask] = length
        edges.code[mask] = code[mask]
    # A character beyond the BMP written as two surrogates of three bytes each (CESU-8).
    half = np.where(edges.length == 3, edges.code, 0)
    high = (half >= 0xD800) & (half < 0xDC00)
    low = (half >= 0xDC00) & (half < 0xE000)
    edges.length[low] = 0
    edges.length[high] = 0
    pair = np.zeros(size, dtype=bool)
    if size > 3:
        pair[:-3] = high[:-3] & low[3:]
        at = np.flatnonzero(pair)
        edges.length[at] = 6
        edges.code[at] = 0x10000 + ((half[at] - 0xD800) << 10) + (half[at + 3] - 0xDC00)
    return edges


def _utf16_edges(taken: Codes, size: int, name: str) -> _Edges:
    edges = _no_edges(size)
    shift = (0, 8) if name.endswith("le") else (8, 0)
    unit = (taken[: size + 6] << shift[0]) | (taken[1 : size + 7] << shift[1])
    first, second = unit[:size], unit[2 : size + 2]
    plain = (first > 0) & ((first < 0xD800) | (first >= 0xE000)) & (first < 0xFFFE)
    edges.length[plain] = 2
    edges.code[plain] = first[plain]
    pair = (first >= 0xD800) & (first < 0xDC00) & (second >= 0xDC00) & (second < 0xE000)
    edges.length[pair] = 4
    edges.code[pair] = 0x10000 + ((first[pair] - 0xD800) << 10) + (second[pair] - 0xDC00)
    return edges


def _utf32_edges(taken: Codes, size: int, name: str) -> _Edges:
    edges = _no_edges(size)
    shifts = (0, 8, 16, 24) if name.endswith("le") else (24, 16, 8, 0)
    code = np.zeros(size, dtype=np.uint32)
    for place, shift in enumerate(shifts):
        code |= taken[place : place + size] << np.uint32(shift)
    good = (code > 0) & (code < 0x110000) & ((code < 0xD800) | (code >= 0xE000))
    edges.length[good] = 4
    edges.code[good] = code[good]
    return edges


def _table_edges(data: bytes, taken: Codes, size: int, name: str) -> _Edges:
    edges = _no_edges(size)
    first, second = taken[:size], taken[1 : size + 1]
    singles, pairs = code_tables(name)
    code = singles[first]
    mask = code > 0
    edges.length[mask] = 1
    edges.code[mask] = code[mask]
    code = pairs[(first << 8) | second]
    mask = code > 0
    edges.length[mask] = 2
    edges.code[mask] = code[mask]
    if name == "gb18030":
        for place in np.flatnonzero(taken[:size] == 0x80).tolist():
            if encodings.is_euro(data, place):
                edges.length[place] = 1
                edges.code[place] = _EURO
    for length, at in _long_places(taken, size, name):
        for place in at.tolist():
            text = encodings.read(data[place : place + length], name)
            if text is not None and len(text) == 1:
                edges.length[place] = length
                edges.code[place] = ord(text)
    return edges


def _long_places(taken: Codes, size: int, name: str) -> list[tuple[int, npt.NDArray[np.intp]]]:
    """Return where characters of three or four bytes may begin, by their length."""
    first, second, third, fourth = (taken[shift : shift + size] for shift in range(4))
    if name == "gb18030":
        digits = (second >= 0x30) & (second < 0x3A) & (fourth >= 0x30) & (fourth < 0x3A)
        return [(4, np.flatnonzero(digits & (first > 0x80) & (third > 0x80)))]
    if name == "euc_jp":
        return [(3, np.flatnonzero((first == 0x8F) & (second > 0xA0) & (third > 0xA0)))]
    if name == "euc_tw":
        return [(4, np.flatnonzero((first == 0x8E) & (second == 0xA2) & (third > 0xA0) & (fourth > 0xA0)))]
    return []


_EURO = 0x20AC


@cache
def code_tables(name: str) -> tuple[Codes, Codes]:
    """Return the code points of the single bytes and of the byte pairs in an encoding; 0 where there is none."""
    singles = np.zeros(256, dtype=np.uint32)
    singles[1:0x80] = np.arange(1, 0x80)
    pairs = np.zeros(1 << 16, dtype=np.uint32)
    for byte in range(0x80, 0x100):
        text = encodings.read(bytes((byte,)), name)
        if text is not None and len(text) == 1:
            singles[byte] = ord(text)
    # All pairs in one call: what is no pair gives more or other than one character between two line ends.
    codes = [lead << 8 | trail for lead in range(0x81, 0xFF) for trail in (*range(0x40, 0x7F), *range(0x80, 0xFF))]
    written = b"\n".join(code.to_bytes(2, "big") for code in codes)
    points = language.codes(written.decode(name, "replace") + "\n")
    ends = np.flatnonzero(points == _NEWLINE)
    starts = np.concatenate([[0], ends[:-1] + 1])
    whole = np.flatnonzero((ends - starts == 1) & (points[starts] != LOST))
    kept = np.array(codes)[whole]
    found = points[starts[whole]]
    alone = singles[kept >> 8] == 0
    pairs[kept[alone]] = found[alone]
    return singles, pairs
