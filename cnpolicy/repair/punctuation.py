"""What stands beside numbers, brackets and line ends: what the classes of the character model do not tell apart."""

from functools import cache
from typing import NamedTuple

import numpy as np

from cnpolicy import language
from cnpolicy.repair.chains import Bytes, Truth
from cnpolicy.repair.readers import Costs

_NEWLINE = 0x0A
# Spaces of all kinds, which inside a line of Chinese are rare.
_SPACES = (0x85, 0xA0, 0xAD, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0xFEFF)
_OPENING, _CLOSING = "“‘「『（《〈【〔〖(", "”’」』）》〉】〕〗)"
# Bits, from how often each stands at the end of a line in simplified and traditional news; every second line was
# counted. A full stop does so three times as often as punctuation on average, a comma once in four thousand.
_AT_END = {"。": -1.6, "）": -1.5, "」": -0.5, "；": 0.5, "、": 9.0, "，": 9.0, "\u3000": 2.0, "·": 6.0}
# An ideographic space at the end costs as much as a comma there, with what it costs anywhere but at the beginning.
_AT_END |= dict.fromkeys(_OPENING, 8.0)
# No line of the same 1,700 begins with one of these.
_AT_START = dict.fromkeys("，。、；：！？" + _CLOSING, 8.0)
_INSIDE_BITS = 7.0  # an ideographic space opens a line; inside one it is rare
# Bits, from what follows and precedes digits in the same lines: measure words, units, dates; and prepositions,
# verbs of quantity. Only what is common in any text is here, in both writings.
_AFTER_DIGIT = {
    "亿億万萬倍％岁歲": -7.5,
    "年月日个個名余餘户戶件條条米公秒": -6.5,
    "人次级級项項多张張届屆世时時分元位台家期至": -4.5,
    "℃．／—千周天美点點号號层層辆輛吨噸亩畝场場座": -3.5,
}
_BEFORE_DIGIT = {
    "约約达達逾近月年": -6.0,
    "于於从從到至第共在及的与與和为為过過超／．－—℃": -3.0,
    "％": 5.0,
}
_OTHER_AFTER_DIGIT, _OTHER_BEFORE_DIGIT = 2.0, 1.0  # other Chinese characters
_DIGITS = (*range(0x30, 0x3A), *range(0xFF10, 0xFF1A))
_MIXED_BITS = 9.0  # a number is written in digits of one width
_UNPAIRED_BITS = 5.0  # a bracket or quotation mark without its partner in the line
_PAIRED_BITS = -9.0  # one that a partner in the line waits for


def _table(known: dict[str, float], other: float = 0.0) -> Costs:
    found = np.zeros(0x10000, dtype=np.float32)
    found[0x4E00:0xA000] = other
    for characters, bits in known.items():
        for character in characters:
            found[ord(character)] = bits
    return found


class _Tables(NamedTuple):
    """By character: its cost at a line end and start, after and before a digit; whether it is a digit or a space."""

    at_end: Costs
    at_start: Costs
    after_digit: Costs
    before_digit: Costs
    is_digit: Truth
    is_space: Truth


@cache
def _tables() -> _Tables:
    is_digit, is_space = np.zeros(0x10000, dtype=np.bool_), np.zeros(0x10000, dtype=np.bool_)
    is_digit[list(_DIGITS)] = is_space[list(_SPACES)] = True
    return _Tables(
        _table(_AT_END),
        _table(_AT_START),
        _table(_AFTER_DIGIT, _OTHER_AFTER_DIGIT),
        _table(_BEFORE_DIGIT, _OTHER_BEFORE_DIGIT),
        is_digit,
        is_space,
    )


def place_bits(first: Bytes, second: Bytes) -> Costs:
    """Return what each character of `second` costs more, or less, because of the one of `first` before it."""
    known = _tables()
    first, second = np.minimum(first, 0xFFFF), np.minimum(second, 0xFFFF)
    found = np.zeros(len(first), dtype=np.float32)
    ending = np.flatnonzero(second == _NEWLINE)
    found[ending] += known.at_end[first[ending]]
    starting = np.flatnonzero(first == _NEWLINE)
    found[starting] += known.at_start[second[starting]]
    after = np.flatnonzero(known.is_digit[first])
    found[after] += known.after_digit[second[after]]
    before = np.flatnonzero(known.is_digit[second])
    found[before] += known.before_digit[first[before]]
    mixed = known.is_digit[first] & known.is_digit[second] & ((first < 0x80) != (second < 0x80))
    found[mixed] += _MIXED_BITS
    spaces = np.flatnonzero(known.is_space[second] & (first != _NEWLINE) & ~known.is_space[first])
    found[spaces] += _INSIDE_BITS
    return found


def pair_bits(first: Bytes, second: Bytes) -> Costs:
    """Return what each character of `second` costs after the one of `first`, in bits."""
    cost: Costs = language.pair_bits(first.astype(np.uint32), second.astype(np.uint32)) + place_bits(first, second)
    return cost


def balance_bits(left: str, option: str, right: str) -> float:
    """Return what an option costs more, or less, for the brackets and quotation marks in it; the texts are of one line.

    >>> balance_bits("他说：“好", "”", "，走了。") < 0 < balance_bits("他说好", "”", "，走了。")
    True
    """
    bits = 0.0
    for place, character in enumerate(option):
        before, after = left + option[:place], option[place + 1 :] + right
        kind = _CLOSING.find(character)
        if kind >= 0:
            bits += _PAIRED_BITS if _waits(before[::-1], _CLOSING[kind], _OPENING[kind]) else _UNPAIRED_BITS
            continue
        kind = _OPENING.find(character)
        if kind >= 0:
            bits += _PAIRED_BITS if _waits(after, _OPENING[kind], _CLOSING[kind]) else _UNPAIRED_BITS
    return bits


def _waits(text: str, own: str, partner: str) -> bool:
    """Tell whether the partner comes before the next of the same kind."""
    place = text.find(partner)
    return place >= 0 and own not in text[:place]


def is_paired(character: str) -> bool:
    """Tell whether a character is a bracket or a quotation mark."""
    return character in _OPENING or character in _CLOSING
