"""How strongly two words go together: the formulas.

The cells of a 2x2 table: `o11` both, `o12` the first without the second, `o21` the second without the first, `o22`
neither; r1 = o11 + o12, c1 = o11 + o21, n = the sum of all; e = r1 · c1 / n is expected. All functions take numbers or
arrays and return arrays of float; where a measure is not defined, the value is nan.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = npt.ArrayLike


def _floats(*values: Numbers) -> list[Floats]:
    return [np.asarray(value, np.float64) for value in values]


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def expected(r1: Numbers, c1: Numbers, n: Numbers) -> Floats:
    """Return e = r1 · c1 / n."""
    row, column, total = _floats(r1, c1, n)
    with np.errstate(all="ignore"):
        return _finite(row * column / total)


def mi(o11: Numbers, e: Numbers) -> Floats:
    """Return mutual information log2(o11 / e), in bits (Church & Hanks 1990).

    >>> float(mi(8, expected(1105, 44, 15_000_000)).round(1))
    11.3
    """
    observed, even = _floats(o11, e)
    with np.errstate(all="ignore"):
        return _finite(np.log2(observed / even))


def mi3(o11: Numbers, e: Numbers) -> Floats:
    """Return cubic mutual information log2(o11³ / e) (Daille 1994; as Oakes 1998 states it for corpora)."""
    observed, even = _floats(o11, e)
    with np.errstate(all="ignore"):
        return _finite(3 * np.log2(observed) - np.log2(even))


def t_score(o11: Numbers, e: Numbers) -> Floats:
    """Return t = (o11 - e) / √o11 (Church, Gale, Hanks & Hindle 1991).

    >>> float(t_score(8, expected(15828, 4675, 14_307_668)).round(6))
    0.999932
    """
    observed, even = _floats(o11, e)
    with np.errstate(all="ignore"):
        return _finite((observed - even) / np.sqrt(observed))


def log_likelihood(o11: Numbers, o12: Numbers, o21: Numbers, o22: Numbers) -> Floats:
    """Return G² = 2 Σ o · ln(o / e) over the four cells (Dunning 1993); a cell of 0 adds 0.

    >>> float(log_likelihood(110, 2442, 111, 29114).round(2))
    270.72
    """
    cells = _floats(o11, o12, o21, o22)
    a, b, c, d = cells
    total = a + b + c + d
    margins = ((a + b) * (a + c), (a + b) * (b + d), (c + d) * (a + c), (c + d) * (b + d))
    g2 = np.zeros(np.broadcast(*cells).shape)
    with np.errstate(all="ignore"):
        for cell, margin in zip(cells, margins, strict=True):
            g2 = g2 + np.where(cell > 0, cell * np.log(cell * total / margin), 0)
    # Rounding can leave a little less than nothing.
    return np.where(total > 0, np.maximum(2 * g2, 0), np.nan)


def log_dice(o11: Numbers, f1: Numbers, f2: Numbers) -> Floats:
    """Return logDice = 14 + log2(2 · o11 / (f1 + f2)), f1 and f2 the frequencies of the words (Rychlý 2008).

    Some programs leave out the 14; here it is there, as in the paper.

    >>> float(log_dice(8, 15828, 4675).round(2))
    3.68
    """
    both, first, second = _floats(o11, f1, f2)
    with np.errstate(all="ignore"):
        return _finite(14 + np.log2(2 * both / (first + second)))


def delta_p(o11: Numbers, o12: Numbers, o21: Numbers, o22: Numbers) -> tuple[Floats, Floats]:
    """Return ΔP of the second word given the first, and of the first given the second (Gries 2013).

    o11 / r1 - o21 / r2, and o11 / c1 - o12 / c2.

    >>> [float(value.round(3)) for value in delta_p(5610, 168_938, 2257, 10_233_063)]
    [0.032, 0.697]
    """
    a, b, c, d = _floats(o11, o12, o21, o22)
    with np.errstate(all="ignore"):
        return _finite(a / (a + b) - c / (c + d)), _finite(a / (a + c) - b / (b + d))
