"""Which reading has the better words? A model of Chinese words, for decisions that the pairs of characters leave open.

A text is a row of words. Each is drawn from jieba's dictionary, simplified or traditional; or it is one character that
follows from the one before (the bigram of cnpolicy.language), which reads names and other words that no dictionary has;
or one that follows the three before it as running text goes on (cnpolicy.prose) or, where a context is given, as it did
there: documents repeat themselves. The probability of a text is the sum over all ways to read it so (forward
algorithm). What is no Chinese character costs what it does in cnpolicy.language.

Everything is in bits: minus the binary logarithm of a probability.
"""

from collections.abc import Sequence
from functools import cache, lru_cache
from math import log2
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import language, prose, tables
from cnpolicy.language import Codes

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.intp]
Keys = npt.NDArray[np.uint64]

# So many characters on each side of a place are looked at.
REACH = 8

# How a word is chosen: from the pairs of characters, from how running text goes on, from the context (by how many of
# the characters before stand together there), or (the rest) from the dictionary. With 0.3 to 0.7 for running text the
# same garbled odd lines of news come back, with none a seventh fewer.
_PAIRS = 0.1
_PROSE = 0.4
_CONTEXT = np.array([0.05, 0.15, 0.4, 0.6])
# After each word the writing may change, from simplified to traditional or back.
_SCRIPT_CHANGE = 0.01

# The context counts up to so many characters in a row. Of longer contexts only the end is read.
_ORDER = prose.ORDER
_MOST_CONTEXT = 1 << 18

_NEWLINE = 0x0A
_LOST = 0xFFFD
_LOST_CHARACTER = chr(_LOST)
_BMP = 0x10000
# Sums of ways smaller than this are made larger, so that they never become 0; beside a place of many options sooner.
_TINY, _TINY_BITS = 2.0**-500, 500
_SMALL, _SMALL_BITS = 2.0**-60, 60


class _Words(NamedTuple):
    marks: npt.NDArray[np.uint16]
    values: npt.NDArray[np.uint8]
    single: Floats


@cache
def _words() -> _Words:
    arrays = tables.load("words")
    single = np.ones((2, _BMP + 1))
    known = arrays["single"] > 0
    single[:, :_BMP][known] = tables.EIGHTHS[arrays["single"][known]]
    return _Words(arrays["marks"], arrays["values"], single)


def _look_up(keys: Keys) -> Floats:
    """Return the probability of each word (columns) in simplified and in traditional writing (rows); 0 for no word."""
    words = _words()
    found = np.zeros((2, len(keys)))
    if not len(keys):
        return found
    places, marks = tables.word_places(keys, len(words.marks))
    held = words.marks[places]
    way, word = ((held >> 2) == marks).nonzero()
    if len(word):
        held, values = held[way, word], words.values[places[way, word]]
        probability = tables.EIGHTHS[values]
        found[0, word] += probability * (held & 1)
        found[1, word] += probability * (held >> 1 & 1)
    return found


def _single(points: Codes) -> Floats:
    """Return the probability of each character as a word, simplified and traditional; 1 if it is no Chinese one."""
    found: Floats = _words().single[:, np.minimum(points, _BMP)]
    return found


def word_chances(keys: Keys, shares: Floats) -> Floats:
    """Return how probable each word is in a text of which so much is simplified and traditional; 0 for no word.

    The keys are those of `tables.extend_keys`.
    """
    simplified, traditional = _look_up(keys)
    found: Floats = shares[0] * simplified + shares[1] * traditional
    return found


def character_chances(points: Codes, shares: Floats) -> Floats:
    """Return how probable each character is as a word in such a text; 1 if it is no Chinese one."""
    simplified, traditional = _single(points)
    found: Floats = shares[0] * simplified + shares[1] * traditional
    return found


def _spans(points: Codes, joined: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers, Keys]:
    """Return where words of two and more characters could start and end, with their keys.

    `joined` tells of each character whether it stands beside the one before in any word.
    """
    starts = np.arange(len(points))
    keys = tables.extend_keys(np.zeros(len(points), dtype=np.uint64), points)
    all_starts, all_ends, all_keys = [starts[:0]], [starts[:0]], [keys[:0]]
    going = joined[1:]
    for length in range(2, tables.LONGEST_WORD + 1):
        # `going`: of each start, whether the next character goes on.
        inside = going.nonzero()[0]
        if not len(inside):
            break
        starts = starts[inside]
        ends = starts + length
        keys = tables.extend_keys(keys[inside], points[ends - 1])
        all_starts.append(starts)
        all_ends.append(ends)
        all_keys.append(keys)
        going = joined[np.minimum(ends, len(points) - 1)] & (ends < len(points))
    return np.concatenate(all_starts), np.concatenate(all_ends), np.concatenate(all_keys)


# --- the context ----------------------------------------------------------------------------------------------------


class _Grams(NamedTuple):
    """The rows of characters of one length in a context, by key: how often, and what follows how often, of how many.

    `places` are those of the rows whose occurrences at the place in question are to be left out, `less` how often each
    of the three numbers.
    """

    keys: Keys
    numbers: Floats
    places: Numbers
    less: Floats

    def find(self, keys: Keys) -> Floats:
        """Return the three numbers (rows) of each key."""
        place = np.searchsorted(self.keys, keys)
        missing = self.keys[np.minimum(place, len(self.keys) - 1)] != keys
        place[missing] = len(self.keys)
        found = self.numbers[:, place]
        if len(self.places):
            own = np.minimum(np.searchsorted(self.places, place), len(self.places) - 1)
            found -= np.where(self.places[own] == place, self.less[:, own], 0)
        return found


_NO_PLACES = np.zeros(0, dtype=np.intp)


def _keys(points: Codes) -> list[tuple[Keys, Numbers]]:
    """Return for each length the keys of all rows of characters without U+FFFD, and where they start."""
    found: list[tuple[Keys, Numbers]] = []
    starts = np.arange(len(points))
    keys = np.zeros(len(points), dtype=np.uint64)
    for length in range(1, _ORDER + 1):
        ends = starts + length - 1
        inside = ends < len(points)
        inside[inside] = points[ends[inside]] != _LOST
        starts = starts[inside]
        keys = tables.extend_keys(keys[inside], points[starts + length - 1])
        if not len(keys):
            break
        found.append((keys, starts))
    return found


@lru_cache(maxsize=8)
def _count(context: str) -> tuple[_Grams, ...]:
    rows = _keys(language.codes(context[-_MOST_CONTEXT:]))
    found: list[_Grams] = []
    for length, (mine, starts) in enumerate(rows):
        known, counts = np.unique(mine, return_counts=True)
        numbers = np.zeros((3, len(known) + 1))
        numbers[0, :-1] = counts
        if length + 1 < len(rows):
            longer, begins = rows[length + 1]
            _, first, often = np.unique(longer, return_index=True, return_counts=True)
            history = np.searchsorted(known, mine[np.searchsorted(starts, begins[first])])
            numbers[1, :-1] = np.bincount(history, often, minlength=len(known))
            numbers[2, :-1] = np.bincount(history, minlength=len(known))
        found.append(_Grams(known, numbers, _NO_PLACES, np.zeros((3, 0))))
    return tuple(found)


def _leave_out(grams: tuple[_Grams, ...], points: Codes) -> tuple[_Grams, ...]:
    """Return the counts without one occurrence of these characters: a place is no evidence of itself."""
    rows = _keys(points)
    left_out: list[_Grams] = []
    for length, gram in enumerate(grams):
        if length >= len(rows):
            left_out.append(gram)
            continue
        mine, starts = rows[length]
        known, counts = np.unique(mine, return_counts=True)
        less = np.zeros((3, len(known)))
        less[0] = counts
        if length + 1 < len(rows):
            longer, begins = rows[length + 1]
            after, first, often = np.unique(longer, return_index=True, return_counts=True)
            history = np.searchsorted(known, mine[np.searchsorted(starts, begins[first])])
            less[1] = np.bincount(history, often, minlength=len(known))
            gone = grams[length + 1].find(after)[0] <= often
            less[2] = np.bincount(history, gone, minlength=len(known))
        # A row that the context does not have stays at nothing.
        places = np.searchsorted(gram.keys, known)
        there = gram.keys[np.minimum(places, len(gram.keys) - 1)] == known
        places, less = places[there], np.minimum(less[:, there], gram.numbers[:, places[there]])
        left_out.append(gram._replace(places=places, less=less))
    return tuple(left_out)


