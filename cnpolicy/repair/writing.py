"""Is a text in simplified or in traditional characters? Told by the characters that only one of the two has."""

from functools import cache

import numpy as np
import numpy.typing as npt

from cnpolicy.repair.chains import Bytes, table

Floats = npt.NDArray[np.float64]

BOTH, SIMPLIFIED, TRADITIONAL = range(3)
_HAN = 0x4E00  # punctuation is not told apart: each standard has some that the other lacks


@cache
def _writings() -> npt.NDArray[np.intp]:
    has = np.zeros((2, 0x10000), dtype=np.bool_)
    for row, encoding in enumerate(("gb2312", "big5")):
        pairs = table(encoding).pairs
        has[row, pairs[pairs < 0x10000]] = True
    return np.where(has[0] == has[1], BOTH, np.where(has[0], SIMPLIFIED, TRADITIONAL))


def writings(code: Bytes) -> npt.NDArray[np.intp]:
    """Return for each code point whether it is a character of both writings, of simplified or of traditional only."""
    found: npt.NDArray[np.intp] = _writings()[np.minimum(code, 0xFFFF)]
    return found


def shares(code: Bytes) -> Floats:
    """Return how much of a text is simplified and how much traditional, as if one of each had been seen before."""
    counts = np.bincount(writings(code)[code >= _HAN], minlength=3)[SIMPLIFIED:] + 1.0
    found: Floats = counts / counts.sum()
    return found
