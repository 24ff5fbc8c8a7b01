"""Numbers as they are written: in figures, in digit words (二○一○) or with units (九十六)."""

_NIL = "〇○零◯Ｏ０0Oo"  # typists took what looked like it
_DIGITS = {numeral: value for value, numeral in enumerate("一二三四五六七八九", 1)} | dict.fromkeys(_NIL, 0)
CN = "".join(_DIGITS)
_DIGITS |= {numeral: int(numeral) for numeral in "123456789"}  # beside what only looks like one: 2O1O
_UNITS = {"十": 10, "百": 100}


def value(numeral: str) -> int:
    """Return the value of a number below 1000, in figures, digit words or with units; digit words of any length.

    >>> [value(numeral) for numeral in ("96", "九六", "九十六", "一百二十", "廿五", "十", "一○二", "元")]
    [96, 96, 96, 120, 25, 10, 102, 1]
    """
    numeral = (
        numeral.replace(" ", "").replace("元", "一").replace("正", "一").replace("廿", "二十").replace("卅", "三十")
    )
    if numeral.isascii() and numeral.isdigit():
        return int(numeral)
    if _UNITS.keys().isdisjoint(numeral):
        return int("".join(str(_DIGITS[character]) for character in numeral))
    total = digit = 0
    for character in numeral:
        if unit := _UNITS.get(character):
            total += (digit or 1) * unit
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit
