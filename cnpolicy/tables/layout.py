"""How hash tables are laid out in which each key may lie in one of a few places, so that they can be nearly full."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import tables

_LOAD = 0.89  # with three places for a key a layout is found up to 0.917


class Layout(NamedTuple):
    """A hash table: how many places it has, which of them are taken, and the number of the key in each of these."""

    size: int
    taken: npt.NDArray[np.intp]
    held: npt.NDArray[np.int64]

    def spread(self, values: tables.Array, free: int = 0) -> tables.Array:
        """Return what each place has, from what each key has; `free` where there is none."""
        found = np.full(self.size, free, dtype=values.dtype)
        found[self.taken] = values[self.held]
        return found


def lay_out(keys: tables.Array) -> Layout:
    """Return where each key lies, in one of the places that `tables.word_places` gives it."""
    size = round(len(keys) / _LOAD)
    choices, _ = tables.word_places(keys, size)
    holder = settle([choice.tolist() for choice in choices], size)
    taken = np.flatnonzero(holder >= 0)
    return Layout(size, taken, holder[taken])


def settle(choices: Sequence[Sequence[int]], size: int) -> npt.NDArray[np.int64]:
    """Return which cell each of the places holds (-1: none), so that every cell lies in one of its choices.

    `choices` has a row for each way; a cell whose places are all taken pushes another out. SystemExit if the cells do
    not fit.
    """
    holder = [-1] * size
    ways_of_all = range(len(choices))
    random = 1
    for cell in range(len(choices[0])):
        moved, last = cell, -1
        for _ in range(100_000):
            ways = [way for way in ways_of_all if choices[way][moved] != last]
            free = [choices[way][moved] for way in ways if holder[choices[way][moved]] < 0]
            if free:
                holder[free[0]] = moved
                break
            random = random * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
            place = choices[ways[(random >> 33) % len(ways)]][moved]
            holder[place], moved, last = moved, holder[place], place
        else:
            raise SystemExit("the cells do not fit into the table; make it larger")
    return np.array(holder)
