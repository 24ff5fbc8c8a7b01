"""The kinds of characters that the rules tell apart."""

from cnpolicy.patterns import pattern

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # for use inside a character class
_CHINESE = pattern(f"[{HAN}\u2014\u2026\u3001-\u303f\u3041-\u30ff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]")
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