def _seen(left: str, right: str, context: str) -> tuple[_Grams, ...]:
    """Return what the context has elsewhere than at the place between the two texts."""
    grams = _count(context)
    own = (left[-REACH:] + _LOST_CHARACTER) if left[-_ORDER:] + _LOST_CHARACTER in context else ""
    own += right if _LOST_CHARACTER + right[:_ORDER] in context else ""
    return _leave_out(grams, language.codes(own)) if own else grams


def _repeat(grams: tuple[_Grams, ...], windows: npt.NDArray[np.uint32]) -> tuple[Floats, Floats]:
    """Return how probable the last character of each window (row) is after the others, as the context has it.

    And how much that counts. Witten and Bell's interpolation: where the context has seen a history n times, followed
    by k different characters, the shorter history counts k/(n + k).
    """
    chance = np.zeros(len(windows))
    trust = np.zeros(len(windows))
    if not grams:
        return chance, trust
    trust += _CONTEXT[0]
    columns = windows.shape[1]
    zero = np.zeros(len(windows), dtype=np.uint64)
    last = windows[:, -1]
    one = grams[0]
    chance = one.find(tables.extend_keys(zero, last))[0] / (one.numbers[0].sum() + len(one.keys))
    alive = np.arange(len(windows))
    for length in range(1, min(columns, len(grams))):
        history = np.zeros(len(alive), dtype=np.uint64)
        for column in range(columns - 1 - length, columns - 1):
            history = tables.extend_keys(history, windows[alive, column])
        _, followers, kinds = grams[length - 1].find(history)
        seen = followers > 0
        alive, history, followers, kinds = alive[seen], history[seen], followers[seen], kinds[seen]
        if not len(alive):
            break
        counts = grams[length].find(tables.extend_keys(history, last[alive]))[0]
        chance[alive] = (counts + kinds * chance[alive]) / (followers + kinds)
        trust[alive] = _CONTEXT[length]
    return chance, trust


