"""How does running text go on? How probable a character is after the up to three before it, as news has it.

A dictionary knows words, but not which follow which. Rows of up to four characters were counted in a month of a
newspaper, and interpolated as Witten and Bell do (The zero-frequency problem, 1991): where a history was seen n times,
followed by k different characters, what a shorter history says counts k/(n + k). The shortest is the pair of characters
of the dictionary (cnpolicy.language). A Traditional character stands for the Simplified one that it is written for, a
figure for any figure.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import tables

Floats = npt.NDArray[np.float64]

ORDER = 4  # characters in a row
NOWHERE = 0xFFFFFFFF  # where a window has no code point
_BMP = 0x10000


class _Model(NamedTuple):
    """What follows what, in eighths of a bit; the rows of two to four characters lie in a hash table.

    `chance` is how probable the last character of a row is after the others; `rest` what is left, after the whole row,
    for what was not seen there, and `rest_of_one` the same after single characters. `folded` has for each code unit the
    one that it stands for, and `share` (rows: in simplified, in traditional writing) how often that is written so.
    """

    marks: npt.NDArray[np.uint32]
    chance: npt.NDArray[np.uint8]
    rest: npt.NDArray[np.uint8]
    rest_of_one: npt.NDArray[np.uint8]
    folded: npt.NDArray[np.uint16]
    share: npt.NDArray[np.uint8]


@cache
def _model() -> _Model:
    return _Model(**tables.load("prose"))


def _find(keys: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return which of the rows of characters the table has, and where."""
    model = _model()
    places, _ = tables.word_places(keys, len(model.marks))
    way, known = (model.marks.take(places) == tables.long_marks(keys)).nonzero()
    return known, places[way, known]


def chances(windows: npt.NDArray[np.uint32], pairs: Floats) -> Floats:
    """Return how probable the last code point of each window (a row of `ORDER`) is after the others.

    The rows of what is returned are in simplified and in traditional writing. `pairs` is how probable each is after the
    one before by the dictionary.
    """
    model = _model()
    within = np.minimum(windows, _BMP - 1)
    written = tables.EIGHTHS[model.share[:, within[:, -1]]]
    folded = model.folded.take(within)
    found = np.stack([pairs, pairs])
    alive = np.arange(len(windows))
    left = tables.EIGHTHS[model.rest_of_one.take(folded[:, -2])]
    for length in range(1, ORDER):
        history = np.zeros(len(alive), dtype=np.uint64)
        for column in range(ORDER - 1 - length, ORDER - 1):
            history = tables.extend_keys(history, folded[alive, column])
        if length > 1:
            known, places = _find(history)
            if not len(known):
                break
            alive, history, left = alive[known], history[known], tables.EIGHTHS[model.rest.take(places)]
        found[:, alive] *= left
        known, places = _find(tables.extend_keys(history, folded[alive, -1]))
        seen = alive[known]
        found[:, seen] = tables.EIGHTHS[model.chance.take(places)] * written[:, seen]
    return found
