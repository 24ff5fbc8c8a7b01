"""How rich the vocabulary of a text is: the formulas.

A text is the numbers of its words, in order; several texts are the numbers of all, and where each text begins. f is the
frequency of a word in the text, N the number of its words, V that of its different words. What is not defined is nan.
"""

from math import log, nan
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.integer[Any]]
_SMALL = 1 << 31

THRESHOLD = 0.72
"""The type-token ratio that ends a factor of MTLD (McCarthy & Jarvis 2010)."""
DRAWS = 42
"""The size of the sample of HD-D (McCarthy & Jarvis 2007)."""
WINDOW = 100

# Words that are looked at in one go for the end of a factor; in Chinese news and policy most factors are shorter.
_BLOCK = 256
# Texts that are looked at side by side: about 20 MB.
_TEXTS = 2000


def type_token_ratio(frequencies: npt.ArrayLike) -> float:
    """Return V / N (Johnson 1944), which falls as a text grows."""
    f = np.asarray(frequencies, np.int64)
    total = int(f.sum())
    return int(np.count_nonzero(f)) / total if total else nan


def yule_k(frequencies: npt.ArrayLike) -> float:
    """Return Yule's K = 10⁴ (Σ f² - N) / N² (Yule 1944), hardly dependent on length; large where words recur.

    >>> yule_k([2, 1, 1])
    1250.0
    """
    f = np.asarray(frequencies, np.float64)
    total = float(f.sum())
    return 1e4 * (float((f * f).sum()) - total) / total**2 if total else nan


def hdd(frequencies: npt.ArrayLike, draws: int = DRAWS) -> float:
    """Return HD-D = 1/s Σ (1 - h), h the probability that a sample of s = `draws` words lacks the word.

    McCarthy & Jarvis 2007: the expected type-token ratio of such a sample, drawn without putting back (hypergeometric
    distribution). Not defined for a text of fewer words than `draws`.

    >>> round(hdd([2, 1, 1], 2), 4)
    0.9167
    """
    f = np.asarray(frequencies, np.int64)
    total = int(f.sum())
    if total < draws:
        return nan
    # Words of one frequency are drawn alike.
    f, words = np.unique(f[f > 0], return_counts=True)
    absent = np.ones(len(f))
    for drawn in range(draws):
        absent *= np.maximum(total - f - drawn, 0) / (total - drawn)
    return float((words * (1 - absent)).sum()) / draws


def earlier(ids: Integers, starts: npt.ArrayLike = (0,)) -> Integers:
    """Return where each word last stood before in its text, or -1.

    >>> earlier(np.array([7, 8, 7, 7, 8]), [0, 3]).tolist()
    [-1, -1, 0, -1, -1]
    """
    if not len(ids):
        return np.zeros(0, np.int64)
    bits = len(ids).bit_length()
    # One number each, word before place: sorting numbers is five times as fast as sorting indices to them.
    key = ids.astype(np.int64)
    key <<= bits
    key |= np.arange(len(ids))
    key.sort()
    place = _small(key & ((1 << bits) - 1), len(ids))
    # Two keys of one word differ only in their lower bits.
    last = np.where((key[1:] ^ key[:-1]) >> bits == 0, place[:-1], -1)
    before = np.empty_like(place)
    before[place[0]] = -1
    before[place[1:]] = last
    np.putmask(before, before < _begin(len(ids), starts), -1)
    return before


def _small(values: Integers, length: int) -> Integers:
    """Return places in a text of that length in half the memory, if that holds them: passes take half the time."""
    return values.astype(np.int32) if length < _SMALL else values


def _begin(length: int, starts: npt.ArrayLike) -> Integers:
    """Return for each word where its text begins."""
    begins = np.asarray(starts, np.int64)
    return np.repeat(_small(begins, length), np.diff(np.append(begins, length)))


class Windows(NamedTuple):
    """All windows of some words, and the sum of how many different words each has: they add up over texts."""

    windows: int
    types: int


def windows(before: Integers, window: int, starts: npt.ArrayLike = (0,)) -> Windows:
    """Return the sums over the windows that lie inside a text, given `earlier`."""
    begins = np.asarray(starts, np.int64)
    ends = np.append(begins[1:], len(before))
    length = len(before)
    window = min(window, length + 1)  # a longer one lies in no text either
    begin, end = _begin(length, begins), np.repeat(_small(ends - window, length), ends - begins)
    place = _small(np.arange(length), length)
    # A word is the first of its kind in the windows that begin after its last occurrence, and not after itself.
    first = np.maximum(before, place - window)
    first += 1
    np.maximum(first, begin, out=first)
    end = np.minimum(place, end, out=end)
    end -= first
    end += 1
    types = int(np.maximum(end, 0, out=end).sum(dtype=np.int64))
    return Windows(int(np.maximum(ends - begins - window + 1, 0).sum()), types)


def mattr(ids: npt.ArrayLike, window: int = WINDOW, starts: npt.ArrayLike = (0,)) -> float:
    """Return the mean type-token ratio of all windows of so many words (Covington & McFall 2010).

    Windows lie inside a text; not defined if all are shorter.

    >>> mattr([1, 2, 1, 3], 2), mattr([1, 1, 1, 3], 3)
    (1.0, 0.5)
    """
    words = np.asarray(ids, np.int64)
    found = windows(earlier(words, starts), window, starts)
    return found.types / (found.windows * window) if found.windows else nan