def _windows(points: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Return for each code point of each row those up to it, after a line end."""
    if not points.size:
        return np.zeros((*points.shape, _ORDER), dtype=np.uint32)
    padded = np.full((len(points), points.shape[1] + _ORDER - 1), prose.NOWHERE, dtype=np.uint32)
    padded[:, _ORDER - 2] = _NEWLINE
    padded[:, _ORDER - 1 :] = points
    return np.lib.stride_tricks.sliding_window_view(padded, _ORDER, axis=1)


# --- characters as words --------------------------------------------------------------------------------------------


def _alone(
    points: Codes,
    step: language.Bits,
    chance: language.Bits,
    windows: npt.NDArray[np.uint32],
    grams: tuple[_Grams, ...],
) -> tuple[Floats, Floats]:
    """Return how probable each character is as a step of its own, and how much is left for words of the dictionary.

    In simplified and in traditional writing (rows). `step` and `chance` are those of `language.pair_parts`: what a step
    costs in any case is not in what is returned.
    """
    free = np.exp2(step)
    own: Floats = (1 - _PAIRS) * _single(points) + _PAIRS * chance
    own = (1 - _PROSE) * own + _PROSE * free * prose.chances(windows, chance / free)
    fresh = np.full(len(points), (1 - _PAIRS) * (1 - _PROSE))
    if grams:
        repeated, trust = _repeat(grams, windows)
        own = (1 - trust) * own + trust * free * repeated
        fresh *= 1 - trust
    return own, fresh


# --- texts ----------------------------------------------------------------------------------------------------------


def total_bits(text: str, context: str = "") -> float:
    """Return what the text costs in bits, after a line end; with what is written elsewhere in its document if given.

    >>> total_bits("中华人民共和国") < 40 < 100 < total_bits("笢貌鸟鏍僕睦弊")
    True
    """
    if not text:
        return 0.0
    points = language.codes(text)
    before = np.empty_like(points)
    before[0] = _NEWLINE
    before[1:] = points[:-1]
    step, chance, joined = language.pair_parts(before, points)
    own, fresh = _alone(points, step, chance, _windows(points[None])[0], _count(context) if context else ())
    starts, ends, keys = _spans(points, joined)
    found = _look_up(keys)
    hits = np.flatnonzero(found.any(axis=0))
    starts, ends, found = starts[hits], ends[hits], found[:, hits]
    found *= fresh[starts]
    words: list[list[tuple[int, float, float]]] = [[] for _ in text]
    for start, end, one, two in zip(starts.tolist(), ends.tolist(), *found.tolist(), strict=True):
        words[start].append((end, one, two))
    return float(step.sum(dtype=np.float64)) - _sum_ways(own, words)


def _sum_ways(own: Floats, words: list[list[tuple[int, float, float]]]) -> float:
    """Return the binary logarithm of the sum over all ways to read a text as words and single characters.

    `own` are the probabilities of the characters as steps of their own, `words` from each of them on the ends of longer
    words and their probabilities; each in simplified and in traditional writing.
    """
    size = own.shape[1]
    simplified, traditional = [0.0] * (size + 1), [0.0] * (size + 1)
    simplified[0] = traditional[0] = 0.5
    exponent = 0.0
    for here, (own_simplified, own_traditional) in enumerate(zip(*own.tolist(), strict=True)):
        first, second = _mixed(simplified[here], traditional[here])
        simplified[here + 1] += first * own_simplified
        traditional[here + 1] += second * own_traditional
        for end, one, two in words[here]:
            simplified[end] += first * one
            traditional[end] += second * two
        if simplified[here + 1] + traditional[here + 1] < _TINY:
            exponent += _TINY_BITS
            for place in range(here + 1, min(here + tables.LONGEST_WORD, size) + 1):
                simplified[place] /= _TINY
                traditional[place] /= _TINY
    return log2(simplified[size] + traditional[size]) - exponent


def _mixed(simplified: Any, traditional: Any) -> tuple[Any, Any]:
    """Return the two probabilities after the writing may have changed."""
    return (
        (1 - _SCRIPT_CHANGE) * simplified + _SCRIPT_CHANGE * traditional,
        (1 - _SCRIPT_CHANGE) * traditional + _SCRIPT_CHANGE * simplified,
    )


# --- options at a place ---------------------------------------------------------------------------------------------


def weigh(left: str, options: Sequence[str], right: str, context: str = "", *, reach: int = REACH) -> Floats:
    """Return what each option between two texts costs in bits, on one scale; the options may differ in length.

    The last characters of `left` and the first of `right` count, `reach` of each: the bits are those of all three
    together, after a line end. `context` is what else is known of the
    document, with U+FFFD where it is not; the same object each time, for it is counted once.

    >>> int(weigh("全国人民代", ["表", "裂", "裁"], "大会").argmin())
    0
    """
    left, right = left[-reach:], right[:reach]
    grams = _seen(left, right, context) if context else ()
    found = np.empty(len(options))
    lengths = np.array([len(option) for option in options])
    for length in set(lengths.tolist()):
        chosen = np.flatnonzero(lengths == length)
        middle = language.codes("".join(options[index] for index in chosen.tolist())).reshape(len(chosen), length)
        found[chosen] = _weigh(language.codes(left), middle, language.codes(right), grams)
    return found


def _weigh(left: Codes, middle: npt.NDArray[np.uint32], right: Codes, grams: tuple[_Grams, ...]) -> Floats:
    """Return what `left`, each row of `middle`, and `right` cost in bits; the forward algorithm over all rows at once.

    Columns are the characters of left, one row of middle, and right. What is before the column `begin`, and from `far`
    on, is the same in all rows, but for the words that reach across.
    """
    count, length = middle.shape
    begin, behind = len(left), len(left) + length
    size = behind + len(right)
    far = min(behind + _ORDER - 1, size)
    points = np.empty((count, size), dtype=np.uint32)
    points[:, :begin] = left
    points[:, begin:behind] = middle
    points[:, behind:] = right

    # What depends on pairs and single characters: once for what all rows share, then row by row.
    shared = np.array([*range(begin), *range(far, size)], dtype=np.intp)
    before = np.empty((count, size), dtype=np.uint32)
    before[:, :1] = _NEWLINE
    before[:, 1:] = points[:, :-1]
    both = np.concatenate([points[0, shared], points[:, begin:far].ravel()])
    step, chance, joined = language.pair_parts(np.concatenate([before[0, shared], before[:, begin:far].ravel()]), both)
    rows = _windows(points)
    windows = np.concatenate([rows[0, shared], rows[:, begin:far].reshape(-1, _ORDER)])
    own, fresh = _alone(both, step, chance, windows, grams)
    cut = len(shared)
    cost: Floats = step[cut:].reshape(count, far - begin).sum(axis=1, dtype=np.float64)
    cost += step[:cut].sum(dtype=np.float64)
    own_rows = own[:, cut:].reshape(2, count, far - begin)
    fresh_rows = fresh[cut:].reshape(count, far - begin)
    joined_rows = joined[cut:].reshape(count, far - begin)

    # The longer words, all looked up in one go: those on one side, then those that reach across or lie inside.
    sides = np.zeros(size - length, dtype=np.bool_)
    sides[:begin] = joined[:begin]
    sides[begin + far - behind :] = joined[begin:cut]
    if far > behind + 1:
        sides[begin + 1 : begin + far - behind] = joined_rows[0, length + 1 :]
    beside = np.concatenate([left, right])
    starts, ends, keys = _spans(beside, sides)
    spans = _spans_across(points, joined[:begin], joined_rows, joined[begin:cut], begin, behind)
    found = _look_up(np.concatenate([keys, *(key for _, _, _, key in spans)]))

    words: list[list[tuple[int, float, float]]] = [[] for _ in range(size)]
    hits = np.flatnonzero(found[:, : len(keys)].any(axis=0))
    for start, end, one, two in zip(starts[hits].tolist(), ends[hits].tolist(), *found[:, hits].tolist(), strict=True):
        shift = length if start >= begin else 0
        words[start + shift].append((end + shift, one, two))
    ways = np.zeros((size + 1, 2, count))
    across: list[list[tuple[int, Numbers, Floats]]] = [[] for _ in range(size)]
    offset = len(keys)
    for start, end, chosen, _ in spans:
        mine = found[:, offset : offset + len(chosen)]
        offset += len(chosen)
        hits = np.flatnonzero(mine.any(axis=0))
        if len(hits):
            across[start].append((end, chosen[hits], mine[:, hits]))

    # Forward: up to `begin` in plain numbers.
    own_left = own[:, :begin].T.tolist()
    fresh_left = fresh[:begin].tolist()
    first, second = [0.0] * (begin + 1), [0.0] * (begin + 1)
    first[0] = second[0] = 0.5
    for here in range(begin):
        one, two = _mixed(first[here], second[here])
        first[here + 1] += one * own_left[here][0]
        second[here + 1] += two * own_left[here][1]
        one, two = one * fresh_left[here], two * fresh_left[here]
        for end, in_one, in_two in words[here]:
            first[end] += one * in_one
            second[end] += two * in_two
        for end, chosen, probability in across[here]:
            ways[end, 0, chosen] += one * probability[0]
            ways[end, 1, chosen] += two * probability[1]
        if first[here + 1] + second[here + 1] < _SMALL and here < begin - tables.LONGEST_WORD:
            cost += _SMALL_BITS
            for end in range(here + 1, here + 1 + tables.LONGEST_WORD):
                first[end] /= _SMALL
                second[end] /= _SMALL
    ways[begin, 0] += first[begin]
    ways[begin, 1] += second[begin]
    for here in range(begin, far):
        reached = np.stack(_mixed(*ways[here]))
        ways[here + 1] += reached * own_rows[:, :, here - begin]
        if words[here] or across[here]:
            reached *= fresh_rows[:, here - begin]
        for end, in_one, in_two in words[here]:
            ways[end, 0] += in_one * reached[0]
            ways[end, 1] += in_two * reached[1]
        for end, chosen, probability in across[here]:
            ways[end, 0, chosen] += reached[0, chosen] * probability[0]
            ways[end, 1, chosen] += reached[1, chosen] * probability[1]
        if here % REACH == 0 and length > REACH:  # long options: what is left must not become 0
            scale = ways[here + 1 :].max(axis=(0, 1))
            ways[here + 1 :] /= scale
            cost -= np.log2(scale)
    # Backward from the end, in plain numbers again.
    own_right = own[:, begin:cut].T.tolist()
    fresh_right = fresh[begin:cut].tolist()
    rest = np.zeros((size + 1, 2))
    last: list[tuple[float, float]] = [(0.0, 0.0)] * (size + 1)
    last[size] = (1.0, 1.0)
    for here in range(size - 1, far - 1, -1):
        one = own_right[here - far][0] * last[here + 1][0]
        two = own_right[here - far][1] * last[here + 1][1]
        left_over = fresh_right[here - far]
        for end, in_one, in_two in words[here]:
            one += left_over * in_one * last[end][0]
            two += left_over * in_two * last[end][1]
        last[here] = _mixed(one, two)
        if one + two < _SMALL and here > far + tables.LONGEST_WORD:
            cost += _SMALL_BITS
            for end in range(here, min(here + tables.LONGEST_WORD, size + 1)):
                last[end] = (last[end][0] / _SMALL, last[end][1] / _SMALL)
    rest[far:] = last[far:]
    total: Floats = (ways[far:] * rest[far:, :, None]).sum(axis=(0, 1))
    cost -= np.log2(total)
    return cost


def _spans_across(
    points: npt.NDArray[np.uint32],
    left: npt.NDArray[np.bool_],
    middle: npt.NDArray[np.bool_],
    right: npt.NDArray[np.bool_],
    begin: int,
    behind: int,
) -> list[tuple[int, int, Numbers, Keys]]:
    """Return where words could be that are not the same in all rows: start, end, rows, and keys.

    They begin before the column `behind` and end after the column `begin`. `left`, `middle` (by row) and `right` tell
    of the columns whether they stand beside the one before in any word.
    """
    spans: list[tuple[int, int, Numbers, Keys]] = []
    count, size = points.shape
    far = begin + middle.shape[1]
    everything = np.arange(count)
    first = begin
    while first > max(0, begin - tables.LONGEST_WORD + 1) and (first == begin or left[first]):
        first -= 1
    for start in range(first, behind):
        column = max(start + 1, begin)
        if start < begin:
            key = np.zeros(1, dtype=np.uint64)
            for place in range(start, begin):
                key = tables.extend_keys(key, points[:1, place])
            key = np.broadcast_to(key, count)
        else:
            key = tables.extend_keys(np.zeros(count, dtype=np.uint64), points[:, start])
        going = everything
        for end in range(column + 1, min(start + tables.LONGEST_WORD, size) + 1):
            if end <= far:
                alive = middle[going, end - 1 - begin].nonzero()[0]
                going, key = going[alive], key[alive]
            elif not right[end - 1 - far]:
                break
            if not len(going):
                break
            key = tables.extend_keys(key, points[going, end - 1])
            if start < behind and end > begin:
                spans.append((start, end, going, key))
    return spans


def posteriors(bits: npt.ArrayLike) -> Floats:
    """Return the probability of each option, from what `weigh` gave."""
    cost = np.asarray(bits, dtype=np.float64)
    weight: Floats = np.exp2(cost.min() - cost)
    weight /= weight.sum()
    return weight
