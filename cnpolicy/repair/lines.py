"""Which characters does a line say where most places are open? A search over whole lines, by pairs and by words.

Where nearly every character lost bytes, what stands beside a place is as uncertain as itself, so that candidates cannot
be weighed place by place. Two searches over whole lines can, each the sum over all ways to read the line (forward and
backward): one over pairs of characters, which leaves a few candidates of each place, and one over words of the
dictionary that can be made of these.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, prose, tables, vocabulary
from cnpolicy.repair.chains import Bytes, Truth
from cnpolicy.repair.punctuation import place_bits
from cnpolicy.repair.writing import writings

Floats = npt.NDArray[np.float64]

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
_WORDS = 1 - _PAIRS
# So much of what a pair says is how running text goes on: with 0, 0.5 and 0.8 come 55.7, 58.0 and 58.5 % back.
_PROSE = 0.8
_SINGLE_PAIRS = 0.1  # of a character that is a word by itself, so much follows from the one before, as in vocabulary
_TINY = 1e-9  # what no word ends or begins with may still stand there
_BLOCK = 64  # so many places are looked up in one go
_SMALL_BITS = 60
_SMALL = 2.0**-_SMALL_BITS  # sums of ways smaller than this are made larger, so that they never become 0


class Line(NamedTuple):
    """The places of a line and what may stand there, the candidates of place n from `start[n]` to `start[n + 1]`."""

    start: Bytes
    code: Bytes


class _Pairs(NamedTuple):
    """The pairs of characters that stand side by side inside words.

    By the number of a character: where the pairs with it as the first begin in a list, the seconds, and which pairs
    these are; the same with it as the second. `words` is how probable each pair is as a word of its own, in simplified
    and in traditional writing (rows).
    """

    known: language.Pairs
    behind: tuple[Bytes, Bytes, Bytes]
    before: tuple[Bytes, Bytes, Bytes]
    words: Floats


@cache
def _pairs() -> _Pairs:
    known = language.pairs()
    size = int(known.rows.max()) + 2
    codes = np.zeros(size, dtype=np.int64)
    inside = np.flatnonzero(known.rows)
    codes[known.rows[inside]] = inside
    keys = tables.extend_keys(np.zeros(len(known.first), dtype=np.uint64), codes[known.first])
    keys = tables.extend_keys(keys, codes[known.second])

    def by(key: Bytes, other: Bytes) -> tuple[Bytes, Bytes, Bytes]:
        order = np.argsort(key, kind="stable")
        return np.searchsorted(key[order], np.arange(size + 1)), other[order], order

    return _Pairs(
        known,
        by(known.first, known.second),
        by(known.second, known.first),
        np.stack([vocabulary.word_chances(keys, only) for only in np.eye(2)]),
    )


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
    rows = pairs.known.rows[np.minimum(line.code, 0xFFFF)]
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
    rows = pairs.known.rows[codes]
    kinds = language.classes_of(codes.astype(np.uint32)).astype(np.int64)
    own = np.exp2(-language.own_bits(codes.astype(np.uint32)).astype(np.float64))
    step = np.exp2(-language.transitions().astype(np.float64))
    count = len(step)
    is_han = kinds == 0
    script = int(scripts.argmax())
    starts = np.where(is_han, np.maximum(pairs.known.starts[script][rows], _TINY), 0) ** _PAIRS
    ends = np.where(is_han, np.maximum(pairs.known.ends[script][rows], _TINY), 0) ** _PAIRS
    alone = vocabulary.character_chances(codes.astype(np.uint32), scripts) ** _WORDS
    # What a candidate of the dictionary costs behind others, and what all others do.
    behind = np.where(is_han, own**_PAIRS, own)
    alone = np.where(is_han, alone, 1.0)
    base = line.start[:-1]
    place = np.repeat(np.arange(size - 1), np.diff(np.append(steps.bounds, len(steps.first)))[: size - 1])
    first, second = steps.first + base[place], steps.second + base[place + 1]
    chance = pairs.known.chance[steps.number]
    words = scripts[0] * pairs.words[0, steps.number] + scripts[1] * pairs.words[1, steps.number]
    low = ends[first] * starts[second]
    both = (chance + low ** (1 / _PAIRS)) ** _PAIRS * step[0, 0]
    more = both - low * step[0, 0]
    inside = both * words**_WORDS
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


def _best(line: Line, chance: Floats) -> tuple[Line, Floats]:
    """Return the line with the most probable candidates of each place."""
    size = len(line.start) - 1
    slot = np.repeat(np.arange(size), np.diff(line.start))
    order = np.lexsort((-chance, slot))
    rank = np.arange(len(slot)) - line.start[slot]
    kept = order[(rank < _KEPT) & ((chance[order] >= _LEAST_CHANCE) | (rank == 0))]
    start = np.concatenate([[0], np.cumsum(np.bincount(slot[kept], minlength=size))])
    return Line(start, line.code[kept]), chance[kept]


class _Edges(NamedTuple):
    """Words of one length: the place where each begins, its first and last candidate, and how probable it is.

    `path` has the candidates of each in a column.
    """

    begin: Bytes
    first: Bytes
    last: Bytes
    weight: Floats
    path: Bytes


def _by_words(line: Line, chance: Floats, scripts: Floats) -> Floats:
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
    windows = np.full((len(one), prose.ORDER), prose.NOWHERE, dtype=np.uint32)
    windows[:, -2], windows[:, -1] = one, two
    free = np.exp2(bits.astype(np.float64))
    likely = (1 - _PROSE) * share + _PROSE * free * (scripts @ prose.chances(windows, share / free))
    step = bits.astype(np.float64) + place_bits(one, two)
    pair = np.exp2(-_PAIRS * (step - np.log2(likely)))  # what the pairs of characters say of this step
    enter = np.exp2(-_WORDS * step) * pair
    alone = vocabulary.character_chances(two.astype(np.uint32), scripts)
    own = enter * ((1 - _SINGLE_PAIRS) * alone + _SINGLE_PAIRS * likely) ** _WORDS
    bounds = np.searchsorted(slot[first], np.arange(size + 1))
    edges = _edges(line, chance, scripts, (first, second, joined, enter, bounds))
    return _sum(line, (enter, own, bounds), edges)


def _edges(
    line: Line,
    chance: Floats,
    scripts: Floats,
    grid: tuple[Bytes, Bytes, Truth, Floats, Bytes],
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
        probable = vocabulary.word_chances(keys, scripts)
        hit = np.flatnonzero(probable)
        found.append(
            _Edges(
                slot[path[0, hit]],
                path[0, hit],
                path[-1, hit],
                weight[hit] * ((1 - _SINGLE_PAIRS) * probable[hit]) ** _WORDS,
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


def _common(line: Line, shares: Floats) -> Line:
    """Return the line with the commonest candidates of each place; those of the other writing are rarer."""
    size = len(line.start) - 1
    slot = np.repeat(np.arange(size), np.diff(line.start))
    rarity = language.own_bits(np.minimum(line.code, 0xFFFF).astype(np.uint32))
    rarity = rarity - np.log2([1.0, *shares])[writings(line.code)]
    order = np.lexsort((rarity, slot))
    rank = np.arange(len(slot)) - line.start[slot]
    kept = np.sort(order[rank < _COMMON])
    return Line(np.concatenate([[0], np.cumsum(np.bincount(slot[kept], minlength=size))]), line.code[kept])


def weigh(line: Line, shares: Floats) -> tuple[Line, Floats]:
    """Return the candidates that remain of each place and how probable each is."""
    line = _common(line, shares)
    line, chance = _best(line, _by_pairs(line, shares))
    return line, _by_words(line, chance, shares)
