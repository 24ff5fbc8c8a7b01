"""How evenly words are spread over the parts of a corpus: the formulas.

v_i is the frequency of a word in part i, f its frequency in all, s_i the size of the part, N that of the corpus, n the
number of parts. A part of size 0 is none. Values that are not defined are nan: all of a word that does not occur, and
D, DP, DPnorm and KLD where there are fewer than two parts.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Dispersion:
    """Sums over the parts of a corpus, for many words at once; what `add` is given may come in any order and split.

    `frequency` has f of each word, `sizes` s_i of each part.
    """

    def __init__(self, frequency: npt.ArrayLike, sizes: npt.ArrayLike) -> None:
        self._frequency = np.asarray(frequency, np.float64)
        self._sizes = np.asarray(sizes, np.float64)
        self._total = self._sizes.sum()
        self._parts = int(np.count_nonzero(self._sizes))
        words = len(self._frequency)
        self.documents: Integers = np.zeros(words, np.int64)
        self._overlap = np.zeros(words)
        self._divergence = np.zeros(words)
        self._rates = np.zeros(words)
        self._squares = np.zeros(words)

    def add(self, word: npt.NDArray[Any], part: npt.NDArray[Any], n: npt.NDArray[Any]) -> None:
        """Add that word (its index) occurs n times, n > 0, in a part (its index); each pair of the two only once."""
        words = len(self._frequency)
        observed = n / self._frequency[word]
        expected = self._sizes[part] / self._total
        rate = n / self._sizes[part]
        self.documents += np.bincount(word, minlength=words)
        self._overlap += np.bincount(word, np.minimum(observed, expected), minlength=words)
        self._divergence += np.bincount(word, observed * np.log2(observed / expected), minlength=words)
        self._rates += np.bincount(word, rate, minlength=words)
        self._squares += np.bincount(word, rate * rate, minlength=words)

    def _defined(self, values: Floats) -> Floats:
        defined = (self.documents > 0) & (self._parts > 1)
        return np.where(defined, values, np.nan)

    def juilland_d(self) -> Floats:
        """Return Juilland's D = 1 - V / √(n - 1), V the coefficient of variation of v_i / s_i.

        Juilland & Chang-Rodríguez 1964; over relative frequencies, for parts differ in size (Gries 2008). The standard
        deviation is that of a population. 0: all in one part; 1: as frequent in every part.
        """
        with np.errstate(all="ignore"):
            mean = self._rates / self._parts
            variance = np.maximum(self._squares / self._parts - mean * mean, 0)
            return self._defined(np.maximum(1 - np.sqrt(variance) / mean / np.sqrt(max(self._parts - 1, 1)), 0))

    def dp(self) -> Floats:
        """Return DP = ½ Σ |v_i / f - s_i / N| (Gries 2008); 0: spread as the parts' sizes are.

        Computed as 1 - Σ min(v_i / f, s_i / N), which is the same, for both kinds of shares add up to 1.
        """
        return self._defined(np.maximum(1 - self._overlap, 0))

    def dp_norm(self) -> Floats:
        """Return DPnorm = DP / (1 - min s_i / N), so that 1 is reached (Lijffijt & Gries 2012)."""
        if self._parts < 2:
            return np.full(len(self._frequency), np.nan)
        smallest = float(self._sizes[self._sizes > 0].min() / self._total)
        return self.dp() / (1 - smallest)

    def kld(self) -> Floats:
        """Return the Kullback-Leibler divergence Σ v_i / f · log2((v_i / f) / (s_i / N)), in bits (Gries 2020)."""
        return self._defined(np.maximum(self._divergence, 0))


def dispersion(counts: npt.ArrayLike, sizes: npt.ArrayLike) -> Dispersion:
    """Return the dispersion of words given as a table of v_i (a row a word, a column a part; one word: one row).

    >>> example = dispersion([1, 2, 3, 4, 5], [9, 10, 10, 10, 11])
    >>> [float(value[0].round(4)) for value in (example.juilland_d(), example.dp(), example.dp_norm(), example.kld())]
    [0.7852, 0.18, 0.2195, 0.137]
    """
    table = np.atleast_2d(np.asarray(counts, np.int64))
    made = Dispersion(table.sum(axis=1), sizes)
    word, part = np.nonzero(table)
    made.add(word, part, table[word, part])
    return made


class Distances:
    """Sums over the distances between occurrences, for many words at once: average reduced frequency.

    `frequency` has f of each word, `length` is the number of places in the corpus. Occurrences are added in order of
    place, those that are added together in order of word and place.
    """

    def __init__(self, frequency: npt.ArrayLike, length: int) -> None:
        self._frequency = np.asarray(frequency, np.float64)
        self._length = length
        words = len(self._frequency)
        with np.errstate(divide="ignore"):
            self._even = length / self._frequency
        self._first = np.full(words, -1, np.int64)
        self._last = np.full(words, -1, np.int64)
        self._sums = np.zeros(words)

    def add(self, word: Integers, place: Integers) -> None:
        """Add the words (their indices) at these places."""
        if not len(word):
            return
        words = len(self._frequency)
        new = np.flatnonzero(np.concatenate(([True], word[1:] != word[:-1])))
        ends = np.concatenate((new[1:], [len(word)])) - 1
        distance = np.empty(len(word), np.float64)
        distance[1:] = np.diff(place)
        seen = self._last[word[new]]
        distance[new] = np.where(seen < 0, 0, place[new] - seen)
        self._sums += np.bincount(word, np.minimum(distance, self._even[word]), minlength=words)
        self._first[word[new]] = np.where(seen < 0, place[new], self._first[word[new]])
        self._last[word[ends]] = place[ends]

    def arf(self) -> Floats:
        """Return the average reduced frequency: 1/v Σ min(d_i, v), v = N / f (Savický & Hlaváčová 2002).

        d_i is the distance from an occurrence to the one before it; to the first from the last, as if the corpus
        were a circle. It is f for a word at even distances, and near 1 for one whose occurrences are all together.
        """
        around = np.minimum(self._first + self._length - self._last, self._even)
        return np.where(self._first < 0, np.nan, (self._sums + around) / self._even)


def arf(places: npt.ArrayLike, length: int) -> float:
    """Return the average reduced frequency of a word at these places (in order, from 0) of a corpus of this length.

    >>> arf([0, 5], 10), arf([0, 1], 10)
    (2.0, 1.2)
    """
    at = np.asarray(places, np.int64)
    made = Distances([len(at)], length)
    made.add(np.zeros(len(at), np.int64), at)
    return float(made.arf()[0])
