"""Find the words of a corpus that the dictionary does not have.

A run of characters is taken for a word when its parts stay together and its neighbours vary: wherever it is cut in two,
the parts stand together much more often than chance would have it (cohesion, the least pointwise mutual information of
a cut; Church & Hanks 1990), and what stands before and after it is hardly ever the same (branching entropy; Harris
1955, Jin & Tanaka-Ishii 2006). Where the dictionary's words would have to be cut in two for it, it is none: 税收入.

All runs of a length are counted at once, in numpy, and only where the two runs that are shorter by one were frequent
enough. Time is that of sorting them; 10 MB of UTF-8 (3.4 million characters) took 305 MB of
memory, which grows with the length of the text.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.convert import to_simplified
from cnpolicy.segment import Segmenter, Settings

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
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: Knuth's multiplicative hash
_HASH_BITS = 24
_BITS = 64  # of a number, with its sign
_AROUND = 12  # characters of an example before and after the word

Integers = npt.NDArray[np.int64]


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


class _Run(NamedTuple):
    """A run of characters that may be a word, and all the places where it begins."""

    length: int
    places: Integers
    cohesion: float
    entropy: float


class _Text:
    """The characters of all documents as numbers from 1 on, 0 for what is not Han; each document ends with a 0.

    `borders` tells for each place whether a word of the dictionary begins there, `ends` where the documents end.
    """

    def __init__(self, texts: Iterable[str], cut: Callable[[str], list[str]]) -> None:
        parts: list[npt.NDArray[np.uint16]] = []
        starts: list[npt.NDArray[np.bool_]] = []
        ends: list[int] = []
        place = 0
        for text in texts:
            lengths = np.fromiter(map(len, cut(text)), dtype=np.int64)
            border = np.zeros(len(text) + 1, dtype=np.bool_)
            border[np.cumsum(lengths)] = True
            border[0] = True
            starts.append(border)
            codes = np.frombuffer((text + "\n").encode("utf-32-le", "surrogatepass"), dtype="<u4")
            han = (codes >= _FIRST_HAN) & (codes <= _LAST_HAN)
            parts.append(np.where(han, codes - (_FIRST_HAN - 1), 0).astype(np.uint16))
            place += len(border)
            ends.append(place)
        self.codes = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint16)
        self.borders = np.concatenate(starts) if starts else np.zeros(0, dtype=np.bool_)
        self.ends = np.array(ends, dtype=np.int64)

    def example(self, start: int, length: int) -> str:
        """Return a word with the Chinese characters before and after it, `[` and `]` around it."""
        first, last = start, start + length
        while first > max(start - _AROUND, 0) and self.codes[first - 1]:
            first -= 1
        while last < min(start + length + _AROUND, len(self.codes)) and self.codes[last]:
            last += 1
        word = self.word(start, length)
        return f"{self.word(first, start - first)}[{word}]{self.word(start + length, last - start - length)}"

    def word(self, start: int, length: int) -> str:
        """Return the characters of a stretch of Chinese ones."""
        return "".join(chr(int(code) + _FIRST_HAN - 1) for code in self.codes[start : start + length])


def discover(
    texts: Iterable[str],
    cut: Callable[[str], list[str]],
    is_known: Callable[[str], bool],
    *,
    least: int = 5,
    cohesion: float = 6.0,
    entropy: float = 1.5,
) -> list[Term]:
    """Return the words of 3 to 8 characters that occur `least` times or more and are not known, frequent ones first.

    `texts` are documents in Simplified; `cut` gives the dictionary's words of a text, and what is between them, so that
    they make up the text; `is_known` tells whether it has a word. `cohesion` and `entropy` are the least of each, in
    bits. A word within a longer one, and hardly ever outside it, is left out.

    >>> texts = [f"{a}河湖长{b}。" for a in "向对请由省市县乡" for b in "们要会巡查责任到"]
    >>> [term.word for term in discover(texts, list, {"责任"}.__contains__, least=10, cohesion=2)]
    ['河湖长']
    """
    text = _Text(texts, cut)
    size = len(text.codes)
    ids = [_ranks(text.codes.astype(np.int64), np.flatnonzero(text.codes))]  # per length, what stands at each place
    found: list[_Run] = []
    total = max(int((text.codes > 0).sum()), 1)
    for length in range(2, LONGEST + 1):
        before, counts = ids[-1]
        if size <= length:
            break
        # Both runs that are shorter by one are frequent enough.
        left, right = before[:-1], before[1:]
        at = np.flatnonzero((left >= 0) & (right >= 0))
        if not len(at):
            break
        keys = left[at].astype(np.int64) * len(counts) + right[at]
        ids.append(_frequent(keys, at, size - length + 1, least))
        if length >= SHORTEST:
            found += _judge(text, ids, length, total, cohesion, entropy)
    return _select(text, found, is_known)


def _ranks(codes: Integers, at: Integers) -> tuple[npt.NDArray[np.int32], Integers]:
    return _frequent(codes[at], at, len(codes), 1)


def _frequent(keys: Integers, at: Integers, size: int, least: int) -> tuple[npt.NDArray[np.int32], Integers]:
    """Return for each place the number of the run that begins there (-1: rare, or none), and each run's frequency."""
    ordered, order = _sorted(keys, least)
    counts = _sizes(ordered)
    frequent = counts >= least
    often = counts[frequent]
    found = np.full(size, -1, dtype=np.int32)
    found[at[order[np.repeat(frequent, counts)]]] = np.repeat(np.arange(len(often), dtype=np.int32), often)
    return found, often


