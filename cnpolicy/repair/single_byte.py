"""Undo reading in a single-byte encoding: every byte became one character, and none was lost."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np

from cnpolicy import language
from cnpolicy.findings import Finding
from cnpolicy.repair import joints
from cnpolicy.repair.chains import wrong_of
from cnpolicy.repair.code_pages import character_class, good_marks, page
from cnpolicy.repair.pairs import MARKS
from cnpolicy.repair.proof import OPENING, Read, make_sense, report, select, settle
from cnpolicy.repair.relatives import FIRST_SIGN, WINDOWS, find_pairs_in_all
from cnpolicy.repair.sequences import LEADS, find_utf_8
from cnpolicy.repair.torn_pairs import undo_torn_pairs
from cnpolicy.rules import Context, rule


@cache
def _quoted_lead() -> re.Pattern[str]:
    return re.compile(character_class(OPENING) + character_class(LEADS))


def _judged(text: str, reads: Sequence[Read]) -> Iterator[Read]:
    """Yield runs of double-byte text, which are exact only if nothing says that they are not.

    Decoding proves nothing, so that what makes no sense, or leaves something in its line, can be of another encoding.
    """
    if not reads:
        return
    points = np.minimum(language.codes(text), 0xFFFF)
    left = joints.is_foreign(points) | ((points >= 0xA1) & (points < FIRST_SIGN))
    left &= ~good_marks()[points]
    for read in reads:
        left[read.start : read.end] = False
    line = np.cumsum(points == 0x0A)
    torn = set(line[left].tolist())
    lines = line[[read.start for read in reads]].tolist()
    for read, number, sensible in zip(reads, lines, make_sense([read.after for read in reads]), strict=True):
        if read.exact:
            wrong = wrong_of(read.chain)
            own = page("cp1252" if wrong in WINDOWS else wrong)
            is_exact = sensible and number not in torn and own.is_exact(text[read.start : read.end])
            read = read._replace(exact=is_exact)
        yield read


@rule(
    "utf8-read-as-single-byte",
    "inferred",
    needs=LEADS,
    example=("å…šå§”ä¼šè®®", "党委会议"),
)
def undo_utf_8_read_as_single_byte(text: str, _: Context) -> Iterable[Finding]:
    """Read text again as UTF-8 that was read as Latin-1, Windows-1252, Mac Roman, code page 437 or the like.

    Every Chinese character became a letter and two symbols. The bytes are all there, and the rules by which UTF-8 puts
    them together are so strict that a few sequences in a row prove it. What was misread twice or three times, each
    time as something else perhaps, is undone at once; the note says so, the last misreading last
    (`utf-8 ← cp1252 ← utf-8 ← mac-roman`). U+FFFD in it is read like the rest: what was lost before is lost, and what
    comes out may be mojibake of another kind. It is certain if the encoding reads the bytes as just what stands there;
    look-alikes, spaces for no-break spaces, and the mixture of two encodings are assumptions.
    """

    def find(text: str) -> Iterable[Finding]:
        return report("utf8-read-as-single-byte", text, select(text, find_utf_8(text)))

    return settle(text, find)


@rule(
    "chinese-read-as-single-byte",
    "inferred",
    needs=MARKS,
    example=("µ³Î¯»áÒé¾ö¶¨", "党委会议决定"),
)
def undo_chinese_read_as_single_byte(text: str, context: Context) -> Iterable[Finding]:
    """Read text again as GBK, Big5 or EUC-TW that was read as Latin-1, Windows-1252, Mac Roman or the like.

    Any two accented letters are also some Chinese character, so that decoding proves nothing. What proves it is what
    the characters are: common ones throughout, where accented letters would give rare ones, and symbols such as ¹ or
    ¶ in the middle of words. Short runs with neither stay, unless the line or the text around them is proven. Where
    soft hyphens were dropped, all behind them is out of step: the model of Chinese tells where one was.
    """

    def find(text: str) -> Iterable[Finding]:
        reads = find_pairs_in_all(text)
        if not reads:
            return ()
        # What reads as UTF-8 and is still there was left as a mention: it is not two accented letters of GBK.
        kept = deque(select(text, find_utf_8(text)) if _quoted_lead().search(text) else ())
        free: list[Read] = []
        for read in reads:
            while kept and kept[0].end <= read.start:
                kept.popleft()
            if not kept or kept[0].start >= read.end:
                free.append(read)
        name = "chinese-read-as-single-byte"
        torn, whole = undo_torn_pairs(name, text, select(text, free), context)
        found = [*torn, *report(name, text, list(_judged(text, whole)))]
        return sorted(found, key=lambda finding: finding.start)

    return settle(text, find)
