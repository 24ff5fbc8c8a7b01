"""The kinds of characters that the rules tell apart, and where in a text some of them stand."""

import re
from functools import cache

import numpy as np
import numpy.typing as npt

from cnpolicy.patterns import pattern
from cnpolicy.rules import UNITS, Context, units

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # for use inside a character class
# Of the geometric signs, □ stands for a character that was not read, ○ for 〇 (二○○八).
_CHINESE = pattern(
    f"[{HAN}\u2014\u2026\u25a1\u25cb\u3001-\u303f\u3041-\u30ff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
)
_HAN = pattern(f"[{HAN}]")


def is_han(character: str) -> bool:
    """Tell whether this is a Chinese character; the empty string is not.

    >>> is_han("党"), is_han("，"), is_han("")
    (True, False, False)
    """
    return _HAN.match(character) is not None


def is_chinese(character: str) -> bool:
    """Tell whether this is a Chinese character, kana, or punctuation that only Chinese or Japanese text has.

    >>> is_chinese("党"), is_chinese("，"), is_chinese("“")
    (True, True, False)
    """
    return _CHINESE.match(character) is not None


@cache
def _table(characters: str) -> npt.NDArray[np.bool_]:
    table = np.zeros(UNITS, dtype=np.bool_)
    table[units(characters)] = True
    return table


def places(context: Context, characters: str) -> list[int]:
    """Return the offsets at which one of the characters stands in the text; all are of the BMP.

    For more than a few characters this is several times as fast as a regular expression.
    """
    found = np.flatnonzero(_table(characters).take(context.units))
    if len(found) and len(context.units) != len(context.text):  # an offset in code units would not be one in the text
        return [match.start() for match in re.finditer(f"[{re.escape(characters)}]", context.text)]
    offsets: list[int] = found.tolist()
    return offsets


def has_pair(context: Context, first: str, second: str) -> bool:
    """Tell whether one of the characters in `first` stands directly before one of those in `second`.

    Nearly no text has a comma before a comma: this is many times as fast as looking for each pair.
    """
    codes = context.units
    return bool((_table(first).take(codes[:-1]) & _table(second).take(codes[1:])).any())


def has_double(context: Context, characters: str) -> bool:
    """Tell whether one of the characters stands twice in a row."""
    codes = context.units
    return bool(_table(characters).take(codes[1:][codes[1:] == codes[:-1]]).any())
