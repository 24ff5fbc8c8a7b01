"""Find the words of a corpus that the dictionary does not have.

A run of characters is taken for a word when its parts stay together and its neighbours vary: wherever it is cut in two,
the parts stand together much more often than chance would have it (cohesion, the least pointwise mutual information of
a cut; Church & Hanks 1990), and what stands before and after it is hardly ever the same (branching entropy; Harris
1955, Jin & Tanaka-Ishii 2006).

All runs of a length are counted at once, in numpy, and only where the two runs that are shorter by one were frequent
enough. Memory is about 20 bytes a character of text and length; time is that of sorting them.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

SHORTEST, LONGEST = 3, 8

# A word does not begin or end with these. They stand in words, too, but those are in the dictionary.
_NOT_FIRST = frozenset("的了和与及或等地得着过们并而且但则也都就又还被把对从向以于之其所者吗呢吧上下中里内个各每该这那")
_NOT_LAST = frozenset("的了和与及或是在有为对把被从向以于将并而且但则也都就又还很更最不之其所这那各每该个一")

_HAN = re.compile("[\u4e00-\u9fff]")
_FIRST_HAN, _LAST_HAN = 0x4E00, 0x9FFF
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


class _Text:
    """The characters of all documents as numbers from 1 on, 0 for what is not Han; each document ends with a 0."""

    def __init__(self, texts: Iterable[str]) -> None:
        parts: list[npt.NDArray[np.uint16]] = []
        ends: list[int] = []
        place = 0
        for text in texts:
            codes = np.frombuffer((text + "\n").encode("utf-16-le", "surrogatepass"), dtype="<u2")
            han = (codes >= _FIRST_HAN) & (codes <= _LAST_HAN)
            parts.append(np.where(han, codes - np.uint16(_FIRST_HAN - 1), 0).astype(np.uint16))
            place += len(codes)
            ends.append(place)
        self.codes = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint16)
        self.ends = np.array(ends, dtype=np.int64)

    def word(self, start: int, length: int) -> str:
        return "".join(chr(int(code) + _FIRST_HAN - 1) for code in self.codes[start : start + length])


def discover(
    texts: Iterable[str],
    is_known: Callable[[str], bool],
    *,
    least: int = 5,
    cohesion: float = 6.0,
    entropy: float = 1.5,
) -> list[Term]:
    """Return the words of 3 to 8 characters that occur at least `least` times and are not known, frequent ones first.

    `texts` are documents in Simplified. `cohesion` and `entropy` are the least of each, in bits. A word within a longer
    one, and hardly ever outside it, is left out.

    >>> texts = [f"{a}推行河湖长{b}。" for a in "我你他她它省市县" for b in "制度会员巡查责任"]
    >>> [term.word for term in discover(texts, {"推行"}.__contains__)]
    ['河湖长']
    """
    text = _Text(texts)
    size = len(text.codes)
    ids = [_ranks(text.codes.astype(np.int64), np.flatnonzero(text.codes))]  # per length, what stands at each place
    found: list[tuple[int, int, int, float, float]] = []  # length, first place, frequency, cohesion, entropy
    kept_places: dict[int, tuple[Integers, Integers]] = {}
    total = max(int((text.codes > 0).sum()), 1)
    for length in range(2, LONGEST + 2):
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
        if SHORTEST <= length <= LONGEST:
            found += _judge(text, ids, length, total, cohesion, entropy, kept_places)
    return _select(text, found, kept_places, is_known)


def _ranks(codes: Integers, at: Integers) -> tuple[npt.NDArray[np.int32], Integers]:
    return _frequent(codes[at], at, len(codes), 1)


def _frequent(keys: Integers, at: Integers, size: int, least: int) -> tuple[npt.NDArray[np.int32], Integers]:
    """Return for each place the number of the run that begins there (-1: rare, or none), and each run's frequency."""
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    frequent = counts >= least
    numbers = np.where(frequent, np.cumsum(frequent) - 1, -1).astype(np.int32)
    found = np.full(size, -1, dtype=np.int32)
    found[at] = numbers[inverse]
    return found, counts[frequent]


def _judge(
    text: _Text,
    ids: list[tuple[npt.NDArray[np.int32], Integers]],
    length: int,
    total: int,
    least_cohesion: float,
    least_entropy: float,
    kept_places: dict[int, tuple[Integers, Integers]],
) -> list[tuple[int, int, int, float, float]]:
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
    good &= ~np.isin(text.codes[firsts], _numbers(_NOT_FIRST)) & ~np.isin(
        text.codes[firsts + length - 1], _numbers(_NOT_LAST)
    )
    mine = good[runs]
    at, runs = at[mine], runs[mine]
    varied = np.minimum(
        _entropy(runs, np.where(at > 0, text.codes[at - 1], 0), len(counts)),
        _entropy(runs, text.codes[np.minimum(at + length, len(text.codes) - 1)], len(counts)),
    )
    good &= varied >= least_entropy
    mine = good[runs]
    kept_places[length] = at[mine], runs[mine]
    return [
        (length, int(firsts[run]), int(counts[run]), float(held[run]), float(varied[run]))
        for run in np.flatnonzero(good).tolist()
    ]


def _numbers(characters: Iterable[str]) -> npt.NDArray[np.uint16]:
    return np.array([ord(one) - _FIRST_HAN + 1 for one in characters], dtype=np.uint16)


def _entropy(runs: npt.NDArray[np.int32], neighbours: npt.NDArray[Any], size: int) -> npt.NDArray[np.float64]:
    """Return the entropy of each run's neighbours, in bits; a boundary (0) is a neighbour of its own each time."""
    whole = np.bincount(runs, minlength=size).astype(np.float64)
    inner = neighbours > 0
    _, inverse, counts = np.unique(runs[inner].astype(np.int64) << 16 | neighbours[inner], return_index=True, return_counts=True)
    owner = runs[inner][inverse]
    share = counts / whole[owner]
    found = np.bincount(owner, weights=-share * np.log2(share), minlength=size)
    edges = np.bincount(runs[~inner], minlength=size)
    with np.errstate(divide="ignore", invalid="ignore"):
        found += np.where(edges > 0, edges / whole * np.log2(whole), 0.0)
    return found


def _select(
    text: _Text,
    found: list[tuple[int, int, int, float, float]],
    kept_places: dict[int, tuple[Integers, Integers]],
    is_known: Callable[[str], bool],
) -> list[Term]:
    """Return the unknown words, without those that are parts of longer ones."""
    covered = np.zeros(len(text.codes) + 1, dtype=np.int8)
    terms: list[Term] = []
    by_length: dict[int, list[tuple[int, int, int, float, float]]] = {}
    for one in found:
        by_length.setdefault(one[0], []).append(one)
    for length in sorted(by_length, reverse=True):
        at, runs = kept_places[length]
        order = np.argsort(runs, kind="stable")
        at, runs = at[order], runs[order]
        accepted: list[Integers] = []
        for _, first, frequency, held, varied in by_length[length]:
            word = text.word(first, length)
            run = runs[np.searchsorted(at[:0], 0)] if not len(at) else None
            places = _places_of(text, at, runs, first)
            del run
            inside = covered[places] >= length
            if inside.sum() * 10 >= 8 * len(places) or is_known(word):
                continue
            documents = len(np.unique(np.searchsorted(text.ends, places, side="right")))
            accepted.append(places)
            terms.append(Term(word, frequency, documents, held, varied, _example(text, first, length)))
        for places in accepted:
            for shift in range(length):
                covered[places + shift] = np.maximum(covered[places + shift], length - shift)
    terms.sort(key=lambda term: (-term.frequency, term.word))
    return terms
