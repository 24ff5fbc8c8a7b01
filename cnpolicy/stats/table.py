"""What a measure returns."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Table(NamedTuple):
    """Rows under named columns; `section` says which of several tables it is.

    Values are str, int, float or None (not defined); never nan or inf.
    """

    section: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def plain(values: npt.ArrayLike) -> list[Any]:
    """Return the values of an array as Python's; what is no finite number (not defined) becomes None.

    >>> plain(np.array([0.5, np.nan, np.inf]))
    [0.5, None, None]
    """
    array = np.asarray(values)
    made: list[Any] = array.tolist()
    if array.dtype.kind == "f":
        for place in np.flatnonzero(~np.isfinite(array)).tolist():
            made[place] = None
    return made
