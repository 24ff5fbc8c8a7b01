"""How natural is it for two characters that are not Chinese to stand side by side?

Mojibake in a single-byte encoding puts letters, signs and lines of tables side by side as no writer does: a small
letter before a capital, a currency sign inside a word, lines that do not meet. Such joints are counted here. Words of
European languages, tables and rows of signs have next to none.
"""

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from cnpolicy import language
from cnpolicy.repair.code_pages import page

Bits = npt.NDArray[np.float32]

PAGES = ("cp1252", "mac-roman", "cp437", "cp1251", "cp850", "cp1250", "cp1254", "koi8-r")

_NEUTRAL, _LOWER, _UPPER, _SIGN, _OPENING, _LINE, _BLOCK, _CONTROL, _CHINESE, _MARK = range(10)
# The classes of letters are told apart by script as well: 16 times the script is added.
_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")
# Marks of good text of many languages, beside letters and signs alike; the first are those of Chinese text.
_COMMON_MARKS = frozenset("\xa0“”‘’—…·°")
_MARKS = _COMMON_MARKS | frozenset("–•«»‹›ºª²³¹§©®™½†‡№")
_OPENINGS = frozenset("„‚¿¡")
# What a character costs that stands as it is, in bits. A letter of a word takes 4 to 5 in any language; a sign, or a
# letter out of place, is rarer. Measured so that a pair of letters that stays costs less than a Chinese character that
# came out by chance (13 to 20), and a pair that does not belong together more than one of prose (7 to 9).
_LETTER_BITS = {"LATIN": 6.5, "GREEK": 4.7, "CYRILLIC": 4.7}
_SIGN_BITS = 6.5
_ASCII_BITS = 4.5
_MARK_BITS = 5.0
_REPEATED_BITS = 1.5
ODD_BITS = 3.0  # more for a joint that no writer makes
_CONTROL_BITS = 9.0  # no text was written with them


def _class(character: str) -> tuple[int, int]:
    """Return the class and the number of the script of a character."""
    point = ord(character)
    if point < 0x80:
        if character.isalpha():
            return (_UPPER if character.isupper() else _LOWER), 0
        return (_CONTROL if (point < 0x20 and character not in "\t\n\v\f\r") or point == 0x7F else _NEUTRAL), 0
    if character in _MARKS:
        return _MARK, 0
    if character in _OPENINGS:
        return _OPENING, 0
    if point < 0xA0 or character == "\xad" or 0xE000 <= point < 0xF900 or point == 0xFFFD:
        return _CONTROL, 0
    if 0x2500 <= point < 0x25A0:
        return (_LINE if point < 0x2580 else _BLOCK), 0
    category = unicodedata.category(character)
    if category[0] == "L" and character != "µ":
        script = unicodedata.name(character).split()[0]
        if script in _SCRIPTS:
            return (_UPPER if category == "Lu" else _LOWER), _SCRIPTS.index(script)
    return _SIGN, 0


class _Tables:
    def __init__(self) -> None:
        self.classes = np.zeros(0x10000, dtype=np.uint8)
        self.own = np.full(0x10000, _SIGN_BITS, dtype=np.float32)
        self.common = np.zeros(0x10000, dtype=np.bool_)
        self.common[[ord(character) for character in _COMMON_MARKS]] = True
        self.left = np.zeros(0x10000, dtype=np.bool_)  # a line of a table that goes on to the left
        self.right = np.zeros(0x10000, dtype=np.bool_)
        self.own[:0x80] = _ASCII_BITS
        known = {chr(point) for point in range(0x100)} | {character for name in PAGES for character in page(name).byte}
        known |= {chr(point) for point in range(0x2500, 0x25A0)}
        for character in known:
            point = ord(character)
            kind, script = _class(character)
            self.classes[point] = kind + 16 * script
            if kind in (_LOWER, _UPPER) and point >= 0x80:
                self.own[point] = _LETTER_BITS[_SCRIPTS[script]]
            elif character in _COMMON_MARKS:
                self.own[point] = _MARK_BITS
            elif kind == _CONTROL:
                self.own[point] = _CONTROL_BITS
            elif kind == _LINE:
                self._arms(character)
        for first, last in ((0x2E80, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF01, 0xFFEE)):
            self.classes[first : last + 1] = _CHINESE
        self.odd = _odd_joints()

    def _arms(self, character: str) -> None:
        name = unicodedata.name(character)
        words = set(name.replace("-", " ").split())
        self.left[ord(character)] = bool(words & {"HORIZONTAL", "LEFT"}) or "DIAGONAL" in words
        self.right[ord(character)] = bool(words & {"HORIZONTAL", "RIGHT"}) or "DIAGONAL" in words


