"""Where words begin, as one flag for each character of a text, and what can be made of a text and its flags.

A list of words takes four times as long to make and to join as the same in numpy.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
Codes = npt.NDArray[np.uint32]

_POINTS = 0x110000
# For texts up to this length, lists of words and regular expressions are faster than numpy (measured: both
# take the same time for something between 250 and 800 characters).
SHORT = 500
_LINE_FEED, _RETURN, _SPACE, _NO_BREAK = map(ord, "\n\r \u00a0")


def codes(text: str) -> Codes:
    """Return the code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def text_of(points: Codes) -> str:
    """Return the text of these code points."""
    return points.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def table(kinds: Mapping[int, Iterable[str]]) -> npt.NDArray[np.unsignedinteger[Any]]:
    """Return the kind of each code point, as the smallest integers that hold it: 0 if nothing is said of it."""
    found = np.zeros(_POINTS, dtype=np.min_scalar_type(max(kinds)))
    for kind, characters in kinds.items():
        found[[ord(character) for character in characters]] = kind
    return found


# Every white space that ends no line.
_SPACES = table({1: filter(str.isspace, map(chr, (*range(10), *range(11, 13), *range(14, 1 << 14))))})


def table_of(ranges: Iterable[tuple[int, int]]) -> npt.NDArray[np.uint8]:
    """Return 1 for each code point of these ranges, their last ones included, and 0 for all others."""
    found = np.zeros(_POINTS, dtype=np.uint8)
    for first, last in ranges:
        found[first : last + 1] = 1
    return found


def without_insides(size: int, spans: Sequence[tuple[int, int]]) -> Flags:
    """Return which characters of a text are not inside one of the spans, that is, behind the first of a span."""
    steps = np.zeros(size + 1, dtype=np.int8)
    starts, ends = np.array(spans, dtype=np.intp).reshape(-1, 2).T
    steps[starts + 1] += 1
    steps[ends] -= 1
    kept: Flags = np.cumsum(steps[:-1], dtype=np.int8) == 0
    return kept


class Spacing:
    """Puts one space between the words of one piece of a text after the other, and none beside line ends."""

    def __init__(self) -> None:
        self._within_line = False

    def take(self, text: str, begins: Flags, spans: Sequence[tuple[int, int]]) -> str:
        """Return a piece with its words spaced; white space in a word, that is in one of the spans, is U+00A0."""
        points = codes(text)
        if _SPACES[points].any():
            kept = _SPACES[points] == 0
            if spans:
                inside = ~without_insides(len(points), spans)
                points = np.where(inside & ~kept, np.uint32(_NO_BREAK), points)
                kept |= inside
            points, begins = points[kept], begins[kept]
        if not len(points):
            return ""
        is_end = (points == _LINE_FEED) | (points == _RETURN)
        spaced = begins & ~is_end
        spaced[1:] &= ~is_end[:-1]
        spaced[0] &= self._within_line
        self._within_line = not is_end[-1]
        at = np.arange(len(points))
        at += np.cumsum(spaced)
        found = np.full(int(at[-1]) + 1, _SPACE, dtype=np.uint32)
        found[at] = points
        return text_of(found)
