"""N-grams: sequences of words, as they stand together in a sentence."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy.index import Index, Selection
from cnpolicy.stats.counting import Integers, Parts, Texts, term_ids, texts
from cnpolicy.stats.dispersion import Dispersion
from cnpolicy.stats.sequences import frequent
from cnpolicy.stats.table import Table, plain

SHORTEST, LONGEST = 2, 6
COLUMNS = ("ngram", "n", "frequency", "per_million", "documents", "dp")


class _Grams(NamedTuple):
    """N-grams of one length, and where they occur

    `terms` has a row to an n-gram; `gram` and `place` an entry to an occurrence.
    """

    terms: Integers
    gram: Integers
    place: Integers

    def frequency(self) -> Integers:
        return np.bincount(self.gram, minlength=len(self.terms)).astype(np.int64)

    def only(self, wanted: npt.NDArray[np.bool_]) -> "_Grams":
        """Return some of the n-grams, given which."""
        number = np.cumsum(wanted) - 1
        kept = wanted[self.gram]
        return _Grams(self.terms[wanted], number[self.gram[kept]], self.place[kept])


def _grams(
    read: Texts, shortest: int, longest: int, least: int, top: int | None, stopwords: frozenset[str]
) -> list[_Grams]:
    """Return the n-grams that are frequent enough, the longest first; of one length the `top` most frequent.

    Those that are as frequent as the last of them are among them.
    """
    is_edge = np.ones(len(read.is_word), np.bool_)
    is_edge[list(term_ids(read.selection, stopwords).values())] = False
    levels, found = frequent(read, longest, least, is_edge, top)
    first = shortest - SHORTEST
    numbers = []  # of each length: the number in the list, or -1
    for words, frequency in levels:
        wanted = is_edge[words[:, 0]] & is_edge[words[:, -1]]
        if top is not None and top < np.count_nonzero(wanted):
            wanted &= frequency >= _last_of(top, frequency[wanted])
        numbers.append(np.where(wanted, np.cumsum(wanted) - 1, -1))
    none = np.zeros(0, np.int64)
    held: list[list[tuple[Integers, ...]]] = [[(none, none)] for _ in levels]
    for lengths in found:
        for number, into, one in zip(numbers[first:], held[first:], lengths[first:], strict=True):
            gram = number[one.number]
            kept = gram >= 0
            into.append((gram[kept], one.place[kept]))
    return [
        _Grams(level.words[number >= 0], *map(np.concatenate, zip(*into, strict=True)))
        for level, number, into in reversed(list(zip(levels, numbers, held, strict=True))[first:])
    ]


def _last_of(top: int, frequency: Integers) -> int:
    """Return the frequency of the last of the `top` most frequent."""
    return int(np.partition(frequency, -top)[-top])


def ngrams(
    source: Index | Selection | Texts,
    shortest: int = 2,
    longest: int | None = None,
    *,
    top: int | None = None,
    min_frequency: int = 2,
    stopwords: frozenset[str] = frozenset(),
    subsume: bool = False,
) -> Table:
    """Return the sequences of `shortest` to `longest` (None: only `shortest`) words, 2 to 6.

    The words of an n-gram stand in one sentence with nothing between them, punctuation neither.

    * `ngram`: its words, with spaces between; `n`: how many
    * `frequency`, at least `min_frequency`; `per_million`: in a million words; `documents`: how many have it
    * `dp`: dispersion over the documents (see Dispersion); None below two documents that are not empty

    N-grams that begin or end with one of the `stopwords` are left out. With `subsume`, an occurrence inside an
    occurrence of a longer n-gram of the table does not count for the shorter one, and a shorter one that is no longer
    frequent enough is left out; longest first (the adjusted frequency of O'Donnell 2011). Equal frequencies: the
    longer n-gram first, then in order of the words' code points. Raises ValueError for lengths that are not 2 to 6.
    """
    longest = shortest if longest is None else longest
    if not SHORTEST <= shortest <= longest <= LONGEST:
        raise ValueError(f"n-grams have {SHORTEST} to {LONGEST} words")
    if min_frequency < 1:
        raise ValueError("the least frequency of an n-gram is 1")
    read = texts(source)
    documents = read.parts
    total = int(documents.words.sum())
    # How far an n-gram reaches that begins at a place or before.
    covered = np.zeros(int(documents.tokens.sum()) if subsume else 0, np.int64)
    found: list[tuple[Any, ...]] = []
    for grams in _grams(read, shortest, longest, min_frequency, None if subsume else top, stopwords):
        if subsume:
            n = grams.terms.shape[1]
            kept = covered[grams.place] < grams.place + n
            grams = grams._replace(gram=grams.gram[kept], place=grams.place[kept])
            grams = grams.only(grams.frequency() >= min_frequency)
            if n > shortest:
                covered[grams.place] = grams.place + n
                covered = np.maximum.accumulate(covered)
        found += _rows(read.selection, grams, documents, total, top)
    found.sort(key=lambda row: (-row[2], -row[1]))
    return Table("ngrams", COLUMNS, found[:top])


def _rows(selection: Selection, grams: _Grams, documents: Parts, total: int, top: int | None) -> list[tuple[Any, ...]]:
    """Return the rows of n-grams of one length, the `top` most frequent; those of one frequency in order of words."""
    if not len(grams.terms):
        return []
    if top is not None and top < len(grams.terms):
        frequency = grams.frequency()
        grams = grams.only(frequency >= _last_of(top, frequency))
    frequency = grams.frequency()
    dispersion = Dispersion(frequency, documents.words)
    bits = len(documents.words).bit_length()
    # The last of those that begin there or before: one without tokens begins where the next does.
    part = np.searchsorted(documents.start, grams.place, side="right") - 1
    pairs = np.sort((grams.gram << bits) | part)
    new = np.flatnonzero(np.diff(pairs, prepend=-1))
    pairs, n = pairs[new], np.diff(np.append(new, len(pairs)))
    dispersion.add(pairs >> bits, pairs & ((1 << bits) - 1), n)
    ids = np.unique(grams.terms)
    names = dict(
        selection.query(
            "SELECT term_id, term FROM terms WHERE term_id IN (SELECT unnest($ids::INTEGER[])) ORDER BY term",
            {"ids": ids.tolist()},
        )
    )
    rank = np.empty(len(ids), np.int64)
    rank[np.searchsorted(ids, np.array(list(names)))] = np.arange(len(ids))
    ranks = rank[np.searchsorted(ids, grams.terms)]
    order = np.lexsort((*ranks.T[::-1], -frequency))[:top]
    written = [" ".join([names[term] for term in terms]) for terms in grams.terms[order].tolist()]
    length = [grams.terms.shape[1]] * len(written)
    columns = (frequency, frequency * (1e6 / total), dispersion.documents, dispersion.dp())
    return list(zip(written, length, *(plain(column[order]) for column in columns), strict=True))
