"""What was put between the characters of a text: readings in brackets, a comma before every mark."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

from cnpolicy import tables
from cnpolicy.findings import Finding
from cnpolicy.language import codes, own_bits, pair_bits
from cnpolicy.patterns import pattern
from cnpolicy.rules import Context, rule
from cnpolicy.tidy.alphabet import has_pair, is_han
from cnpolicy.tidy.punctuation import is_row

_TONED = "āáǎàēéěèīíǐìōóǒòūúǔùüǖǘǚǜńňǹḿê"
_SYLLABLE = f"[a-z{_TONED}ɑɡ\u0300\u0301\u0304\u030c\u0308]{{1,12}}"
# One for each width: a pattern that begins with one character is found several times as fast.
_GLOSSES = [pattern(f"{bracket}({_SYLLABLE})[1-5]?[)）]") for bracket in (r"\(", "（")]
_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))


def _gb2312(first: int, last: int) -> frozenset[str]:
    """Return the Han characters in these rows of GB2312, by their first bytes."""
    rows = bytes(byte for high in range(first, last) for low in range(0xA1, 0xFF) for byte in (high, low))
    return frozenset(rows.decode("gb2312", "ignore"))


_COMMON = _gb2312(0xB0, 0xD8)  # level 1: nobody needs to be told how to read these
_RARE = _gb2312(0xD8, 0xF8)  # level 2


@lru_cache(8192)
def _plain(syllable: str) -> str:
    """Return a syllable without its tone, in the letters that keyboards have."""
    letters = unicodedata.normalize("NFD", syllable.replace("ɑ", "a").replace("ɡ", "g")).translate(_TONES)
    return letters.replace("u\u0308", "v")


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    """Return the readings of each character, the usual one first."""
    found: dict[str, tuple[str, ...]] = {}
    for _, (characters, readings) in tables.rows("readings"):
        found.update(dict.fromkeys(characters, tuple(readings.split(","))))
    return found


def _reads(character: str, syllable: str) -> bool:
    """Tell whether the syllable is a reading of the character, whatever its tone."""
    return _plain(syllable) in map(_plain, _readings().get(character, ()))


def _is_needless(text: str, match: re.Match[str], character: str, inside: bool = False) -> bool:
    """Tell whether nobody would gloss the character here: it has no other reading, or this is the usual one.

    The usual one of several is needless in a common word (發(fā)展) and of the most frequent characters. In a name it
    can be what the author wants to say: 曾(zēng). `inside` asks for a word whatever the readings are.
    """
    readings = _readings()[character]
    syllable = unicodedata.normalize("NFC", match[1].replace("ɑ", "a").replace("ɡ", "g"))
    toneless = syllable == _plain(syllable)
    usual = syllable == (_plain(readings[0]) if toneless else readings[0])
    if not inside and len({_plain(reading) for reading in readings}) == 1:
        return usual or toneless or len(readings) == 1
    return usual and (float(own_bits(codes(character))[0]) <= _FREQUENT or _is_in_word(text, match))


def _is_in_word(text: str, match: re.Match[str]) -> bool:
    """Tell whether the glossed character makes a word with the one before it or behind the gloss."""
    here = match.start() - 1
    pairs = [text[here - 1 : here + 1] if here else "", text[here] + text[match.end() : match.end() + 1]]
    pairs = [pair for pair in pairs if len(pair) == 2 and is_han(pair[0]) and is_han(pair[1])]
    first, second = codes("".join(pair[0] for pair in pairs)), codes("".join(pair[1] for pair in pairs))
    return bool(pairs) and float((own_bits(second) - pair_bits(first, second)).max()) >= _WORD


# “发”读作发(fā): who says how a character is read wants it read.
_TOLD, _BEFORE = pattern("[读念讀唸][作成为做為]|音[同为為]"), 6


@rule(
    "pinyin-gloss",
    "certain",
    needs="(（",
    example=("加快發(fā)展經(jīng)濟，調(diào)整結構", "加快發展經濟，調整結構"),
)
def remove_pinyin_gloss(text: str, _: Context) -> Iterable[Finding]:
    """Remove the reading of a character in brackets behind it.

    Pages that are turned from one script to the other gloss what they converted (發(fā)展), and copies of them carry a
    bracket in every other word. The syllable must be a reading of the character. A gloss that an author gave stays: of
    a rare character; and where it is one of two in a text, of a character with several readings, unless it gives the
    usual one inside a common word, which nobody needs to be told. Those of common characters that stay are reported. A
    text that glosses rare characters for the most part, the names of places, has an author's glosses throughout.
    """
    found = sorted((match for gloss in _GLOSSES for match in gloss.finditer(text)), key=re.Match.start)
    glosses = [(match, character) for match in found if _reads(character := text[max(match.start() - 1, 0)], match[1])]
    common = sum(_is_common(character) for _, character in glosses)
    authored = common * 2 <= len(glosses)
    for match, character in glosses:
        note = ""
        if _TOLD.search(text, max(match.start() - _BEFORE, 0), max(match.start() - 1, 0)):
            continue
        if not _is_common(character):
            if authored or common < _MANY:
                continue
        elif authored:
            if not _is_needless(text, match, character, inside=True):
                continue
        elif common < _SEVERAL and not _is_needless(text, match, character):
            note = f"{character} has several readings; this one may be the author's"
        gloss = match.group()
        yield Finding(
            "pinyin-gloss",
            match.start(),
            match.end(),
            gloss,
            gloss if note else "",
            "reported" if note else "certain",
            note=note,
        )


# Bits: what the character and its neighbour save together, and what one of the most frequent costs by itself. With
# them, of 1,400 single glosses put into news 88 % go and the others are reported; of 40 places and surnames that are
# glossed for their unusual readings, none goes.
_WORD, _FREQUENT = 5.0, 8.7
_SEVERAL = 3  # glosses of common characters: not one author's remark any more
_MANY = 5  # so many, and those of rare characters were put there by the same program


def _is_common(character: str) -> bool:
    """Tell whether everybody can read the character: it is in level 1 of GB2312, or in level 1 of Big5.

    What GB2312 has in its level 2 is rare on the mainland, even where it is common in Big5 (亳, 歙).
    """
    if character in _COMMON:
        return True
    if character in _RARE:
        return False
    data = character.encode("big5", "ignore")
    return b"\xa4\x40" <= data <= b"\xc6\x7e"


_COMMA = pattern("[,，][,，]*(?=[,，、。])")


@rule(
    "inserted-comma",
    "certain",
    needs=",，",
    example=("三市干部精气神足,、执行力强，。", "三市干部精气神足、执行力强。"),
)
def remove_inserted_comma(text: str, context: Context) -> Iterable[Finding]:
    """Remove a comma that was put before another mark.

    Some sites put one before marks at random, to recognise copies of their pages. No text has a comma before a comma,
    a full stop or an enumeration comma. Rows of comma-separated values and program text do, and have no Chinese
    before it.
    """
    if not has_pair(context, ",，", ",，、。"):
        return  # so in nearly all texts
    line_end = -1
    values = False
    for match in _COMMA.finditer(text):
        start = match.start()
        if not start or not _WRITTEN.match(text[start - 1]):
            continue
        if start > line_end:
            line_start = text.rfind("\n", max(line_end, 0), start) + 1
            line_end = text.find("\n", start)
            line_end = len(text) if line_end < 0 else line_end
            values = is_row(text[line_start:line_end])
        if not values:
            yield Finding("inserted-comma", start, match.end(), match.group(), "", "certain")


# A letter, a digit, what closes a quotation or a bracket, or any sign that is not ASCII and begins nothing (□, Ⅵ, ℃).
_WRITTEN = pattern(r"[0-9A-Za-z%)]|[^\x00-\x7f\s，、。；：！？（《〈“‘「『【〔［｛·—]")
