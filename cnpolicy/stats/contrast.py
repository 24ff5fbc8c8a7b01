"""How two corpora differ in the use of a word: the formulas.

a and b are the frequencies of a word in corpus A and B, n1 and n2 the sizes of these in words. All functions take
numbers or arrays and return arrays of float; where a measure is not defined, the value is nan.
"""

from math import erfc, sqrt

import numpy as np
import numpy.typing as npt

from cnpolicy.stats.association import log_likelihood

Floats = npt.NDArray[np.float64]
Numbers = npt.ArrayLike


def _floats(*values: Numbers) -> list[Floats]:
    return [np.asarray(value, np.float64) for value in values]


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def g2(a: Numbers, b: Numbers, n1: Numbers, n2: Numbers) -> Floats:
    """Return G² = 2 (a · ln(a / e1) + b · ln(b / e2)), e1 = n1 (a + b) / (n1 + n2) (Rayson & Garside 2000).

    This, of two terms, is UCREL's log-likelihood; a term with a frequency of 0 is 0.

    >>> float(g2(100, 50, 10_000, 10_000).round(2))
    16.99
    """
    first, second, one, two = _floats(a, b, n1, n2)
    with np.errstate(all="ignore"):
        share = (first + second) / (one + two)
        left = np.where(first > 0, first * np.log(first / (one * share)), 0)
        right = np.where(second > 0, second * np.log(second / (two * share)), 0)
        return _finite(np.where(one + two > 0, np.maximum(2 * (left + right), 0), np.nan))


def g2_four_cells(a: Numbers, b: Numbers, n1: Numbers, n2: Numbers) -> Floats:
    """Return G² over all four cells, the other words included (Dunning 1993)."""
    first, second, one, two = _floats(a, b, n1, n2)
    return log_likelihood(first, second, one - first, two - second)


def chi_squared(a: Numbers, b: Numbers, n1: Numbers, n2: Numbers) -> Floats:
    """Return Pearson's χ² of the four cells (Pearson 1900), without a correction for continuity.

    >>> float(chi_squared(10, 20, 100, 100).round(4))
    3.9216
    """
    first, second, one, two = _floats(a, b, n1, n2)
    total = one + two
    with np.errstate(all="ignore"):
        difference = first * (two - second) - second * (one - first)
        return _finite(total * difference**2 / (one * two * (first + second) * (total - first - second)))


def log_ratio(a: Numbers, b: Numbers, n1: Numbers, n2: Numbers) -> Floats:
    """Return log2((a / n1) / (b / n2)) (Hardie 2014); a frequency of 0 is taken for 0.5, as he does.

    1 stands for twice as frequent in A, -1 for twice in B.

    >>> log_ratio([4, 2, 3], [1, 0, 6], 100, 100).tolist()
    [2.0, 2.0, -1.0]
    """
    first, second, one, two = _floats(a, b, n1, n2)
    with np.errstate(all="ignore"):
        ratio = np.where(first > 0, first, 0.5) / one / (np.where(second > 0, second, 0.5) / two)
        return _finite(np.log2(ratio))


def percent_diff(a: Numbers, b: Numbers, n1: Numbers, n2: Numbers) -> Floats:
    """Return %DIFF = 100 (a / n1 - b / n2) / (b / n2) (Gabrielatos & Marchi 2012); not defined if b is 0.

    They put a very small number for a b of 0, which gives a very large value of no meaning.

    >>> float(percent_diff(206_523, 178_174, 959_641, 1_562_358).round(1))
    88.7
    """
    first, second, one, two = _floats(a, b, n1, n2)
    with np.errstate(all="ignore"):
        return _finite(100 * (first / one / (second / two) - 1))


def odds_ratio(a: Numbers, b: Numbers, n1: Numbers, n2: Numbers) -> Floats:
    """Return (a / (n1 - a)) / (b / (n2 - b)) (Everitt 1992; Pojanapunya & Watson Todd 2018); nan if b or n1 - a is 0.

    >>> float(odds_ratio(16_217, 735, 2_796_938, 2_087_946).round(1))
    16.6
    """
    first, second, one, two = _floats(a, b, n1, n2)
    with np.errstate(all="ignore"):
        return _finite(first / (one - first) / (second / (two - second)))


def bic(g2: Numbers, n: Numbers) -> Floats:
    """Return the Bayesian information criterion G² - ln n, n = n1 + n2, of one degree of freedom (Wilson 2013).

    Over 2 there is evidence for a difference, over 10 very strong evidence; below 0, evidence against.
    """
    statistic, total = _floats(g2, n)
    with np.errstate(all="ignore"):
        return _finite(statistic - np.log(total))


def simple_maths(a: Numbers, b: Numbers, n1: Numbers, n2: Numbers, k: float = 1) -> Floats:
    """Return (a per million + k) / (b per million + k) (Kilgarriff 2009); a large k prefers frequent words.

    >>> float(simple_maths(20, 0, 1_000_000, 1_000_000, 10))
    3.0
    """
    first, second, one, two = _floats(a, b, n1, n2)
    with np.errstate(all="ignore"):
        return _finite((first / one * 1e6 + k) / (second / two * 1e6 + k))


def p_value(statistic: Numbers) -> Floats:
    """Return the p of a G² or χ² of one degree of freedom; 0 where it is too small for a float (G² above 1,480).

    >>> [float(round(p, 4)) for p in p_value([0, 3.841459, 6.634897])]
    [1.0, 0.05, 0.01]
    """
    values = np.atleast_1d(np.asarray(statistic, np.float64))
    return np.fromiter((erfc(sqrt(value / 2)) for value in values.tolist()), np.float64, len(values))


def holm(p: Numbers) -> Floats:
    """Return the p that Holm's step-down procedure adjusts for as many tests as there are (Holm 1979).

    >>> [float(q.round(6)) for q in holm([0.01, 0.04, 0.03, 0.005])]
    [0.03, 0.06, 0.06, 0.02]
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)), 1)
    return adjusted


def benjamini_hochberg(p: Numbers) -> Floats:
    """Return the p adjusted for the rate of false discoveries (Benjamini & Hochberg 1995).

    >>> [float(q.round(6)) for q in benjamini_hochberg([0.01, 0.04, 0.03, 0.005])]
    [0.02, 0.04, 0.04, 0.02]
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values, kind="stable")[::-1]
    adjusted = np.empty(len(values))
    scaled = values[order] * len(values) / np.arange(len(values), 0, -1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1)
    return adjusted