def factors(before: Integers, starts: npt.ArrayLike = (0,), threshold: float = THRESHOLD) -> float:
    """Return how many factors of MTLD the texts have, given `earlier`.

    The last of each text, which is not whole, counts by its share. A factor ends with the word at
    which its type-token ratio is no more than the threshold.
    """
    begins = np.asarray(starts, np.int64)
    ends = np.append(begins[1:], len(before))
    lengths = np.arange(1, int((ends - begins).max(initial=0)) + 1)
    # The most different words that end a factor of each length; as a quotient, so that a ratio that is exactly the
    # threshold is found to be so.
    most = np.ceil(threshold * lengths).astype(np.int64)
    most -= most / lengths > threshold
    total = 0.0
    for first in range(0, len(begins), _TEXTS):
        total += _factors(before, begins[first : first + _TEXTS], ends[first : first + _TEXTS], most, threshold)
    return total


def _factors(before: Integers, begins: Integers, ends: Integers, most: Integers, threshold: float) -> float:
    """Return how many factors some texts have: a stretch of each text after the other, all texts side by side."""
    total = 0.0
    ahead = np.arange(_BLOCK)
    held = begins < ends
    start, end = begins[held], ends[held]  # of the factor that is looked for, and of its text
    place, types = start, np.zeros(len(start), np.int64)  # how far it was looked at, and its different words so far
    while len(start):
        at = place[:, None] + ahead
        inside = at < end[:, None]
        new = (before[np.minimum(at, len(before) - 1)] < start[:, None]) & inside
        counts = types[:, None] + new.cumsum(axis=1, dtype=np.int32)
        low = (counts <= most[np.minimum(at - start[:, None], len(most) - 1)]) & inside
        stop = low.argmax(axis=1)
        found = low[np.arange(len(stop)), stop]
        total += int(found.sum())
        place = np.where(found, place + stop + 1, np.minimum(place + _BLOCK, end))
        types = np.where(found, 0, counts[:, -1])
        over = place == end
        rest = over & ~found
        total += float(((1 - types[rest] / (end - start)[rest]) / (1 - threshold)).sum())
        start = np.where(found, place, start)[~over]
        place, end, types = place[~over], end[~over], types[~over]
    return total


def backward(before: Integers, starts: npt.ArrayLike = (0,)) -> tuple[Integers, Integers]:
    """Return `earlier` and the starts of the same texts read from their ends, the last text first."""
    length = len(before)
    place = _small(np.arange(length), length)
    after = np.full(length + 1, length, place.dtype)
    after[before] = place  # of those that stood nowhere before, at the end, which is left out
    after = after[:length]
    ends = np.append(np.asarray(starts, np.int64)[1:], length)
    return (length - 1 - after)[::-1], (length - ends)[::-1]


def mtld(ids: npt.ArrayLike, threshold: float = THRESHOLD, starts: npt.ArrayLike = (0,)) -> float:
    """Return MTLD: the mean length of stretches that keep a type-token ratio above the threshold.

    McCarthy & Jarvis 2010; words / factors (see `factors`), read forward and backward, and the mean of both. Not
    defined where no word recurs. For several texts, factors are summed up over them.

    >>> mtld([1, 2, 3, 1, 2, 3])
    6.0
    """
    words = np.asarray(ids, np.int64)
    before = earlier(words, starts)
    return mean_length(len(words), factors(before, starts, threshold), factors(*backward(before, starts), threshold))


def mean_length(words: int, forward: float, back: float) -> float:
    """Return MTLD of so many words and factors."""
    return (words / forward + words / back) / 2 if forward and back else nan


class Fit(NamedTuple):
    """A line through points in logarithms: y = constant · x^exponent; r2 is the share of variance that it explains."""

    constant: float
    exponent: float
    r2: float


def fit(x: npt.ArrayLike, y: npt.ArrayLike) -> Fit:
    """Fit a power law by least squares in logarithms; nan for fewer than two points.

    >>> [round(value, 6) for value in fit([1, 2, 4], [3, 6, 12])]
    [3.0, 1.0, 1.0]
    """
    across, up = np.log(np.asarray(x, np.float64)), np.log(np.asarray(y, np.float64))
    if len(across) < 2:
        return Fit(nan, nan, nan)
    dx, dy = across - across.mean(), up - up.mean()
    slope = float((dx * dy).sum() / (dx * dx).sum())
    spread = float((dy * dy).sum())
    left = float(((dy - slope * dx) ** 2).sum())
    return Fit(float(np.exp(up.mean() - slope * across.mean())), slope, 1 - left / spread if spread else 1.0)


def zipf(frequencies: npt.ArrayLike) -> Fit:
    """Fit Zipf's law f = constant · rank^exponent (Zipf 1949), at the ranks 1, 2, 4, 8, …

    At these, each order of magnitude counts the same; over all ranks the words that occur once would decide alone.

    >>> round(zipf([120, 60, 40, 30]).exponent, 6)
    -1.0
    """
    f = np.sort(np.asarray(frequencies, np.int64))[::-1]
    f = f[f > 0]
    ranks = 2 ** np.arange(len(f).bit_length())
    return fit(ranks, f[ranks - 1])


def heaps(frequencies: npt.ArrayLike) -> Fit:
    """Fit Heaps' law V = constant · n^exponent (Heaps 1978) to the growth of the vocabulary, at n = N, N/2, N/4, …

    V(n) is the expected vocabulary of n words drawn at random, Σ 1 - (1 - n/N)^f (binomial interpolation; Good &
    Toulmin 1956, Baayen 2001), which does not depend on the order of the documents. The points go down to 100 words.
    """
    f = np.asarray(frequencies, np.int64)
    total = int(f.sum())
    if total < 100:
        return Fit(nan, nan, nan)
    f, words = np.unique(f[f > 0], return_counts=True)
    shares = 0.5 ** np.arange(int(log(total / 100, 2)) + 1)
    sizes = [float((words * (1 - (1 - share) ** f)).sum()) for share in shares]
    return fit(total * shares, sizes)
