"""Find the words of a corpus that the dictionary does not have.

A run of characters is taken for a word when its parts stay together and its neighbours vary: wherever it is cut in two,
the parts stand together much more often than chance would have it (cohesion, the least pointwise mutual information of
a cut; Church & Hanks 1990), and what stands before and after it is hardly ever the same (branching entropy; Harris
1955, Jin & Tanaka-Ishii 2006). Where the dictionary's words would have to be cut in two for it, it is none: 税收入.

All runs of a length are counted at once, in numpy, and only where the two runs that are shorter by one were frequent
enough; the dictionary divides only the blocks of text (what stands between punctuation marks) that hold a candidate.
Time is that of sorting runs and dividing blocks. As whole processes, 10 MB of UTF-8 (3.4 million characters) took
190 MB of memory and 100 MB took 850 MB, which grows with the length of the text: 7.5 bytes for each of its bytes, and
110 MB.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from string import ascii_letters, digits
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.segment import Segmenter, Settings, in_simplified
from cnpolicy.segment.flags import Flags

SHORTEST, LONGEST = 3, 8

# A word does not begin or end with these. They stand in words, too, but those are in the dictionary.
_NOT_FIRST = frozenset(
    "在是的了和与及或等地得着过们并而且但则也都就又还被把对从向以于之其所者吗呢吧上下中里内个各每该这那"
)
_NOT_LAST = frozenset("的了和与及或是在有为对把被从向以于将并而且但则也都就又还很更最不之其所这那各每该个一")

_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF
# A word is a part of longer ones if it stands in them so often.
_WITHIN = 0.8
# And have none of these inside.
_NOT_INSIDE = frozenset("的了是")
# The words of the dictionary must begin and end with it so often.
_WHOLE = 0.7
_BITS = 64  # of a number, with its sign
_AROUND = 12  # characters of an example before and after the word
# So many characters are cut at a time: their words as Python's strings take ten times their memory.
_CUT = 1 << 18
# So many occurrences of runs are counted at a time: their numbers take 8 bytes each.
_TOGETHER = 1 << 23
_STEP = 1 << 18  # so many numbers at a time, where all of them would need their memory again

_BREAK = ord("\n")
Places = npt.NDArray[np.int32]
Integers = npt.NDArray[np.int64]
Units = npt.NDArray[np.uint16]


class Term(NamedTuple):
    """A word that was found: how often and in how many documents, why it is taken for one, and where it stands.

    `cohesion` is in bits, as is `entropy`, the lesser of those of its left and right neighbours.
    """

    word: str
    frequency: int
    documents: int
    cohesion: float
    entropy: float
    example: str


class _Runs(NamedTuple):
    """The runs of characters of one length that may be words: one number each, in the same order.

    `places` are those where the first of them begins, then those of the second, and so on.
    """

    length: int
    counts: Integers
    places: Places
    cohesion: npt.NDArray[np.float64]
    entropy: npt.NDArray[np.float64]

    @property
    def firsts(self) -> Places:
        """Where each run begins for the first time."""
        firsts: Places = self.places[np.cumsum(self.counts) - self.counts]
        return firsts

    def keep(self, good: npt.NDArray[np.bool_]) -> "_Runs":
        """Return the good ones."""
        places = self.places[np.repeat(good, self.counts)]
        return _Runs(self.length, self.counts[good], places, self.cohesion[good], self.entropy[good])


class _Parts(NamedTuple):
    """Of each frequent run of one length, how often it stands in the text, and which two shorter by one it is made of.

    These are numbers in the `_Parts` of the length before.
    """

    counts: Integers
    left: Places
    right: Places


class _Text:
    """The characters of all documents, as UTF-16; each document ends with a line end.

    Whatever divides the engines' blocks is a line end, too; no word of the dictionary has one inside. `ends` tells
    where the documents end, `shown` is the text with line ends for all that is not Han.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        parts: list[Units] = []
        ends: list[int] = []
        place = 0
        for text in texts:
            units = _BLOCKS[np.frombuffer((text + "\n").encode("utf-16-le", "surrogatepass"), dtype="<u2")]
            parts.append(units)
            place += len(units)
            ends.append(place)
        self.units: Units = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint16)
        parts.clear()
        self.ends = np.array(ends, dtype=np.int64)

    @cached_property
    def shown(self) -> str:
        """The text with line ends for all that is not Han."""
        shown = np.where(self.units >= _FIRST_HAN, self.units, np.uint16(_BREAK))
        return shown.astype("<u2").tobytes().decode("utf-16-le")

    def example(self, start: int, length: int) -> str:
        """Return a word with the Chinese characters before and after it, `[` and `]` around it."""
        end = start + length
        first = max(start - _AROUND, 0)
        first = max(first, self.shown.rfind("\n", first, start) + 1)
        last = self.shown.find("\n", end, end + _AROUND)
        behind = self.shown[end : last if last >= 0 else end + _AROUND]
        return f"{self.shown[first:start]}[{self.shown[start:end]}]{behind}"

    def borders(self, places: Iterable[Places], begins: Callable[[str], Flags]) -> npt.NDArray[np.bool_]:
        """Tell where words of the dictionary begin, in the blocks that hold one of these places."""
        blocks = np.cumsum(self.units == _BREAK, dtype=np.int32)
        # A line end belongs to the block before it.
        blocks[1:] = blocks[:-1].copy()
        blocks[:1] = 0
        asked = np.zeros(int(blocks[-1]) + 1, dtype=np.bool_)
        for some in places:
            asked[blocks[some]] = True
        cut = asked[blocks]
        del blocks
        units = self.units[cut]
        starts = np.ones(len(units), dtype=np.bool_)
        start = 0
        while start < len(units):
            # The last unit is a line end.
            end = start + _CUT
            end = len(units) if end >= len(units) else end + 1 + int(np.argmax(units[end:] == _BREAK))
            starts[start:end] = begins(units[start:end].astype("<u2").tobytes().decode("utf-16-le"))
            start = end
        found = np.zeros(len(self.units), dtype=np.bool_)
        found[cut] = starts
        return found


def discover(
    texts: Iterable[str],
    begins: Callable[[str], Flags],
    is_known: Callable[[str], bool],
    *,
    least: int = 5,
    cohesion: float = 6.0,
    entropy: float = 1.5,
) -> list[Term]:
    """Return the words of 3 to 8 characters that occur `least` times or more and are not known, frequent ones first.

    `texts` are documents in Simplified; `begins` tells of each character of a text whether a word of the dictionary, or
    what stands between words, begins with it; `is_known` tells whether it has a word. `cohesion` and `entropy` are the
    least of each, in bits. A word within a longer one, and hardly ever outside it, is left out.

    >>> texts = [f"{a}河湖长{b}。" for a in "向对请由省市县乡" for b in "们要会巡查责任到"]
    >>> singly = lambda text: np.ones(len(text), dtype=bool)
    >>> [term.word for term in discover(texts, singly, {"责任"}.__contains__, least=10, cohesion=2)]
    ['河湖长']
    """
    text = _Text(texts)
    characters = np.bincount(text.units, minlength=1 << 16)
    characters[:_FIRST_HAN] = 0
    total = max(int(characters.sum()), 1)
    # What stands in a frequent run is frequent itself; each such character gets a number.
    often = characters >= least
    size = int(often.sum())
    numbers = np.full(1 << 16, -1, dtype=np.int32)
    numbers[often] = np.arange(size)
    # The frequent run of the length before that begins at each place, -1 for none; and the character there.
    here = numbers[text.units]
    last = here.astype(np.uint16)
    nothing = here[:0]
    parts = [_Parts(characters[often], nothing, nothing)]
    found: list[_Runs] = []
    for length in range(2, LONGEST + 1):
        grouped = [(nothing, characters[:0])]
        for first, end in _shares(parts[-1].counts):
            at = _both_frequent(here, first, end)
            if not len(at):
                continue
            keys = here[at].astype(np.int64)
            keys *= size
            keys += last[at + (length - 1)]
            order, some = _group(keys, least)
            grouped.append((at[order], some))
            del keys, order, at
        places, counts = (np.concatenate(those) for those in zip(*grouped, strict=True))
        del grouped
        if not len(counts):
            break
        firsts = places[np.cumsum(counts) - counts]
        parts.append(_Parts(counts, here[firsts], here[firsts + 1]))
        here.fill(-1)
        here[places] = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        if length >= SHORTEST:
            found.append(_judge(text, parts, places, total, cohesion, entropy))
        del places
    del here, last
    found = [_leave_out(text, runs, is_known) for runs in found]
    if not any(len(runs.counts) for runs in found):
        return []
    borders = text.borders((runs.places for runs in found), begins)
    return _select(text, [_whole(runs, borders) for runs in found])


