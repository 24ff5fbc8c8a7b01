"""Read UTF-8 of which only scraps are left: where most characters lost bytes, words must tell what they were.

Read as Big5, four characters of five lose bytes, and one of five all three. What stands beside a character is then as
uncertain as itself, so that candidates cannot be weighed place by place. But where each character began is known, for
every lost byte left a mark, and so is why it was lost. Two searches over whole lines use this, each the sum over all
ways to read the line (forward and backward): one over pairs of characters, which leaves a few candidates of each
place, and one over words of the dictionary that can be made of these.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, tables
from cnpolicy.repair.chains import Bytes, Step, Truth, misreading, table
from cnpolicy.repair.filling import KNOWN, LOST_BYTE, SWALLOWED_BYTE, candidates_of, shapes_of
from cnpolicy.repair.punctuation import place_bits
from cnpolicy.repair.trellis import Read

Floats = npt.NDArray[np.float64]
Doubts = list[tuple[int, float]]

# The commonest candidates of a place are weighed: with 300, 500 and 600 come 59.8, 61.0 and 61.1 % of the characters of
# news back, at 15, 9 and 8 kB a second.
_COMMON = 500
# So many of them at most are left to the words, and none less probable than this; 86 % of the places have the right one
# among them.
_KEPT = 24
_LEAST_CHANCE = 1e-4
_LEAST_PATH = 1e-6  # nor words whose characters are together less probable; down to 1e-13 the same are right
_LONGEST = 6  # characters of a word
# What the pairs of characters and the words say is multiplied, each to a power, and these are the pairs': with 0, 0.4,
# 0.5 and 0.6 come 55.8, 59.9, 61.0 and 60.6 % of the characters back, and with 0.5 they are as sure as they say.
_PAIRS = 0.5
_SINGLE_PAIRS = 0.1  # of a character that is a word by itself, so much follows from the one before, as in vocabulary
_TINY = 1e-9  # what no word ends or begins with may still stand there
_BLOCK = 64  # so many places are looked up in one go
_PIECE = 400  # so many characters are read as one at most
_SMALL_BITS = 60
_SMALL = 2.0**-_SMALL_BITS  # sums of ways smaller than this are made larger, so that they never become 0
_TOLD = 8  # so many candidates of a place are told


class Line(NamedTuple):
    """The places of a line and what may stand there, the candidates of place n from `start[n]` to `start[n + 1]`."""

    start: Bytes
    code: Bytes


class _Pairs(NamedTuple):
    """Which characters stand side by side inside words.

    The characters (rows) behind each, with the probability of each behind the first, and in front of each.
    """

    row: Bytes
    starts: tuple[Floats, Floats]
    ends: tuple[Floats, Floats]
    behind: tuple[Bytes, Bytes, Bytes]
    before: tuple[Bytes, Bytes, Bytes]
    chance: Floats
    words: Floats


@cache
def _pairs() -> _Pairs:
    arrays = tables.load("language")
    owner = arrays["owner"].astype(np.int64)
    place = np.flatnonzero(owner)
    one = owner[place] & (1 << tables.ROW_BITS) - 1
    two = _columns(place, one, owner[place] >> tables.ROW_BITS)
    share = np.exp2(-arrays["within"][place].astype(np.float64) / 8)
    size = int(arrays["rows"].max()) + 2

    codes = np.zeros(size, dtype=np.int64)
    known = np.flatnonzero(arrays["rows"])
    codes[arrays["rows"][known]] = known
    keys = tables.extend_keys(np.zeros(len(one), dtype=np.uint64), codes[one])

    def by(key: Bytes, other: Bytes) -> tuple[Bytes, Bytes, Bytes]:
        order = np.argsort(key, kind="stable")
        return np.searchsorted(key[order], np.arange(size + 1)), other[order], order

    return _Pairs(
        arrays["rows"].astype(np.int64),
        (arrays["starts_simplified"].astype(np.float64), arrays["starts_traditional"].astype(np.float64)),
        (arrays["ends_simplified"].astype(np.float64), arrays["ends_traditional"].astype(np.float64)),
        by(one, two),
        by(two, one),
        share,
        np.stack([_look_up(tables.extend_keys(keys, codes[two]), np.array(one_hot)) for one_hot in ((1, 0), (0, 1))]),
    )


def _columns(place: Bytes, row: Bytes, way: Bytes) -> Bytes:
    """Return the columns of the cells that lie in these places: the inverse of `tables.places`."""
    size = 1 << tables.PLACE_BITS
    zero = np.zeros(1, dtype=np.int64)
    inverse = np.array([pow(int(factor), -1, size) for factor in tables.places(zero, zero + 1)[:, 0]])
    shift = tables.places(row, np.zeros_like(row)).astype(np.int64)[way, np.arange(len(row))]
    found: Bytes = (place - shift) * inverse[way] % size
    return found


class _Steps(NamedTuple):
    """Two characters in a row that are side by side in some word: the place of the first, their numbers there."""

    bounds: Bytes
    first: Bytes
    second: Bytes
    number: Bytes


def _within(line: Line) -> _Steps:
    """Return for each place the pairs of candidates of it and the next one that stand side by side in words."""
    pairs = _pairs()
    size = len(line.start) - 1
    rows = pairs.row[np.minimum(line.code, 0xFFFF)]
    slot = np.repeat(np.arange(size), np.diff(line.start))
    local = np.arange(len(line.code)) - line.start[slot]
    some = np.flatnonzero(rows > 0)
    forward = pairs.behind[0][rows + 1] - pairs.behind[0][rows]
    backward = pairs.before[0][rows + 1] - pairs.before[0][rows]
    forward[rows == 0] = backward[rows == 0] = 0
    ahead = np.bincount(slot, forward, minlength=size)[:-1] <= np.bincount(slot, backward, minlength=size)[1:]
    found: list[tuple[Bytes, Bytes, Bytes, Bytes]] = []
    height = len(pairs.behind[0])
    for begin in range(0, size - 1, _BLOCK):
        end = min(begin + _BLOCK, size - 1)
        where = np.full((end - begin + 1) * height, -1, dtype=np.int32)
        mine = some[(slot[some] >= begin) & (slot[some] <= end)]
        where[(slot[mine] - begin) * height + rows[mine]] = local[mine]
        for is_ahead in (True, False):
            index, other, numbers = pairs.behind if is_ahead else pairs.before
            # The place of the candidate that is looked up, and that of the one found.
            place = slot[mine] if is_ahead else slot[mine] - 1
            good = (place >= begin) & (place < end)
            good[good] = ahead[place[good]] == is_ahead
            own, place = mine[good], place[good]
            low = index[rows[own]]
            counts = index[rows[own] + 1] - low
            owner = np.repeat(np.arange(len(own)), counts)
            entry = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts - low, counts)
            beside = where[(place[owner] + is_ahead - begin) * height + other[entry]]
            hit = np.flatnonzero(beside >= 0)
            owner, entry, beside = owner[hit], entry[hit], beside[hit].astype(np.int64)
            mate = local[own[owner]]
            first, second = (mate, beside) if is_ahead else (beside, mate)
            found.append((place[owner], first, second, numbers[entry]))
    columns = [np.concatenate([part[number] for part in found]) for number in range(4)]
    order = np.argsort(columns[0], kind="stable")
    at, first, second, number = (column[order] for column in columns)
    return _Steps(np.searchsorted(at, np.arange(size)), first, second, number)


def _by_pairs(line: Line, scripts: Floats) -> Floats:
    """Return how probable each candidate is by pairs of characters and words of two, over all ways to read the line.

    Where two characters stand side by side in no word, the pair is as probable as the end of a word with the one and
    the beginning of one with the other: a product. So each step is a few sums over all candidates, and one over the
    pairs that words have.
    """
    pairs, steps = _pairs(), _within(line)
    size = len(line.start) - 1
    codes = np.minimum(line.code, 0xFFFF)
    rows = pairs.row[codes]
    kinds = _kinds()[codes].astype(np.int64)
    own = np.exp2(-language.own_bits(codes.astype(np.uint32)).astype(np.float64))
    step = np.exp2(-language.transitions().astype(np.float64))
    count = len(step)
    is_han = kinds == 0
    script = int(scripts.argmax())
    starts = np.where(is_han, np.maximum(pairs.starts[script][rows], _TINY), 0) ** _PAIRS
    ends = np.where(is_han, np.maximum(pairs.ends[script][rows], _TINY), 0) ** _PAIRS
    single = _words().single
    alone = (scripts[0] * single[0, codes] + scripts[1] * single[1, codes]) ** (1 - _PAIRS)
    # What a candidate of the dictionary costs behind others, and what all others do.
    behind = np.where(is_han, own**_PAIRS, own)
    alone = np.where(is_han, alone, 1.0)
    base = line.start[:-1]
    place = np.repeat(np.arange(size - 1), np.diff(np.append(steps.bounds, len(steps.first)))[: size - 1])
    first, second = steps.first + base[place], steps.second + base[place + 1]
    chance = pairs.chance[steps.number]
    words = scripts[0] * pairs.words[0, steps.number] + scripts[1] * pairs.words[1, steps.number]
    low = ends[first] * starts[second]
    both = (chance + low ** (1 / _PAIRS)) ** _PAIRS * step[0, 0]
    more = both - low * step[0, 0]
    inside = both * words ** (1 - _PAIRS)
    is_word = np.flatnonzero(words > 0)
    word_links = np.searchsorted(place[is_word], np.arange(size)).tolist()
    word_first, word_second, inside = steps.first[is_word], steps.second[is_word], inside[is_word]
    bounds = line.start.tolist()
    links = steps.bounds.tolist()
    from_han = starts * step[0, 0]
    forward, entering = np.zeros(len(line.code)), np.zeros(len(line.code))
    forward[: bounds[1]] = entering[: bounds[1]] = 1.0
    for place_ in range(1, size):
        a, b, c = bounds[place_ - 1], bounds[place_], bounds[place_ + 1]
        before = forward[a:b]
        mass = np.bincount(kinds[a:b], before, minlength=count)
        ended = mass[0]
        mass[0] = 0
        some = (mass @ step)[kinds[b:c]] * behind[b:c]
        if ended:
            some += np.where(is_han[b:c], 0.0, ended * step[0, kinds[b:c]] * behind[b:c])
            some += (ends[a:b] @ before) * from_han[b:c]
        x, y = links[place_ - 1], links[place_]
        if y > x:
            some += np.bincount(steps.second[x:y], before[steps.first[x:y]] * more[x:y], minlength=c - b)
        done = some * alone[b:c]
        x, y = word_links[place_ - 1], word_links[place_]
        if y > x:
            done += np.bincount(word_second[x:y], entering[a:b][word_first[x:y]] * inside[x:y], minlength=c - b)
        scale = 1 / done.sum()
        forward[b:c] = done * scale
        entering[b:c] = some * scale
    backward = np.ones(len(line.code))  # behind the end of a word
    gamma = forward[bounds[size - 1] :] / forward[bounds[size - 1] :].sum()
    found = np.empty(len(line.code))
    found[bounds[size - 1] :] = gamma
    going = np.ones(len(line.code)) * alone  # before the beginning of one
    for place_ in range(size - 2, -1, -1):
        a, b, c = bounds[place_], bounds[place_ + 1], bounds[place_ + 2]
        after = going[b:c]
        weighed = after * behind[b:c]
        mass = np.bincount(kinds[b:c], weighed, minlength=count)
        fresh = mass[0]
        mass[0] = 0
        some = (step @ mass)[kinds[a:b]]
        if fresh:
            some += np.where(is_han[a:b], 0.0, step[kinds[a:b], 0] * fresh)
            some += (from_han[b:c] @ after) * ends[a:b]
        x, y = links[place_], links[place_ + 1]
        if y > x:
            some += np.bincount(steps.first[x:y], after[steps.second[x:y]] * more[x:y], minlength=b - a)
        scale = 1 / some.max()
        backward[a:b] = some * scale
        going[a:b] = backward[a:b] * alone[a:b]
        both_ways = forward[a:b] * backward[a:b]
        x, y = word_links[place_], word_links[place_ + 1]
        if y > x:
            ahead = np.bincount(word_first[x:y], backward[b:c][word_second[x:y]] * inside[x:y], minlength=b - a) * scale
            going[a:b] += ahead
            both_ways += entering[a:b] * ahead
        found[a:b] = both_ways / both_ways.sum()
    return found


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    found: npt.NDArray[np.uint8] = tables.load("language")["classes"]
    return found


def _best(line: Line, chance: Floats) -> tuple[Line, Floats]:
    """Return the line with the most probable candidates of each place."""
    size = len(line.start) - 1
    slot = np.repeat(np.arange(size), np.diff(line.start))
    order = np.lexsort((-chance, slot))
    rank = np.arange(len(slot)) - line.start[slot]
    kept = order[(rank < _KEPT) & ((chance[order] >= _LEAST_CHANCE) | (rank == 0))]
    start = np.concatenate([[0], np.cumsum(np.bincount(slot[kept], minlength=size))])
    return Line(start, line.code[kept]), chance[kept]


class _Words(NamedTuple):
    marks: npt.NDArray[np.uint16]
    values: npt.NDArray[np.uint8]
    single: Floats


@cache
def _words() -> _Words:
    arrays = tables.load("words")
    single = arrays["single"]
    return _Words(arrays["marks"], arrays["values"], np.where(single > 0, np.exp2(-single.astype(np.float64) / 8), 1.0))


def _look_up(keys: npt.NDArray[np.uint64], scripts: Floats) -> Floats:
    words = _words()
    found = np.zeros(len(keys))
    places, marks = tables.word_places(keys, len(words.marks))
    held = words.marks[places]
    way, word = ((held >> 2) == marks).nonzero()
    held, values = held[way, word], words.values[places[way, word]]
    share = scripts[0] * (held & 1) + scripts[1] * (held >> 1 & 1)
    np.add.at(found, word, np.exp2(-values.astype(np.float64) / 8) * share)
    return found


class _Edges(NamedTuple):
    """Words of one length: the place where each begins, its first and last candidate, and how probable it is.

    `path` has the candidates of each in a column.
    """

    begin: Bytes
    first: Bytes
    last: Bytes
    weight: Floats
    path: Bytes


def _by_words(line: Line, chance: Floats, scripts: Floats, pairs_share: float = _PAIRS) -> Floats:
    """Return how probable each candidate is by the words that the line can be read as."""
    size = len(line.start) - 1
    counts = np.diff(line.start)
    slot = np.repeat(np.arange(size), counts)
    # All pairs of candidates of neighbouring places.
    following = np.append(counts[1:], 0)[slot]
    first = np.repeat(np.arange(len(slot)), following)
    second = np.arange(len(first)) - np.repeat(np.cumsum(following) - following, following)
    second += line.start[slot[first] + 1]
    one, two = line.code[first], line.code[second]
    bits, share, joined = language.pair_parts(one.astype(np.uint32), two.astype(np.uint32))
    step = bits.astype(np.float64) + place_bits(one, two)
    pair = np.exp2(-pairs_share * (step - np.log2(share)))  # what the pairs of characters say of this step
    words_share = 1 - pairs_share
    enter = np.exp2(-words_share * step) * pair
    codes = np.minimum(two, 0xFFFF)
    single = _words().single
    alone = scripts[0] * single[0, codes] + scripts[1] * single[1, codes]
    own = enter * ((1 - _SINGLE_PAIRS) * alone + _SINGLE_PAIRS * share) ** words_share
    bounds = np.searchsorted(slot[first], np.arange(size + 1))
    edges = _edges(line, chance, scripts, (first, second, joined, enter, bounds), words_share)
    return _sum(line, (enter, own, bounds), edges)


def _edges(
    line: Line,
    chance: Floats,
    scripts: Floats,
    grid: tuple[Bytes, Bytes, Truth, Floats, Bytes],
    words_share: float,
) -> list[_Edges]:
    """Return the words of the dictionary that can be made, by length."""
    first, second, joined, enter, _ = grid
    slot = np.repeat(np.arange(len(line.start) - 1), np.diff(line.start))
    link = np.flatnonzero(joined & (np.diff(line.start)[slot[first]] * np.diff(line.start)[slot[second]] > 0))
    low = np.searchsorted(first[link], np.arange(len(slot) + 1))
    path = np.stack([first[link], second[link]])
    keys = tables.extend_keys(np.zeros(len(slot), dtype=np.uint64), line.code)[path[0]]
    keys = tables.extend_keys(keys, line.code[path[1]])
    weight, likely = enter[link], chance[path[0]] * chance[path[1]]
    found: list[_Edges] = []
    for length in range(2, _LONGEST + 1):
        if not len(keys):
            break
        probable = _look_up(keys, scripts)
        hit = np.flatnonzero(probable)
        found.append(
            _Edges(
                slot[path[0, hit]],
                path[0, hit],
                path[-1, hit],
                weight[hit] * ((1 - _SINGLE_PAIRS) * probable[hit]) ** words_share,
                path[:, hit],
            )
        )
        if length == _LONGEST:
            break
        fan = low[path[-1] + 1] - low[path[-1]]
        owner = np.repeat(np.arange(len(keys)), fan)
        entry = link[np.arange(len(owner)) - np.repeat(np.cumsum(fan) - fan - low[path[-1]], fan)]
        likely = likely[owner] * chance[second[entry]]
        good = np.flatnonzero(likely >= _LEAST_PATH)
        owner, entry, likely = owner[good], entry[good], likely[good]
        keys = tables.extend_keys(keys[owner], line.code[second[entry]])
        weight = weight[owner] * enter[entry]
        path = np.concatenate([path[:, owner], second[entry][None]])
    return found


def _sum(line: Line, grid: tuple[Floats, Floats, Bytes], edges: Sequence[_Edges]) -> Floats:
    """Return how probable each candidate is over all ways to read the line as words; forward and backward."""
    enter, own, pair_bounds = grid
    size = len(line.start) - 1
    bounds, cells = line.start.tolist(), pair_bounds.tolist()
    none = np.zeros(0, dtype=np.int64)
    begin = np.concatenate([none, *(one.begin for one in edges)])
    order = np.argsort(begin, kind="stable")
    first: Bytes = np.concatenate([none, *(one.first for one in edges)])[order]
    last: Bytes = np.concatenate([none, *(one.last for one in edges)])[order]
    weight: Floats = np.concatenate([np.zeros(0), *(one.weight for one in edges)])[order]
    word_bounds = np.searchsorted(begin[order], np.arange(size + 1)).tolist()
    total = len(line.code)
    forward, entering = np.zeros(total), np.zeros(total)
    forward_bits, backward_bits = np.zeros(size), np.zeros(size)
    forward[bounds[0] : bounds[1]] = 1.0
    entering[bounds[0] : bounds[1]] = 1.0
    bits = 0.0
    reach = tables.LONGEST_WORD
    for place in range(size):
        a, b = bounds[place], bounds[place + 1]
        if place:
            c = bounds[place - 1]
            here = slice(cells[place - 1], cells[place])
            shape = (a - c, b - a)
            entering[a:b] = forward[c:a] @ enter[here].reshape(shape)
            forward[a:b] += forward[c:a] @ own[here].reshape(shape)
        mine = slice(word_bounds[place], word_bounds[place + 1])
        if word_bounds[place + 1] > word_bounds[place]:
            # `weight` has the steps inside the word.
            np.add.at(forward, last[mine], entering[first[mine]] * weight[mine])
        if forward[a:b].max() < _SMALL:
            far = bounds[min(place + reach, size)]
            forward[a:far] *= 2.0**_SMALL_BITS
            entering[a:b] *= 2.0**_SMALL_BITS
            bits += _SMALL_BITS
        forward_bits[place] = bits
    backward, going = np.zeros(total), np.zeros(total)  # behind the end of a word, before the beginning of one
    backward[bounds[size - 1] :] = 1.0
    bits = 0.0
    gamma = np.zeros(total)
    word_chance = np.zeros(len(weight))
    ways = float(forward[bounds[size - 1] :].sum())
    ways_bits = forward_bits[-1]
    for place in range(size - 1, -1, -1):
        a, b = bounds[place], bounds[place + 1]
        if place + 1 < size:
            c = bounds[place + 2]
            here = slice(cells[place], cells[place + 1])
            shape = (b - a, c - b)
            # Into one character that is a word, or into the first one of a longer word.
            backward[a:b] = own[here].reshape(shape) @ backward[b:c] + enter[here].reshape(shape) @ going[b:c]
            if backward[a:b].max() < _SMALL:
                far = bounds[min(place + reach, size)]
                backward[a:far] *= 2.0**_SMALL_BITS
                going[b:far] *= 2.0**_SMALL_BITS
                bits += _SMALL_BITS
        backward_bits[place] = bits
        mine = slice(word_bounds[place], word_bounds[place + 1])
        if word_bounds[place + 1] > word_bounds[place]:
            ahead = weight[mine] * backward[last[mine]]
            np.add.at(going, first[mine], ahead)
            scale = 2.0 ** (ways_bits - forward_bits[place] - bits) / ways
            word_chance[mine] = entering[first[mine]] * ahead * scale
        scale = 2.0 ** (ways_bits - forward_bits[place] - bits) / ways
        gamma[a:b] += forward[a:b] * backward[a:b] * scale
    # A candidate is what a word ends with, or what stands before the end of a longer one.
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    offset = 0
    for one in edges:
        share = word_chance[back[offset : offset + len(one.first)]]
        offset += len(one.first)
        for row in one.path[:-1]:
            gamma += np.bincount(row, share, minlength=total)
    return gamma


@cache
def _scripts() -> npt.NDArray[np.int8]:
    """Return for each code unit 1 for a character of simplified writing only, 2 for one of traditional only, else 0."""
    has = np.zeros((2, 0x10000), dtype=np.bool_)
    for row, encoding in enumerate(("gb2312", "big5")):
        pairs = table(encoding).pairs
        has[row, pairs[pairs < 0x10000]] = True
    return np.where(has[0] == has[1], 0, np.where(has[0], 1, 2)).astype(np.int8)


def _script_shares(code: Bytes) -> Floats:
    """Return how much of a text is simplified and how much traditional."""
    counts = np.bincount(_scripts()[np.minimum(code, 0xFFFF)][code >= 0x4E00], minlength=3)[1:] + 0.5
    shares: Floats = counts / counts.sum()
    return shares


def _common(line: Line, shares: Floats) -> Line:
    """Return the line with the commonest candidates of each place; those of the other writing are rarer."""
    size = len(line.start) - 1
    slot = np.repeat(np.arange(size), np.diff(line.start))
    units = np.minimum(line.code, 0xFFFF)
    rarity = language.own_bits(units.astype(np.uint32)) - np.log2([1.0, *shares])[_scripts()[units]]
    order = np.lexsort((rarity, slot))
    rank = np.arange(len(slot)) - line.start[slot]
    kept = np.sort(order[rank < _COMMON])
    return Line(np.concatenate([[0], np.cumsum(np.bincount(slot[kept], minlength=size))]), line.code[kept])


# --- which bytes make up each character -----------------------------------------------------------------------------

_LOST = 0xFFFD
_QUESTION, _NEWLINE = 0x3F, 0x0A
# Bits. What characters cost of which bytes are known or not, those of two bytes, bytes that are left over, and the
# borders of what stays as it is.
_HOLED_BITS, _TWO_BITS, _TWO_LOST_BITS = 8.0, 16.0, 24.0
_STRAY_BITS, _SWITCH_BITS, _MARK_STAYS_BITS = 25.0, 9.0, 18.0
_ASCII_BITS, _OWN_BITS = 5.0, 1.0
_LEADS = frozenset((-1, *range(0xE2, 0xEA), 0xEF))
_TWO_LEADS = frozenset((0xC2, 0xC3, 0xCE, 0xCF, 0xD0, 0xD1))
_CONTINUES = frozenset((-1, *range(0x80, 0xC0)))
_STRAYS = 50  # one byte left over in fewer characters is damage of another sort
_STRAY, _STAYS = 0, -1  # instead of a number of bytes


class _Layout(NamedTuple):
    """The bytes that the garbled characters were (-1: lost), their kinds, and where each character begins in them."""

    data: Bytes
    kind: Bytes
    starts: Bytes


def _lay_out(points: Bytes, step: Step, *, swallowed: bool) -> tuple[_Layout, Truth]:
    """Return the bytes of the garbled characters, and which of these are none of the wrong encoding's."""
    wrong = misreading(step.wrong)
    inside = np.where(points < 0x10000, points, 0)
    length = wrong.length[0, inside].copy()
    spelled = wrong.spelled[0, inside].copy()
    for place in np.flatnonzero(points >= 0x10000).tolist():
        try:
            data = chr(int(points[place])).encode(step.wrong)
        except UnicodeEncodeError:
            data = b""
        length[place], spelled[place] = len(data), int.from_bytes(data, "big")
    hole = points == _LOST
    is_marked = bool(hole.any())
    if not is_marked:
        hole = points == _QUESTION
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
    stay_bits = np.where(points == _LOST, _MARK_STAYS_BITS, stay_bits)
    stays = stay_bits.tolist()
    own = language.own_bits(np.arange(0x10000, dtype=np.uint32)).astype(np.float64)
    strange = foreign.tolist()
    never = 1e9
    # The cost of each place, read (0) or stayed (1) before it, and what came last: place, state and size.
    cost = [[never, never] for _ in range(size + 4)]
    came: list[list[tuple[int, int, int]]] = [[(0, 0, 0), (0, 0, 0)] for _ in range(size + 4)]
    cost[0] = [0.0, 0.5]

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
            go(here, state, here + 1, 1, 0.5, _STAYS)
            continue
        if first >= 0:
            for state in (0, 1):
                if cost[here][state] < never:
                    go(here, state, ends[first], 1, stays[first] + (0 if state else _SWITCH_BITS), _STAYS)
        if first >= 0 and cost[here][1] + _SWITCH_BITS < cost[here][0]:
            cost[here][0], came[here][0] = cost[here][1] + _SWITCH_BITS, came[here][1]
        if cost[here][0] >= never or (first >= 0 and strange[first]):
            continue
        one, two, three = data[here : here + 3]
        if 0 <= one < 0x80:
            go(here, 0, here + 1, 0, _ASCII_BITS, 1)
            continue
        if one in _LEADS and two in _CONTINUES and three in _CONTINUES:
            if min(one, two, three) >= 0:
                bits = own[(one & 0xF) << 12 | (two & 0x3F) << 6 | three & 0x3F] + _OWN_BITS
            else:
                bits = _HOLED_BITS
            go(here, 0, here + 3, 0, bits, 3)
        if (one == -1 or one in _TWO_LEADS) and two in _CONTINUES:
            go(here, 0, here + 2, 0, _TWO_BITS if one >= 0 else _TWO_LOST_BITS, 2)
        go(here, 0, here + 1, 0, _STRAY_BITS, _STRAY)
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
    return code if code >= (0x80 if len(data) == 2 else 0x800) and not 0xD800 <= code < 0xE000 else _LOST


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
    code = np.full(len(units), _LOST)
    code[stays] = points[owner[begin[stays]]]
    whole = layout.data.tolist()
    for number in np.flatnonzero(~stays & ~holed & (span > 0)).tolist():
        first, size = units[number]
        code[number] = _code_of(whole[first : first + size])
    natural = np.zeros(len(layout.data) + 1, dtype=np.bool_)
    natural[begin[stays]] = natural[-1] = True
    span = np.where(holed, span, 0)
    shares = _script_shares(code[~holed])
    doubts: dict[int, Doubts] = {}
    before = around[0]
    for first, stop in _pieces(code, holed):
        if holed[first:stop].any():
            options = _options(layout, step, (begin[first:stop], span[first:stop]), natural[:-1])
            behind = int(code[stop]) if stop < len(code) else around[1]
            line, chance = _weigh(_line(code[first:stop], options, (before, behind)), shares)
            bounds = line.start.tolist()
            for row in (np.flatnonzero(holed[first:stop]) + first).tolist():
                here = slice(bounds[row - first + 1], bounds[row - first + 2])
                order = np.argsort(-chance[here], kind="stable")[:_TOLD]
                told = list(zip(line.code[here][order].tolist(), chance[here][order].tolist(), strict=True))
                code[row] = told[0][0]
                if told[0][0] != _LOST:
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


def _weigh(line: Line, shares: Floats) -> tuple[Line, Floats]:
    """Return the candidates that remain of each place and how probable each is."""
    line = _common(line, shares)
    line, chance = _best(line, _by_pairs(line, shares))
    return line, _by_words(line, chance, shares)
