"""Where sentences and paragraphs end, in a sequence of words.

A sentence ends with 。 ！ ？ (or their half-width ! ?), with an ellipsis of at least two marks (……), and at the end of
a line; not at ； , for its clauses belong together, nor at a dot, which is in numbers and names. Closing quotation
marks and brackets right after an end belong to it. A paragraph is a line. Either counts only if it holds a word: a
row of dashes is neither.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

OTHER, WORD, END, ELLIPSIS, CLOSING, LINE_END, SPACE = range(7)
"""What a word can be to the sentence that it stands in."""

_ENDS = frozenset("。！？!?｡")
_ELLIPSES = frozenset("…⋯")
_CLOSING = frozenset("”’」』）》〉】〕)]}\"'＂＇»")
_LINE_ENDS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")


def is_word(term: str) -> bool:
    """Tell whether a token is a word: whether it holds a letter, a digit or a Han character.

    >>> [term for term in ("推进", "2010", "GDP", "5+2", "。", "——", "①") if is_word(term)]
    ['推进', '2010', 'GDP', '5+2', '①']
    """
    return any(map(str.isalnum, term))


def kind(term: str) -> int:
    """Return what a token is to its sentence.

    A token of several marks, as other segmenters make them (！！, ……), is judged as a whole.
    """
    if is_word(term):
        return WORD
    marks = set(term)
    if term.isspace():
        return SPACE if marks.isdisjoint(_LINE_ENDS) else LINE_END
    if not marks.isdisjoint(_ENDS) and marks <= _ENDS | _ELLIPSES | _CLOSING:
        return END
    if marks <= _ELLIPSES:
        return END if len(term) > 1 else ELLIPSIS
    return CLOSING if marks <= _CLOSING else OTHER


class Places(NamedTuple):
    """The paragraph and the sentence of each token, numbered from 0 (shape: number of tokens).

    Numbers of paragraphs and sentences without a word are not given to others, so they may have gaps.
    """

    paragraph: npt.NDArray[np.int32]
    sentence: npt.NDArray[np.int32]


def locate(kinds: npt.NDArray[np.uint8]) -> Places:
    """Return the paragraph and the sentence of each token of a document, from what the tokens are.

    >>> words = ["他", "说", "：", "“", "好", "！", "”", "走", "了", "…", "…", "\\n", "\\n", "完"]
    >>> locate(kinds_of(words)).sentence.tolist()
    [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 4]
    """
    lines = kinds == LINE_END
    ends = kinds == END
    ellipses = kinds == ELLIPSIS
    ends[1:] |= ellipses[1:] & ellipses[:-1]
    ends[:-1] |= ellipses[1:] & ellipses[:-1]
    closing = kinds == CLOSING
    if closing.any():
        # What stands before the closing marks decides whether they belong to an end.
        places = np.arange(len(kinds))
        before = np.maximum.accumulate(np.where(closing, 0, places))
        ends |= closing & ends[before]
    last = ends.copy()
    last[:-1] &= ~ends[1:]
    return Places(_numbers(lines), _numbers(last | lines))


def _numbers(last: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Number stretches, given where each ends."""
    numbers = np.zeros(len(last), np.int32)
    np.cumsum(last[:-1], out=numbers[1:])
    return numbers


def kinds_of(words: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Return what each token is to its sentence."""
    return np.fromiter(map(kind, words), np.uint8)
