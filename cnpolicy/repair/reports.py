"""What reading in the wrong encoding has destroyed: nothing here changes the text."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cnpolicy import tables
from cnpolicy.findings import Finding
from cnpolicy.repair.code_pages import membership, offsets
from cnpolicy.repair.proof import CLOSING, OPENING
from cnpolicy.rules import Context, rule
from cnpolicy.rules import units as code_units

LOST = "\ufffd"
# U+FFFD twice in UTF-8 is EF BF BD EF BF BD, which GBK reads as these three.
_CHAINS = re.compile("(?:锟斤拷)(?:锟斤拷)*+[锟斤]{0,2}|(?:斤拷|拷)(?:锟斤拷)++[锟斤]{0,2}|锟斤(?!拷)|锟(?=\ufffd)")
_QUOTED = 8  # characters: longer runs between quotation marks are what is left of what was quoted


def _is_mention(text: str, start: int, end: int) -> bool:
    """Tell whether a run stands alone between quotation marks, or beside others, as an example of what can happen."""
    while start and text[start - 1] in "、，/ " and end - start <= _QUOTED:
        start -= 1
    opened = OPENING.find(text[start - 1]) if start else -1
    return end - start <= _QUOTED and opened >= 0 and text[end : end + 1] in (CLOSING[opened], "、", "，", "…")


def _report(name: str, text: str, start: int, end: int, note: str) -> Finding:
    run = text[start:end]
    if _is_mention(text, start, end):
        note = "mentioned, not damage: it stands alone between quotation marks"
    return Finding(name, start, end, run, run, "reported", note=note)


@rule("gbk-read-as-utf8", "reported", needs="锟", example=("锟斤拷锟斤拷全市会议", "锟斤拷锟斤拷全市会议"))
def report_gbk_read_as_utf_8(text: str, _: Context) -> Iterator[Finding]:
    """Report what is left of GBK that was read as UTF-8, saved, and read as GBK again.

    Hardly a pair of GBK is UTF-8, so that every byte became U+FFFD; saved, that is three bytes, and two of them read
    as GBK make 锟斤拷. Every such place has held one character of two bytes; which one, nothing says any more.
    """
    for match in _CHAINS.finditer(text):
        start, end = match.span()
        count = (end - start) * 2 // 3
        note = f"{max(count, 1)} bytes of GBK were read as UTF-8 and are gone; the text must come from another copy"
        yield _report("gbk-read-as-utf8", text, start, end, note)


# What Microsoft's compilers fill memory with: a new stack, a new heap, a freed one. Two such bytes are a character.
_FILLERS = {bytes((byte, byte)).decode("gbk"): f"{byte:02X}" for byte in (0xCC, 0xCD, 0xDD)}
_FILLED = re.compile("|".join(f"{one}{{3}}{one}*+" for one in _FILLERS))


@rule("uninitialised-memory", "reported", needs="".join(_FILLERS), example=("名单：烫烫烫烫", "名单：烫烫烫烫"))
def report_uninitialised_memory(text: str, _: Context) -> Iterator[Finding]:
    """Report runs of 烫 or 屯: a program wrote out memory that nothing had been written to.

    Compilers fill new memory with the byte CC or CD so that mistakes are seen; two of them are a character of GBK.
    There never was a text at this place.
    """
    if not any(one * 3 in text for one in _FILLERS):
        return
    for match in _FILLED.finditer(text):
        note = f"memory filled with the byte {_FILLERS[match.group()[0]]}, read as GBK; no text was lost here"
        yield _report("uninitialised-memory", text, match.start(), match.end(), note)


_LOST_RUN = re.compile(f"{LOST}{LOST}*+")


@rule(
    "replacement-character",
    "reported",
    needs=LOST,
    example=(f"全市{LOST}{LOST}会议", f"全市{LOST}{LOST}会议"),
)
def report_replacement_character(text: str, _: Context) -> Iterator[Finding]:
    """Report what a decoder put where it could not read the bytes, and how many such places there are in a row.

    Where a text came with them, the bytes are gone. Where this program read it, they are in the file, and the finding
    about lost bytes says what they are.
    """
    for match in _LOST_RUN.finditer(text):
        start, end = match.span()
        count = end - start
        note = "1 place" if count == 1 else f"{count} places"
        note += " lost; unless a finding of restore-lost-byte tells the bytes, they were gone before"
        if count >= _ROW:
            note += "; so many in a row are mostly GBK or Big5 that was read as UTF-8"
        yield _report("replacement-character", text, start, end, note)


_ROW = 4  # two characters of GBK, each of which gives one or two


# -- Question marks for characters ------------------------------------------------------------------------------------

_QUESTIONS = "?？"
_WORD = 8  # characters: the longest word of the table that is looked for


@cache
def _words() -> dict[str, list[str]]:
    """The words with one character outside GB2312, by what is left of them; the likeliest first."""
    found: dict[str, list[str]] = {}
    for _, (word, _) in tables.rows("outside_gb2312"):
        for place, character in enumerate(word):
            try:
                character.encode("gb2312")
            except UnicodeEncodeError:
                found.setdefault(f"{word[:place]}?{word[place + 1 :]}", []).append(word)
    return found


@cache
def _pairs() -> frozenset[str]:
    """The places of the words, each with what stands before and behind it: next to no question mark in a text fits."""
    found: set[str] = set()
    for left in _words():
        before, behind = left.split("?")
        found |= {before[-1:] + "?" + behind[:1]} if before and behind else set()
        if not behind:
            found.add(before[-1:])
        if not before:
            found.add(behind[:1])
    return frozenset(found)


class _Sides(NamedTuple):
    """Which characters stand before and behind a lost one of a word (shape of each: 65,536)."""

    last: npt.NDArray[np.bool_]  # before it, where it is the last of the word
    first: npt.NDArray[np.bool_]  # behind it, where it is the first
    before: npt.NDArray[np.bool_]  # before it, where it is neither
    behind: npt.NDArray[np.bool_]
    surnames: npt.NDArray[np.bool_]


@cache
def _sides() -> _Sides:
    places = [pair.split("?") for pair in _pairs() if "?" in pair]
    ends, begins = set[str](), set[str]()
    for left in _words():
        before, behind = left.split("?")
        if not behind:
            ends.add(before[-1:])
        if not before:
            begins.add(behind[:1])
    return _Sides(
        membership(ends),
        membership(begins),
        membership({before for before, _ in places}),
        membership({behind for _, behind in places}),
        membership(_SURNAMES),
    )


@cache
def _questions() -> npt.NDArray[np.bool_]:
    return membership(_QUESTIONS)


def _asked(text: str) -> list[int]:
    """Return the places of the question marks beside which something stands that a lost character can stand beside."""
    units = code_units(f"\n\n{text}\n")
    at = np.flatnonzero(_questions().take(units))
    before, behind = units[at - 1], units[at + 1]
    sides = _sides()
    fits = sides.last[before] | sides.first[behind] | (sides.before[before] & sides.behind[behind])
    fits |= (units[at] == ord("?")) & (sides.surnames[before] | sides.surnames[units[at - 2]])
    found: list[int] = (offsets(f"\n\n{text}\n", at, units)[fits] - 2).tolist()
    return found


_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚"
)
_OFFICE = "书记|主任|主席|代表|同志|[省市县区局部院镇乡科处]长"


@cache
def _name() -> re.Pattern[str]:
    """Match a name of two or three characters that has a question mark in it, among names or beside an office."""
    surname = f"[{''.join(sorted(_SURNAMES))}]"
    ahead = "|".join(f"(?<={one})" for one in ("[、，。；：\\s（(]", *_OFFICE.split("|")))
    return re.compile(
        f"(?:{ahead}|^){surname}(?:\\?[\u4e00-\u9fff]?|[\u4e00-\u9fff]\\?)(?=[、，。；（(]|{_OFFICE}|教授|博士|先生|女士|$)",
        re.MULTILINE,
    )


_ASKING = frozenset("吗呢吧么何谁哪啥几")


@rule("lost-character", "reported", needs=_QUESTIONS, example=("总理朱?基出席", "总理朱?基出席"))
def report_lost_character(text: str, _: Context) -> Iterator[Finding]:
    """Report a question mark that stands for a character outside GB2312, with the likeliest words.

    Programs that know GB2312 alone wrote 朱?基, for 镕 is not in it. A word of the dictionary that has one such
    character and agrees in all the others is told; of a name in a list of names only that it has lost one.
    """
    for place in _asked(text):
        note = ""
        word = _word_at(text, place)
        if word:
            note = "a character outside GB2312 was lost; perhaps " + " or ".join(word[:3])
        elif text[place] == "?" and _is_name(text, place):
            note = "a character outside GB2312 was lost, it seems, from a name"
        if note:
            yield Finding("lost-character", place, place + 1, text[place], text[place], "reported", note=note)


def _is_name(text: str, place: int) -> bool:
    """Tell whether a question mark is the second or the third character of a name."""
    for start in (place - 1, place - 2):
        name = _name().match(text, start) if start >= 0 and text[start] in _SURNAMES else None
        if name and place < name.end() and not _ASKING.intersection(name.group()):
            return True
    return False


def _word_at(text: str, place: int) -> list[str]:
    """Return the words that a question mark can be a character of, by what stands around it; the longest agreement."""
    words = _words()
    left = max(place - _WORD, 0)
    before, behind = text[left:place], text[place + 1 : place + 1 + _WORD]
    if not _pairs() & {f"{before[-1:]}?{behind[:1]}", before[-1:], behind[:1]}:
        return []
    for size in range(_WORD, 2, -1):
        for first in range(min(size - 1, len(before)), -1, -1):
            last = size - 1 - first
            if last <= len(behind):
                key = f"{before[len(before) - first :]}?{behind[:last]}"
                if key in words:
                    return words[key]
    return []