def _shares(counts: Integers) -> Iterator[tuple[int, int]]:
    """Yield from which to which number runs are taken together, so that they occur about `_TOGETHER` times in all."""
    sums = np.cumsum(counts)
    if not len(sums):
        return
    ends = np.searchsorted(sums, np.arange(_TOGETHER, int(sums[-1]), _TOGETHER)) + 1
    yield from pairwise(np.unique([0, *ends, len(counts)]).tolist())


def _both_frequent(here: Places, first: int, end: int) -> Places:
    """Return the places where one of these runs begins, and at the next place any frequent run."""
    found = [here[:0]]
    for start in range(0, len(here) - 1, _STEP):
        some = here[start : start + _STEP + 1]
        good = (some[:-1] >= first) & (some[:-1] < end) & (some[1:] >= 0)
        found.append((np.flatnonzero(good) + start).astype(np.int32))
    return np.concatenate(found)


def _group(keys: Integers, least: int) -> tuple[Places, Integers]:
    """Return where the numbers from 0 on that occur often stand, equal ones together, and how often each occurs.

    The places of each are in order. The numbers are lost. Numbers alone are sorted five times as fast as their places
    (`argsort`): so each gets its place for its lowest bits, if both have room.
    """
    bits = len(keys).bit_length()
    is_first = np.ones(len(keys), dtype=np.bool_)
    if int(keys.max()).bit_length() + bits < _BITS:
        for start in range(0, len(keys), _STEP):
            some = keys[start : start + _STEP]
            some <<= bits
            some |= np.arange(start, start + len(some))
        keys.sort()
        for start in range(1, len(keys), _STEP):
            some = keys[start : start + _STEP]
            is_first[start : start + _STEP] = some ^ keys[start - 1 : start - 1 + len(some)] >= 1 << bits
        keys &= (1 << bits) - 1
        order = keys
    else:
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    counts = np.diff(np.flatnonzero(is_first), append=len(keys))
    often = counts >= least
    return order[np.repeat(often, counts)].astype(np.int32), counts[often]


def _judge(
    text: _Text, parts: list[_Parts], places: Places, total: int, least_cohesion: float, least_entropy: float
) -> _Runs:
    """Return the longest runs so far that hold together and stand among various neighbours."""
    length, counts = len(parts), parts[-1].counts
    runs = _Runs(length, counts, places, _held(parts, total), np.full(len(counts), np.inf))
    firsts = runs.firsts
    good = runs.cohesion >= least_cohesion
    good &= ~_NO_FIRST[text.units[firsts]]
    good &= ~_NO_LAST[text.units[firsts + (length - 1)]]
    for place in range(1, length - 1):
        good &= ~_NO_INSIDE[text.units[firsts + place]]
    runs = runs.keep(good)
    for beside in (length, -1):
        # The last unit is a line end, which is also what stands before the first.
        varied = np.minimum(runs.entropy, _entropy(runs.counts, text.units[runs.places + beside]))
        runs = runs._replace(entropy=varied).keep(varied >= least_entropy)
    return runs


def _held(parts: list[_Parts], total: int) -> npt.NDArray[np.float64]:
    """Return the cohesion of the longest runs so far."""
    whole = parts[-1].counts
    begins = ends = np.arange(len(whole), dtype=np.int32)
    beginnings, endings = [], []
    for longer, shorter in zip(parts[:0:-1], parts[-2::-1], strict=True):
        begins, ends = longer.left[begins], longer.right[ends]
        beginnings.append(shorter.counts[begins])
        endings.append(shorter.counts[ends])
    held = np.full(len(whole), np.inf)
    for beginning, ending in zip(beginnings, reversed(endings), strict=True):
        held = np.minimum(held, np.log2(whole / (beginning * ending / total)))
    return held