def _odd_joints() -> npt.NDArray[np.bool_]:
    """Return for each class and each that follows it whether no writer puts them side by side."""
    odd = np.zeros((64, 64), dtype=np.bool_)
    letters = [kind + 16 * script for script in range(len(_SCRIPTS)) for kind in (_LOWER, _UPPER)]
    for one in letters:
        for other in letters:
            odd[one, other] = one >> 4 != other >> 4 or (one & 15 == _LOWER and other & 15 == _UPPER)
        for sign in (_SIGN, _LINE, _BLOCK):
            odd[one, sign] = odd[sign, one] = True
        odd[one, _OPENING] = True
    for sign in (_SIGN, _BLOCK):
        for other in (_SIGN, _MARK, _OPENING, _LINE, _BLOCK):
            odd[sign, other] = odd[other, sign] = True
    for other in (_MARK, _OPENING):
        odd[_LINE, other] = odd[other, _LINE] = True
    odd[_BLOCK, _BLOCK] = odd[_BLOCK, _LINE] = odd[_LINE, _BLOCK] = False
    odd[:, _CONTROL] = True
    return odd


@cache
def _tables() -> _Tables:
    return _Tables()


def odd_joints(points: language.Codes) -> npt.NDArray[np.bool_]:
    """Return for each character after the first whether no writer puts it after the one before it."""
    tables = _tables()
    units = np.minimum(points, 0xFFFF).astype(np.intp)
    first, second = units[:-1], units[1:]
    kinds = tables.classes[units]
    odd: npt.NDArray[np.bool_] = tables.odd[kinds[:-1], kinds[1:]]
    # Signs in the order of their codes are a table of them; one again and again is a row.
    odd &= ~((second - first <= 1) & (second >= first) & (kinds[1:] != _CONTROL) & ((kinds[1:] & 15) == _SIGN))
    lines = (kinds[:-1] == _LINE) & (kinds[1:] == _LINE)
    odd |= lines & (tables.right[first] != tables.left[second])
    return odd


def stay_bits(points: language.Codes) -> Bits:
    """Return what each character after the first costs in bits if it stays as it is, after the one before it."""
    tables = _tables()
    units = np.minimum(points, 0xFFFF).astype(np.intp)
    odd = odd_joints(points)
    kinds = tables.classes[units]
    cost: Bits = tables.own[units[1:]] + ODD_BITS * odd
    joined = ~odd & ((kinds[:-1] == _LINE) & (kinds[1:] == _LINE))
    joined |= units[1:] == units[:-1]
    cost[joined] = _REPEATED_BITS
    return cost


def own_bits(points: language.Codes) -> Bits:
    """Return what each character costs in bits if it stays as it is, whatever stands before it."""
    found: Bits = _tables().own[np.minimum(points, 0xFFFF)]
    return found


def is_chinese(points: language.Codes) -> npt.NDArray[np.bool_]:
    """Return for each code point whether it is a character of East Asia, or a wide mark."""
    found: npt.NDArray[np.bool_] = _tables().classes[np.minimum(points, 0xFFFF)] == _CHINESE
    return found


def is_foreign(points: language.Codes) -> npt.NDArray[np.bool_]:
    """Return for each code point whether it is a letter, sign or line that does not stand beside Chinese text."""
    tables = _tables()
    units = np.minimum(points, 0xFFFF)
    kinds = tables.classes[units] & 15
    found: npt.NDArray[np.bool_] = (points >= 0x80) & (points < 0x10000)
    found &= (kinds > _NEUTRAL) & (kinds != _CHINESE) & ~tables.common[units]
    return found