def _sorted(keys: Integers, least: int) -> tuple[Integers, Integers]:
    """Return numbers from 0 on in order, and where each was; some that occur less often than `least` may be left out.

    Numbers alone are sorted five times as fast as their places (`argsort`). So each gets its place for its lowest
    bits, if both have room.
    """
    places = np.arange(len(keys))
    bits = len(keys).bit_length()
    if not len(keys) or int(keys.max()).bit_length() + bits < _BITS:
        keys = keys << bits | places
        keys.sort()
        return keys >> bits, keys & ((1 << bits) - 1)
    # Most are rare: those whose number of a hash is rare need not be sorted.
    hashed = (keys.astype(np.uint64) * _FACTOR >> np.uint64(64 - _HASH_BITS)).astype(np.int32)
    places = places[np.bincount(hashed, minlength=1 << _HASH_BITS)[hashed] >= least]
    keys = keys[places]
    order = np.argsort(keys)
    return keys[order], places[order]


def _sizes(ordered: Integers) -> Integers:
    """Return how many there are of each of the numbers, which are in order."""
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    return np.diff(starts, append=len(ordered))


def _judge(
    text: _Text,
    ids: list[tuple[npt.NDArray[np.int32], Integers]],
    length: int,
    total: int,
    least_cohesion: float,
    least_entropy: float,
) -> list[_Run]:
    """Return the runs of a length that hold together and stand among various neighbours."""
    here, counts = ids[length - 1]
    at = np.flatnonzero(here >= 0)
    if not len(at):
        return []
    runs = here[at]
    firsts = np.full(len(counts), -1, dtype=np.int64)
    firsts[runs[::-1]] = at[::-1]
    held = np.full(len(counts), np.inf)
    for cut in range(1, length):
        one, other = ids[cut - 1], ids[length - cut - 1]
        apart = one[1][one[0][firsts]] * other[1][other[0][firsts + cut]] / total
        held = np.minimum(held, np.log2(counts / apart))
    good = held >= least_cohesion
    good &= ~np.isin(text.codes[firsts], _numbers(_NOT_FIRST))
    good &= ~np.isin(text.codes[firsts + length - 1], _numbers(_NOT_LAST))
    for place in range(1, length - 1):
        good &= ~np.isin(text.codes[firsts + place], _numbers(_NOT_INSIDE))
    mine = good[runs]
    at, runs = at[mine], runs[mine]
    whole = text.borders[at] & text.borders[at + length]
    good &= np.bincount(runs, weights=whole, minlength=len(counts)) >= _WHOLE * np.bincount(runs, minlength=len(counts))
    varied = np.full(len(counts), np.inf)
    for beside in (length, -1):
        mine = good[runs]
        at, runs = at[mine], runs[mine]
        neighbours = np.where(at + beside >= 0, text.codes[np.minimum(at + beside, len(text.codes) - 1)], 0)
        varied = np.minimum(varied, _entropy(runs, neighbours, len(counts)))
        good &= varied >= least_entropy
    mine = good[runs]
    at, runs = at[mine], runs[mine]
    if not len(at):
        return []
    order = np.argsort(runs, kind="stable")
    starts = np.flatnonzero(np.diff(runs[order], prepend=-1))
    return [
        _Run(length, places, float(held[run]), float(varied[run]))
        for run, places in zip(runs[order][starts].tolist(), np.split(at[order], starts[1:]), strict=True)
    ]


def _numbers(characters: Iterable[str]) -> npt.NDArray[np.uint16]:
    return np.array([ord(one) - _FIRST_HAN + 1 for one in characters], dtype=np.uint16)


def _entropy(runs: npt.NDArray[np.int32], neighbours: npt.NDArray[Any], size: int) -> npt.NDArray[np.float64]:
    """Return the entropy of each run's neighbours, in bits; a boundary (0) is a neighbour of its own each time."""
    whole = np.bincount(runs, minlength=size).astype(np.float64)
    inner = neighbours > 0
    pairs = runs[inner].astype(np.int64) << 16 | neighbours[inner]
    pairs.sort()
    counts = _sizes(pairs)
    owner = pairs[np.cumsum(counts) - 1] >> 16
    share = counts / whole[owner]
    found: npt.NDArray[np.float64] = np.bincount(owner, weights=-share * np.log2(share), minlength=size).astype(float)
    edges = np.bincount(runs[~inner], minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        found += np.where(edges > 0, edges / whole * np.log2(whole), 0.0)
    return found


def _select(text: _Text, found: list[_Run], is_known: Callable[[str], bool]) -> list[Term]:
    """Return the unknown words, without those that are parts of longer ones, frequent ones first."""
    terms: list[Term] = []
    # How far a longer word reaches from each place, itself included.
    reach = np.zeros(len(text.codes), dtype=np.int8)
    for run in sorted(found, key=lambda run: -run.length):
        places = run.places
        if (reach[places] >= run.length).sum() > _WITHIN * len(places):
            continue
        word = text.word(int(places[0]), run.length)
        if is_known(word):
            continue
        for shift in range(run.length):
            reach[places + shift] = np.maximum(reach[places + shift], run.length - shift)
        owners = np.searchsorted(text.ends, places, side="right")
        documents = 1 + int(np.count_nonzero(owners[1:] != owners[:-1]))
        terms.append(Term(word, len(places), documents, run.cohesion, run.entropy, text.example(places[0], run.length)))
    terms.sort(key=lambda term: (-term.frequency, term.word))
    return terms


def discover_with(settings: Settings, texts: Iterable[str], *, least: int = 5) -> list[Term]:
    """Return the words of documents, in whatever script, that the dictionary of these settings does not have."""
    cutter = Segmenter(replace(settings, hmm=False, split_numbers=True))
    return discover(map(to_simplified, texts), cutter.tokens, cutter.has, least=least)