def _table(characters: Iterable[str]) -> npt.NDArray[np.bool_]:
    found = np.zeros(1 << 16, dtype=np.bool_)
    found[[ord(one) for one in characters]] = True
    return found


_NO_FIRST, _NO_LAST, _NO_INSIDE = map(_table, (_NOT_FIRST, _NOT_LAST, _NOT_INSIDE))
# Of each unit of UTF-16 itself if the engines take it for a part of words, else a line end.
_IN_WORDS = _table(map(chr, range(_FIRST_HAN, _LAST_HAN + 1))) | _table(ascii_letters + digits + "+#&._%-")
_BLOCKS = np.where(_IN_WORDS, np.arange(1 << 16), _BREAK).astype(np.uint16)


def _entropy(counts: Integers, neighbours: Units) -> npt.NDArray[np.float64]:
    """Return the entropy of each run's neighbours, in bits; what is not Han is a neighbour of its own each time."""
    if not len(counts):
        return np.zeros(0)
    owners = np.repeat(np.arange(len(counts)), counts)
    inner = neighbours >= _FIRST_HAN
    pairs = owners[inner] << 16 | neighbours[inner]
    pairs.sort()
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    share = np.diff(starts, append=len(pairs)) / counts[owner := pairs[starts] >> 16]
    edges = np.bincount(owners[~inner], minlength=len(counts))
    found: npt.NDArray[np.float64] = np.bincount(owner, -share * np.log2(share), len(counts)).astype(np.float64)
    found += edges / counts * np.log2(counts)
    return found


def _leave_out(text: _Text, runs: _Runs, is_known: Callable[[str], bool]) -> _Runs:
    """Return the runs that are no words of the dictionary."""
    length, shown = runs.length, text.shown
    return runs.keep(
        np.array([not is_known(shown[place : place + length]) for place in runs.firsts.tolist()], dtype=np.bool_)
    )


def _whole(runs: _Runs, borders: npt.NDArray[np.bool_]) -> _Runs:
    """Return the runs that the dictionary's words hardly ever begin outside of and end inside, or the reverse."""
    whole = borders[runs.places] & borders[runs.places + runs.length]
    return runs.keep(_sums(whole, runs.counts) >= _WHOLE * runs.counts)


def _sums(flags: npt.NDArray[np.bool_], counts: Integers) -> Integers:
    """Return how many flags of each run are set."""
    sums = np.concatenate(([0], np.cumsum(flags)))
    ends = np.cumsum(counts)
    found: Integers = sums[ends] - sums[ends - counts]
    return found


def _select(text: _Text, found: list[_Runs]) -> list[Term]:
    """Return the words without those that are parts of longer ones, frequent ones first."""
    terms: list[Term] = []
    # How far a longer word reaches from each place, itself included.
    reach = np.zeros(len(text.units), dtype=np.int8)
    for every in sorted(found, key=lambda runs: -runs.length):
        length = every.length
        within = _sums(reach[every.places] >= length, every.counts)
        runs = every.keep(within <= _WITHIN * every.counts)
        for shift in range(length):
            places = runs.places + shift
            reach[places] = np.maximum(reach[places], length - shift)
        terms += _terms(text, runs)
    terms.sort(key=lambda term: (-term.frequency, term.word))
    return terms


def _terms(text: _Text, runs: _Runs) -> Iterator[Term]:
    owners = np.searchsorted(text.ends, runs.places, side="right")
    changes = np.diff(owners, prepend=-1) != 0
    firsts = np.cumsum(runs.counts) - runs.counts
    changes[firsts] = True
    documents = _sums(changes, runs.counts)
    measures = (runs.firsts, runs.counts, documents, runs.cohesion, runs.entropy)
    for place, count, those, cohesion, entropy in zip(*(measure.tolist() for measure in measures), strict=True):
        word = text.shown[place : place + runs.length]
        yield Term(word, count, those, cohesion, entropy, text.example(place, runs.length))


def discover_with(settings: Settings, texts: Iterable[str], *, least: int = 5) -> list[Term]:
    """Return the words of documents, in whatever script, that the dictionary of these settings does not have."""
    cutter = Segmenter(replace(settings, hmm=False, split_numbers=True))
    return discover(map(in_simplified, texts), cutter.begins, cutter.has, least=least)
