"""Sequences of words that are frequent: which there are, and where each stands.

They are found length by length. A sequence can only be frequent if both sequences of one word less in it are, so from
length to length there are fewer to count; what stands at a place is a number, so a sequence of any length is a pair of
numbers: that of the sequence of one word less that it begins with, and that of its last word.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.stats.counting import Integers, Stretch, Texts

# The key of a sequence has the number of its last word in its lower half, and that of what stands before in the upper.
_HALF = 32
_WORD = (1 << _HALF) - 1


class Level(NamedTuple):
    """The frequent sequences of one length, each by its number: its words, and how often it occurs."""

    words: Integers
    frequency: Integers


class Found(NamedTuple):
    """Where sequences of one length stand: their numbers in the Level, and the places in the corpus."""

    number: Integers
    place: Integers


class _Runs(NamedTuple):
    """Sequences of one length in a stretch: the keys in order, how often each occurs, and where: run by run."""

    key: Integers
    n: Integers
    at: Integers


class _Sequences:
    """What is frequent in a stretch, length by length."""

    def __init__(self, stretch: Stretch, is_listed: npt.NDArray[np.bool_]) -> None:
        self.stretch = stretch
        self.found: list[tuple[Integers, Integers]] = []  # of each length from two: where they begin, their numbers
        listed = is_listed[stretch.term]
        joined = stretch.sentence[1:] == stretch.sentence[:-1]
        joined &= stretch.part[1:] == stretch.part[:-1]
        joined &= listed[1:]
        joined &= listed[:-1]
        self._joined = joined  # of each token whether the next one follows it as a word
        self._runs: _Runs | None = None

    def runs(self, is_edge: npt.NDArray[np.bool_] | None = None) -> _Runs:
        """Return all sequences of the next length; of the longest, those that begin and end with such words suffice."""
        if self._runs is None:
            term = number = self.stretch.term
            follows = self._joined
            if self.found:
                number = np.full(len(term), -1, np.int32)
                at, numbers = self.found[-1]
                number[at] = numbers
                known = number >= 0
                follows = known[1:] & known[:-1]
            at = np.flatnonzero(follows)
            last = term[at + (len(self.found) + 1)]
            if is_edge is not None:
                kept = is_edge[term[at]] & is_edge[last]
                at, last = at[kept], last[kept]
            self._runs = _runs(number[at].astype(np.int64), last.astype(np.int64), at)
        return self._runs

    def take(self, key: Integers) -> None:
        """Number the sequences of the next length: those with these keys, in order, are frequent."""
        runs, self._runs = self.runs(), None
        own = np.searchsorted(key, runs.key)
        kept = np.append(key, -1)[own] == runs.key
        at, number = runs.at[np.repeat(kept, runs.n)], np.repeat(own[kept], runs.n[kept])
        self.found.append((at, number))


def _runs(before: Integers, last: Integers, at: Integers) -> _Runs:
    """Sort pairs of numbers, each of which stands at a place, and these are in order; `before` is used up."""
    if not len(at):
        return _Runs(at, at, at)
    width, bits = int(last.max()).bit_length(), int(at[-1]).bit_length()
    if int(before.max()).bit_length() + width + bits <= 63:
        # One number each, the pair before its place: sorting numbers is five times as fast as sorting indices to them.
        before <<= width
        before |= last
        before <<= bits
        before |= at
        before.sort()
        key, place = before >> bits, before & ((1 << bits) - 1)
    else:
        key = (before << _HALF) | last
        order = np.argsort(key, kind="stable")
        key, place, width = key[order], at[order], _HALF
    new = np.flatnonzero(np.diff(key, prepend=-1))
    n = np.diff(np.append(new, len(key)))
    key = key[new]
    return _Runs(((key >> width) << _HALF) | (key & ((1 << width) - 1)), n, place)


def frequent(
    texts: Texts, longest: int, least: int, is_edge: npt.NDArray[np.bool_], top: int | None = None
) -> tuple[list[Level], Iterator[list[Found]]]:
    """Find the sequences of 2 to `longest` words that occur `least` times, within sentences with nothing between.

    Return a Level for each length, and, stretch by stretch, where the sequences of each length stand. Of the longest
    there are only those that begin and end with words for which `is_edge` holds, and of them the `top` most frequent
    and those that are as frequent as the last of these.
    """
    is_listed = texts.is_word & (texts.frequency >= least)
    keys: list[Integers] = []
    levels: list[Level] = []
    held: list[_Sequences] = []

    def stretches() -> Iterator[_Sequences]:
        """Yield the stretches, in each of which the sequences are numbered that have as many words as those known."""
        if not held:
            for stretch in texts.stretches():
                one = _Sequences(stretch, is_listed)
                if texts.is_one:
                    held.append(one)
                    break
                for key in keys:
                    one.take(key)
                yield one
        for one in held:
            for key in keys[len(one.found) :]:
                one.take(key)
            yield one

    words = np.arange(len(is_listed))[:, None]
    for length in range(2, longest + 1):
        key, n = np.zeros(0, np.int64), np.zeros(0, np.int64)
        for one in stretches():
            runs = one.runs(is_edge if length == longest else None)
            key, n = _added(key, n, runs.key, runs.n)
        if length == longest and top is not None and top < len(n):
            least = max(least, int(np.partition(n, -top)[-top]) if top else least)
        key, n = key[n >= least], n[n >= least]
        words = np.column_stack((words[key >> _HALF], key & _WORD))
        keys.append(key)
        levels.append(Level(words, n))
    return levels, (
        # A stretch has all tokens of its documents, so places go on from that of the first.
        [Found(number, at + (one.stretch.place[0] if len(at) else 0)) for at, number in one.found]
        for one in stretches()
    )


def _added(key: Integers, n: Integers, other: Integers, more: Integers) -> tuple[Integers, Integers]:
    """Add up counts under keys, both in order of the keys."""
    if not len(key):
        return other, more
    both = np.concatenate((key, other))
    order = np.argsort(both, kind="stable")
    both = both[order]
    new = np.flatnonzero(np.diff(both, prepend=-1))
    return both[new], np.add.reduceat(np.concatenate((n, more))[order], new) if len(new) else new
